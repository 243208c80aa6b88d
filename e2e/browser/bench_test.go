package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"parley/client"
	"parley/internal/browsertest"
	"parley/web"
)

// TestBenchBrowser measures what docs/benchmarks.md has of the page, and prints it as
// one table. It judges nothing: make bench-browser, on a quiet machine.
//
// PARLEY_BENCH_ROOMS and PARLEY_BENCH_MESSAGES make it smaller, for trying it out.
func TestBenchBrowser(t *testing.T) {
	if os.Getenv("PARLEY_BENCH_BROWSER") == "" {
		t.Skip("PARLEY_BENCH_BROWSER isn't set: make bench-browser")
	}
	rooms, messages := number("PARLEY_BENCH_ROOMS", 200), number("PARLEY_BENCH_MESSAGES", 50_000)
	s := newSite(t, "--rate-sign-up", "none", "--rate-send", "none", "--rate-request", "none", "--rate-claimed", "none", "--policy", "open")
	b := &bench{t: t, site: s, maya: s.ownBrowser("maya")}
	t.Cleanup(func() { fmt.Print("\n", b.table.String()) }) // also what there is after a failure
	b.maya.signUp()
	b.sizes()
	b.fillRooms(rooms)
	b.loads(rooms)
	b.sends()
	b.fillMessages(messages)
	b.scrolls(messages)
	b.heap(messages)
}

func number(variable string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return n
	}
	return otherwise
}

// A bench is a measurement under way.
type bench struct {
	t     *testing.T
	site  *site
	maya  *person
	table strings.Builder
}

func (b *bench) row(what, format string, values ...any) {
	line := fmt.Sprintf("%-56s %s", what, fmt.Sprintf(format, values...))
	b.t.Log(line) // also where the run is ended before its table is printed
	b.table.WriteString(line + "\n")
}

// sizes tells how large the files are that a first visit loads.
func (b *bench) sizes() {
	files := web.Files()
	m, err := web.ReadManifest(files)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, name := range []string{"core.wasm", "main.js", "main.css", "worker.js", "sw.js"} {
		plain, err := files.Open(m.Files[name].Path)
		if err != nil {
			b.t.Fatal(err)
		}
		info, _ := plain.Stat()
		plain.Close()
		packed := int64(-1)
		if f, err := files.Open(m.Files[name].Path + ".br"); err == nil {
			i, _ := f.Stat()
			packed = i.Size()
			f.Close()
		}
		b.row(name, "%d bytes, %d with brotli", info.Size(), packed)
	}
}

