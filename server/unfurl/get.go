package unfurl

import (
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// An answer is what a site answered.
type answer struct {
	url  *url.URL // after redirects
	kind string   // media type, in small letters
	full string   // the Content-Type as it came
	body []byte   // as much of it as is read; of a picture nothing
}

func (a *answer) isPage() bool {
	return a.kind == "text/html" || a.kind == "application/xhtml+xml"
}

func (a *answer) isPicture() bool { return strings.HasPrefix(a.kind, "image/") }

// get fetches u, and reads at most limit bytes of what it is, unless that is a
// picture. The rest of a longer page isn't read.
func (f *Fetcher) get(ctx context.Context, u *url.URL, limit int64) (*answer, error) {
	return f.getWith(ctx, u, "text/html,application/xhtml+xml,image/*;q=0.5", func(a *answer, body io.Reader) (err error) {
		if a.isPicture() {
			return nil
		}
		if !a.isPage() {
			return errAnswer
		}
		a.body, err = io.ReadAll(io.LimitReader(body, limit))
		return err
	})
}

// getAll fetches u whole: errAnswer for more than limit bytes.
func (f *Fetcher) getAll(ctx context.Context, u *url.URL, accept string, limit int64) (*answer, error) {
	return f.getWith(ctx, u, accept, func(a *answer, body io.Reader) (err error) {
		a.body, err = io.ReadAll(io.LimitReader(body, limit+1))
		if err == nil && int64(len(a.body)) > limit {
			return errAnswer
		}
		return err
	})
}

// getWith fetches u and has its body read. An answer that is packed is refused: it
// wasn't asked to be.
func (f *Fetcher) getWith(ctx context.Context, u *url.URL, accept string, read func(*answer, io.Reader) error) (*answer, error) {
	if err := f.check(u); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, errAddress
	}
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("Accept", accept)
	resp, err := f.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	packed := resp.Header.Get("Content-Encoding")
	if resp.StatusCode != http.StatusOK || packed != "" && !strings.EqualFold(packed, "identity") {
		return nil, errAnswer
	}
	a := &answer{url: resp.Request.URL, full: resp.Header.Get("Content-Type")}
	if a.kind, _, err = mime.ParseMediaType(a.full); err != nil {
		return nil, errAnswer
	}
	return a, read(a, resp.Body)
}
