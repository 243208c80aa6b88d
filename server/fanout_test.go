package server_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"parley/server"
	"parley/server/hints"
	"parley/wire"
)

// BenchmarkFanOut sends 1 KiB to a room of 256, each of whom reads it as it comes:
// what the server does for a group, without network and disk. In "two nodes" half of
// them read at another node, told by hints.
func BenchmarkFanOut(b *testing.B) {
	for _, nodes := range []int{1, 2} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) { benchmarkFanOut(b, nodes) })
	}
}

func benchmarkFanOut(b *testing.B, nodes int) {
	const members, inflight = 256, 16
	st := newSite(b, nodes, func(c *server.Config) {
		none := server.Rate{Burst: -1}
		c.Rates.SignUp, c.Rates.Session = none, none
	})
	st.hints.Fault(func(int, int, server.Hint) hints.Fate { return hints.Fate{} })
	var all []*device
	for i := range members {
		all = append(all, st.nodes[0].person("m"+strconv.Itoa(i)))
	}
	open := all[0].opening(wire.KindGroup, all[1:]...)
	if _, err := st.nodes[0].OpenRoom(b.Context(), all[0].name, open); err != nil {
		b.Fatal(err)
	}
	room := open.Room
	message := all[0].sending(room, strings.Repeat("x", 700)).Message
	var readers, writers sync.WaitGroup
	b.ResetTimer()
	for i, d := range all {
		w := st.nodes[i%nodes]
		readers.Go(func() {
			sub := w.Subscribe(d.session)
			defer sub.Close()
			for after := uint64(1); after < uint64(b.N)+1; {
				reply, err := w.ReadRaw(b.Context(), d.session, &wire.ReadRequest{After: after})
				if err != nil {
					b.Error(err)
					return
				}
				if n := len(reply.Events); n > 0 {
					after = reply.Events[n-1].Pos
				} else {
					<-sub.C
				}
			}
		})
	}
	var next atomic.Int64
	for range inflight {
		writers.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				id := []byte(fmt.Sprintf("%016d", i))
				if _, err := st.nodes[0].Send(b.Context(), all[0].name, &wire.SendRequest{ID: id, Room: room, Message: message}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	writers.Wait()
	readers.Wait()
	b.ReportMetric(float64(b.N)*members/b.Elapsed().Seconds(), "deliveries/s")
}
