package report_test

import (
	"bytes"
	"testing"

	"parley/report"
	"parley/report/reporttest"
)

// FuzzDecode: whatever is handed in is judged without a panic, never verified without
// the platform's keys, and what decodes encodes to the same bytes.
func FuzzDecode(f *testing.F) {
	s := newScene()
	body, err := s.Report(s.alice, s.bob, s.three()).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add(body[:len(body)/2])
	other := reporttest.New("parley.example")
	other.Franking = s.alice.Key
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := report.Decode(data)
		if err != nil {
			return
		}
		if again, err := r.Encode(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("it encodes to other bytes (%v)", err)
		}
		if v := report.Verify(r, other.Keys()); v.Grade != report.NotVerified {
			t.Errorf("verified with another platform's keys: %s", v.Why)
		}
		v := report.Verify(r, s.Keys())
		if len(v.Items) != len(r.Items) {
			t.Errorf("%d verdicts for %d items", len(v.Items), len(r.Items))
		}
	})
}

func FuzzDecodeCase(f *testing.F) {
	s := newScene()
	body, err := aCase(s).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := report.DecodeCase(data)
		if err != nil {
			return
		}
		if again, err := c.Encode(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("it encodes to other bytes (%v)", err)
		}
		report.Verify(&c.Report, s.Keys())
	})
}

func FuzzOpen(f *testing.F) {
	s := newScene()
	data, err := report.Seal(s.Desk.Suite, s.Desk.Key, report.KindReport, []byte("x"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, in []byte) {
		body, err := report.Open(s.Desk.Suite, s.Desk.Key, s.Desk.Private, report.KindReport, in)
		if err == nil && string(body) != "x" {
			t.Errorf("another body: %x", body)
		}
	})
}

func FuzzDeskKey(f *testing.F) {
	s := newScene()
	f.Add(s.Desk.Key.Sign(s.Desk.Sign, nil))
	f.Fuzz(func(t *testing.T, in []byte) {
		pinned := s.Desk.Key.SignKey
		k, err := report.ParseDeskKey(in, s.Domain, &pinned, reporttest.AtMS)
		if err == nil && k.Domain != s.Domain {
			t.Errorf("a key of %q", k.Domain)
		}
	})
}

// aCase is the report as a desk exports it.
func aCase(s *scene) *report.Case {
	return &report.Case{
		Format: report.CaseFormat, Report: *s.Report(s.alice, s.bob, s.three()),
		Export: report.Export{Case: "2025-000001", Actor: "lead@desk", AtMS: reporttest.AtMS + 7200*1000, Purpose: "complaint to the police"},
		Media:  []report.Media{{Item: 1, Blob: make([]byte, 32), SHA256: make([]byte, 32), Type: "image/png", Size: 1234}},
	}
}
