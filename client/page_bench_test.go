package client_test

import (
	"fmt"
	"testing"

	"parley/client"
)

// BenchmarkHistory measures, in a room of 50,000 messages and with 200 rooms beside
// it, what a page, the list and a search read of the store. With b.N of 1 the client
// has just been started; it then remembers some.
func BenchmarkHistory(b *testing.B) {
	const n = 50_000
	w := newWorld(b)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	ctx, room := b.Context(), alice.room().Room
	text := func(i int) string { return fmt.Sprintf("message %d, about as long as such messages are", i) }
	if err := alice.FillRoom(ctx, room, bob.Account(), n, text); err != nil {
		b.Fatal(err)
	}
	for more := true; more; {
		var err error
		if more, err = alice.Index(ctx); err != nil {
			b.Fatal(err)
		}
	}
	if err := alice.FillRooms(ctx, room, 200); err != nil {
		b.Fatal(err)
	}
	for _, work := range []struct {
		name string
		do   func(i int) error
	}{
		{"newest", func(int) error { _, err := alice.Page(ctx, room, client.PageOf{Limit: 50}); return err }},
		{"before", func(i int) error {
			_, err := alice.Page(ctx, room, client.PageOf{Before: uint64(n - i*37%40_000), Limit: 50})
			return err
		}},
		{"after", func(i int) error {
			_, err := alice.Page(ctx, room, client.PageOf{After: uint64(n - i*37%40_000 - 200), Limit: 50})
			return err
		}},
		{"rooms", func(int) error { _, err := alice.Rooms(ctx); return err }},
		{"search-none", func(int) error { _, _, err := alice.Search(ctx, client.Query{Text: "nowhere", Limit: 50}); return err }},
		{"search-many", func(int) error {
			_, _, err := alice.Search(ctx, client.Query{Text: "Message 4", Limit: 50})
			return err
		}},
	} {
		b.Run(work.name, func(b *testing.B) {
			c := alice.counted()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := work.do(i); err != nil {
					b.Fatal(err)
				}
			}
			for unit, total := range map[string]int{
				"records/op": c.records, "calls/op": c.gets + c.lists + c.gathers, "KB-read/op": c.bytes / 1000, "writes/op": c.writes,
			} {
				b.ReportMetric(float64(total)/float64(b.N), unit)
			}
		})
	}
}
