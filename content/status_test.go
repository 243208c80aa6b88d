package content_test

import (
	"errors"
	"slices"
	"testing"

	"parley/content"
)

var statusExt = content.Extensions{Sender: "mimi://example.com/u/alice", Room: "mimi://example.com/r/AAAAAAAAAAAAAAAAAAAAAA"}

// draft-mahy-mimi-message-status-01, Section 3.
func TestStatusReports(t *testing.T) {
	want := []content.Report{{ID: content.MessageID{1, 2}, Status: content.StatusDelivered}, {ID: content.MessageID{1, 3}, Status: content.StatusRead}}
	m, err := content.NewStatus(statusExt, want)
	if err != nil {
		t.Fatal(err)
	}
	data, _, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, _, err := content.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	got, err := back.Reports()
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("Reports = %v, %v; want %v", got, err, want)
	}
	if kind := back.Summary().Kind; kind != content.KindStatus {
		t.Errorf("kind %q; want status", kind)
	}
	if got, err := content.NewText(statusExt, "hi").Reports(); err != nil || got != nil {
		t.Errorf("Reports of a text = %v, %v", got, err)
	}
}

func TestStatusReportLimits(t *testing.T) {
	for _, n := range []int{0, content.MaxReports + 1} {
		if _, err := content.NewStatus(statusExt, make([]content.Report, n)); !errors.Is(err, content.ErrLimit) {
			t.Errorf("%d reports: %v; want ErrLimit", n, err)
		}
	}
	m := content.NewText(statusExt, "")
	for _, body := range []string{"", "\x81", "\x81\x82\x41\x01\x01", "\xff", "text"} {
		m.Part.Body = content.SinglePart{ContentType: content.TypeStatus, Content: []byte(body)}
		if _, err := m.Reports(); !errors.Is(err, content.ErrMalformed) {
			t.Errorf("Reports of %q: %v; want ErrMalformed", body, err)
		}
	}
}
