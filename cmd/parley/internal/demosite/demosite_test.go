package demosite

import (
	"testing"
	"time"

	"parley/server/unfurl"
	"parley/wire"
)

// TestResolved: the server's fetcher finds in a film what a card needs.
func TestResolved(t *testing.T) {
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, oembed := range []string{s.OEmbed(), ""} {
		f := unfurl.New(unfurl.Options{Timeout: 10 * time.Second, Platform: &unfurl.Platform{
			Platform: wire.Platform{Name: "Demo films", Hosts: []string{s.Host}, Players: []string{s.Players()}}, OEmbed: oembed,
		}})
		for i, address := range s.Films() {
			got, err := f.Post(t.Context(), address)
			if err != nil {
				t.Fatalf("%s: %v", address, err)
			}
			if got.Title != films[i].Title || got.Author != films[i].Author || got.Player == "" || len(got.Picture) == 0 {
				t.Errorf("%s: got %q by %q at %q, a picture of %d bytes", address, got.Title, got.Author, got.Player, len(got.Picture))
			}
		}
		if _, err := f.Post(t.Context(), s.URL+"/watch/99"); err == nil {
			t.Error("a film that isn't there is resolved")
		}
	}
}
