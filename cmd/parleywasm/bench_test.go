//go:build !js

package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"
)

// measure evaluates an expression that gives milliseconds, and reports the median.
func measure(b *testing.B, name string, each func() float64) {
	b.Helper()
	var all []float64
	for range b.N {
		all = append(all, each())
	}
	slices.Sort(all)
	b.ReportMetric(all[len(all)/2], name+"-ms")
	b.ReportMetric(all[len(all)*95/100], name+"-p95-ms")
}

func (b *tab) number(expression string) float64 {
	b.t.Helper()
	n, err := strconv.ParseFloat(b.js(expression), 64)
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

// BenchmarkStart measures from the navigation to who is here, with a worker that is
// started anew: go test -run '^$' -bench Start -benchtime 10x ./cmd/parleywasm
func BenchmarkStart(b *testing.B) {
	s := newSite(b)
	one := s.browser("")
	one.signUp("ada")
	measure(b, "start", func() float64 {
		one.do(navigate(s.url + "/empty"))
		one.until(`navigator.locks.query().then((l) => l.held.length === 0)`) // the worker has ended
		one.do(navigate(s.url))
		return one.number(`core.then((c) => c.boot()).then(() => performance.now())`)
	})
}

// BenchmarkCompile measures how much of that is fetching and compiling the core.
func BenchmarkCompile(b *testing.B) {
	s := newSite(b)
	one := s.browser("")
	measure(b, "compile", func() float64 {
		return one.number(`(async () => { const t = performance.now(); await WebAssembly.compileStreaming(fetch("/core.wasm")); return performance.now() - t; })()`)
	})
}

// BenchmarkExchange measures one send, until the page has its answer, and until the
// other person's page has drawn its list of messages from it.
func BenchmarkExchange(b *testing.B) {
	s := newSite(b)
	ada, bob := s.browser(""), s.browser("")
	ada.signUp("ada")
	bob.signUp("bob")
	room := ada.startWith("bob")
	ask[object](ada, "send", object{"room": room, "text": "hello"})
	bob.until(`core.then((c) => c.rooms()).then((r) => r.requests.length + r.rooms.length === 1)`)
	bob.js(fmt.Sprintf(`core.then((c) => c.accept({rooms: [%q]}))`, room))
	ada.until(fmt.Sprintf(`core.then((c) => c.room({room: %q})).then((r) => !r.pending)`, room))
	bob.js(fmt.Sprintf(`core.then((c) => { globalThis.seen = {}; c.on("room", async () => {
		const page = await c.history({room: %q, limit: 30});
		for (const m of page.messages) seen[m.text] ??= Date.now();
	}); })`, room))
	var answers, arrivals []float64
	for i := range b.N {
		text := fmt.Sprint("message ", i)
		var at [2]float64
		out := ada.js(fmt.Sprintf(`core.then(async (c) => { const t = Date.now(); await c.send({room: %q, text: %q}); return [t, Date.now()]; })`, room, text))
		if err := json.Unmarshal([]byte(out), &at); err != nil {
			b.Fatal(err)
		}
		bob.until(fmt.Sprintf(`seen[%q] !== undefined`, text))
		answers = append(answers, at[1]-at[0])
		arrivals = append(arrivals, bob.number(fmt.Sprintf(`seen[%q]`, text))-at[0])
	}
	for name, all := range map[string][]float64{"send": answers, "shown": arrivals} {
		slices.Sort(all)
		b.ReportMetric(all[len(all)/2], name+"-ms")
		b.ReportMetric(all[len(all)*95/100], name+"-p95-ms")
	}
}
