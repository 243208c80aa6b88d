package browser

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// An elsewhere is sites that aren't the server's: a page, a hostile one, and a
// platform with posts.
type elsewhere struct {
	*httptest.Server
	mu    sync.Mutex // guards asked
	asked []string   // path and User-Agent
}

func newElsewhere(t *testing.T) *elsewhere {
	e := new(elsewhere)
	mux := http.NewServeMux()
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		e.asked = append(e.asked, r.URL.Path+" "+r.UserAgent()+r.Referer()+r.Header.Get("Cookie"))
		e.mu.Unlock()
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(e.Close)
	page := func(path, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, body)
		})
	}
	page("/garden", `<title>no</title><meta property="og:title" content="The walled garden"><meta property="og:description" content="Roses, and a pond with a heron.">
		<meta property="og:image" content="/garden.png">`)
	page("/player/1", `<!doctype html><title>player</title><body style="background:#246">playing`)
	mux.HandleFunc("/garden.png", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(painting(640, 336)) })
	mux.HandleFunc("/hostile", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
	})
	mux.HandleFunc("/oembed", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"type": "video", "version": "1.0", "title": "Evening over the bay", "author_name": "Mira Sol", "width": 640, "height": 360,
			"thumbnail_url": e.URL + "/garden.png", "html": `<iframe src="` + e.URL + `/player/1"></iframe>`,
		})
	})
	return e
}

// flags are what a server needs for them.
func (e *elsewhere) flags() []string {
	host := strings.TrimPrefix(e.URL, "http://")
	return []string{
		"--unfurl-inner", host, "--platform-name", "Films", "--platform-hosts", strings.Replace(host, "127.0.0.1", "localhost", 1),
		"--platform-oembed", e.URL + "/oembed", "--platform-players", e.URL + "/player/",
	}
}

// times is how often a path was asked for by who calls itself so.
func (e *elsewhere) times(path, agent string) (n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, a := range e.asked {
		if strings.HasPrefix(a, path+" ") && strings.Contains(a, agent) {
			n++
		}
	}
	return n
}

// painting is a PNG of a landscape.
func painting(w, h int) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, drawing(w, h))
	return b.Bytes()
}

