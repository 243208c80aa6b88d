package media

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"parley/wire"
)

// A drop of the connection costs the part under way; a part that the server lost is
// made again; an upload that it forgot begins anew. What arrives is what was sealed.
func TestUploadGoesOn(t *testing.T) {
	p := open(t, false)
	const size = 4 << 20
	for name, fail := range map[string]func(){
		"nothing":                     func() {},
		"the connection drops":        func() { p.dropPart = 3 },
		"the server lost some":        func() { p.loseParts = 3 },
		"the server lost some, twice": func() { p.loseParts, p.dropPart = 3, 4 },
		"the upload is gone":          func() { p.forget = 3 },
		"the end isn't told":          func() { p.silentEnd = true },
		"the server starts anew":      func() { p.down = time.Now().Add(700 * time.Millisecond) },
	} {
		p.with(fail)
		a := do[Attachment](p, `(async () => { progress.length = 0; return upload(new Blob([pattern(`+js(size)+`)])); })()`)
		blob := p.blobs[a.Blob]
		if a.Size != size || int64(len(blob)) != a.Sealed {
			t.Errorf("%s: got %+v, a blob of %d", name, a, len(blob))
			continue
		}
		if got := do[bool](p, `download(`+js(a)+`, `+js(p.room)+`).then(async (b) => format.same(await bytes(b), pattern(b.size)))`); !got {
			t.Errorf("%s: what arrived isn't what was sent", name)
		}
		if got := do[[2]int64](p, `progress.at(-1)`); got != [2]int64{a.Sealed, a.Sealed} {
			t.Errorf("%s: the last progress is %v, want %d", name, got, a.Sealed)
		}
		if p.dropPart+p.loseParts+p.forget > 0 || p.silentEnd {
			t.Errorf("%s: it didn't come to that", name)
		}
	}
}

// What is final is told at once, by the server's code.
func TestUploadRefused(t *testing.T) {
	p := open(t, false)
	for _, code := range []wire.Code{wire.CodeTooLarge, wire.CodeQuota} {
		p.with(func() { p.refuse = code })
		if got := do[failure](p, `upload(new Blob(["x"]))`); got.Failed != string(code) {
			t.Errorf("got %+v, want %s", got, code)
		}
	}
	p.with(func() { p.wrongName = true })
	if got := do[failure](p, `upload(new Blob(["x"]))`); got.Failed != "wrong" {
		t.Errorf("a server that has another blob: got %+v, want wrong", got)
	}
	p.with(func() { p.wrongName, p.token = false, "another" })
	if got := do[failure](p, `upload(new Blob(["x"]))`); got.Failed != "unauthorized" {
		t.Errorf("without leave: got %+v", got)
	}
}

// failure is an error as the page's caught makes it.
type failure struct {
	Failed string `json:"failed"`
	Status int    `json:"status"`
}

// Leave that ends in the middle is asked for again.
func TestLeaveEnds(t *testing.T) {
	p := open(t, false)
	p.with(func() { p.token = "next" })
	got := do[Attachment](p, `(async () => {
		const tokens = ["good", "next"];
		Object.defineProperty(access, "token", { get: () => tokens.length > 1 ? tokens.shift() : tokens[0], enumerable: true });
		return upload(new Blob(["hello"]));
	})()`)
	if got.Size != 5 {
		t.Errorf("got %+v", got)
	}
}

// Cancelling ends it at once, and has the server forget what it has.
func TestUploadCancelled(t *testing.T) {
	p := open(t, false)
	got := do[failure](p, `(async () => {
		const sending = upload(new Blob([new Uint8Array(64 << 20)]));
		while (progress.length < 2) await new Promise((r) => setTimeout(r, 5));
		stop.abort();
		return sending;
	})()`)
	if got.Failed != "AbortError" {
		t.Errorf("got %+v", got)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		var deleted int
		p.with(func() { deleted = p.deleted })
		if deleted == 1 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the server still has the upload")
		}
	}
}

// A download goes on where the connection dropped. What a server returns beside what
// was asked for, or what doesn't check, is never shown.
func TestDownload(t *testing.T) {
	p := open(t, false)
	plain := pattern(3 << 20)
	a := p.seal(plain, "image/png")
	whole := `.then(async (b) => b.failed ?? (format.same(await bytes(b), pattern(b.size)) ? "whole" : "other"))`
	get := func(a Attachment, room string) string {
		return do[string](p, `download(`+js(a)+`, `+js(room)+`)`+whole)
	}
	blob := p.blobs[a.Blob]
	for _, test := range []struct {
		name string
		fail func()
		want string
	}{
		{"nothing", func() {}, "whole"},
		{"the connection drops", func() { p.cutBlob = 1 << 20 }, "whole"},
		{"the server starts anew", func() { p.down = time.Now().Add(700 * time.Millisecond) }, "whole"},
		{"another range", func() { p.cutBlob, p.wrongRange = 1<<20, false }, "whole"},
		{"a chunk was changed", func() { p.blobs[a.Blob] = changed(blob, 2<<20) }, "wrong"},
		{"the padding was cut", func() { p.blobs[a.Blob] = append(bytes.Clone(blob[:len(blob)-1]), 0) }, "wrong"},
		{"the blob was taken down", func() { p.blobs[a.Blob] = blob; p.taken = a.Blob }, "blob_taken"},
		{"the blob is gone", func() { p.taken = ""; delete(p.blobs, a.Blob) }, "unknown_blob"},
	} {
		p.with(test.fail)
		if got := get(a, p.room); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
	p.with(func() { p.blobs[a.Blob] = blob })
	if got := get(a, "mimi://example.com/r/other"); got != "unknown_blob" {
		t.Errorf("a room that doesn't refer to it: got %s", got)
	}
	p.with(func() { p.wrongRange = true })
	small := p.seal([]byte("hello"), "text/plain")
	small.Blob = strings.ToUpper(small.Blob)
	if got := get(small, p.room); got != "wrong" {
		t.Errorf("a name that is none: got %s", got)
	}
}

func changed(blob []byte, at int) []byte {
	out := bytes.Clone(blob)
	out[at] ^= 1
	return out
}
