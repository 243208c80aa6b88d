package report_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"parley/identity"
	"parley/mls/public"
	"parley/report"
	"parley/report/reporttest"
)

func TestSeal(t *testing.T) {
	s := newScene()
	r := s.Report(s.alice, s.bob, s.three())
	body, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	d := s.Desk
	data, err := report.Seal(d.Suite, d.Key, report.KindReport, body)
	if err != nil {
		t.Fatal(err)
	}
	if id, err := report.KeyOf(data); err != nil || !bytes.Equal(id, d.Key.ID()) {
		t.Errorf("KeyOf = %x, %v, want %x", id, err, d.Key.ID())
	}
	got, err := report.Open(d.Suite, d.Key, d.Private, report.KindReport, data)
	if err != nil || !bytes.Equal(got, body) {
		t.Fatalf("Open: %v, same = %v", err, bytes.Equal(got, body))
	}
	if _, err := report.Decode(got); err != nil {
		t.Errorf("Decode: %v", err)
	}
	if bytes.Contains(data, []byte("keeps writing")) || bytes.Contains(data, []byte(s.bob.Account)) {
		t.Error("what is sealed shows in clear")
	}
	stranger := *d.Key
	stranger.Domain = "elsewhere.example"
	priv, _, _ := d.Suite.DeriveHPKEKey([]byte(strings.Repeat("x", 32)))
	for name, err := range map[string]error{
		"another kind":   second(report.Open(d.Suite, d.Key, d.Private, report.KindAppeal, data)),
		"another domain": second(report.Open(d.Suite, &stranger, d.Private, report.KindReport, data)),
		"another key":    second(report.Open(d.Suite, d.Key, priv, report.KindReport, data)),
		"an altered bit": second(report.Open(d.Suite, d.Key, d.Private, report.KindReport, flipped(data))),
		"cut":            second(report.Open(d.Suite, d.Key, d.Private, report.KindReport, data[:100])),
		"another suite":  second(report.Open(public.X25519(), d.Key, d.Private, report.KindReport, data)),
	} {
		if !errors.Is(err, report.ErrSealed) {
			t.Errorf("%s: err = %v, want ErrSealed", name, err)
		}
	}
}

// TestSealedLength: the length tells a power of two, and the greatest report fits.
func TestSealedLength(t *testing.T) {
	s := newScene()
	for _, n := range []int{0, 1, 4000, 4092, 4093, 100_000, 600_000, report.MaxSize} {
		data, err := report.Seal(s.Desk.Suite, s.Desk.Key, report.KindReport, make([]byte, n))
		if err != nil || len(data) > report.MaxSealed {
			t.Fatalf("%d bytes: %d sealed, %v", n, len(data), err)
		}
		if body, err := report.Open(s.Desk.Suite, s.Desk.Key, s.Desk.Private, report.KindReport, data); err != nil || len(body) != n {
			t.Errorf("%d bytes come back as %d, %v", n, len(body), err)
		}
	}
	a, _ := report.Seal(s.Desk.Suite, s.Desk.Key, report.KindReport, make([]byte, 1))
	b, _ := report.Seal(s.Desk.Suite, s.Desk.Key, report.KindReport, make([]byte, 4000))
	if len(a) != len(b) {
		t.Errorf("1 and 4,000 bytes are sealed to %d and %d", len(a), len(b))
	}
	if _, err := report.Seal(s.Desk.Suite, s.Desk.Key, report.KindReport, make([]byte, report.MaxSize+1)); !errors.Is(err, report.ErrLimit) {
		t.Errorf("too much: err = %v, want ErrLimit", err)
	}
}

