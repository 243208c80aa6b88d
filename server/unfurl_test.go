package server_test

import (
	"context"
	"strings"
	"testing"

	"parley/server"
	"parley/wire"
)

// A fetcher answers what it is asked, but for addresses that hold "nothing".
type fetcher struct{ asked []string }

func (f *fetcher) Unfurl(_ context.Context, address string) (*wire.Unfurled, error) {
	f.asked = append(f.asked, address)
	if strings.Contains(address, "nothing") {
		return nil, server.ErrNoPreview
	}
	return &wire.Unfurled{URL: address, Title: "A page"}, nil
}

func (f *fetcher) Post(_ context.Context, address string) (*wire.ResolvedPost, error) {
	f.asked = append(f.asked, address)
	if strings.Contains(address, "nothing") {
		return nil, server.ErrNoPreview
	}
	return &wire.ResolvedPost{URL: address, Title: "A post"}, nil
}

// TestUnfurl: a session's account has so many addresses fetched, where the operator
// allows any.
func TestUnfurl(t *testing.T) {
	f := new(fetcher)
	w := newWorld(t, func(c *server.Config) {
		c.Unfurler, c.Unfurl, c.Platform = f, true, &wire.Platform{Name: "Demo", Hosts: []string{"demo.example"}}
		c.Rates.Unfurl = server.Rate{Burst: 4, Every: 1 << 40}
	})
	ada := w.person("ada")
	info := mustInfo(t, w)
	if !info.Unfurl || info.Platform == nil || info.Platform.Name != "Demo" {
		t.Errorf("info says %+v", info)
	}
	got, err := w.Unfurl(t.Context(), ada.name, &wire.UnfurlRequest{URL: "https://a.example"})
	if err != nil || got.Title != "A page" {
		t.Errorf("got %+v, %v", got, err)
	}
	post, err := w.ResolvePost(t.Context(), ada.name, &wire.ResolvePostRequest{URL: "https://demo.example/1"})
	if err != nil || post.Title != "A post" {
		t.Errorf("got %+v, %v", post, err)
	}
	_, err = w.Unfurl(t.Context(), ada.name, &wire.UnfurlRequest{URL: "https://nothing.example"})
	refused(t, "nothing", err, wire.CodeNoPreview)
	_, err = w.ResolvePost(t.Context(), ada.name, &wire.ResolvePostRequest{URL: "https://nothing.example"})
	refused(t, "no post", err, wire.CodeNoPreview)
	_, err = w.Unfurl(t.Context(), ada.name, &wire.UnfurlRequest{URL: "https://a.example"})
	refused(t, "a fifth", err, wire.CodeRateLimited)
	_, err = w.Unfurl(t.Context(), ada.name, &wire.UnfurlRequest{URL: "https://a.example/" + strings.Repeat("a", wire.MaxLinkURL)})
	refused(t, "too long", err, wire.CodeTooLarge)
	if len(f.asked) != 4 {
		t.Errorf("asked %d times; want 4", len(f.asked))
	}
}

func mustInfo(t *testing.T, w *world) *wire.Info {
	t.Helper()
	info, err := w.Info(t.Context(), nil)
	return must(t, info, err)
}

// TestUnfurlOff: a server that doesn't look says so, and doesn't.
func TestUnfurlOff(t *testing.T) {
	f := new(fetcher)
	for _, change := range []func(*server.Config){func(*server.Config) {}, func(c *server.Config) { c.Unfurler = f }} {
		w := newWorld(t, change)
		ada := w.person("ada")
		if info := mustInfo(t, w); info.Unfurl || info.Platform != nil {
			t.Errorf("info says %+v", info)
		}
		_, err := w.Unfurl(t.Context(), ada.name, &wire.UnfurlRequest{URL: "https://a.example"})
		refused(t, "off", err, wire.CodeNoPreview)
		_, err = w.ResolvePost(t.Context(), ada.name, &wire.ResolvePostRequest{URL: "https://a.example"})
		refused(t, "off", err, wire.CodeNoPreview)
	}
	if len(f.asked) != 0 {
		t.Error("asked all the same")
	}
}
