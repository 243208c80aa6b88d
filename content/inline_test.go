package content

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"parley/internal/cbor"
)

var inlineExt = Extensions{Sender: "mimi://a.example/u/ada", Room: "mimi://a.example/r/1"}

// tinyPNG returns a picture of so many pixels.
func tinyPNG(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// webp returns the beginning of a WebP of 3 by 2 pixels.
func webp(chunk string, body ...byte) []byte {
	b := append([]byte("RIFF\x00\x00\x00\x00WEBP"+chunk), 10, 0, 0, 0)
	b = append(b, body...)
	b = append(b, make([]byte, 16)...)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

func TestPictureSize(t *testing.T) {
	var j, g bytes.Buffer
	if err := jpeg.Encode(&j, image.NewRGBA(image.Rect(0, 0, 3, 2)), nil); err != nil {
		t.Fatal(err)
	}
	if err := gif.Encode(&g, image.NewPaletted(image.Rect(0, 0, 3, 2), palette.Plan9), nil); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		file []byte
		kind string
	}{
		"png": {tinyPNG(t, 3, 2), "image/png"}, "jpeg": {j.Bytes(), "image/jpeg"}, "gif": {g.Bytes(), "image/gif"},
		"lossy":    {webp("VP8 ", 0, 0, 0, 0x9d, 0x01, 0x2a, 3, 0x40, 2, 0x80), "image/webp"},
		"lossless": {webp("VP8L", 0x2f, 2, 0x40, 0, 0), "image/webp"},
		"extended": {webp("VP8X", 0x10, 0, 0, 0, 2, 0, 0, 1, 0, 0), "image/webp"},
	} {
		kind, w, h, ok := pictureSize(test.file)
		if kind != test.kind || w != 3 || h != 2 || !ok {
			t.Errorf("%s: got %q, %d by %d, %v", name, kind, w, h, ok)
		}
		for n := range min(len(test.file), 20) {
			if _, _, _, ok := pictureSize(test.file[:n]); ok && n < 13 {
				t.Errorf("%s: the first %d bytes are taken", name, n)
			}
		}
	}
	for _, other := range []string{"", "<svg xmlns='http://www.w3.org/2000/svg'/>", "BM\x00\x00", "RIFF\x00\x00\x00\x00WEBPVP9 0123456789012345", "\xff\xd8\xff\xd9\xff\xd9", "\xff\xd8\xff\xe0\x00\x00\xff\xc0"} {
		if kind, _, _, ok := pictureSize([]byte(other)); ok {
			t.Errorf("%q is taken for %s", other, kind)
		}
	}
}

func roundTrip(t testing.TB, m *Message) *Message {
	t.Helper()
	data, _, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestSticker(t *testing.T) {
	want := Sticker{Picture: tinyPNG(t, 512, 512), Emoji: "🦊", Pack: "Foxes", PackID: "pack-1"}
	m, err := NewSticker(inlineExt, want)
	if err != nil {
		t.Fatal(err)
	}
	m = roundTrip(t, m)
	got := m.Sticker()
	if got == nil || !bytes.Equal(got.Picture, want.Picture) || got.Emoji != want.Emoji || got.Pack != want.Pack || got.PackID != want.PackID {
		t.Errorf("got %+v", got)
	}
	if s := m.Summary(); s.Kind != KindText || s.Text != "" {
		t.Errorf("summary %+v", s)
	}
	if s := show(&m.Part); s.text != "🦊" { // what a client sees that doesn't know stickers
		t.Errorf("without stickers: %+v", s)
	}
}

// TestHostileStickers: a sticker beyond its bounds isn't one, whether it is to be sent
// or came.
func TestHostileStickers(t *testing.T) {
	good := Sticker{Picture: tinyPNG(t, 10, 10), Emoji: "🦊", Pack: "Foxes", PackID: "p"}
	for name, change := range map[string]func(*Sticker){
		"no picture":   func(s *Sticker) { s.Picture = nil },
		"not one":      func(s *Sticker) { s.Picture = []byte("<svg onload=alert(1)>") },
		"wide":         func(s *Sticker) { s.Picture = tinyPNG(t, MaxStickerSide+1, 1) },
		"bomb":         func(s *Sticker) { binary.BigEndian.PutUint32(s.Picture[16:], 1<<30) },
		"no pixels":    func(s *Sticker) { binary.BigEndian.PutUint32(s.Picture[16:], 0) },
		"long":         func(s *Sticker) { s.Picture = append(s.Picture, make([]byte, MaxSticker)...) },
		"no emoji":     func(s *Sticker) { s.Emoji = "" },
		"text":         func(s *Sticker) { s.Emoji = "fox" },
		"long name":    func(s *Sticker) { s.Pack = strings.Repeat("a", MaxPackName+1) },
		"turned name":  func(s *Sticker) { s.Pack = "a\u202eb" },
		"lines":        func(s *Sticker) { s.Pack = "a\nb" },
		"bad id":       func(s *Sticker) { s.PackID = "a/b" },
		"not UTF-8":    func(s *Sticker) { s.Pack = "\xff" },
		"hidden space": func(s *Sticker) { s.Pack = "a\u200bb" },
	} {
		s := good
		s.Picture = bytes.Clone(good.Picture)
		change(&s)
		if _, err := NewSticker(inlineExt, s); err == nil {
			t.Errorf("%s: sent", name)
		}
		m, err := NewSticker(inlineExt, good)
		if err != nil {
			t.Fatal(err)
		}
		m.Extensions, _ = m.Extensions.with(keySticker, stickerNote{Emoji: s.Emoji, Pack: s.Pack, PackID: s.PackID})
		m.Part.Body.(MultiPart).Parts[0].Body = SinglePart{"image/png", s.Picture}
		if m.Sticker() != nil {
			t.Errorf("%s: taken", name)
		}
	}
	m, _ := NewSticker(inlineExt, good)
	m.Part.Body.(MultiPart).Parts[0].Body = SinglePart{"image/svg+xml", good.Picture}
	if m.Sticker() != nil {
		t.Error("a picture under another name is taken")
	}
}

func TestPreview(t *testing.T) {
	want := Preview{URL: "https://a.example/x?y=1", Title: "A page", Description: "of things", Site: "A", Picture: tinyPNG(t, 64, 32)}
	ext, err := inlineExt.WithPreview(want)
	if err != nil {
		t.Fatal(err)
	}
	m := roundTrip(t, NewText(ext, "look: **https://a.example/x?y=1**, there"))
	if got := m.Preview(); got == nil || got.Title != want.Title || !bytes.Equal(got.Picture, want.Picture) {
		t.Errorf("got %+v", got)
	}
	if s := m.Summary(); s.Text != "look: **https://a.example/x?y=1**, there" {
		t.Errorf("summary %+v", s)
	}
	for _, text := range []string{"nothing", "https://a.example/x?y=12", "https://a.example/x", "https://a.example/x?y=1.evil.example"} {
		if NewText(ext, text).Preview() != nil {
			t.Errorf("a preview beside %q", text)
		}
	}
}

func TestPost(t *testing.T) {
	want := Post{URL: "https://v.example/1", Title: "A walk", Author: "mira", Player: "https://v.example/embed/1", Width: 640, Height: 360, Picture: tinyPNG(t, 64, 36)}
	ext, err := inlineExt.WithPost(want)
	if err != nil {
		t.Fatal(err)
	}
	if got := roundTrip(t, NewText(ext, want.URL)).Post(); got == nil || got.Player != want.Player || got.Author != want.Author {
		t.Errorf("got %+v", got)
	}
	if NewText(ext, "https://v.example/12").Post() != nil {
		t.Error("a post beside another one's address")
	}
}

// TestHostileCards: a card beyond its bounds, or of an address that misleads, isn't
// shown.
func TestHostileCards(t *testing.T) {
	for name, p := range map[string]Preview{
		"script":    {URL: "javascript:alert(1)", Title: "x"},
		"data":      {URL: "data:text/html,x", Title: "x"},
		"user":      {URL: "https://good.example@evil.example/", Title: "x"},
		"backslash": {URL: `https://good.example\@evil.example/`, Title: "x"},
		"space":     {URL: "https://a.example/ b", Title: "x"},
		"turned":    {URL: "https://a.example/\u202ex", Title: "x"},
		"quote":     {URL: `https://a.example/"x`, Title: "x"},
		"no host":   {URL: "https:///x", Title: "x"},
		"long":      {URL: "https://a.example/" + strings.Repeat("a", maxURL), Title: "x"},
		"nothing":   {URL: "https://a.example/"},
		"controls":  {URL: "https://a.example/", Title: "a\x1b[2Jb"},
		"turns":     {URL: "https://a.example/", Title: "a\u2067b"},
		"much":      {URL: "https://a.example/", Title: strings.Repeat("a", MaxCardLine+1)},
		"no image":  {URL: "https://a.example/", Title: "x", Picture: []byte("GIF89")},
		"svg":       {URL: "https://a.example/", Title: "x", Picture: []byte("<svg/>")},
		"wide":      {URL: "https://a.example/", Title: "x", Picture: tinyPNG(t, MaxCardSide+1, 1)},
		"heavy":     {URL: "https://a.example/", Title: "x", Picture: append(tinyPNG(t, 1, 1), make([]byte, MaxCardPicture)...)},
	} {
		if _, err := inlineExt.WithPreview(p); err == nil {
			t.Errorf("%s: sent", name)
		}
		ext, err := inlineExt.with(keyPreview, p)
		if err != nil {
			t.Fatal(err)
		}
		if NewText(ext, p.URL).Preview() != nil {
			t.Errorf("%s: taken", name)
		}
		post := Post{URL: p.URL, Title: p.Title, Picture: p.Picture}
		if ext, err = inlineExt.with(keyPost, post); err != nil {
			t.Fatal(err)
		}
		if NewText(ext, p.URL).Post() != nil {
			t.Errorf("%s: taken for a post", name)
		}
	}
	ext, _ := inlineExt.with(keyPost, Post{URL: "https://v.example/1", Title: "x", Player: "javascript:alert(1)"})
	if NewText(ext, "https://v.example/1").Post() != nil {
		t.Error("a player that is a script is taken")
	}
	raw := inlineExt
	raw.Other = map[any]cbor.RawMessage{keyPreview: {0xf6}, keySticker: {0x01}, keyPost: {0x41, 0xff}}
	if m := NewText(raw, "x"); m.Preview() != nil || m.Sticker() != nil || m.Post() != nil {
		t.Error("what isn't of its form is taken")
	}
}

func FuzzInline(f *testing.F) {
	f.Add([]byte("\x89PNG\r\n\x1a\n0000IHDR00000000"), "https://a.example/", "text https://a.example/")
	f.Add(webp("VP8X", 0x10, 0, 0, 0, 2, 0, 0, 1, 0, 0), "http://a", "http://a")
	f.Add([]byte("\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\x02\x00\x03"), "https://a", "(https://a)")
	f.Fuzz(func(t *testing.T, picture []byte, url, text string) {
		_, w, h, ok := pictureSize(picture)
		if ok && (w < 0 || h < 0) {
			t.Error("negative")
		}
		if line := CleanLine(text, 100); !isLine(line, 100) {
			t.Errorf("CleanLine(%q) = %q isn't clean", text, line)
		}
		p := Preview{URL: url, Title: CleanLine(text, 100), Picture: picture}
		ext, err := inlineExt.WithPreview(p)
		if err != nil {
			return
		}
		if m := NewText(ext, text); Names(text, url) != (m.Preview() != nil) && len(text) > 0 {
			t.Errorf("a preview of %q beside %q: %v", url, text, m.Preview() != nil)
		}
	})
}
