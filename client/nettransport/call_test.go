package nettransport

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"parley/client"
	"parley/client/transport"
	"parley/wire"
)

// secretToken is what must not get into any error.
var secretToken = bytes.Repeat([]byte{0xfb, 0xef}, wire.MaxTokenSize/2)

// serve returns a Transport to a server that answers by handle.
func serve(t *testing.T, handle http.HandlerFunc) *Transport {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return connect(t, server.URL, Options{})
}

func connect(t *testing.T, url string, opts Options) *Transport {
	t.Helper()
	tr, err := New(url, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	body, err := wire.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// reply answers as a Parley server does.
func reply(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", wire.ContentType)
	w.WriteHeader(status)
	w.Write(body)
}

// call makes a call with the secret token.
func call(t *testing.T, tr *Transport) ([]byte, error) {
	t.Helper()
	return tr.Call(t.Context(), wire.OpRead, secretToken, marshal(t, &wire.ReadRequest{After: 7}))
}

// wantOffline checks that err is ErrOffline, says why, and holds no secret.
func wantOffline(t *testing.T, err error, why string) {
	t.Helper()
	if !errors.Is(err, client.ErrOffline) {
		t.Errorf("error: %v; want ErrOffline", err)
		return
	}
	text := err.Error()
	if !strings.Contains(text, why) {
		t.Errorf("error: %q; want a cause with %q", text, why)
	}
	for _, secret := range []string{base64.RawURLEncoding.EncodeToString(secretToken), string(secretToken), "hunter2", "/v1/", "Bearer"} {
		if strings.Contains(text, secret) {
			t.Errorf("error %q holds %q", text, secret)
		}
	}
}

func TestCall(t *testing.T) {
	want := marshal(t, &wire.ReadReply{Head: 9})
	request := marshal(t, &wire.ReadRequest{After: 7})
	tr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got, err := io.ReadAll(r.Body)
		if err != nil || !bytes.Equal(got, request) {
			t.Errorf("the server got %x, %v; want %x", got, err, request)
		}
		if r.Method != "POST" || r.URL.String() != "/v1/read" {
			t.Errorf("the server got %s %s; want POST /v1/read", r.Method, r.URL)
		}
		for name, want := range map[string]string{
			"Content-Type": "application/cbor", "Accept": "application/cbor", "Accept-Encoding": "", "User-Agent": "parley", "Idempotency-Key": "",
			"Authorization": "Bearer " + base64.RawURLEncoding.EncodeToString(secretToken),
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %q; want %q", name, got, want)
			}
		}
		reply(w, 200, want)
	})
	got, err := call(t, tr)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("Call = %x, %v; want %x", got, err, want)
	}
}

func TestCallWithoutSession(t *testing.T) {
	tr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if _, ok := r.Header["Authorization"]; ok {
			t.Errorf("Authorization: %q; want none", r.Header.Get("Authorization"))
		}
		reply(w, 200, marshal(t, &wire.Info{Domain: "example.org"}))
	})
	answer, err := tr.Call(t.Context(), wire.OpInfo, nil, marshal(t, wire.InfoRequest{}))
	var info wire.Info
	if err != nil || wire.Unmarshal(answer, &info) != nil || info.Domain != "example.org" {
		t.Errorf("Call = %+v, %v; want the server's Info", info, err)
	}
}

// TestLargestAnswer lets an answer through that holds the largest request.
func TestLargestAnswer(t *testing.T) {
	want := marshal(t, &wire.ReadReply{Events: []wire.Event{{Envelope: wire.Envelope{Message: make([]byte, wire.MaxBody)}}}})
	tr := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, want) })
	if got, err := call(t, tr); err != nil || !bytes.Equal(got, want) {
		t.Errorf("Call = %d bytes, %v; want %d", len(got), err, len(want))
	}
}

func TestTooLargeRequest(t *testing.T) {
	tr := connect(t, "http://127.0.0.1:1", Options{}) // it must not be needed
	_, err := tr.Call(t.Context(), wire.OpCommit, secretToken, make([]byte, wire.MaxBody+1))
	if !errors.Is(err, &wire.Error{Code: wire.CodeTooLarge}) {
		t.Errorf("Call beyond MaxBody: %v; want too_large", err)
	}
}

func TestRefusals(t *testing.T) {
	winner := &wire.Envelope{Seq: 3, Message: []byte("commit")}
	refusal := &wire.Error{Code: wire.CodeStaleEpoch, Message: "Another commit came first.", RetryAfter: 5, Winner: winner}
	for _, status := range []int{400, 401, 403, 404, 409, 413, 429, 500, 502, 503, 201, 418} {
		for _, kind := range []string{wire.ContentType, "text/html; charset=utf-8", "", "nonsense;;"} {
			tr := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = []string{kind}
				w.WriteHeader(status)
				w.Write(marshal(t, refusal))
			})
			_, err := call(t, tr)
			var got *wire.Error
			if !errors.As(err, &got) || got.Code != refusal.Code || got.Message != refusal.Message || got.RetryAfter != 5 {
				t.Errorf("status %d, type %q: %v; want the server's refusal", status, kind, err)
				continue
			}
			if got.Winner == nil || got.Winner.Seq != 3 || string(got.Winner.Message) != "commit" {
				t.Errorf("status %d: winner %+v; want %+v", status, got.Winner, winner)
			}
		}
	}
}

