package nettransport

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"parley/internal/cbor"
	"parley/wire"
)

// errTooLarge is the reason why an answer was not read to its end.
var errTooLarge = errors.New("the answer is larger than any of Parley's")

// maxMessage bounds the sentence of a refusal, in bytes.
const maxMessage = 500

// readAnswer returns the body of a reply, or the error that resp means.
//
// A refusal is known by its body alone: a proxy in between may change the status
// and the type. Whatever else a proxy or another server says is ErrOffline.
func readAnswer(ctx context.Context, resp *http.Response) ([]byte, error) {
	body, err := readBounded(resp.Body)
	if err != nil {
		return nil, explain(ctx, err)
	}
	switch status := resp.StatusCode; {
	case status == http.StatusOK && isReply(resp.Header, body):
		return body, nil
	case status == http.StatusOK:
		return nil, offline("what answers there is no Parley server")
	case status >= 300 && status < 400:
		return nil, offline("the server redirects to another address (HTTP status " + strconv.Itoa(status) + ")")
	}
	if refusal := parseRefusal(body); refusal != nil {
		return nil, refusal
	}
	return nil, offline("no Parley server answered, but HTTP status " + strconv.Itoa(resp.StatusCode))
}

// readBounded reads r to its end. More than maxAnswer bytes is errTooLarge.
func readBounded(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxAnswer {
		return nil, errTooLarge
	}
	return body, nil
}

// isReply reports whether body is a whole body of wire, as its type says.
func isReply(header http.Header, body []byte) bool {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && kind == wire.ContentType && isMap(body)
}

// isMap reports whether body is one CBOR map, whole.
func isMap(body []byte) bool {
	const mapType = 5 // the major type
	var item cbor.RawMessage
	return len(body) > 0 && body[0]>>5 == mapType && wire.Unmarshal(body, &item) == nil
}

// parseRefusal returns the error that body is, or nil if it isn't one.
func parseRefusal(body []byte) *wire.Error {
	var e wire.Error
	if !isMap(body) || wire.Unmarshal(body, &e) != nil {
		return nil
	}
	return cleanRefusal(&e)
}

// cleanRefusal returns e, or nil if its code can't be one. A newer server may
// have codes that this program doesn't know. A message that isn't one plain
// sentence is left out: it would be shown to a person.
func cleanRefusal(e *wire.Error) *wire.Error {
	code := string(e.Code)
	if code == "" || len(code) > 64 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return nil
	}
	if len(e.Message) > maxMessage || strings.ContainsFunc(e.Message, func(r rune) bool { return !unicode.IsPrint(r) }) {
		e.Message = ""
	}
	return e
}