// drawing is a landscape.
func drawing(w, h int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{uint8(255 - y*120/h), uint8(150 + x*60/w), uint8(90 + y*120/h), 255}
			if y > h*2/3 {
				c = color.RGBA{60, 120, 80, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

// TestCards: a link is sent with what the server found at it, and who gets it fetches
// nothing; a hostile site has no card; a post of the platform is played where it
// stands, and an answer keeps its card in view.
func TestCards(t *testing.T) {
	t.Parallel()
	axe := readAxe(t)
	e := newElsewhere(t)
	s := newSite(t, e.flags()...)
	both := s.people("dana", "emil")
	dana, emil := both[0], both[1]
	acquaint(dana, emil)

	dana.types("Message to *", "look "+e.URL+"/garden")
	dana.has("group", "Preview of the link")
	dana.sees("The walled garden")
	dana.axe(axe, "the link that is written", nil)
	dana.shot("link-bar")
	dana.press("button", "Send")
	for _, p := range both {
		p.has("link", "The walled garden*127.0.0.1:*")
		p.sees("Roses, and a pond with a heron.")
		p.until("the picture", `text() && document.querySelector(".link-card img")?.naturalWidth > 0`)
	}
	emil.shot("link-card")
	if n := e.times("/garden", "Parley"); n != 1 {
		t.Errorf("the page was fetched %d times by the server, want once", n)
	}
	if n := e.times("/garden", "Chrom") + e.times("/garden.png", "Chrom"); n != 0 {
		t.Errorf("a person's browser fetched the page %d times", n)
	}

	dana.types("Message to *", e.URL+"/garden")
	dana.press("button", "Send without a preview")
	dana.hasNot("group", "Preview of the link")
	dana.press("button", "Send")
	emil.until("a link without a card", `text() && document.querySelectorAll(".line .text a").length === 2 && document.querySelectorAll(".link-card").length === 1`)

	dana.types("Message to *", e.URL+"/hostile")
	dana.until("that it was looked at", `text() && document.querySelector(".link-bar") === null`)
	dana.press("button", "Send")
	emil.until("a link without a card", `text() && document.querySelectorAll(".line .text a").length === 3 && document.querySelectorAll(".link-card").length === 1`)

	post := strings.Replace(e.URL, "127.0.0.1", "localhost", 1) + "/watch/1"
	dana.types("Message to *", post)
	dana.sees("Evening over the bay")
	dana.press("button", "Send")
	for _, p := range both {
		p.has("button", "Play Evening over the bay")
		p.sees("Mira Sol")
	}
	emil.shot("post")
	emil.press("button", "Play Evening over the bay")
	emil.until("the player", `text() && document.querySelector(".post-card iframe")?.sandbox.contains("allow-scripts")`)
	eventually(t, "the player is fetched", func() bool { return e.times("/player/1", "Chrom") == 1 })
	emil.shot("playing")
	emil.deeds("*Evening over the bay*")
	emil.press("menuitem", "Reply")
	emil.send("lovely light " + mark)
	for _, p := range both {
		p.sees("lovely light " + mark)
		p.until("the card in the answer", `text() && document.querySelector(".quote .post-quote img") !== null`)
	}
	dana.axe(axe, "cards", nil)
	dana.shot("answer")

	e.mu.Lock()
	defer e.mu.Unlock()
	for _, a := range e.asked {
		if strings.Contains(a, "http") && !strings.Contains(a, "Mozilla") || strings.Contains(a, s.address) {
			t.Errorf("a site is told whence: %s", a)
		}
	}
}

// TestStickers: one of everyone's stickers is sent and kept; a pack is made of
// pictures, used, and is on another own page.
func TestStickers(t *testing.T) {
	t.Parallel()
	axe := readAxe(t)
	s := newSite(t)
	both := s.people("dana", "emil")
	dana, emil := both[0], both[1]
	acquaint(dana, emil)
	file := filepath.Join(t.TempDir(), "cat.png")
	if err := os.WriteFile(file, painting(600, 400), 0o600); err != nil {
		t.Fatal(err)
	}

	dana.press("button", "Emoji")
	dana.press("tab", "Stickers")
	dana.has("button", "Send the sticker 👋 hello")
	dana.axe(axe, "picker", nil)
	dana.shot("picker")
	dana.typesInto("searchbox", "Search stickers", "party")
	dana.hasNot("button", "Send the sticker 👋 hello")
	dana.press("button", "Send the sticker 🎉 party")
	for _, p := range both {
		p.has("image", "Sticker 🎉")
		p.until("the sticker", `text() && document.querySelector("img.sticker")?.naturalWidth >= 256`)
	}
	emil.shot("sticker")
	emil.deeds("*Sticker 🎉*")
	emil.press("menuitem", "Keep this sticker")
	emil.press("button", "Emoji")
	emil.press("tab", "Stickers")
	emil.sees("Favourites")

	emil.press("button", "Make a pack")
	emil.types("Name", "Cats "+mark)
	emil.chooses(".pack input[type=file]", file)
	emil.press("button", "Fill")
	emil.axe(axe, "crop", nil)
	emil.shot("crop")
	emil.press("button", "Done")
	emil.has("dialog", "New sticker pack")
	emil.axe(axe, "pack", nil)
	emil.shot("pack")
	emil.press("button", "Save")
	emil.hasNot("dialog", "New sticker pack")
	emil.press("button", "Emoji")
	emil.sees("Cats " + mark)
	emil.press("button", "Send the sticker 🙂 *")
	for _, p := range both {
		p.has("image", "Sticker 🙂")
	}
	again := emil.another()
	again.do(chromedp.Navigate(emil.door.origin()))
	again.open("Dana *")
	again.press("button", "Emoji")
	again.press("tab", "Stickers")
	again.sees("Cats " + mark)
	again.sees("Recent")
	again.axe(axe, "kept", nil)
	again.shot("kept")
}
