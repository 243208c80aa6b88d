package unfurl

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/server"
	"parley/server/publicnet"
	"parley/server/publicnet/publicnettest"
	"parley/wire"
)

// newSite starts a site, and returns a fetcher that may fetch it though it is on this
// machine.
func newSite(t *testing.T, h http.Handler) (*httptest.Server, *Fetcher) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s, New(Options{Inner: []string{s.Listener.Addr().String()}, Timeout: time.Minute})
}

func page(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(body))
	}
}

// picture returns a PNG with so many pixels.
func picture(t *testing.T, w, h int) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, color.NRGBA{uint8(x * 7), uint8(y * 3), uint8(x ^ y), 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestUnfurl: what a page says is taken, its picture drawn anew, and the site learns
// nothing of who asks.
func TestUnfurl(t *testing.T) {
	shot := picture(t, 1200, 630)
	var asked []http.Header
	mux := http.NewServeMux()
	mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header)
		http.SetCookie(w, &http.Cookie{Name: "who", Value: "you"})
		page(`<!doctype html><html><head><title>Not this</title>
			<meta property="og:title" content="A &amp; B`+"\u202e"+`">
			<meta content="Two
			lines" property="og:description"><meta property="og:site_name" content="Example">
			<meta property="og:image" content="/shot.png#x"></head><body><meta property="og:title" content="late"></body>`)(w, r)
	})
	mux.HandleFunc("/shot.png", func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header)
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(shot)
	})
	s, f := newSite(t, mux)
	got, err := f.Unfurl(t.Context(), s.URL+"/page#part")
	if err != nil {
		t.Fatal(err)
	}
	if got.URL != s.URL+"/page#part" || got.Title != "A & B" || got.Description != "Two lines" || got.Site != "Example" || got.PictureType != "image/jpeg" {
		t.Errorf("got %+v", got)
	}
	if len(got.Picture) > wire.MaxLinkPicture {
		t.Errorf("a picture of %d bytes", len(got.Picture))
	}
	m, err := jpeg.Decode(bytes.NewReader(got.Picture))
	if err != nil || m.Bounds().Dx() > maxSide {
		t.Errorf("the picture: %v, %v", m.Bounds(), err)
	}
	for _, h := range asked {
		for name := range h {
			if name != "User-Agent" && name != "Accept" && name != "Connection" {
				t.Errorf("the site is told %s: %q", name, h[name])
			}
		}
	}
	if len(asked) != 2 {
		t.Errorf("%d requests; want 2", len(asked))
	}
}

func TestTexts(t *testing.T) {
	long := strings.Repeat("ä", 5000)
	for name, test := range map[string]struct{ kind, body, title, description string }{
		"title":     {"text/html", "<title> A\n page </title>", "A page", ""},
		"twitter":   {"text/html", `<meta name="twitter:title" content=T><meta name=description content=D>`, "T", "D"},
		"latin":     {"text/html; charset=iso-8859-1", "<title>caf\xe9</title>", "café", ""},
		"said":      {"text/html", "<meta charset=windows-1251><title>\xcf\xf0\xe8</title>", "При", ""},
		"controls":  {"text/html", "<title>a\x00b\u200fc\u2066d\u00ade</title>", "abcde", ""},
		"long":      {"text/html", "<title>" + long + "</title>", long[:2*(wire.MaxLinkText-2)] + "…", ""},
		"no markup": {"text/html", "<title>&lt;script&gt;</title>", "<script>", ""},
		"cut off":   {"text/html", "<title>abc", "abc", ""},
	} {
		s, f := newSite(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", test.kind)
			_, _ = w.Write([]byte(test.body))
		}))
		got, err := f.Unfurl(t.Context(), s.URL)
		if err != nil || got.Title != test.title || got.Description != test.description {
			t.Errorf("%s: got %+v, %v; want %q, %q", name, got, err, test.title, test.description)
		}
	}
}

