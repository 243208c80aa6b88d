package bridge

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"parley/server"
	"parley/server/clientapi"
	servermem "parley/server/memstore"
	"parley/server/unfurl"
	"parley/wire"
)

// pictureOfSize returns a data: URL of a PNG.
func pictureOfSize(t *testing.T, w, h int) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())
}

// TestStickerCalls: packs and favourites are made, told of and deleted, and what isn't
// a picture is refused.
func TestStickerCalls(t *testing.T) {
	ada := newPage(t, newServer(t)).signUp("ada")
	picture := pictureOfSize(t, 8, 8)
	pack := StickerPack{ID: "p1", Name: " Foxes\u202e\n", Stickers: []PackSticker{{Emoji: "🦊", Data: picture}}}
	ask[Nothing](ada, "setPack", pack)
	ask[Nothing](ada, "keepSticker", Sticker{Data: picture, Emoji: "🦊"})
	ada.until("the pages are told", func() bool { return ada.wasTold("stickers") })
	got := ask[Stickers](ada, "stickers", Nothing{}).Packs
	if len(got) != 2 || got[0].ID != "favourites" || len(got[0].Stickers) != 1 || got[1].Name != "Foxes" || got[1].Stickers[0].Data != picture {
		t.Fatalf("got %+v", got)
	}
	ask[Nothing](ada, "dropSticker", PackID{ID: got[0].Stickers[0].ID})
	ask[Nothing](ada, "deletePack", PackID{ID: "p1"})
	if got := ask[Stickers](ada, "stickers", Nothing{}).Packs; len(got) != 1 || len(got[0].Stickers) != 0 {
		t.Errorf("got %+v", got)
	}
	for name, data := range map[string]string{
		"svg":       "data:image/svg+xml;base64,PHN2Zy8+",
		"page":      "data:text/html;base64,PHN2Zy8+",
		"address":   "https://a.example/x.png",
		"none":      "",
		"misnamed":  strings.Replace(picture, "png", "webp", 1),
		"too large": pictureOfSize(t, 513, 1),
	} {
		if _, err := try[Nothing](ada, "keepSticker", Sticker{Data: data, Emoji: "🦊"}); err == nil || err.Code != "bad_params" {
			t.Errorf("%s: %v; want bad_params", name, err)
		}
	}
}

// newLinkServer starts a server that looks at links, and a site that it may look at.
func newLinkServer(t *testing.T) (url, site string) {
	t.Helper()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<title>A page</title><meta name="author" content="mira">`))
	}))
	t.Cleanup(elsewhere.Close)
	host := elsewhere.Listener.Addr().String()
	p := wire.Platform{Name: "Films", Hosts: []string{host}, Players: []string{"https://v.example/embed/"}}
	h := httptest.NewUnstartedServer(nil)
	quiet := slog.New(slog.DiscardHandler)
	url = "http://" + h.Listener.Addr().String()
	srv, err := server.New(t.Context(), server.Config{
		Store: servermem.New(), Domain: "example.com", Origins: []string{url}, SignUpOpen: true, Suites: suites(), Logger: quiet,
		Unfurler: unfurl.New(unfurl.Options{Platform: &unfurl.Platform{Platform: p}}), Unfurl: true, Platform: &p,
	})
	if err != nil {
		t.Fatal(err)
	}
	api := clientapi.New(srv, clientapi.Options{Logger: quiet})
	h.Config.Handler = api
	h.Start()
	t.Cleanup(func() { api.Close(); h.Close() })
	return url, elsewhere.URL
}

// TestLinkCalls: the server looks at a link, and what it found goes with the text that
// has the link alone.
func TestLinkCalls(t *testing.T) {
	url, site := newLinkServer(t)
	ada := newPage(t, url).signUp("ada")
	newPage(t, url).signUp("bob")
	ada.until("what the server is", func() bool {
		s := ask[Boot](ada, "boot", Nothing{}).Server
		return s != nil && s.Unfurl && s.Platform != nil && s.Platform.Name == "Films"
	})
	preview := ask[LinkPreview](ada, "unfurl", Link{URL: site + "/x"})
	if preview.Title != "A page" || preview.URL != site+"/x" {
		t.Errorf("got %+v", preview)
	}
	post := ask[Post](ada, "resolvePost", Link{URL: site + "/1"})
	if post.Title != "A page" || post.Author != "mira" || post.Player != "" {
		t.Errorf("got %+v", post)
	}
	for _, address := range []string{"http://169.254.169.254/", "http://127.0.0.1:1/", "file:///etc/passwd"} {
		if _, err := try[LinkPreview](ada, "unfurl", Link{URL: address}); err == nil || err.Code != "no_preview" {
			t.Errorf("%s: %v; want no_preview", address, err)
		}
	}
	room := ask[Room](ada, "start", Start{Names: []string{"bob"}}).Room
	if _, err := try[Sent](ada, "send", Send{Room: room, Text: "no link", Preview: &preview}); err == nil || err.Code != "bad_params" {
		t.Errorf("beside another text: %v; want bad_params", err)
	}
	ask[Sent](ada, "send", Send{Room: room, Text: "see " + site + "/x", Preview: &preview})
	if m := ada.newest(room); m.Preview == nil || m.Preview.Title != "A page" {
		t.Errorf("got %+v", m)
	}
}
