package jstransport

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"syscall/js"
	"testing"
	"time"

	"parley/client"
	"parley/client/memstore"
	"parley/identity"
	"parley/internal/promise"
	"parley/mls/public"
	"parley/wire"
)

func origin() string { return js.Global().Get("location").Get("origin").String() }

// control has the server do something.
func control(t *testing.T, path string) {
	t.Helper()
	if _, err := promise.Await(t.Context(), js.Global().Call("fetch", "/control/"+path)); err != nil {
		t.Fatal(err)
	}
}

// signUp makes an account of any name, over a transport of its own.
func signUp(t *testing.T, tr *Transport) *client.Client {
	t.Helper()
	name := make([]byte, 6)
	rand.Read(name)
	account, err := identity.NewAccount("example.com", "p"+hex.EncodeToString(name))
	if err != nil {
		t.Fatal(err)
	}
	login := make([]byte, 32)
	seal, err := client.NewSealKey(login)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.SignUp(t.Context(), client.Config{
		Store: memstore.New(), Transport: tr, DeviceName: "test", Suites: []*public.Suite{public.X25519()},
	}, seal, account, login)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCall(t *testing.T) {
	info, err := client.Info(t.Context(), New(origin(), Options{}))
	if err != nil || info.Domain != "example.com" {
		t.Fatalf("Info = %+v, %v", info, err)
	}
	tr := New(origin(), Options{})
	if _, err := tr.Call(t.Context(), wire.OpRead, []byte("no token of the server's"), []byte{0xa0}); !errors.Is(err, &wire.Error{Code: wire.CodeUnauthorized}) {
		t.Errorf("a wrong token: %v; want unauthorized", err)
	}
	if _, err := tr.Call(t.Context(), wire.OpInfo, nil, make([]byte, wire.MaxBody+1)); !errors.Is(err, &wire.Error{Code: wire.CodeTooLarge}) {
		t.Errorf("a large request: %v; want too_large", err)
	}
}

func TestCallOffline(t *testing.T) {
	for name, at := range map[string]string{
		"nobody": "http://127.0.0.1:1", "not CBOR": origin() + "/odd", "too large": origin() + "/large",
		"a redirect": origin() + "/redirect",
	} {
		if _, err := New(at, Options{}).Call(t.Context(), wire.OpInfo, nil, []byte{0xa0}); !errors.Is(err, client.ErrOffline) {
			t.Errorf("%s: %v; want ErrOffline", name, err)
		}
	}
}

func TestCallEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(origin(), Options{}).Call(ctx, wire.OpInfo, nil, []byte{0xa0}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v; want context.Canceled", err)
	}
	if _, err := New(origin(), Options{Timeout: time.Nanosecond}).Call(t.Context(), wire.OpInfo, nil, []byte{0xa0}); !errors.Is(err, client.ErrOffline) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("too slow: %v; want ErrOffline and context.DeadlineExceeded", err)
	}
}

// follow has bob follow his mailbox, and returns what waits for a text to arrive.
func follow(t *testing.T, bob *client.Client) (wait func(text string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go bob.Run(ctx, nil)
	return func(text string) {
		t.Helper()
		for end := time.Now().Add(time.Minute); time.Now().Before(end); {
			msgs, _, err := bob.NewMessages(ctx, 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range msgs {
				if m.Text == text {
					return
				}
			}
			time.Sleep(25 * time.Millisecond)
		}
		t.Fatalf("%q never came", text)
	}
}

func send(t *testing.T, from *client.Client, to identity.Account, text string) {
	t.Helper()
	if _, err := from.SendTo(t.Context(), []string{to.Name()}, text); err != nil && !errors.Is(err, client.ErrQueued) {
		t.Fatalf("%q: %v", text, err)
	}
}

// What is sent is pushed; a node that goes away is no error, and nothing is lost.
func TestStream(t *testing.T) {
	tr := New(origin(), Options{Ping: time.Second})
	ada, bob := signUp(t, New(origin(), Options{})), signUp(t, tr)
	wait := follow(t, bob)
	send(t, ada, bob.Account(), "by the stream")
	wait("by the stream")
	if tr.streams.Blocked() {
		t.Error("it polls where a WebSocket gets through")
	}
	control(t, "move")
	send(t, ada, bob.Account(), "from the next node")
	wait("from the next node")
	time.Sleep(3 * time.Second) // signs of life go and come
	send(t, ada, bob.Account(), "still there")
	wait("still there")
}

// Where no WebSocket gets through it polls, and goes back when one does.
func TestPoll(t *testing.T) {
	control(t, "block")
	defer control(t, "open")
	tr := New(origin(), Options{Retry: 400 * time.Millisecond})
	ada, bob := signUp(t, New(origin(), Options{})), signUp(t, tr)
	wait := follow(t, bob)
	send(t, ada, bob.Account(), "by polling")
	wait("by polling")
	control(t, "open")
	time.Sleep(time.Second)
	send(t, ada, bob.Account(), "by either")
	wait("by either")
}

// A session that isn't one is refused when the stream opens.
func TestStreamRefused(t *testing.T) {
	_, err := New(origin(), Options{}).Stream(t.Context(), []byte("no token of the server's"), 0)
	if !errors.Is(err, &wire.Error{Code: wire.CodeUnauthorized}) {
		t.Errorf("Stream: %v; want unauthorized", err)
	}
}

// The end of a context ends what follows, while the stream opens and when it is open.
func TestStreamEnds(t *testing.T) {
	for _, open := range []bool{true, false} {
		ada := signUp(t, New(origin(), Options{}))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- ada.Run(ctx, nil) }()
		if open {
			time.Sleep(200 * time.Millisecond)
		}
		cancel()
		select {
		case err := <-ended:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(time.Minute):
			t.Fatal("Run didn't end")
		}
	}
}