// TestAddresses: what isn't fetched, whatever answers there.
func TestAddresses(t *testing.T) {
	var hits atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		page("<title>inner</title>")(w, r)
	}))
	defer s.Close()
	port := s.Listener.Addr().String()[len("127.0.0.1:"):]
	f := New(Options{Timeout: 2 * time.Second})
	for _, address := range []string{
		s.URL, "http://localhost:" + port, "http://[::1]:" + port, "http://[::ffff:127.0.0.1]/", "http://2130706433/", "http://0x7f.1/", "http://127.1/",
		"http://127.0.0.1/", "http://0.0.0.0/", "http://[::]/", "http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", "http://192.168.0.1/",
		"http://100.64.0.1/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[fe80::1%25lo]/", "http://[fd00::1]/",
		"ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "javascript:alert(1)", "data:text/html,x", "//example.com", "example.com", "",
		"http://user:word@example.com/", "https://example.com:8443/", "http://example.com:22/", "http://", "http://exa mple.com/", "http://example.com/\r\nX: y",
		"http://example.com/" + strings.Repeat("a", wire.MaxLinkURL),
	} {
		if got, err := f.Unfurl(t.Context(), address); !errors.Is(err, server.ErrNoPreview) {
			t.Errorf("%q: got %+v, %v; want ErrNoPreview", address, got, err)
		}
	}
	if hits.Load() != 0 {
		t.Errorf("fetched %d times", hits.Load())
	}
}

// TestRebinding: a name is judged by the address that is connected to, each time.
func TestRebinding(t *testing.T) {
	for _, to := range []string{"127.0.0.1", "169.254.169.254", "10.0.0.7"} {
		f := New(Options{Timeout: time.Minute, Resolve: publicnettest.Resolver(t, to, to)})
		for range 2 {
			u, _ := url.Parse("http://site.example/")
			if _, err := f.get(t.Context(), u, 100); !errors.Is(err, publicnet.ErrAddress) {
				t.Errorf("%s: got %v, want publicnet.ErrAddress", to, err)
			}
		}
	}
}

// TestRedirects: each is judged as the first address is, and they end.
func TestRedirects(t *testing.T) {
	var inner atomic.Int64
	secret := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.Add(1)
		page("<title>secret</title>")(w, r)
	}))
	defer secret.Close()
	mux := http.NewServeMux()
	to := func(path, target string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, http.StatusFound) })
	}
	to("/inner", secret.URL)
	to("/metadata", "http://169.254.169.254/")
	to("/file", "file:///etc/passwd")
	to("/user", "http://a:b@127.0.0.1/")
	to("/loop", "/loop")
	to("/one", "/two")
	to("/two", "/end")
	mux.Handle("/end", page("<title>end</title>"))
	mux.Handle("/picture", page(`<title>page</title><meta property="og:image" content="`+secret.URL+`/x.png">`))
	s, f := newSite(t, mux)
	for _, path := range []string{"/inner", "/metadata", "/file", "/user", "/loop"} {
		if got, err := f.Unfurl(t.Context(), s.URL+path); !errors.Is(err, server.ErrNoPreview) {
			t.Errorf("%s: got %+v, %v; want ErrNoPreview", path, got, err)
		}
	}
	if got, err := f.Unfurl(t.Context(), s.URL+"/one"); err != nil || got.Title != "end" {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := f.Unfurl(t.Context(), s.URL+"/picture"); err != nil || got.Picture != nil {
		t.Errorf("got %+v, %v; want no picture", got, err)
	}
	if inner.Load() != 0 {
		t.Errorf("an inner address was fetched %d times", inner.Load())
	}
}

