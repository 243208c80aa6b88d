package bridge

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/client/nettransport"
)

// descriptor is an attachment as a page describes what it has uploaded, n told from
// others.
func descriptor(n byte) Attachment {
	name := strings.Repeat("a"+string(rune('0'+n)), 32)
	key := base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("k", 31) + string(rune('0'+n))))
	return Attachment{
		Role: "photo", Blob: name, Key: key, Hash: hex.EncodeToString([]byte(strings.Repeat("h", 32))), Size: 1000, Sealed: 1100,
		Type: "image/jpeg", Name: "beach.jpg", Alt: "waves", Width: 640, Height: 480, Thumb: base64.StdEncoding.EncodeToString([]byte("thumb")),
	}
}

// uploaded uploads what an attachment names, which needn't be in order: a server can't
// tell.
func (p *page) uploaded(a Attachment, what string) Attachment {
	p.t.Helper()
	access := ask[BlobAccess](p, "blobAccess", Nothing{})
	tr, err := nettransport.New(access.Base, nettransport.Options{})
	if err != nil {
		p.t.Fatal(err)
	}
	defer tr.Close()
	token, err := base64.RawURLEncoding.DecodeString(access.Token)
	if err != nil {
		p.t.Fatal(err)
	}
	data := []byte(strings.Repeat(what, 1100/len(what)+1)[:1100])
	blob, err := tr.Upload(p.t.Context(), func(context.Context) ([]byte, error) { return token, nil }, bytes.NewReader(data), int64(len(data)), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	a.Blob = hex.EncodeToString(blob[:])
	return a
}

// What a page has uploaded is sent, and shown to both: in the conversation, in a quote, in
// the list, and where it is searched.
func TestSendAttachments(t *testing.T) {
	p, q, room := pair(t)
	photo := p.uploaded(descriptor(1), "photo")
	video := p.uploaded(descriptor(2), "video")
	video.Role, video.Type, video.Name, video.DurationMS = "video", "video/mp4; codecs=avc1", "C:\\clips\\a.mp4", 61_000
	video.Poster = "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString([]byte("\xff\xd8\xff poster"))
	sent := ask[Sent](p, "send", Send{Room: room, Text: "look", Attachments: []Attachment{photo, video}})
	q.until("it has come", func() bool { return q.newest(room).ID == sent.ID })
	m := q.newest(room)
	if m.ID != sent.ID || m.Text != "look" || len(m.Attachments) != 2 || m.Media != "album" || m.MediaCount != 2 || m.ViewOnce {
		t.Fatalf("the newest line is %+v", m)
	}
	if got, want := m.Attachments[0], photo; got != want {
		t.Errorf("it comes back as %+v; want %+v", got, want)
	}
	if got := m.Attachments[1]; got.Type != "video/mp4" || got.Name != "C__clips_a.mp4" || got.Poster != video.Poster || got.DurationMS != 61_000 {
		t.Errorf("the video comes back as %+v", got)
	}
	reply := ask[Sent](p, "send", Send{Room: room, Reply: sent.ID, Attachments: []Attachment{video}})
	q.until("the reply has come", func() bool { return q.newest(room).ID == reply.ID })
	if m := q.newest(room); m.ID != reply.ID || m.Reply == nil || m.Reply.Media != "album" || m.Media != "video" || m.MediaMS != 61_000 || m.Text != "" {
		t.Errorf("the reply is %+v", m)
	}
	rooms := ask[Rooms](q, "rooms", Nothing{})
	if l := rooms.Rooms[0].Last; l == nil || l.Media != "video" || l.MediaMS != 61_000 || l.Text != "" {
		t.Errorf("the list shows %+v", l)
	}
	if found := ask[Found](q, "search", Search{Text: "clips", Limit: 5}); len(found.Hits) != 2 {
		t.Errorf("search finds %+v", found)
	}
	if _, err := try[Nothing](q, "forward", Forward{ID: sent.ID, Rooms: []string{room, room}}); err == nil || err.Code != "too_long" {
		t.Errorf("forwarded to two of one: %v; want too_long", err)
	}
}

// To be viewed once: by who gets it, and never by who sent it.
func TestSendViewOnce(t *testing.T) {
	p, q, room := pair(t)
	photo := p.uploaded(descriptor(3), "once")
	once := ask[Sent](p, "send", Send{Room: room, ViewOnce: true, Attachments: []Attachment{photo}})
	if m := p.newest(room); m.ID != once.ID || !m.ViewOnce || !m.Opened || len(m.Attachments) > 0 || m.Media != "photo" || !m.MediaOnce {
		t.Errorf("its author sees %+v", m)
	}
	q.until("it has come", func() bool { return q.newest(room).ID == once.ID })
	if m := q.newest(room); !m.ViewOnce || m.Opened || len(m.Attachments) != 1 || m.Attachments[0].Key != photo.Key {
		t.Errorf("who gets it sees %+v", m)
	}
	if _, err := try[Nothing](q, "forward", Forward{ID: once.ID, Rooms: []string{room}}); err == nil || err.Code != "view_once" {
		t.Errorf("forwarded: %v; want view_once", err)
	}
	ask[Nothing](q, "openOnce", OneMessage(once))
	if _, err := try[Nothing](q, "openOnce", OneMessage(once)); err == nil || err.Code != "view_once" {
		t.Errorf("looked at again: %v; want view_once", err)
	}
	if m := q.newest(room); !m.Opened || len(m.Attachments) > 0 || m.Media != "photo" {
		t.Errorf("once it was looked at: %+v", m)
	}
	// To be reported it is there still, to be looked at not.
	q.until("its copy has come", func() bool {
		all := ask[Reportables](q, "reportables", InRoom{Room: room}).Messages
		return slices.ContainsFunc(all, func(m ReportedMessage) bool { return m.ID == once.ID })
	})
	all := ask[Reportables](q, "reportables", InRoom{Room: room}).Messages
	preview := ask[ReportPreview](q, "previewReport", Report{Room: room, Messages: []string{once.ID}, Category: CategoryHarassment})
	for _, m := range append(all, preview.Messages...) {
		for _, a := range m.Attachments {
			if want := (Attachment{Role: "photo", Size: photo.Size, Type: photo.Type, Name: photo.Name, Alt: photo.Alt, Width: photo.Width, Height: photo.Height}); a != want {
				t.Errorf("who reports it gets %+v; want %+v", a, want)
			}
		}
	}
	if m := preview.Messages; len(m) != 1 || len(m[0].Attachments) != 1 || m[0].Media.Media != "photo" {
		t.Errorf("the preview is %+v", preview)
	}
	text := ask[Sent](q, "send", Send{Room: room, Text: "text"})
	if _, err := try[Nothing](q, "openOnce", OneMessage(text)); err == nil || err.Code != "unknown_message" {
		t.Errorf("openOnce of a text: %v; want unknown_message", err)
	}
}

// What a page describes wrongly is refused, and not queued.
func TestSendAttachmentsRefused(t *testing.T) {
	p, _, room := pair(t)
	before := p.newest(room).ID
	for name, change := range map[string]func(a *Attachment){
		"no role":       func(a *Attachment) { a.Role = "" },
		"a script":      func(a *Attachment) { a.Type = "image/svg+xml" },
		"a short key":   func(a *Attachment) { a.Key = a.Key[:20] },
		"a short blob":  func(a *Attachment) { a.Blob = a.Blob[2:] },
		"no hash":       func(a *Attachment) { a.Hash = "" },
		"negative":      func(a *Attachment) { a.Width = -1 },
		"a huge side":   func(a *Attachment) { a.Width = 1 << 40 },
		"a large thumb": func(a *Attachment) { a.Thumb = strings.Repeat("AAAA", 30) },
		"bad base64":    func(a *Attachment) { a.Wave = "%" },
		"a poster in HTML": func(a *Attachment) {
			a.Poster = "data:text/html;base64," + base64.StdEncoding.EncodeToString([]byte("<b>"))
		},
		"sizes": func(a *Attachment) { a.Sealed = 10 },
	} {
		a := descriptor(1)
		change(&a)
		if _, err := try[Sent](p, "send", Send{Room: room, Attachments: []Attachment{a}}); err == nil || err.Code != "bad_params" {
			t.Errorf("%s: %v; want bad_params", name, err)
		}
	}
	if got := p.newest(room).ID; got != before {
		t.Error("something was queued")
	}
	if _, err := try[Sent](p, "send", Send{Room: room}); err == nil || err.Code != "empty" {
		t.Errorf("nothing: %v; want empty", err)
	}
}

// A page gets what uploading takes, and no longer than it holds.
func TestBlobAccess(t *testing.T) {
	p, _, _ := pair(t)
	a := ask[BlobAccess](p, "blobAccess", Nothing{})
	token, err := base64.RawURLEncoding.DecodeString(a.Token)
	if err != nil || len(token) == 0 || !strings.HasPrefix(a.Base, "http") || a.ExpiresMS < time.Now().UnixMilli() {
		t.Errorf("access is %+v, %v", a, err)
	}
	if again := ask[BlobAccess](p, "blobAccess", Nothing{}); again.Token != a.Token {
		t.Error("each time it is another session")
	}
}
