package nettransport

import (
	"context"
	"io"
	"net/http"
	"strings"

	"parley/client/transport"
	"parley/wire"
)

// maxListTag bounds the tag of a list, in bytes.
const maxListTag = 128

// BlockList fetches the server's list of bad links ([wire.BlockListPath]), of at most most bytes,
// without a session. tag names the list that one has, or is empty: where that is the newest, data
// is nil. next names what there is now. It returns the server's refusal where there is none.
//
// Whoever asks says nothing by it of what the list is for: it is the same for everybody.
func (t *Transport) BlockList(ctx context.Context, tag string, most int64) (data []byte, next string, err error) {
	bounded, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(bounded, http.MethodGet, at(t.origin, wire.BlockListPath).String(), nil)
	if err != nil {
		return nil, "", err
	}
	setHeader(req)
	if tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	resp, err := t.http.Do(req)
	if err != nil {
		return nil, "", explain(bounded, err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotModified && tag != "":
		return nil, tag, nil
	case resp.StatusCode != http.StatusOK:
		_, err := readAnswer(bounded, resp)
		return nil, "", err
	}
	data, err = io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case err != nil:
		return nil, "", explain(bounded, err)
	case int64(len(data)) > most:
		return nil, "", explain(bounded, transport.ErrTooLarge)
	}
	return data, listTag(resp.Header.Get("ETag")), nil
}

// listTag returns a tag, or nothing for what can't be sent back.
func listTag(tag string) string {
	if len(tag) > maxListTag || strings.ContainsFunc(tag, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ""
	}
	return tag
}
