package media

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"parley/media"
)

// TestBenchBrowserMedia measures what docs/benchmarks.md has of attachments in a
// browser, and prints it as one table. It judges nothing: make bench-browser, on a
// quiet machine. It takes about 2 GB of disk.
func TestBenchBrowserMedia(t *testing.T) {
	if os.Getenv("PARLEY_BENCH_BROWSER") == "" {
		t.Skip("PARLEY_BENCH_BROWSER isn't set: make bench-browser")
	}
	b := &bench{page: open(t, true)}
	t.Cleanup(func() { fmt.Print("\n", b.table.String()) }) // also what there is after a failure
	b.ratios()
	b.playing()
	b.memory()
}

// A bench is a measurement under way.
type bench struct {
	*page
	table strings.Builder
}

func (b *bench) row(what, format string, values ...any) {
	line := fmt.Sprintf("%-64s %s", what, fmt.Sprintf(format, values...))
	b.t.Log(line)
	b.table.WriteString(line + "\n")
}

// prepared is what ratios measures: bare WebCrypto calls on 16 KiB, as many of them at
// once as ours are, on the very chunks of one blob; and ours.
const prepared = `(async () => {
	const size = 64 << 20, C = 16384, S = C + 16, chunks = size / C;
	const all = new Uint8Array(size);
	for (let at = 0; at < size; at += 65536) crypto.getRandomValues(all.subarray(at, at + 65536));
	const file = new Blob([all]);
	const { blob, described } = await sealed(file);
	const file2 = new Blob([blob]);
	const box = await Box.unlock(format.unbase64url(described.key), blob.slice(0, 56));
	const ivs = Array.from({ length: chunks }, (_, i) => box.nonce(i));
	const batches = async (each) => { for (let at = 0; at < chunks; at += 64) await Promise.all(Array.from({ length: 64 }, (_, i) => each(at + i))); };
	globalThis.measured = {
		bareSeal: () => batches((i) => crypto.subtle.encrypt({ name: "AES-GCM", iv: ivs[i] }, box.key, all.subarray(i * C, (i + 1) * C))),
		bareOpen: () => batches((i) => crypto.subtle.decrypt({ name: "AES-GCM", iv: ivs[i] }, box.key, blob.subarray(56 + i * S, 56 + (i + 1) * S))),
		seal: async () => { for (let at = 0; at < chunks; at += 64) await box.seal(all.subarray(at * C, (at + 64) * C), at, false); },
		open: async () => { for (let at = 0; at < chunks; at += 64) await box.open(blob.subarray(56 + at * S, 56 + (at + 64) * S), at); },
		read: async () => { const r = file.stream().getReader(); while (!(await r.read()).done); },
		hashes: async () => { const h = await newHashes(); for (let at = 0; at < size; at += C) { h.plain.update(all.subarray(at, at + C)); h.whole.update(all.subarray(at, at + C)); } h.plain.hex(); h.whole.hex(); },
		keep: async () => { const parts = []; for (let at = 0; at < size; at += 64 * C) parts.push(new Blob(Array.from({ length: 64 }, (_, i) => all.subarray(at + i * C, at + (i + 1) * C)))); new Blob(parts); },
		sealFile: async () => { const s = await Sealing.of(file); for await (const p of s.pieces()) p.length; },
		sealAll: async () => { const s = await Sealing.of(file); for await (const p of s.pieces(await newHashes())) p.length; },
		openAll: () => openAll(file2.stream(), described, ""),
	};
	return Object.keys(measured);
})()`

