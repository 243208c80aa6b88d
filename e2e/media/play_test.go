package media

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"
)

// An answer is what fetch has of one.
type answer struct {
	Status int    `json:"status"`
	Range  string `json:"range"`
	Length string `json:"length"`
	Type   string `json:"type"`
	Sniff  string `json:"sniff"`
	Policy string `json:"policy"`
	Body   string `json:"body"` // right, wrong, or failed
	Bytes  int    `json:"bytes"`
}

// ask fetches an address of the service worker's, and compares what comes with the
// pattern from from on.
func (p *page) ask(url, header string, from, size int) answer {
	p.t.Helper()
	return do[answer](p, fmt.Sprintf(`(async () => {
		const r = await fetch(%s, { headers: %s ? { Range: %s } : {} });
		const h = (name) => r.headers.get(name) ?? "";
		const got = await r.bytes().catch(() => undefined);
		const want = pattern(%d).subarray(%d, %d + (got?.length ?? 0));
		return { status: r.status, range: h("Content-Range"), length: h("Content-Length"), type: h("Content-Type"), sniff: h("X-Content-Type-Options"),
			policy: h("Content-Security-Policy"), bytes: got?.length ?? -1, body: !got ? "failed" : format.same(got, want) ? "right" : "wrong" };
	})()`, js(url), js(header), js(header), size, from, from))
}

// play registers an attachment, and returns the address that plays it.
func (p *page) play(a Attachment) string {
	p.t.Helper()
	return do[string](p, `playable(`+js(a)+`, `+js(p.room)+`, leave, new AbortController().signal).catch((e) => "failed " + caught(e).failed)`)
}

// restartWorker ends the service worker; the next request starts another one.
func (p *page) restartWorker() {
	p.t.Helper()
	const instance = `fetch("/instance").then((r) => r.text(), () => "")` // one that ends meanwhile doesn't answer
	before := do[string](p, instance)
	for range 6 { // one that is only just there may miss that it is to end
		p.stopWorkers()
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if now := do[string](p, instance); now != "" && now != before {
				return
			}
		}
	}
	p.t.Fatal("the service worker wasn't started anew")
}

