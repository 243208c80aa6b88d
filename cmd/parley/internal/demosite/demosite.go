// Package demosite is a small video platform for parley demo: pages of films with a
// player, an oEmbed endpoint (oEmbed 1.0) that says what they are, and people of some
// age who follow each other or don't. Its films are drawn here.
package demosite

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"image/png"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A film is one post of the platform.
type film struct {
	ID      int
	Title   string
	Author  string
	Seconds int
	look    look
}

var films = []film{
	{1, "Evening over the bay", "Mira Sol", 12, look{sky: [2]rgb{{255, 183, 120}, {88, 62, 128}}, sun: rgb{255, 236, 190}, hills: rgb{52, 40, 92}, sunY: 0.52}},
	{2, "First snow", "Jonas Lind", 12, look{sky: [2]rgb{{226, 238, 250}, {134, 170, 214}}, sun: rgb{255, 255, 255}, hills: rgb{96, 126, 168}, sunY: 0.3}},
	{3, "A walk in the dunes", "Amal Nasser", 12, look{sky: [2]rgb{{255, 226, 160}, {232, 140, 88}}, sun: rgb{255, 250, 225}, hills: rgb{168, 96, 58}, sunY: 0.36}},
}

// Size of a film, in pixels.
const (
	width  = 640
	height = 360
)

// A Site is the platform while it runs.
type Site struct {
	URL  string // http://127.0.0.1:PORT
	Host string // 127.0.0.1:PORT
	http *http.Server
}

// Films are the addresses of its posts.
func (s *Site) Films() (all []string) {
	for _, f := range films {
		all = append(all, s.URL+"/watch/"+strconv.Itoa(f.ID))
	}
	return all
}

// OEmbed is the address of its endpoint.
func (s *Site) OEmbed() string { return s.URL + "/oembed" }

// Players is what the addresses of its player begin with.
func (s *Site) Players() string { return s.URL + "/player/" }

// Start starts it on this machine, at any free port.
func Start() (*Site, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Site{Host: l.Addr().String()}
	s.URL = "http://" + s.Host
	s.http = &http.Server{Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.http.Serve(l) }()
	return s, nil
}

// Close ends it.
func (s *Site) Close() error { return s.http.Close() }

func (s *Site) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /oembed", s.oembed)
	mux.HandleFunc("GET /watch/{id}", s.draw(watchPage))
	mux.HandleFunc("GET /player/{id}", s.draw(playerPage))
	mux.HandleFunc("GET /poster/{id}", func(w http.ResponseWriter, r *http.Request) {
		f, ok := find(strings.TrimSuffix(r.PathValue("id"), ".png"))
		var b bytes.Buffer
		if !ok || png.Encode(&b, f.look.paint(width, height)) != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(b.Bytes())
	})
	return mux
}

func find(id string) (film, bool) {
	for _, f := range films {
		if strconv.Itoa(f.ID) == id {
			return f, true
		}
	}
	return film{}, false
}

//go:embed watch.html
var watchText string

//go:embed player.html
var playerText string

var (
	watchPage  = template.Must(template.New("watch").Parse(watchText))
	playerPage = template.Must(template.New("player").Parse(playerText))
)

// A view is what a template draws.
type view struct {
	film
	Base string
}

func (s *Site) draw(t *template.Template) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f, ok := find(r.PathValue("id"))
		var b bytes.Buffer
		if !ok || t.Execute(&b, view{f, s.URL}) != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(b.Bytes())
	}
}

// oembed answers for the addresses of films (oEmbed 1.0, Section 2.3).
func (s *Site) oembed(w http.ResponseWriter, r *http.Request) {
	u, err := url.Parse(r.FormValue("url"))
	f, ok := film{}, false
	if err == nil && u.Host == s.Host {
		f, ok = find(strings.TrimPrefix(u.Path, "/watch/"))
	}
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"version": "1.0", "type": "video", "title": f.Title, "author_name": f.Author, "provider_name": "Demo films", "width": width, "height": height,
		"thumbnail_url": fmt.Sprintf("%s/poster/%d.png", s.URL, f.ID),
		"html":          fmt.Sprintf(`<iframe src="%s/player/%d" width="%d" height="%d"></iframe>`, s.URL, f.ID, width, height),
	})
}