// ratios compares sealing and opening with bare WebCrypto calls, and the whole of both
// with those, the two SHA-256, the reading and the keeping that they need too: by the processors'
// time of the browser's renderers, in turns.
func (b *bench) ratios() {
	names := do[[]string](b.page, prepared)
	used := map[string]int{}
	for round := range 9 {
		rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, name := range names {
			do[any](b.page, `gc()`) // nobody cleans up after another one
			before := renderersTicks()
			do[any](b.page, `measured.`+name+`().then(gc)`)
			if round > 0 {
				used[name] += renderersTicks() - before
			}
		}
	}
	rate := func(name string) float64 { return 8 * 67.1 / float64(max(used[name], 1)) * 100 }
	ratio := func(ours string, bare ...string) float64 {
		sum := 0
		for _, name := range bare {
			sum += used[name]
		}
		return float64(sum) / float64(max(used[ours], 1))
	}
	b.row("bare AES-GCM calls on 16 KiB, seal / open", "%.0f / %.0f MB a CPU second", rate("bareSeal"), rate("bareOpen"))
	b.row("sealing chunks, as a ratio to them", "%.2f", ratio("seal", "bareSeal"))
	b.row("opening chunks, as a ratio to them", "%.2f", ratio("open", "bareOpen"))
	b.row("two SHA-256 alone; reading a file alone", "%.0f; %.0f MB a CPU second", rate("hashes"), rate("read"))
	b.row("sealing a file without hashes, to bare calls and reading", "%.2f (%.0f MB)", ratio("sealFile", "bareSeal", "read"), rate("sealFile"))
	b.row("sealing a file, to bare calls, reading and hashes", "%.2f (%.0f MB)", ratio("sealAll", "bareSeal", "read", "hashes"), rate("sealAll"))
	b.row("opening a file, to bare calls, reading, hashes, keeping a Blob", "%.2f (%.0f MB)", ratio("openAll", "bareOpen", "read", "hashes", "keep"), rate("openAll"))
}

// playing measures the first frame and seeks of a video of 100 MB.
func (b *bench) playing() {
	plain := video(b.t, "-t", "100", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25,noise=alls=40:allf=t",
		"-b:v", "8M", "-minrate", "8M", "-maxrate", "8M", "-bufsize", "16M", "-g", "50")
	a := b.seal(plain, "video/mp4")
	var firsts, seeks, fetched []float64
	for range 5 {
		b.with(func() { b.served = 0 })
		firsts = append(firsts, do[float64](b.page, `(async () => {
			globalThis.video?.remove();
			const begun = performance.now();
			const url = await playable(`+js(a)+`, `+js(b.room)+`, leave, new AbortController().signal);
			await `+strings.ReplaceAll(playScript(""), `video.src = ""`, "video.src = url")+`;
			return performance.now() - begun;
		})()`))
	}
	for range 20 {
		to := 2 + rand.Float64()*95
		time.Sleep(300 * time.Millisecond)
		b.with(func() { b.served = 0 })
		seeks = append(seeks, do[float64](b.page, `(async () => { const begun = performance.now(); await `+nearScript(to)+`; return performance.now() - begun; })()`))
		time.Sleep(700 * time.Millisecond)
		b.with(func() { fetched = append(fetched, float64(b.served)/1e6) })
	}
	b.row(fmt.Sprintf("first frame of a video of %d MB, median (worst) of 5", len(plain)/1e6), "%s ms", spread(firsts))
	b.row("seek in it, median (worst) of 20", "%s ms", spread(seeks))
	b.row("fetched until 0.7 s after a seek, median (worst)", "%s MB", spread(fetched))
}

// nearScript seeks, and waits for a frame from there.
func nearScript(to float64) string {
	return fmt.Sprintf(`new Promise((done) => {
		const frame = (_, m) => (Math.abs(m.mediaTime - %v) < 0.5 ? done(true) : video.requestVideoFrameCallback(frame));
		video.requestVideoFrameCallback(frame);
		video.currentTime = %v;
	})`, to, to)
}

func spread(values []float64) string {
	slices.Sort(values)
	return fmt.Sprintf("%.1f (%.1f)", values[len(values)/2], values[len(values)-1])
}