// A public site can't have the operator's own fetched by a redirect, nor as its picture.
func TestRedirectInwards(t *testing.T) {
	f := New(Options{Inner: []string{"inside.example:8080"}})
	from, _ := http.NewRequest(http.MethodGet, "http://public.example/", nil)
	to, _ := http.NewRequest(http.MethodGet, "http://inside.example:8080/", nil)
	if err := f.redirect(to, []*http.Request{from}); !errors.Is(err, errAddress) {
		t.Errorf("got %v, want errAddress", err)
	}
	if err := f.redirect(to, []*http.Request{to}); err != nil {
		t.Errorf("within: %v", err)
	}
	if err := f.redirect(to, []*http.Request{to, from}); !errors.Is(err, errAddress) {
		t.Errorf("out and in again: got %v, want errAddress", err)
	}
	if u := f.resolve(from.URL, to.URL.String()); u != nil {
		t.Errorf("a picture: %v; want none", u)
	}
	if u := f.resolve(to.URL, "/x.png"); u == nil || u.Host != to.URL.Host {
		t.Errorf("a picture within: %v", u)
	}
}

// TestEndless: of a page without an end little is read, and one that trickles isn't
// waited for.
func TestEndless(t *testing.T) {
	var sent atomic.Int64
	s, f := newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<title>endless</title>")
		block := bytes.Repeat([]byte("<p>more</p>"), 1000)
		for r.Context().Err() == nil {
			n, err := w.Write(block)
			if sent.Add(int64(n)); err != nil {
				return
			}
		}
	}))
	if got, err := f.Unfurl(t.Context(), s.URL); err != nil || got.Title != "endless" {
		t.Errorf("got %+v, %v", got, err)
	}
	s.Close()
	if sent.Load() > 32<<20 { // what the machine's buffers hold beside what is read
		t.Errorf("%d bytes were taken", sent.Load())
	}
	slow, f := newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		for r.Context().Err() == nil {
			fmt.Fprint(w, "<")
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	}))
	f.opts.Timeout = 200 * time.Millisecond
	if got, err := f.Unfurl(t.Context(), slow.URL); !errors.Is(err, server.ErrNoPreview) {
		t.Errorf("slow: got %+v, %v", got, err)
	}
}

// TestWrongAnswers: what isn't a page as it was asked for is nothing.
func TestWrongAnswers(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(append([]byte("<title>bomb</title>"), make([]byte, 16<<20)...))
	z.Close()
	for name, h := range map[string]http.HandlerFunc{
		"gzip bomb": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed.Bytes())
		},
		"text": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			fmt.Fprint(w, "<title>no</title>")
		},
		"no type": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			fmt.Fprint(w, "<title>no</title>")
		},
		"program": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/octet-stream")
			fmt.Fprint(w, "<title>no</title>")
		},
		"not found": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(404); page("<title>no</title>")(w, r) },
		"empty":     page("<p>nothing</p>"),
		"headers": func(w http.ResponseWriter, r *http.Request) {
			for i := range 200 {
				w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("a", 1000))
			}
			page("<title>no</title>")(w, r)
		},
	} {
		s, f := newSite(t, h)
		if got, err := f.Unfurl(t.Context(), s.URL); !errors.Is(err, server.ErrNoPreview) {
			t.Errorf("%s: got %+v, %v; want ErrNoPreview", name, got, err)
		}
	}
}

// bomb returns a PNG whose header says that it is w by h.
func bomb(t *testing.T, w, h uint32) []byte {
	t.Helper()
	file := picture(t, 4, 4)
	for i := range 4 {
		file[16+i], file[20+i] = byte(w>>(24-8*i)), byte(h>>(24-8*i))
	}
	return file
}