func (p *page) stopWorkers() {
	p.t.Helper()
	err := chromedp.Do(p.ctx, func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		if _, err := cdp.Call(ctx, t, serviceworker.Enable, cdp.Empty{}); err != nil {
			return chromedp.Void{}, err
		}
		_, err := cdp.Call(ctx, t, serviceworker.StopAllWorkers, cdp.Empty{})
		return chromedp.Void{}, err
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

func TestPlayRanges(t *testing.T) {
	p := open(t, true)
	const size = 2<<20 + 4321
	a := p.seal(pattern(size), "video/mp4")
	url := p.play(a)
	if !strings.HasPrefix(url, "/media/") || strings.Contains(url, a.Key) || len(url) != len("/media/")+22 {
		t.Fatalf("got %s", url)
	}
	for _, test := range []struct {
		header   string
		from, to int
	}{
		{"", 0, size},
		{"bytes=0-", 0, size},
		{"bytes=0-0", 0, 1},
		{"bytes=16383-16384", 16383, 16385},
		{"bytes=262143-262145", 262143, 262146},
		{"bytes=1000000-1299999", 1e6, 1.3e6},
		{"bytes=-500", size - 500, size},
		{"bytes=2097000-", 2097000, size},
		{fmt.Sprintf("bytes=%d-%d", size-1, size+100), size - 1, size},
		{"bytes=-99999999", 0, size},
	} {
		got := p.ask(url, test.header, test.from, size)
		want := answer{
			Status: 206, Range: fmt.Sprintf("bytes %d-%d/%d", test.from, test.to-1, size), Length: fmt.Sprint(test.to - test.from), Type: "video/mp4",
			Sniff: "nosniff", Policy: "default-src 'none'; sandbox", Body: "right", Bytes: test.to - test.from,
		}
		if test.header == "" {
			want.Status, want.Range = 200, ""
		}
		if got != want {
			t.Errorf("%q: got %+v, want %+v", test.header, got, want)
		}
	}
	for _, header := range []string{fmt.Sprintf("bytes=%d-", size), "bytes=9-3", "bytes=-0", "bytes=-", "bytes=0-1,3-4", "chunks=0-1"} {
		if got := p.ask(url, header, 0, size); got.Status != 416 || got.Range != fmt.Sprintf("bytes */%d", size) || got.Bytes != 0 {
			t.Errorf("%q: got %+v", header, got)
		}
	}
	if got := p.ask("/media/nothing", "bytes=0-", 0, size); got.Status != 404 {
		t.Errorf("a handle that nobody knows: got %+v", got)
	}
}

// A few bytes of a large blob cost a few chunks of it.
func TestPlayFetchesLittle(t *testing.T) {
	p := open(t, true)
	const size = 40 << 20
	url := p.play(p.seal(pattern(size), "video/mp4"))
	p.with(func() { p.served = 0 })
	got := p.ask(url, "bytes=30000000-30000009", 30000000, size)
	if got.Body != "right" || p.served > 2*16400 {
		t.Errorf("ten bytes: %+v, %d bytes fetched", got, p.served)
	}
	read := do[int64](p, `(async () => {
		const reader = (await fetch(`+js(url)+`, { headers: { Range: "bytes=1000000-" } })).body.getReader();
		const n = (await reader.read()).value.length;
		await new Promise((r) => setTimeout(r, 300)); // nobody reads on
		await reader.cancel();
		return n;
	})()`)
	if p.served > 8<<20 {
		t.Errorf("after %d bytes were read, %d are fetched; want 8 MiB at most", read, p.served)
	}
}

// What isn't what the message says never plays: the first window is checked before
// there is an address, and a later chunk ends the answer before it.
func TestPlayAttacks(t *testing.T) {
	p := open(t, true)
	const size = 3 << 20
	a := p.seal(pattern(size), "video/mp4")
	other := p.seal(pattern(size), "video/mp4")
	blob := p.blobs[a.Blob]
	for _, test := range []struct {
		name string
		do   func(a *Attachment)
		want string
	}{
		{"another key", func(a *Attachment) { a.Key = other.Key }, "failed wrong"},
		{"another blob", func(*Attachment) { p.blobs[a.Blob] = p.blobs[other.Blob] }, "failed wrong"},
		{"a changed first chunk", func(*Attachment) { p.blobs[a.Blob] = changed(blob, 100) }, "failed wrong"},
		{"a size with another padding", func(a *Attachment) { a.Size++ }, "failed wrong"},
		{"a smaller size", func(a *Attachment) { a.Size-- }, "/media/"}, // with the same padding: it shows at the end
		{"a larger size", func(a *Attachment) { a.Size += 1 << 20 }, "failed wrong"},
		{"taken down", func(*Attachment) { p.taken = a.Blob }, "failed blob_taken"},
	} {
		lied := a
		p.with(func() { test.do(&lied) })
		if got := p.play(lied); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
		p.with(func() { p.blobs[a.Blob], p.taken = blob, "" })
	}
	p.with(func() { p.blobs[a.Blob] = changed(blob, 2<<20) })
	url := p.play(a)
	if got := p.ask(url, "bytes=0-", 0, size); got.Body != "failed" {
		t.Errorf("a changed chunk in the middle: %+v", got)
	}
	if got := p.ask(url, "bytes=0-999999", 0, size); got.Body != "right" || got.Bytes != 1e6 {
		t.Errorf("before it: %+v", got)
	}
	lied := a
	lied.Size--
	if got := p.ask(p.play(lied), "bytes=3140000-", 3140000, size); got.Body != "failed" {
		t.Errorf("the end of a size that is a lie: %+v", got)
	}
	page := p.seal([]byte("<script>alert(1)</script>"), "text/html")
	if got := p.ask(p.play(page), "", 0, 0); got.Type != "application/octet-stream" || got.Sniff != "nosniff" || !strings.Contains(got.Policy, "sandbox") {
		t.Errorf("a page as a video: %+v", got)
	}
}

// A service worker that was started anew asks the page what a handle means; leave
// that has ended is asked for too; what the page released plays no more.
func TestPlayAfterRestart(t *testing.T) {
	p := open(t, true)
	const size = 2 << 20
	url := p.play(p.seal(pattern(size), "video/mp4"))
	p.restartWorker()
	if got := p.ask(url, "bytes=1000000-", 1000000, size); got.Status != 206 || got.Body != "right" {
		t.Errorf("after a restart: %+v", got)
	}
	p.with(func() { p.token = "next" })
	do[bool](p, `access.token = "next", true`)
	if got := p.ask(url, "bytes=1000000-", 1000000, size); got.Body != "right" {
		t.Errorf("after leave has ended: %+v", got)
	}
	do[bool](p, `release(`+js(url)+`), true`)
	if got := p.ask(url, "bytes=1000000-", 1000000, size); got.Status != 404 {
		t.Errorf("after its release: %+v", got)
	}
}

// Without a service worker it is downloaded, checked whole, and then plays.
func TestPlayWithoutWorker(t *testing.T) {
	p := open(t, false)
	a := p.seal(video(t, "-t", "3", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25"), "video/mp4")
	url := p.play(a)
	if !strings.HasPrefix(url, "blob:") {
		t.Fatalf("got %s", url)
	}
	if got := do[[2]float64](p, playScript(url)); got[1] != 160 {
		t.Errorf("got %v, want 160 wide", got)
	}
	p.with(func() { p.blobs[a.Blob] = changed(p.blobs[a.Blob], int(a.Size)) })
	if got := p.play(a); got != "failed wrong" {
		t.Errorf("a changed chunk: got %s", got)
	}
}

// A real video plays and seeks, through a restart of the service worker.
func TestPlayVideo(t *testing.T) {
	p := open(t, true)
	plain := video(t, "-t", "12", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25")
	url := p.play(p.seal(plain, "video/mp4"))
	first := do[[2]float64](p, playScript(url))
	if first[0] < 11.9 || first[1] != 320 {
		t.Errorf("got %v, want 12 s, 320 wide", first)
	}
	p.restartWorker()
	if got := do[float64](p, seekScript(9)); got < 8.9 {
		t.Errorf("after the seek it is at %v", got)
	}
}

// playScript begins a video, and returns its length and width once a frame is shown.
func playScript(url string) string {
	return `new Promise((done, fail) => {
		globalThis.video = document.createElement("video");
		video.muted = true;
		video.onerror = () => fail(new Error(video.error.message));
		video.requestVideoFrameCallback(() => done([video.duration, video.videoWidth]));
		video.src = ` + js(url) + `;
		document.body.append(video);
		video.play().catch(fail);
	})`
}

// seekScript seeks, and returns where it is once a frame from there is shown.
func seekScript(to float64) string {
	return fmt.Sprintf(`new Promise((done, fail) => {
		video.onerror = () => fail(new Error(video.error.message));
		const frame = (_, m) => (m.mediaTime > %v - 1 ? done(m.mediaTime) : video.requestVideoFrameCallback(frame));
		video.requestVideoFrameCallback(frame);
		video.currentTime = %v;
	})`, to, to)
}

// video makes an MP4 that begins with its index.
func video(t testing.TB, args ...string) []byte {
	t.Helper()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		lacking(t, "no ffmpeg on PATH")
	}
	file := filepath.Join(t.TempDir(), "video.mp4")
	args = append([]string{"-v", "error"}, args...)
	args = append(args, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-movflags", "+faststart", file)
	if out, err := exec.Command(ffmpeg, args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
