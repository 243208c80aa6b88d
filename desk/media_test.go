package desk_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"testing"
	"time"

	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/desk/desktest"
	"parley/report"
)

// Nothing of an attachment is shown before the log has it that somebody reveals it;
// then it is shown to that person alone, for a while.
func TestReveal(t *testing.T) {
	s := desktest.New(t)
	id := s.Case(report.SexualContent, s.Attach(s.Bob, "image/png", pngOf(t, 5, 3)))
	ctx := t.Context()
	_, err := s.Desk.Show(ctx, s.Rita, id, 0)
	wantCode(t, "showing what wasn't revealed", err, deskapi.NotRevealed)
	m, err := s.Desk.Reveal(ctx, s.Rita, deskapi.RevealMedia{ID: id})
	if err != nil || !m.Shown || m.URL == "" || s.Count(audit.MediaRevealed) != 1 {
		t.Fatalf("reveal: %+v, %v", m, err)
	}
	p, err := s.Desk.Show(ctx, s.Rita, id, 0)
	if err != nil {
		t.Fatal(err)
	}
	if img, err := png.Decode(bytes.NewReader(p.Data)); err != nil || img.Bounds() != image.Rect(0, 0, 5, 3) || p.Type != "image/png" {
		t.Errorf("shown: %s, %v", p.Type, err)
	}
	_, err = s.Desk.Show(ctx, s.Ron, id, 0)
	wantCode(t, "showing it to a colleague", err, deskapi.NotRevealed)
	s.Wait(time.Hour)
	_, err = s.Desk.Show(ctx, s.Rita, id, 0)
	wantCode(t, "showing it an hour later", err, deskapi.NotRevealed)
	_, err = s.Desk.Reveal(ctx, s.Rita, deskapi.RevealMedia{ID: id, Media: 1})
	wantCode(t, "one that isn't", err, deskapi.NotFound)
}

// bomb is a PNG whose header says that it is huge.
func bomb(t testing.TB) []byte {
	data := pngOf(t, 1, 1)
	binary.BigEndian.PutUint32(data[16:], 60_000)
	binary.BigEndian.PutUint32(data[20:], 60_000)
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
	return data
}

// Attack: attachments that are bombs, another type than they say, or two things at
// once.
func TestHostileMedia(t *testing.T) {
	s := desktest.New(t)
	var jpg bytes.Buffer
	if err := jpeg.Encode(&jpg, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	const script = "<script>alert(1)</script>"
	page := []byte("<html>" + script)
	polyglot := append(bytes.Clone(jpg.Bytes()), script...)
	id := s.Case(report.SexualContent,
		s.Attach(s.Bob, "image/png", bomb(t)), s.Attach(s.Bob, "image/png", page), s.Attach(s.Bob, "image/png", jpg.Bytes()),
		s.Attach(s.Bob, "text/html", page), s.Attach(s.Bob, "image/svg+xml", []byte("<svg/>")), s.Attach(s.Bob, "video/mp4", page),
		s.Attach(s.Bob, "image/jpeg", polyglot))
	for n, want := range []deskapi.ErrorCode{
		deskapi.MediaDamaged, deskapi.MediaDamaged, deskapi.MediaDamaged, deskapi.MediaUnknown, deskapi.MediaUnknown, deskapi.MediaDamaged, "",
	} {
		_, err := s.Desk.Reveal(t.Context(), s.Rita, deskapi.RevealMedia{ID: id, Media: n})
		wantCode(t, []string{"a bomb", "a page", "a JPEG that says PNG", "HTML", "SVG", "a page that says video", "a polyglot"}[n], err, want)
	}
	c, err := s.Desk.Case(t.Context(), s.Rita, deskapi.CaseID{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	for n, it := range c.ReportList[0].Items {
		if m := it.Attachments[0]; m.Closed != "" != (n == 3 || n == 4) {
			t.Errorf("%s: closed %q", m.Type, m.Closed)
		}
	}
	p, err := s.Desk.Show(t.Context(), s.Rita, id, 6)
	if err != nil || bytes.Contains(p.Data, []byte("script")) || p.Type != "image/jpeg" {
		t.Errorf("the polyglot: %v, %v", p, err)
	}
}

// Bytes that aren't those of the message, or that the server has no more, aren't shown.
func TestDamagedMedia(t *testing.T) {
	s := desktest.New(t)
	said := s.Attach(s.Bob, "image/png", pngOf(t, 2, 2))
	id := s.Case(report.SexualContent, said, s.Attach(s.Bob, "image/png", pngOf(t, 3, 3)))
	s.Server.ChangeBlobs(func(data []byte) []byte { data[len(data)-1] ^= 1; return data })
	_, err := s.Desk.Reveal(t.Context(), s.Rita, deskapi.RevealMedia{ID: id})
	wantCode(t, "changed bytes", err, deskapi.MediaDamaged)
	s.Server.ChangeBlobs(func([]byte) []byte { return nil })
	_, err = s.Desk.Reveal(t.Context(), s.Rita, deskapi.RevealMedia{ID: id})
	wantCode(t, "no bytes", err, deskapi.NotFound)
	c, err := s.Desk.Case(t.Context(), s.Rita, deskapi.CaseID{ID: id})
	if err != nil || !c.ReportList[0].Items[0].Attachments[0].Gone || c.ReportList[0].Items[1].Attachments[0].Gone {
		t.Errorf("the case doesn't say which is gone: %+v, %v", c.ReportList, err)
	}
}

// What was shown doesn't stay in memory longer than it may be shown.
func TestShelf(t *testing.T) {
	s := desktest.New(t)
	id := s.Case(report.SexualContent, s.Attach(s.Bob, "image/png", pngOf(t, 2, 2)))
	reveal := func(want deskapi.ErrorCode) {
		t.Helper()
		_, err := s.Desk.Reveal(t.Context(), s.Rita, deskapi.RevealMedia{ID: id})
		wantCode(t, "revealing", err, want)
	}
	reveal("")
	s.Server.ChangeBlobs(func([]byte) []byte { return nil })
	reveal("") // from memory
	s.Wait(16 * time.Minute)
	s.Step()
	reveal(deskapi.NotFound)
}

// What a forged message names isn't even fetched.
func TestForgedMedia(t *testing.T) {
	s := desktest.New(t)
	r := s.Report(s.Alice, s.Bob, report.SexualContent, s.Attach(s.Bob, "image/png", pngOf(t, 2, 2)))
	r.Items[0].Frank[0] ^= 1
	s.Send(r)
	s.Step()
	_, err := s.Desk.Reveal(t.Context(), s.Rita, deskapi.RevealMedia{ID: s.Queue().Cases[0].ID})
	wantCode(t, "a forged message's", err, deskapi.Unverified)
}
