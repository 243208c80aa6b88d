package media

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/server"
	"parley/server/clientapi/apitest"
)

// The real server, which is killed and started anew in the middle of an upload and of
// playing, takes and gives what was sealed; it gives it to who is in a room that refers to
// it, and neither its log nor what it keeps has any of the plaintext.
func TestRealServer(t *testing.T) {
	site := apitest.New(t, apitest.Options{Wrap: func(api http.Handler) http.Handler { return handler(t, api) }})
	alice, bob, eve := site.Person("alice"), site.Person("bob"), site.Person("eve")
	room := site.Room(alice, bob)
	p := visit(t, site.URL, true)
	as := func(who *apitest.Person) {
		do[bool](p, `access.token = `+js(base64.RawURLEncoding.EncodeToString(who.Token()))+`, true`)
	}
	const size = 10 << 20
	as(alice)
	do[bool](p, `globalThis.sending = upload(new Blob([pattern(`+js(size)+`)])), true`)
	until(t, func() bool { return do[int64](p, `progress.at(-1)?.[0] ?? 0`) > 1<<20 })
	restart(site)
	a := do[Attachment](p, `sending`)
	a.Type = "video/mp4"
	if a.Size != size {
		t.Fatalf("got %+v", a)
	}
	ask := func(who *apitest.Person) string {
		as(who)
		return do[string](p, `download(`+js(a)+`, `+js(string(room))+`).then(async (b) => b.failed ?? (format.same(await bytes(b), pattern(b.size)) ? "whole" : "other"))`)
	}
	if got := ask(alice); got != "unknown_blob" {
		t.Errorf("before a message refers to it: got %s", got)
	}
	if err := alice.Send(room, server.BlobID(name(t, a.Blob))); err != nil {
		t.Fatal(err)
	}
	for who, want := range map[*apitest.Person]string{bob: "whole", alice: "whole", eve: "unknown_blob"} {
		if got := ask(who); got != want && !(who == eve && got == "unknown_room") {
			t.Errorf("%s: got %s, want %s", who.Account, got, want)
		}
	}
	playOn(t, p, site, a, string(room), func() { as(bob) })
	if log := site.Log.String(); strings.Contains(log, a.Key) || strings.Contains(log, a.Hash) || strings.Contains(log, "video/mp4") || strings.Contains(log, a.Blob) {
		t.Errorf("the log has what it must not:\n%s", log)
	}
	key, _ := base64.RawURLEncoding.DecodeString(a.Key)
	for _, secret := range [][]byte{key, []byte(hex.EncodeToString(key)), []byte(a.Key), []byte("video/mp4"), pattern(size)[100:164]} {
		if bytes.Contains(kept(t, site.Dir), secret) {
			t.Errorf("the server's disk has %.20q", secret)
		}
	}
}

// playOn reads a video through the service worker, over a restart of the server.
func playOn(t *testing.T, p *page, site *apitest.Site, a Attachment, room string, as func()) {
	t.Helper()
	as()
	url := do[string](p, `playable(`+js(a)+`, `+js(room)+`, leave, new AbortController().signal)`)
	do[bool](p, `(async () => {
		globalThis.reader = (await fetch(`+js(url)+`, { headers: { Range: "bytes=1000-" } })).body.getReader();
		globalThis.got = [(await reader.read()).value];
		return true;
	})()`)
	restart(site)
	same := do[bool](p, fmt.Sprintf(`(async () => {
		for (;;) { const { value, done } = await reader.read(); if (done) break; got.push(value); }
		return format.same(await bytes(new Blob(got)), pattern(%d).subarray(1000));
	})()`, a.Size))
	if !same {
		t.Error("what was played over a restart isn't what was sent")
	}
}

// restart kills the server, and starts it on what it left.
func restart(site *apitest.Site) {
	site.Kill()
	time.Sleep(300 * time.Millisecond)
	site.Start()
}

func until(t *testing.T, fn func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !fn(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it didn't come to that")
		}
	}
}
