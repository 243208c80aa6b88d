package bridge

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/client"
	"parley/identity"
)

// What changes is told at once, whatever else was told just before, and not more
// often than each pace.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told []string
		began := time.Now()
		n := startNews(t.Context(), func(event string, data []byte) {
			var in InRoom
			_ = decode(data, &in)
			mu.Lock()
			defer mu.Unlock()
			told = append(told, time.Since(began).String()+" "+event+" "+in.Room)
		}, func(room string) any { return RoomNews{Room: room} })
		const a, b = "mimi://example.com/r/a", "mimi://example.com/r/b"
		touch := func(room string) { n.touched(client.Touched{Rooms: []identity.Room{identity.Room(room)}}) }
		n.put(subject{"typing", a}, func() any { return TypingNow{Room: a} })
		time.Sleep(pace / 4)
		touch(a)
		touch(a)
		time.Sleep(pace / 4)
		touch(b)
		touch(a)
		time.Sleep(10 * pace)
		touch(a)
		time.Sleep(pace)
		mu.Lock()
		defer mu.Unlock()
		want := []string{
			"0s typing " + a,
			"10ms room " + a, "10ms rooms ",
			"20ms room " + b,
			"50ms room " + a, "50ms rooms ",
			"420ms room " + a, "420ms rooms ",
		}
		if !slices.Equal(told, want) {
			t.Errorf("told\n%q; want\n%q", told, want)
		}
	})
}
