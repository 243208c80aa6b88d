package unfurl

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"parley/server"
	"parley/wire"
)

// newPlatform starts a platform whose oEmbed endpoint answers as it is told.
func newPlatform(t *testing.T, answer func(base string) map[string]any) (*httptest.Server, *Fetcher) {
	t.Helper()
	mux := http.NewServeMux()
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	mux.HandleFunc("/oembed", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("format") != "json" || r.FormValue("url") != s.URL+"/v/1" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer(s.URL))
	})
	mux.HandleFunc("/poster", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(picture(t, 320, 180))
	})
	p := &Platform{Platform: wire.Platform{Name: "Demo", Hosts: []string{s.Listener.Addr().String()}, Players: []string{s.URL + "/player/"}}, OEmbed: s.URL + "/oembed"}
	return s, New(Options{Platform: p, Timeout: time.Minute})
}

func TestPost(t *testing.T) {
	s, f := newPlatform(t, func(base string) map[string]any {
		return map[string]any{
			"type": "video", "version": "1.0", "title": "A walk", "author_name": "mira", "width": 640, "height": 360,
			"thumbnail_url": base + "/poster", "html": `<iframe width=640 src="` + base + `/player/1?a=b&amp;c"></iframe><script>evil()</script>`,
		}
	})
	got, err := f.Post(t.Context(), s.URL+"/v/1")
	if err != nil {
		t.Fatal(err)
	}
	if got.Title != "A walk" || got.Author != "mira" || got.Player != s.URL+"/player/1?a=b&c" || got.Width != 640 || got.Height != 360 || got.Picture == nil {
		t.Errorf("got %+v", got)
	}
	for _, address := range []string{s.URL + "/v/2", "https://elsewhere.example/v/1", "http://127.0.0.1/v/1", ""} {
		if got, err := f.Post(t.Context(), address); !errors.Is(err, server.ErrNoPreview) {
			t.Errorf("%s: got %+v, %v; want ErrNoPreview", address, got, err)
		}
	}
}

// TestPlayers: a card has a player only if the operator allows it.
func TestPlayers(t *testing.T) {
	for player, want := range map[string]bool{
		"/player/1": true, "/player/": true, "/other/1": false, "/player/../other": false, "https://evil.example/player/1": false, "javascript:alert(1)": false, "": false,
	} {
		s, f := newPlatform(t, func(base string) map[string]any {
			at := player
			if len(at) > 0 && at[0] == '/' {
				at = base + at
			}
			return map[string]any{"title": "x", "width": 1e9, "html": `<iframe src="` + at + `">`}
		})
		got, err := f.Post(t.Context(), s.URL+"/v/1")
		if err != nil || (got.Player != "") != want || got.Width > 10_000 {
			t.Errorf("%q: got %+v, %v; want a player: %v", player, got, err, want)
		}
	}
}

// A platform without oEmbed is read by what its pages say.
func TestPostByPage(t *testing.T) {
	mux := http.NewServeMux()
	s := httptest.NewServer(mux)
	defer s.Close()
	mux.Handle("/v/1", page(`<meta property="og:title" content="A walk"><meta name=author content=mira><meta property="og:video:url" content="`+s.URL+`/player/1">`))
	p := &Platform{Platform: wire.Platform{Hosts: []string{s.Listener.Addr().String()}, Players: []string{s.URL + "/player/"}}}
	got, err := New(Options{Platform: p, Timeout: time.Minute}).Post(t.Context(), s.URL+"/v/1")
	if err != nil || got.Title != "A walk" || got.Author != "mira" || got.Player != s.URL+"/player/1" {
		t.Errorf("got %+v, %v", got, err)
	}
}