// TestPictures: what isn't a picture of a bounded size isn't decoded, and nothing of a
// file passes but its pixels.
func TestPictures(t *testing.T) {
	polyglot := append(picture(t, 30, 20), []byte("<script>alert(1)</script>")...)
	if got := redraw(t.Context(), polyglot); got == nil || bytes.Contains(got, []byte("script")) {
		t.Errorf("what follows a picture: %d bytes", len(got))
	}
	noise := image.NewRGBA(image.Rect(0, 0, 900, 900))
	for i, n := 0, uint32(1); i < len(noise.Pix); i++ {
		n = n*1664525 + 1013904223
		noise.Pix[i] = byte(n >> 24)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, noise); err != nil {
		t.Fatal(err)
	}
	if got := redraw(t.Context(), b.Bytes()); got == nil || len(got) > wire.MaxLinkPicture {
		t.Errorf("noise: %d bytes", len(got))
	}
	for name, file := range map[string][]byte{
		"wide": bomb(t, 1<<31-1, 1), "large": bomb(t, 60000, 60000), "none": bomb(t, 0, 0), "over": bomb(t, 1<<16, 1<<15),
		"cut off": polyglot[:60], "svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "empty": nil,
	} {
		if got := redraw(t.Context(), file); got != nil {
			t.Errorf("%s: %d bytes", name, len(got))
		}
	}
}

// scans returns a progressive JPEG of 2400 by 2400 pixels that is gone over n times,
// each for 22 bytes of the file that say that all blocks stay as they are (ITU-T T.81,
// Section G.1.2.2).
func scans(n int) []byte {
	file := []byte("\xff\xd8\xff\xdb\x00\x43\x00" + strings.Repeat("\x01", 64))
	file = append(file, "\xff\xc2\x00\x0b\x08\x09\x60\x09\x60\x01\x01\x11\x00"...)
	file = append(file, "\xff\xc4\x00\x14\x10\x01"+strings.Repeat("\x00", 15)+"\xe0"...)
	for range n {
		file = append(file, "\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00"+strings.Repeat("\x00", 12)...)
	}
	return append(file, "\xff\xd9"...)
}

// TestScans: a small file that takes long to be decoded ends with the request.
func TestScans(t *testing.T) {
	if got := redraw(t.Context(), scans(2)); got == nil {
		t.Fatal("a picture of two scans isn't drawn: nothing is shown")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if got := redraw(ctx, scans(500)); got != nil {
		t.Errorf("%d bytes after the end of the request; want none", len(got))
	}
}

// A picture whose file is too long, or called something else, isn't shown.
func TestPictureFiles(t *testing.T) {
	shot := picture(t, 64, 64)
	mux := http.NewServeMux()
	mux.HandleFunc("/long.png", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(shot)
		_, _ = w.Write(make([]byte, maxPictureFile))
	})
	mux.HandleFunc("/page.png", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write(shot)
	})
	mux.HandleFunc("/good.png", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(shot)
	})
	for _, name := range []string{"long", "page", "good"} {
		mux.Handle("/"+name, page(`<title>x</title><meta property="og:image" content="/`+name+`.png">`))
	}
	s, f := newSite(t, mux)
	for _, name := range []string{"long", "page", "good"} {
		got, err := f.Unfurl(t.Context(), s.URL+"/"+name)
		if err != nil || (got.Picture != nil) != (name == "good") {
			t.Errorf("%s: got %d bytes, %v", name, len(got.Picture), err)
		}
	}
	if got, err := f.Unfurl(t.Context(), s.URL+"/good.png"); err != nil || got.Picture == nil {
		t.Errorf("the address of a picture: %v", err)
	}
}

// TestAtOnce: who is beyond what runs at once is told to wait.
func TestAtOnce(t *testing.T) {
	s, f := newSite(t, page("<title>x</title>"))
	for range cap(f.places) {
		f.places <- struct{}{}
	}
	if _, err := f.Unfurl(t.Context(), s.URL); !errors.Is(err, server.ErrBusy) {
		t.Errorf("got %v, want ErrBusy", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`<meta property="og:title" content="A"><title>B</title>`), "text/html; charset=utf-16")
	f.Add([]byte(`<title>B`), "text/html")
	f.Fuzz(func(t *testing.T, body []byte, kind string) {
		said := read(&answer{full: kind, body: body})
		for _, text := range []string{said.title(), said.description(), said.first("og:site_name")} {
			if n := len([]rune(text)); n > wire.MaxLinkText || strings.ContainsAny(text, "\n\r\x00\u202e") {
				t.Errorf("%d characters: %q", n, text)
			}
		}
	})
}
