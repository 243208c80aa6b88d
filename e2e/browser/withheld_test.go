package browser

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"parley/client"
	"parley/content"
	"parley/identity"
)

// shares sends files to a conversation, with some words.
func (f *friend) shares(room identity.Room, words string, files ...client.File) {
	f.t.Helper()
	_, err := f.Attach(f.t.Context(), room, client.Outgoing{Text: words}, files, nil)
	f.must(err)
}

// fileOf is a file to share as what it says that it is.
func fileOf(name, kind string, data []byte) client.File {
	about := client.Attachment{Role: content.RoleOf(kind), Type: kind, Name: name}
	if about.Role == content.RolePhoto {
		about.Width, about.Height = 240, 160
	}
	return client.File{Attachment: about, Data: bytes.NewReader(data), Bytes: int64(len(data))}
}

// pictured: a stranger's picture, in a group of theirs, isn't fetched before that is
// accepted. Who is accepted may still be hostile: what is a picture and a page at once is drawn as the picture
// that it says it is, or not at all; a page is saved as it is, and never opened.
func (p *person) pictured(s *site) {
	p.t.Helper()
	file := filepath.Join(s.outside(), "moving.gif")
	writeGIF(p.t, file)
	picture, err := os.ReadFile(file)
	if err != nil {
		p.t.Fatal(err)
	}
	gil, hal := s.friend("gil", "gil "+mark), s.friend("hal", "hal "+mark)
	known := gil.writes("hal", "it's me "+mark) // of a group of strangers alone nobody hears
	hal.joins(known)
	gil.accepted(known)
	room, err := gil.Start(p.t.Context(), client.Opening{Names: []string{"alice", "hal"}, Title: "Hikers " + mark, Group: true})
	gil.must(err)
	gil.shares(room, "it's gil "+mark, fileOf("moving.gif", "image/gif", picture))
	p.goTo("#/requests")
	p.press("link", "*Hikers*")
	p.sees("shows once you accept")
	p.sees("it's gil " + mark)
	if p.within(0, `text() && document.querySelector(".album, img.cell-picture") !== null`) || p.fetched() {
		p.t.Error("a stranger's picture is fetched")
	}
	p.press("button", "Accept")
	p.has("button", "Show their pictures")
	if p.fetched() {
		p.t.Error("the picture is fetched before anybody wants to see it")
	}
	p.press("button", "Show their pictures")
	p.until("the picture", `text() && document.querySelector("img.cell-picture")?.naturalWidth === 240`)
	if !p.fetched() {
		p.t.Error("the picture is there without being fetched: then nothing was seen before")
	}

	page := []byte(`<!doctype html><script>top.polyglot = true; document.title = "polyglot"</script>`)
	both := append(bytes.Clone(picture), page...)
	gil.shares(room, "", fileOf("both.gif", "image/gif", both), fileOf("page.png", "image/png", both))
	p.until("the one that is a picture", `text() && [...document.querySelectorAll("img.cell-picture")].filter((i) => i.naturalWidth === 240).length === 2`)
	p.sees("This picture can’t be shown.")
	gil.shares(room, "", fileOf("page.html", "text/html", page))
	if saved := p.savesBy(p.t, func() { p.press("button", "Save page.html *") }, "page.html"); !bytes.Equal(saved, page) {
		p.t.Errorf("the page is saved as %q", saved)
	}
	p.until("that it is still the page", `has("textbox", "Message to *") && globalThis.polyglot === undefined && document.title !== "polyglot" && !document.querySelector("iframe, object, embed")`)
}

// fetched is whether an attachment was asked for through somebody's door.
func (p *person) fetched() bool { return strings.Contains(string(p.door.passed()), "GET /v1/blobs/") }
