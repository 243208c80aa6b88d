// Package unfurl is the server's [server.Unfurler]: it fetches a page that somebody
// is about to send the address of, and returns what the page says of itself (Open
// Graph, Twitter cards, its title) with its picture drawn anew. So the page learns
// nothing of who asks, and the person's device fetches nothing.
//
// An address is what a stranger wrote, and a page what another one did. So only http
// and https at ports 80 and 443 of public addresses are fetched ([publicnet]), also
// after each of few redirects; time, bytes and pixels are bounded; nothing is
// unpacked; no cookie, credential or referrer is sent; and of a picture nothing
// passes but its pixels. Nothing is kept, and nothing logged.
package unfurl

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"parley/server"
	"parley/server/publicnet"
	"parley/wire"
)

// Options say what is fetched.
type Options struct {
	// Inner are the sites of the operator's own, as HOST:PORT, that are fetched at
	// whatever address and port. A public site can't redirect there.
	Inner    []string
	Platform *Platform     // whose posts are resolved; nil: none
	Timeout  time.Duration // for one request of a person, in all; 0: 8 s
	AtOnce   int           // fetches at once; 0: 16
	Resolve  *net.Resolver // nil: the system's
}

// Bounds of what is fetched.
const (
	maxPage      = 512 << 10 // bytes of a page that are read
	maxRedirects = 4
	userAgent    = "Mozilla/5.0 (compatible; Parley link preview)"
)

// A Fetcher fetches. It is safe for concurrent use.
type Fetcher struct {
	opts   Options
	client *http.Client
	places chan struct{} // one for each fetch that may run
	draws  chan struct{} // one for each picture that may be decoded
}

var _ server.Unfurler = (*Fetcher)(nil)

// maxDraws bounds the pictures that are decoded at once: each takes memory by its
// pixels.
const maxDraws = 2

// New returns a fetcher.
func New(o Options) *Fetcher {
	if o.Timeout == 0 {
		o.Timeout = 8 * time.Second
	}
	if o.AtOnce == 0 {
		o.AtOnce = 16
	}
	f := &Fetcher{opts: o, places: make(chan struct{}, o.AtOnce), draws: make(chan struct{}, maxDraws)}
	dialer := &publicnet.Dialer{Ports: []uint16{80, 443}, Own: o.Inner, Timeout: o.Timeout, Resolve: o.Resolve}
	if o.Platform != nil {
		dialer.Own = append(slices.Clone(o.Inner), o.Platform.own()...)
	}
	f.opts.Inner = dialer.Own
	f.client = &http.Client{
		CheckRedirect: f.redirect,
		Transport: &http.Transport{ // through no proxy, which would look addresses up itself
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, DisableCompression: true, DisableKeepAlives: true,
			MaxResponseHeaderBytes: 64 << 10, TLSHandshakeTimeout: o.Timeout, ResponseHeaderTimeout: o.Timeout,
		},
	}
	return f
}

// Errors of a fetch: all of them mean the same to who asked.
var (
	errAddress   = errors.New("unfurl: not an address to fetch")
	errAnswer    = errors.New("unfurl: not an answer to read")
	errRedirects = errors.New("unfurl: too many redirects")
)

// redirect judges where a site sends the fetch.
func (f *Fetcher) redirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return errRedirects
	}
	if err := f.check(req.URL); err != nil {
		return err
	}
	if f.inner(req.URL) && !f.inner(via[len(via)-1].URL) {
		return errAddress
	}
	req.Header.Del("Referer") // net/http sets it
	return nil
}

// parse returns the URL of a text that may be fetched, or errAddress.
func (f *Fetcher) parse(text string) (*url.URL, error) {
	if len(text) > wire.MaxLinkURL || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return nil, errAddress
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, errAddress
	}
	u.Fragment, u.RawFragment = "", ""
	return u, f.check(u)
}

// check returns errAddress for a URL that isn't fetched, wherever its host is.
func (f *Fetcher) check(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Opaque != "" || u.Hostname() == "" {
		return errAddress
	}
	if port := u.Port(); port != "" && port != "80" && port != "443" && !f.inner(u) {
		return errAddress
	}
	return nil
}

// inner reports whether the operator allows a URL's host by name and port.
func (f *Fetcher) inner(u *url.URL) bool { return slices.Contains(f.opts.Inner, hostPort(u)) }

// hostPort returns the host of u with its port, as a dialer is given it.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// enter begins what one person asked for, unless as many run as may.
func (f *Fetcher) enter(ctx context.Context) (context.Context, func(), error) {
	select {
	case f.places <- struct{}{}:
	default:
		return nil, nil, server.ErrBusy
	}
	ctx, cancel := context.WithTimeout(ctx, f.opts.Timeout)
	return ctx, func() {
		cancel()
		<-f.places
	}, nil
}

// Unfurl implements [server.Unfurler].
func (f *Fetcher) Unfurl(ctx context.Context, address string) (*wire.Unfurled, error) {
	ctx, leave, err := f.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	u, err := f.parse(address)
	if err != nil {
		return nil, server.ErrNoPreview
	}
	got, err := f.get(ctx, u, maxPage)
	if err != nil {
		return nil, server.ErrNoPreview
	}
	out := &wire.Unfurled{URL: address}
	picture := ""
	switch {
	case got.isPicture():
		out.Picture = f.drawn(ctx, got.url)
	case got.isPage():
		said := read(got)
		out.Title, out.Description, out.Site = said.title(), said.description(), said.first("og:site_name")
		picture = said.picture()
	}
	if at := f.resolve(got.url, picture); at != nil {
		out.Picture = f.drawn(ctx, at)
	}
	if out.Picture != nil {
		out.PictureType = pictureType
	}
	if out.Title == "" && out.Description == "" && out.Picture == nil {
		return nil, server.ErrNoPreview
	}
	return out, nil
}

// resolve returns what a page means by an address in it, nil where that is nothing, or
// a public page names a site of the operator's own.
func (f *Fetcher) resolve(page *url.URL, ref string) *url.URL {
	if ref == "" || len(ref) > wire.MaxLinkURL {
		return nil
	}
	u, err := page.Parse(ref)
	if err != nil {
		return nil
	}
	u.Fragment, u.RawFragment = "", ""
	if f.inner(u) && !f.inner(page) {
		return nil
	}
	return u
}
