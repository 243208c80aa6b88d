package client_test

import (
	"testing"

	"parley/client"
)

// BenchmarkReceive is what a device does to take in one message of a room that it is
// in, from the mailbox to the store, of 64 that come together: its own part, and the
// server's of reading and acknowledging. "stored" is what the store grows by.
func BenchmarkReceive(b *testing.B) {
	const together = 64
	w, ctx := newWorld(b), b.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("hello", "bob")
	bob.sync()
	alice.sync()
	room := bob.room().Room
	size := func() (n int) {
		for after := ""; ; {
			records, err := alice.store.List(ctx, "", after, 512)
			if err != nil {
				b.Fatal(err)
			}
			if len(records) == 0 {
				return n
			}
			for _, r := range records {
				n += len(r.Key) + len(r.Value)
				after = r.Key
			}
		}
	}
	before, messages := size(), 0
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		b.StopTimer()
		for range together {
			if _, err := bob.Post(ctx, room, client.Outgoing{Text: "a message of an ordinary length, as people write them"}); err != nil {
				b.Fatal(err)
			}
		}
		bob.sync()
		messages += together
		b.StartTimer()
		if err := alice.Pull(ctx); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(messages), "ns/message")
	b.ReportMetric(float64(size()-before)/float64(messages), "stored/message")
}