// memory compares what the browser's processes hold while 256 MiB and while 1 GiB are
// sent, and are played through the service worker.
func (b *bench) memory() {
	if err := chromedp.Do(b.ctx, chromedp.Navigate("about:blank")); err != nil { // what else was measured is let go of
		b.t.Fatal(err)
	}
	b.page = open(b.t, true)
	b.with(func() { b.discard = true })
	for _, mib := range []int{256, 1024} {
		peak := b.peakWhile(func() {
			do[any](b.page, fmt.Sprintf(`(async () => {
				const part = new Blob([new Uint8Array(16 << 20)]);
				const a = await upload(new Blob(Array(%d).fill(part)));
				return a.size;
			})()`, mib/16))
		})
		b.row(fmt.Sprintf("sending %d MiB: most that the renderers held more", mib), "%d MiB", peak)
	}
	for _, mib := range []int64{256, 1024} {
		a := b.sealFile(mib << 20)
		url := b.play(a)
		peak := b.peakWhile(func() {
			n := do[int64](b.page, `(async () => {
				const reader = (await fetch(`+js(url)+`)).body.getReader();
				let n = 0;
				for (;;) { const { value, done } = await reader.read(); if (done) return n; n += value.length; }
			})()`)
			if n != mib<<20 {
				b.t.Errorf("played %d bytes, want %d", n, mib<<20)
			}
		})
		b.row(fmt.Sprintf("playing %d MiB through the service worker: likewise", mib), "%d MiB", peak)
	}
}

// sealFile seals zeros into a file, which is served.
func (b *bench) sealFile(size int64) Attachment {
	f, err := os.Create(filepath.Join(b.t.TempDir(), "blob"))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { f.Close() })
	s, err := media.Seal(f, io.LimitReader(zeros{}, size), size, media.NewKey())
	if err != nil {
		b.t.Fatal(err)
	}
	name := hex.EncodeToString(s.Blob[:])
	b.with(func() { b.files[name] = f })
	return Attachment{
		Blob: name, Key: base64.RawURLEncoding.EncodeToString(s.Key[:]), Hash: hex.EncodeToString(s.Hash[:]),
		Size: s.Size, Sealed: s.SealedSize, Type: "video/mp4",
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// peakWhile returns how many MiB the browser's renderers held more at most, while fn
// ran.
func (b *bench) peakWhile(fn func()) int {
	time.Sleep(2 * time.Second)
	before := renderers()
	peak := before
	done := make(chan struct{})
	go func() { defer close(done); fn() }()
	for {
		select {
		case <-done:
			return (peak - before) >> 10
		case <-time.After(50 * time.Millisecond):
			peak = max(peak, renderers())
		}
	}
}

// renderers sums what this test's browser's renderers hold, in KiB.
func renderers() (kib int) {
	for _, pid := range rendererPIDs() {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if _, rest, ok := strings.Cut(string(status), "VmRSS:"); ok {
			var n int
			_, _ = fmt.Sscan(rest, &n)
			kib += n
		}
	}
	return kib
}

// renderersTicks sums the time that they have used of the processors, in hundredths
// of a second.
func renderersTicks() (ticks int) {
	for _, pid := range rendererPIDs() {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		_, rest, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest) // from the third on, of proc(5): utime and stime are the 14th and 15th
		if len(fields) > 12 {
			var user, system int
			_, _ = fmt.Sscan(fields[11]+" "+fields[12], &user, &system)
			ticks += user + system
		}
	}
	return ticks
}

func rendererPIDs() (pids []int) {
	for _, pid := range descendants(os.Getpid()) {
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if bytes.Contains(line, []byte("--type=renderer")) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func descendants(pid int) (all []int) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, f := range files {
		text, _ := os.ReadFile(f)
		for _, word := range strings.Fields(string(text)) {
			var child int
			if _, err := fmt.Sscan(word, &child); err == nil {
				all = append(append(all, child), descendants(child)...)
			}
		}
	}
	return all
}
