package nettransport

import (
	"context"
	"io"
	"net/http"

	"parley/client/transport"
)

// readAnswer returns the body of a reply, or the error that resp means.
func readAnswer(ctx context.Context, resp *http.Response) ([]byte, error) {
	body, err := readBounded(resp.Body)
	if err != nil {
		return nil, explain(ctx, err)
	}
	return transport.Answer(resp.StatusCode, resp.Header.Get("Content-Type"), body)
}

// readBounded reads r to its end. More than transport.MaxAnswer bytes is
// transport.ErrTooLarge.
func readBounded(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, transport.MaxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(body) > transport.MaxAnswer {
		return nil, transport.ErrTooLarge
	}
	return body, nil
}
