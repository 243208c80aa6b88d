package main

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"io"
	"strings"
	"testing"

	"parley/client"
	"parley/cmd/parley/internal/termpic"
	"parley/content"
)

// A picture is drawn in the way that the terminal says, and described where it draws
// none; nothing is fetched then.
func TestScreenShows(t *testing.T) {
	var photo bytes.Buffer
	if err := png.Encode(&photo, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	a := &client.Attachment{Role: content.RolePhoto, Type: "image/png", Name: "beach.png", Size: int64(photo.Len())}
	for _, test := range []struct {
		answer string
		data   []byte
		want   string
		fetch  bool
	}{
		{"\x1b_Gi=31;OK\x1b\\\x1b[?62;c", photo.Bytes(), "\x1b_G", true},
		{"\x1b[?62;4;22c", photo.Bytes(), "\x1bP0;1q", true},
		{"\x1b[?62;22c", photo.Bytes(), "This terminal draws no pictures.", false},
		{"", photo.Bytes(), "This terminal draws no pictures.", false},
		{"\x1b[?62;4;22c", []byte("<svg onload=1>"), "It can't be drawn.", true},
	} {
		var out bytes.Buffer
		s := &screen{in: newKeys(strings.NewReader(test.answer)), out: &out, columns: 80, rows: 24}
		s.ask(t.Context())
		fetched := false
		err := s.show(t.Context(), a, false, func() ([]byte, error) {
			fetched = true
			return test.data, nil
		})
		_, shown, _ := strings.Cut(out.String(), "\x1b[2J")
		if err != nil || !strings.Contains(shown, test.want) || !strings.Contains(shown, "[Photo beach.png") || fetched != test.fetch {
			t.Errorf("a terminal that answers %q: %.80q, %v, fetched %t; want %q", test.answer, shown, err, fetched, test.want)
		}
	}
}

// Of what isn't a photo there is the poster, if there is one; what can't be fetched is
// an error.
func TestScreenShowsOthers(t *testing.T) {
	var out bytes.Buffer
	s := &screen{out: &out, way: termpic.Sixel, columns: 80, rows: 24}
	never := func() ([]byte, error) { t.Error("it was fetched"); return nil, nil }
	if err := s.show(t.Context(), &client.Attachment{Role: content.RoleVideo, Type: "video/mp4"}, false, never); err != nil || !strings.Contains(out.String(), "nothing to draw") {
		t.Errorf("%q, %v", out.String(), err)
	}
	gone := func() ([]byte, error) { return nil, client.ErrOffline }
	if err := s.show(t.Context(), &client.Attachment{Role: content.RolePhoto}, false, gone); !errors.Is(err, client.ErrOffline) {
		t.Errorf("offline: %v", err)
	}
}

// A key that is typed later is for who reads next.
func TestKeys(t *testing.T) {
	r, w := io.Pipe()
	k := newKeys(r)
	if _, err := k.next(t.Context(), 1); !errors.Is(err, errNoKey) {
		t.Errorf("nothing typed: %v; want errNoKey", err)
	}
	go func() { _, _ = w.Write([]byte("ab")) }()
	if b, err := k.next(t.Context(), 0); err != nil || b != 'a' {
		t.Errorf("got %q, %v; want a", b, err)
	}
	rest := make([]byte, 1)
	if _, err := io.ReadFull(r, rest); err != nil || rest[0] != 'b' {
		t.Errorf("the next reader gets %q, %v; want b", rest, err)
	}
}
