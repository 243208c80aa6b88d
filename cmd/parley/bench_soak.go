package main

import (
	"time"

	"parley/cmd/parley/internal/load"
)

// A benchMemory is the server's memory at one time of a soak.
type benchMemory struct {
	AtS   float64 `json:"at_s"` // since the turn began to count
	RSS   int64   `json:"rss_bytes"`
	Store int64   `json:"store_bytes,omitempty"` // of an embedded store's directory
}

// soakSamples is how many times a soak says what memory the server has, unless it
// is so long that once a minute is more often.
const soakSamples = 30

// watchMemory says, while a turn runs, what memory the server has, until the
// returned function is called.
func (b *bench) watchMemory(pids []int) (stop func()) {
	if !b.soak {
		return func() {}
	}
	end, ended := make(chan struct{}), make(chan struct{})
	start := time.Now()
	go func() {
		defer close(ended)
		tick := time.NewTicker(min(max(b.length/soakSamples, 100*time.Millisecond), time.Minute))
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				m := benchMemory{AtS: round(time.Since(start).Seconds(), 1), RSS: load.Measure(pids...).RSS}
				if b.serverDir != "" {
					m.Store, _ = diskBytes(b.serverDir) // a file that goes meanwhile makes it 0
				}
				b.report.Memory = append(b.report.Memory, m)
				b.note("after %6.0f s the server has %4d MB of memory, %5d MB of disk", m.AtS, m.RSS>>20, m.Store>>20)
			case <-end:
				return
			}
		}
	}()
	return func() {
		close(end)
		<-ended
	}
}

// growth returns how much more memory the server had in the last quarter of a soak
// than in the second, as a share of the latter: medians. 0 where there are too few
// samples. (The first quarter is caches that fill.)
func growth(all []benchMemory) float64 {
	quarter := len(all) / 4
	if quarter == 0 {
		return 0
	}
	early, late := middle(all[quarter:2*quarter]), middle(all[len(all)-quarter:])
	return round((late-early)/max(early, 1), 3)
}

func middle(all []benchMemory) float64 {
	var sizes []float64
	for _, m := range all {
		sizes = append(sizes, float64(m.RSS))
	}
	return median(sizes)
}