func TestDeskKey(t *testing.T) {
	s := newScene()
	d := s.Desk
	now := int64(reporttest.AtMS)
	statement := d.Key.Sign(d.Sign, nil)
	k, err := report.ParseDeskKey(statement, s.Domain, nil, now)
	if err != nil || !bytes.Equal(k.KEMKey, d.Key.KEMKey) {
		t.Fatalf("ParseDeskKey: %v", err)
	}
	pinned := k.SignKey
	next := *d.Key
	other := identity.GenerateKey()
	next.SignKey, next.Previous = other.Public(), pinned[:]
	if _, err := report.ParseDeskKey(next.Sign(other, &d.Sign), s.Domain, &pinned, now); err != nil {
		t.Errorf("a successor that the pinned key vouches for: %v", err)
	}
	bad := *d.Key
	bad.Version = 2
	for name, c := range map[string]struct {
		statement []byte
		domain    string
		now       int64
		want      error
	}{
		"another domain":        {statement, "elsewhere.example", now, report.ErrDeskKey},
		"expired":               {statement, s.Domain, now + 91*24*3600*1000, report.ErrDeskExpired},
		"before all time":       {statement, s.Domain, -1, report.ErrDeskExpired},
		"altered":               {flipped(statement), s.Domain, now, report.ErrDeskKey},
		"cut":                   {statement[:50], s.Domain, now, report.ErrDeskKey},
		"another version":       {bad.Sign(d.Sign, nil), s.Domain, now, report.ErrDeskKey},
		"signed by another":     {d.Key.Sign(other, nil), s.Domain, now, report.ErrDeskKey},
		"a successor by itself": {next.Sign(other, &other), s.Domain, now, report.ErrDeskChanged},
		"nobody's successor":    {next.Sign(other, nil), s.Domain, now, report.ErrDeskChanged},
	} {
		if _, err := report.ParseDeskKey(c.statement, c.domain, &pinned, c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: err = %v, want %v", name, err, c.want)
		}
	}
}

func TestAppeal(t *testing.T) {
	s := newScene()
	a := &report.Appeal{Version: 1, ID: make([]byte, 16), Account: s.bob.Account, Decision: "d-1", Text: "It was a joke.", AtMS: reporttest.AtMS}
	body, err := a.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := report.DecodeAppeal(body)
	if err != nil || got.Text != a.Text || got.Decision != a.Decision {
		t.Errorf("DecodeAppeal = %+v, %v", got, err)
	}
	a.Text = strings.Repeat("x", report.MaxNote+1)
	if _, err := a.Encode(); !errors.Is(err, report.ErrLimit) {
		t.Errorf("a long text: err = %v, want ErrLimit", err)
	}
}

// TestForm: what breaks a limit or a rule of form is neither written nor read.
func TestForm(t *testing.T) {
	s := newScene()
	for name, change := range map[string]func(*report.Report){
		"version":           func(r *report.Report) { r.Version = 2 },
		"id":                func(r *report.Report) { r.ID = r.ID[1:] },
		"category":          func(r *report.Report) { r.Category = "spam" },
		"oneself":           func(r *report.Report) { r.Reported = r.Reporter },
		"account":           func(r *report.Report) { r.Reported = "bob" },
		"domain":            func(r *report.Report) { r.Domain = "elsewhere.example" },
		"note":              func(r *report.Report) { r.Note = "\xff" },
		"a long note":       func(r *report.Report) { r.Note = strings.Repeat("x", report.MaxNote+1) },
		"room":              func(r *report.Report) { r.Room = "" },
		"too many items":    func(r *report.Report) { r.Items = make([]report.Item, report.MaxItems+1) },
		"lists twice":       func(r *report.Report) { r.Lists = append(r.Lists, r.Lists[0]) },
		"too many versions": func(r *report.Report) { r.Lists[0].Lists = make([]identity.SignedDeviceList, report.MaxVersion+1) },
		"half a signature":  func(r *report.Report) { r.Items[0].TBS = nil },
		"a long path":       func(r *report.Report) { r.Items[0].Path = make([]byte, 65*32) },
	} {
		r := s.Report(s.alice, s.bob, s.three())
		change(r)
		if _, err := r.Encode(); err == nil {
			t.Errorf("%s: it was written", name)
		}
	}
}

func second(_ []byte, err error) error { return err }

func flipped(b []byte) []byte {
	out := bytes.Clone(b)
	out[len(out)-1] ^= 1
	return out
}
