package unfurl

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/html"

	"parley/server"
	"parley/wire"
)

// A Platform is what the operator says of the platform whose posts are resolved.
type Platform struct {
	wire.Platform
	OEmbed string // address of its oEmbed endpoint; empty: its pages say what there is
}

// own returns the places of the platform that are fetched at whatever address: those
// that the operator names with a port, and the endpoint.
func (p *Platform) own() (all []string) {
	for _, h := range p.Hosts {
		if strings.Contains(h, ":") {
			all = append(all, h)
		}
	}
	if u, err := url.Parse(p.OEmbed); err == nil && u.Host != "" {
		all = append(all, hostPort(u))
	}
	return all
}

// has reports whether u is an address of the platform.
func (p *Platform) has(u *url.URL) bool {
	host, port := strings.ToLower(u.Hostname()), hostPort(u)
	for _, h := range p.Hosts {
		if h == port || h == host && (u.Port() == "" || u.Port() == "80" || u.Port() == "443") {
			return true
		}
	}
	return false
}

// plays reports whether address is one of the platform's players.
func (p *Platform) plays(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || len(address) > wire.MaxLinkURL || strings.ContainsAny(address, "\\ \t\r\n") || strings.Contains(u.Path, "/..") {
		return false
	}
	for _, prefix := range p.Players {
		if strings.HasPrefix(address, prefix) {
			return true
		}
	}
	return false
}

// Post implements [server.Unfurler].
func (f *Fetcher) Post(ctx context.Context, address string) (*wire.ResolvedPost, error) {
	p := f.opts.Platform
	if p == nil {
		return nil, server.ErrNoPreview
	}
	ctx, leave, err := f.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	u, err := f.parse(address)
	if err != nil || !p.has(u) {
		return nil, server.ErrNoPreview
	}
	out, picture, err := f.resolvePost(ctx, p, u)
	if err != nil || out.Title == "" {
		return nil, server.ErrNoPreview
	}
	out.URL = address
	if !p.plays(out.Player) {
		out.Player, out.Width, out.Height = "", 0, 0
	}
	out.Width, out.Height = dimension(out.Width), dimension(out.Height)
	if picture != nil {
		if out.Picture = f.drawn(ctx, picture); out.Picture != nil {
			out.PictureType = pictureType
		}
	}
	return out, nil
}

// dimension bounds pixels of a player.
func dimension(n int) int { return min(max(n, 0), 10_000) }

func (f *Fetcher) resolvePost(ctx context.Context, p *Platform, u *url.URL) (*wire.ResolvedPost, *url.URL, error) {
	if p.OEmbed != "" {
		return f.oembed(ctx, p, u)
	}
	a, err := f.get(ctx, u, maxPage)
	if err != nil {
		return nil, nil, err
	}
	said := read(a)
	out := &wire.ResolvedPost{Title: said.title(), Author: said.first("author"), Player: said.raw("og:video:secure_url", "og:video:url", "twitter:player")}
	out.Width, _ = strconv.Atoi(said.raw("og:video:width", "twitter:player:width"))
	out.Height, _ = strconv.Atoi(said.raw("og:video:height", "twitter:player:height"))
	return out, f.resolve(a.url, said.picture()), nil
}

// maxOEmbed bounds the bytes of an oEmbed answer.
const maxOEmbed = 64 << 10

// embedded is an oEmbed answer (oEmbed 1.0, Section 2.3.4).
type embedded struct {
	Title     string      `json:"title"`
	Author    string      `json:"author_name"`
	HTML      string      `json:"html"`
	Width     json.Number `json:"width"`
	Height    json.Number `json:"height"`
	Thumbnail string      `json:"thumbnail_url"`
}

// oembed asks the platform's endpoint (oEmbed 1.0, Section 2.2).
func (f *Fetcher) oembed(ctx context.Context, p *Platform, u *url.URL) (*wire.ResolvedPost, *url.URL, error) {
	at, err := url.Parse(p.OEmbed)
	if err != nil {
		return nil, nil, errAddress
	}
	q := at.Query()
	q.Set("url", u.String())
	q.Set("format", "json")
	at.RawQuery = q.Encode()
	a, err := f.getAll(ctx, at, "application/json", maxOEmbed)
	if err != nil {
		return nil, nil, err
	}
	var e embedded
	if (a.kind != "application/json" && a.kind != "text/json" && a.kind != "application/json+oembed") || json.Unmarshal(a.body, &e) != nil {
		return nil, nil, errAnswer
	}
	out := &wire.ResolvedPost{Title: clean(e.Title), Author: clean(e.Author), Player: frame(e.HTML)}
	out.Width, _ = strconv.Atoi(e.Width.String())
	out.Height, _ = strconv.Atoi(e.Height.String())
	return out, f.resolve(a.url, e.Thumbnail), nil
}

// frame returns the address of the first iframe of markup, which is shown to nobody.
func frame(markup string) string {
	z := html.NewTokenizer(strings.NewReader(markup))
	z.SetMaxBuf(maxToken)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			for is := string(name) == "iframe"; is && more; {
				var k, v []byte
				if k, v, more = z.TagAttr(); string(k) == "src" {
					return strings.TrimSpace(string(v))
				}
			}
		}
	}
}