func TestUnshowableRefusals(t *testing.T) {
	for message, want := range map[string]string{
		"Größe: zu viel.":        "Größe: zu viel.",
		"\x1b[31mhunter2":        "",
		"line\nline":             "",
		"\u202egnp.exe":          "",
		strings.Repeat("x", 501): "",
	} {
		tr := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			reply(w, 400, marshal(t, &wire.Error{Code: "a_newer_code", Message: message}))
		})
		_, err := call(t, tr)
		var got *wire.Error
		if !errors.As(err, &got) || got.Code != "a_newer_code" || got.Message != want {
			t.Errorf("message %q: %+v; want %q", message, got, want)
		}
	}
}

func TestNotParley(t *testing.T) {
	good := marshal(t, &wire.ReadReply{Head: 9})
	for _, test := range []struct {
		name   string
		status int
		kind   string
		body   string
		why    string
	}{
		{"captive portal", 200, "text/html", "<html>hunter2</html>", "no Parley server"},
		{"page with our type", 200, wire.ContentType, "<html>hunter2</html>", "no Parley server"},
		{"our body as a page", 200, "text/html", string(good), "no Parley server"},
		{"no type", 200, "", string(good), "no Parley server"},
		{"nothing", 200, wire.ContentType, "", "no Parley server"},
		{"JSON", 200, wire.ContentType, `{"head":9}`, "no Parley server"},
		{"not a map", 200, wire.ContentType, "\x01", "no Parley server"},
		{"half a body", 200, wire.ContentType, string(good[:len(good)-1]), "no Parley server"},
		{"more than a body", 200, wire.ContentType, string(good) + "\x00", "no Parley server"},
		{"too much", 200, wire.ContentType, strings.Repeat("x", transport.MaxAnswer+1), "larger"},
		{"no content", 204, "", "", "204"},
		{"proxy's error", 502, "text/html", "<html>hunter2</html>", "502"},
		{"too much of an error", 502, "text/html", strings.Repeat("x", transport.MaxAnswer+1), "larger"},
		{"no page", 404, "text/plain", "hunter2", "404"},
		{"error without a code", 400, wire.ContentType, string(marshal(t, &wire.Error{Message: "hunter2"})), "400"},
		{"error with a bad code", 400, wire.ContentType, string(marshal(t, &wire.Error{Code: "\x1b[hunter2"})), "400"},
		{"another map", 500, wire.ContentType, string(good), "500"},
	} {
		t.Run(test.name, func(t *testing.T) {
			tr := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = []string{test.kind}
				w.WriteHeader(test.status)
				io.WriteString(w, test.body)
			})
			_, err := call(t, tr)
			wantOffline(t, err, test.why)
		})
	}
}

func TestRedirectRefused(t *testing.T) {
	var reached atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached.Add(1)
		reply(w, 200, marshal(t, wire.Empty{}))
	}))
	t.Cleanup(other.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		tr := serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+"/v1/read", status)
		})
		_, err := call(t, tr)
		wantOffline(t, err, "redirect")
		_, err = tr.Stream(t.Context(), secretToken, 0)
		wantOffline(t, err, "redirect")
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("%d requests followed a redirect; want none", n)
	}
}

// hang answers nothing until the client is gone.
func hang(_ http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

func TestCallCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		hang(w, r)
	})
	_, err := tr.Call(ctx, wire.OpRead, secretToken, marshal(t, &wire.ReadRequest{}))
	if !errors.Is(err, context.Canceled) || errors.Is(err, client.ErrOffline) {
		t.Errorf("Call whose context was cancelled: %v; want context.Canceled alone", err)
	}
}

// TestCallTimeout gives the server no time, by the context and by the options;
// once before and once after it began to answer.
func TestCallTimeout(t *testing.T) {
	begin := func(w http.ResponseWriter, r *http.Request) {
		reply(w, 200, marshal(t, wire.Empty{})[:0])
		w.(http.Flusher).Flush()
		hang(w, r)
	}
	for _, handle := range []http.HandlerFunc{hang, begin} {
		tr := serve(t, handle)
		ctx, cancel := context.WithTimeout(t.Context(), 30e6)
		_, err := tr.Call(ctx, wire.OpRead, secretToken, marshal(t, &wire.ReadRequest{}))
		cancel()
		wantOffline(t, err, "no answer in time")
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Call beyond its deadline: %v; want context.DeadlineExceeded too", err)
		}
		tr = connect(t, tr.Origin(), Options{Timeout: 30e6})
		_, err = call(t, tr)
		wantOffline(t, err, "no answer in time")
	}
}
