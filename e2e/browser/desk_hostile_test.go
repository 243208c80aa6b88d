package browser

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"

	"parley/content"
	"parley/media"
	"parley/report"
	"parley/report/reporttest"
)

// An evidence is an attachment that somebody sends, as the sender wants it.
type evidence struct {
	role      content.Role
	mediaType string
	name, alt string
	data      []byte
}

// sends is a message with attachments, whose blobs the server gets.
func (o *deskTour) sends(from *reporttest.Person, once bool, all ...evidence) reporttest.Said {
	o.t.Helper()
	var list []content.Attachment
	for _, e := range all {
		var sealed bytes.Buffer
		key := media.NewKey()
		out, err := media.Seal(&sealed, bytes.NewReader(e.data), int64(len(e.data)), key)
		o.must0(err)
		o.scene.Server.AddBlob(sealed.Bytes())
		list = append(list, content.Attachment{
			Role: e.role, Blob: out.Blob, Key: [32]byte(key), Hash: out.Hash, Size: out.Size, Sealed: out.SealedSize, Type: e.mediaType, Name: e.name, Alt: e.alt,
		})
	}
	said := o.scene.Say(from, "")
	said.Message = func(ext content.Extensions) *content.Message {
		m, err := content.NewAttached(ext, content.SinglePart{}, content.Attached{Attachments: list, ViewOnce: once})
		o.must0(err)
		return m
	}
	return said
}

// figure is the attachment of a name in the open case, as an expression.
func figure(name string) string {
	return `[...document.querySelectorAll("figure.media")].find((f) => f.textContent.includes(` + quote(name) + `))`
}

// asksFor presses what fetches an attachment of the open case.
func (p *tab) asksFor(name string) {
	p.t.Helper()
	p.until("the button of "+name, `text() !== null && (() => { const b = `+figure(name)+`?.querySelector("[data-reveal]"); b?.click(); return !!b; })()`)
}

// markup is what runs in a page that takes it for markup.
const markup = `<img src=x onerror="document.title='taken'"><script>document.title='taken'</script><a href="https://evil.example/">press here</a> https://evil.example/x javascript:alert(1)`

// TestDeskHostileText: what a reporter or a reported account wrote is text, on one line
// of events, within its box; what can't be seen in it is named.
func TestDeskHostileText(t *testing.T) {
	t.Parallel()
	o := newDesk(t)
	s := o.scene
	word := strings.Repeat("W", 3000)
	zalgo := "Z" + strings.Repeat("\u0301\u0324", 400) + "end"
	r := s.Report(s.Alice, s.Bob, report.Harassment,
		s.Say(s.Bob, "safe \u202egnp.exe\u202c after"), s.Say(s.Bob, "pay\u200bpal\u2066\u2069 \U000E0041\u00ad"), s.Say(s.Bob, "Müller می\u200cخواهم 👩\u200d👩\u200d👧 שלום"),
		s.Say(s.Bob, markup), s.Say(s.Bob, word), s.Say(s.Bob, zalgo), s.Say(s.Bob, strings.Repeat("line\n", 1500)+"the last line"),
		o.sends(s.Bob, false, evidence{content.RoleFile, "constructor/x", "a " + strings.Repeat("n", 200) + ".bin", markup + "\u202egnp", []byte("x")},
			evidence{content.RoleFile, "__proto__/x", "proto.bin", "", []byte("x")}))
	r.Note = "note \u202edesrever\u202c " + markup + word[:500]
	o.getsCase("*Harassment*bob*", "the last line", r)
	o.isInert("the case")
	for _, want := range []string{`safe [U+202E]gnp.exe[U+202C] after`, `pay[U+200B]pal`, `[U+E0041][U+00AD]`, "Müller می\u200cخواهم 👩\u200d👩\u200d👧 שלום", `note [U+202E]desrever`} {
		if o.must(`document.querySelector("main").innerText.includes(`+quote(want)+`)`) != "true" {
			o.t.Errorf("the case doesn't show %s:\n%.600s", want, o.must(`document.querySelector(".evidence").innerText`))
		}
	}
	if left := o.must(`/[\u202a-\u202e\u2066-\u2069\u200b\u00ad]|\u{e0041}/u.test(document.querySelector(".evidence").textContent)`); left != "false" {
		o.t.Error("what turns or hides text is in the page")
	}
	if tall := o.must(`Math.max(...[...document.querySelectorAll(".words-of")].map((e) => e.getBoundingClientRect().height))`); len(tall) > 3 {
		o.t.Errorf("a text takes %s pixels of height; want its own box to scroll", tall)
	}
	if out := o.must(`[...document.querySelectorAll(".words-of")].filter((e) => !/hidden|clip|auto/.test(getComputedStyle(e).overflowY)).length`); out != "0" {
		o.t.Errorf("%s texts may be drawn outside their boxes", out)
	}
	o.fits("hostile text")
	o.axe(readAxe(t), "hostile text", nil)
	dec, err := s.Decide(t.Context(), s.Rita, suspension(s.Queue().Cases[0].ID))
	o.must0(err)
	s.Appeal(s.Bob, dec.ID, "no \u202ehguone\u202c "+markup+word[:900])
	s.Step()
	o.key("g")
	o.key("a")
	o.press("link", "Suspension*bob*")
	o.sees("no [U+202E]hguone[U+202C]")
	o.isInert("the appeal")
	o.fits("a hostile appeal")
}

