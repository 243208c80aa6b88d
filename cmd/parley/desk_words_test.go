package main

import (
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
)

// What the desk and lawful requests have for commands is this, by hand: there is none
// for what people write, but for what somebody reported.
func TestNoContentWord(t *testing.T) {
	got := slices.Sorted(maps.Keys(deskWords))
	want := []string{
		"account", "appeal", "appeals", "audit", "cases", "checkpoint", "claim", "confirm", "decide", "decision", "export", "note", "refuse",
		"release", "reveal", "show", "staff",
	}
	if !slices.Equal(got, want) {
		t.Errorf("parley desk has %q, want %q", got, want)
	}
	for _, word := range []string{"messages", "content", "room", "contacts", "media", "conversations"} {
		p := &program{stdout: io.Discard, stderr: io.Discard, lookup: func(string) (string, bool) { return "", false }}
		err := runLegal(t.Context(), p, []string{word, "mimi://example.org/u/bob", "--order", "1"})
		if err == nil || !strings.Contains(err.Error(), "want legal export ACCOUNT --order ID, or legal list") {
			t.Errorf("parley legal %s: %v, want that there is no such thing", word, err)
		}
	}
}
