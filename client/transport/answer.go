package transport

import (
	"strconv"
	"strings"
	"unicode"

	"parley/internal/cbor"
	"parley/wire"
)

// maxMessage bounds the sentence of a refusal, in bytes.
const maxMessage = 500

// Answer returns body, or the error that an answer over HTTP means.
//
// A refusal is known by its body alone: a proxy in between may change the status
// and the type. Whatever else a proxy or another server says is ErrOffline.
func Answer(status int, contentType string, body []byte) ([]byte, error) {
	switch {
	case status == 200 && isReply(contentType, body):
		return body, nil
	case status == 200:
		return nil, Offline("what answers there is no Parley server")
	case status >= 300 && status < 400:
		return nil, Offline("the server redirects to another address (HTTP status " + strconv.Itoa(status) + ")")
	}
	if refusal := parseRefusal(body); refusal != nil {
		return nil, refusal
	}
	return nil, Offline("no Parley server answered, but HTTP status " + strconv.Itoa(status))
}

// isReply reports whether body is a whole body of wire, as its type says.
func isReply(contentType string, body []byte) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(kind), wire.ContentType) && isMap(body)
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
	return CleanRefusal(&e)
}

// CleanRefusal returns e, or nil if its code can't be one. A newer server may
// have codes that this program doesn't know. A message that isn't one plain
// sentence is left out: it would be shown to a person.
func CleanRefusal(e *wire.Error) *wire.Error {
	code := string(e.Code)
	if code == "" || len(code) > 64 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return nil
	}
	if len(e.Message) > maxMessage || strings.ContainsFunc(e.Message, func(r rune) bool { return !unicode.IsPrint(r) }) {
		e.Message = ""
	}
	return e
}