// fillRooms has n strangers write, and accepts them all.
func (b *bench) fillRooms(n int) {
	began := time.Now()
	var all sync.WaitGroup
	next := make(chan int)
	for range 8 {
		all.Go(func() {
			for i := range next {
				f := b.site.stranger(fmt.Sprintf("friend%d", i), fmt.Sprintf("Friend %d", i))
				f.writes("maya", fmt.Sprintf("hello, I'm number %d", i))
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
	b.maya.goTo("#/requests")
	b.maya.until("all requests", fmt.Sprintf(`text() && document.querySelectorAll(".requests li").length >= %d`, n))
	b.maya.press("button", "Select")
	b.maya.press("button", "Select all")
	b.maya.press("button", "Accept")
	b.maya.sees("No requests")
	b.maya.goTo("#/")
	b.t.Logf("%d conversations after %v", n, time.Since(began).Round(time.Second))
}

// watchRows tells when the first row of the list is drawn, in milliseconds since the
// navigation began.
const watchRows = `{
  const look = new MutationObserver(() => {
    if (!document.querySelector("a.room[data-room]")) return;
    look.disconnect();
    requestAnimationFrame(() => setTimeout(() => (globalThis.firstRow = performance.now())));
  });
  look.observe(document, { childList: true, subtree: true });
}`

// loads measures from the navigation to the list: with nothing in the browser's
// caches, and as on a second visit. The core is started anew each time.
func (b *bench) loads(rooms int) {
	p := b.maya
	p.do(call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchRows}))
	p.do(call(network.Enable, network.EnableParams{}))
	var cold, warm []float64
	for range 7 {
		p.away()
		p.do(call(network.ClearBrowserCache, cdp.Empty{}), call(network.SetBypassServiceWorker, network.SetBypassServiceWorkerParams{Bypass: true}))
		cold = append(cold, p.load())
	}
	p.do(call(network.SetBypassServiceWorker, network.SetBypassServiceWorkerParams{}))
	p.away()
	p.load()
	p.until("its service worker", workerReady)
	for range 15 {
		p.away()
		warm = append(warm, p.load())
	}
	b.row(fmt.Sprintf("cold load to the list, %d conversations", rooms), "%s", spread(cold, "ms"))
	b.row(fmt.Sprintf("warm load to the list, %d conversations", rooms), "%s", spread(warm, "ms"))
}

// away leaves the page, until its worker has ended.
func (p *person) away() {
	p.t.Helper()
	p.do(chromedp.Navigate("about:blank"))
	p.left()
	time.Sleep(300 * time.Millisecond)
}

// load opens the page, and returns when the list was there.
func (p *person) load() float64 {
	p.t.Helper()
	p.do(chromedp.Navigate(p.door.origin()))
	p.until("the list", `text() && globalThis.firstRow > 0`)
	ms, err := strconv.ParseFloat(p.must("globalThis.firstRow"), 64)
	if err != nil {
		p.t.Fatal(err)
	}
	return ms
}

// spread is the median of some values, the 95th percentile and the largest.
func spread(values []float64, unit string) string {
	slices.Sort(values)
	at := func(q float64) float64 { return values[min(len(values)-1, int(q*float64(len(values))))] }
	return fmt.Sprintf("p50 %.0f, p95 %.0f, most %.0f %s (n = %d)", at(0.5), at(0.95), values[len(values)-1], unit, len(values))
}

// sends measures from the key that sends to the words in the other browser.
func (b *bench) sends() {
	other := b.site.person("otto")
	other.signUp()
	other.startWith(b.maya)
	other.send("hello")
	b.maya.do(chromedp.Navigate(b.maya.door.origin()))
	b.maya.accept(other)
	b.maya.open("otto")
	b.maya.send("hello back")
	other.hears("hello back")
	other.must(`addEventListener("keydown", (e) => { if (e.key === "Enter") globalThis.pressed = performance.timeOrigin + performance.now(); }, true)`)
	b.maya.must(`(globalThis.shown = (n) => new Promise((done) => {
	  const look = () => {
	    const all = document.querySelectorAll("[role=article] .text");
	    if (!all[all.length - 1]?.textContent.includes("tick " + n + " tock")) return false;
	    done(performance.timeOrigin + performance.now());
	    return true;
	  };
	  if (look()) return;
	  const watch = new MutationObserver(() => look() && watch.disconnect());
	  watch.observe(document.body, { childList: true, subtree: true, characterData: true });
	})) && 0`)
	var took []float64
	for i := range 60 {
		time.Sleep(300 * time.Millisecond) // what the one before brought along (receipts, typing) is over
		other.types("Message to *", fmt.Sprintf("tick %d tock", i))
		other.enter()
		to, _ := strconv.ParseFloat(b.maya.must(fmt.Sprintf("shown(%d)", i)), 64)
		from, _ := strconv.ParseFloat(other.must("globalThis.pressed"), 64)
		if i >= 10 { // the first ones warm it up
			took = append(took, to-from)
		}
	}
	b.row("sent to shown on the other side, through a proxy", "%s", spread(took, "ms"))
}

// benchWriters is how many people write at once: each also reads what the others do.
const benchWriters = 2

// fillMessages has them write n messages to one group.
func (b *bench) fillMessages(n int) {
	began := time.Now()
	names := []string{"maya"}
	var writers []*friend
	for i := range benchWriters {
		writers = append(writers, b.site.friend(fmt.Sprintf("writer%d", i), fmt.Sprintf("Writer %d", i)))
		names = append(names, fmt.Sprintf("writer%d", i))
	}
	room, err := writers[0].Start(b.t.Context(), client.Opening{Names: slices.Delete(slices.Clone(names), 1, 2), Group: true, Title: "The long one"})
	writers[0].must(err)
	for _, w := range writers[1:] {
		w.joins(room)
	}
	b.maya.goTo("#/requests")
	b.maya.press("button", "Accept: *")
	b.maya.goTo("#/c/" + escaped(room))
	b.maya.has("heading", "*The long one*")
	b.maya.goTo("#/")
	var all sync.WaitGroup
	for w, f := range writers {
		all.Go(func() {
			for i := range n / len(writers) {
				f.says(room, fmt.Sprintf("message %d of writer %d, with some words so that it's as long as most", i, w))
			}
		})
	}
	all.Wait()
	b.t.Logf("%d messages were sent after %v", n, time.Since(began).Round(time.Second))
	b.maya.goTo("#/settings/storage")
	for end := time.Now().Add(time.Hour); ; time.Sleep(2 * time.Second) {
		b.maya.goTo("#/settings/keys")
		b.maya.goTo("#/settings/storage")
		time.Sleep(time.Second)
		got, _ := b.maya.js(`Number((document.body.innerText.match(/([\d,]+) messages?/) ?? [])[1]?.replaceAll(",", "") ?? 0)`)
		if have, _ := strconv.Atoi(got); have >= n {
			break
		}
		if time.Now().After(end) {
			b.t.Fatalf("the browser has %s messages", got)
		}
	}
	b.t.Logf("%d messages are in the browser after %v", n, time.Since(began).Round(time.Second))
	b.maya.goTo("#/c/" + escaped(room))
	b.maya.has("heading", "*The long one*")
	b.maya.has("article", "*")
}

// scrolls measures the frames while the history goes by, at some screens a second.
func (b *bench) scrolls(messages int) {
	out := b.maya.must(`(async () => {
	  const box = document.querySelector(".lines.scroll");
	  const frames = [];
	  let last = await new Promise(requestAnimationFrame);
	  const end = last + 10000;
	  while (last < end) {
	    const now = await new Promise(requestAnimationFrame);
	    frames.push(now - last);
	    last = now;
	    box.scrollTop -= 40; // 2400 pixels a second
	  }
	  frames.sort((a, b) => a - b);
	  const sum = frames.reduce((a, b) => a + b, 0);
	  return { fps: (frames.length * 1000) / sum, p99: frames[Math.floor(frames.length * 0.99)], most: frames.at(-1) };
	})()`)
	var got struct{ FPS, P99, Most float64 }
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		b.t.Fatal(err)
	}
	b.row(fmt.Sprintf("scrolling %d messages, 2400 pixels a second", messages), "%.0f frames/s, p99 %.0f ms, longest %.0f ms", got.FPS, got.P99, got.Most)
}

// heap tells what page and worker hold, after a collection.
func (b *bench) heap(messages int) {
	pageHeap := heapOf(b.t, b.maya.ctx)
	all, err := targets(b.maya.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	var workerHeap runtime.GetHeapUsageResult
	var wasm float64
	for _, one := range all {
		if one.Type == "shared_worker" && strings.HasPrefix(one.URL, b.maya.door.origin()) {
			ctx, end := chromedp.NewContext(b.maya.profile, chromedp.WithTargetID(one.TargetID), chromedp.WithDetachOnCancel())
			if err := browsertest.Begin(ctx, patience); err != nil {
				b.t.Fatal(err)
			}
			workerHeap, wasm = heapOf(b.t, ctx), wasmOf(b.t, ctx)
			end()
		}
	}
	mb := func(h runtime.GetHeapUsageResult) float64 {
		return (h.UsedSize + h.EmbedderHeapUsedSize + h.BackingStorageSize) / 1e6
	}
	b.row(fmt.Sprintf("heap with %d messages: page, core, core's wasm memory", messages), "%.0f MB, %.0f MB, %.0f MB, together %.0f MB",
		mb(pageHeap), mb(workerHeap), wasm, mb(pageHeap)+mb(workerHeap)+wasm)
}

// wasmOf is the memory of WebAssembly in a worker, in MB: at its largest, since such
// memory only grows.
func wasmOf(t testing.TB, ctx context.Context) float64 {
	t.Helper()
	bytes, err := chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) (bytes float64, err error) {
		prototype, err := cdp.Call(ctx, target, runtime.Evaluate, runtime.EvaluateParams{Expression: "WebAssembly.Memory.prototype"})
		if err != nil {
			return 0, err
		}
		all, err := cdp.Call(ctx, target, runtime.QueryObjects, runtime.QueryObjectsParams{PrototypeObjectID: prototype.Result.ObjectID})
		if err != nil {
			return 0, err
		}
		byValue := true
		sum, err := cdp.Call(ctx, target, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
			FunctionDeclaration: "function() { return this.reduce((sum, m) => sum + m.buffer.byteLength, 0) }",
			ObjectID:            all.Objects.ObjectID, ReturnByValue: &byValue,
		})
		if err != nil {
			return 0, err
		}
		return bytes, json.Unmarshal(sum.Result.Value, &bytes)
	})
	if err != nil {
		t.Fatal(err)
	}
	return bytes / 1e6
}

// heapOf is the heap of a page or a worker.
func heapOf(t testing.TB, ctx context.Context) runtime.GetHeapUsageResult {
	t.Helper()
	used, err := chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) (runtime.GetHeapUsageResult, error) {
		return cdp.Call(ctx, target, runtime.GetHeapUsage, cdp.Empty{})
	})
	if err != nil {
		t.Fatal(err)
	}
	return used
}