// isInert fails the test where something of the evidence lives.
func (p *tab) isInert(where string) {
	p.t.Helper()
	p.sees(`<img src=x onerror="document.title='taken'">`)
	if title := p.must("document.title"); strings.Contains(title, "taken") {
		p.t.Errorf("%s: a script of the evidence has run", where)
	}
	alive := p.must(`[...document.querySelectorAll("main :is(img, script, iframe, object, embed, video, audio), a[href]:not([href^='#/'])")].map((e) => e.outerHTML.slice(0, 100))`)
	if alive != "[]" {
		p.t.Errorf("%s: the evidence brings %s", where, alive)
	}
}

// TestDeskHostileMedia: an attachment is what its message says that it is, drawn again,
// or isn't shown at all.
func TestDeskHostileMedia(t *testing.T) {
	t.Parallel()
	o := newDesk(t)
	s := o.scene
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>top.document.title='taken'</script><image href="https://evil.example/"/></svg>`)
	html := []byte(`<!doctype html><script>top.document.title='taken'</script>`)
	both := append(deskPicture(), html...)
	never := []evidence{
		{content.RoleFile, "image/svg+xml", "drawing.svg", "", svg},
		{content.RoleFile, "text/html", "page.html", "", html},
		{content.RoleFile, "constructor/x", "file.x", "", html},
		{content.RolePhoto, "image/png", "svg as a picture", "", svg},
		{content.RolePhoto, "image/gif", "page as a picture", "", append([]byte("GIF89a"), html...)},
		{content.RolePhoto, "image/png", "a huge picture", "", hugePNG()},
		{content.RoleVideo, "video/mp4", "page as a video", "", html},
		{content.RoleVoice, "audio/ogg", "page as a sound", "", html},
	}
	o.getsCase("*Sexual content*bob*", "two things",
		s.Report(s.Alice, s.Bob, report.SexualContent, o.sends(s.Bob, false, never...), o.sends(s.Bob, true, evidence{content.RolePhoto, "image/png", "two things", "", both})))
	for _, e := range never {
		o.must(figure(e.name) + `?.scrollIntoView()`)
		if o.must(`!!`+figure(e.name)+`?.querySelector("[data-reveal]")`) == "true" {
			o.asksFor(e.name)
		}
		o.until("why "+e.name+" isn't shown", `text() !== null && /isn.t of the type|isn.t what its message|doesn.t show files/.test(`+figure(e.name)+`?.textContent)`)
	}
	o.asksFor("two things")
	o.until("the picture", `text() && document.querySelector("main img")?.naturalWidth === 480`)
	if n := o.must(`document.querySelectorAll("main :is(img, video, audio, iframe, object, embed)").length`); n != "1" {
		o.t.Errorf("%s attachments are shown; want that one which is a picture", n)
	}
	got := o.must(`fetch(document.querySelector("main img").src).then(async (r) => r.headers.get("Content-Type") + " " + (await r.text()).includes("<script"))`)
	if got != `"image/png false"` {
		o.t.Errorf("the picture comes as %s; want a picture without what else was in it", got)
	}
	if title := o.must("document.title"); strings.Contains(title, "taken") {
		o.t.Error("a script of an attachment has run")
	}
}

// hugePNG is a small file that says of itself that it is 60,000 pixels wide and high.
func hugePNG() []byte {
	data := bytes.Clone(deskPicture())
	binary.BigEndian.PutUint32(data[16:], 60_000)
	binary.BigEndian.PutUint32(data[20:], 60_000)
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
	return data
}
