package webpush

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/server"
	"parley/server/memstore"
	"parley/server/publicnet/publicnettest"
)

// A service is a push service (RFC 8030) on this machine, with TLS of its own.
type service struct {
	*httptest.Server
	mu     sync.Mutex // guards got
	got    []*http.Request
	bodies []string
}

// newService answers every push by answer.
func newService(t *testing.T, answer http.HandlerFunc) *service {
	t.Helper()
	s := new(service)
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.got, s.bodies = append(s.got, r), append(s.bodies, string(body))
		s.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

func (s *service) host() string { return s.Listener.Addr().String() }

func (s *service) hits() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.got)
}

// newSender returns one that may push to services, and to hosts.
func newSender(t *testing.T, hosts []string, services ...*service) *Sender {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Key: key, Subject: "mailto:ops@example.org", Hosts: hosts, Roots: x509.NewCertPool(), Timeout: time.Minute}
	for _, s := range services {
		o.Hosts = append(o.Hosts, s.host())
		o.Roots.AddCert(s.Certificate())
	}
	sender, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sender.Close() })
	return sender
}

// TestPush: what a push service gets is empty, says nothing of anybody, and is signed
// by the site for that service alone (RFC 8030, Section 5; RFC 8030, Section 5.4).
func TestPush(t *testing.T) {
	s := newService(t, status(http.StatusCreated))
	sender := newSender(t, nil, s)
	for range 2 {
		if err := sender.Push(t.Context(), s.URL+"/push/abc"); err != nil {
			t.Fatal(err)
		}
	}
	r := s.got[0]
	if r.Method != "POST" || r.URL.Path != "/push/abc" || s.bodies[0] != "" || r.Header.Get("Content-Encoding") != "" {
		t.Errorf("got %s %s with %q", r.Method, r.URL, s.bodies[0])
	}
	want := map[string]string{"Ttl": "86400", "Urgency": "normal", "Topic": "parley", "User-Agent": "parley", "Content-Length": "0"}
	for name, values := range r.Header {
		if name != "Authorization" && want[name] != values[0] {
			t.Errorf("a header too many: %s: %q", name, values)
		}
	}
	for name, value := range want {
		if got := r.Header.Get(name); got != value && name != "Content-Length" {
			t.Errorf("%s: got %q, want %q", name, got, value)
		}
	}
	claims := verify(t, r.Header.Get("Authorization"), sender.Key())
	if claims["aud"] != s.URL || claims["sub"] != "mailto:ops@example.org" {
		t.Errorf("claims %v; want aud %s and the subject", claims, s.URL)
	}
	if left := time.Until(time.Unix(int64(claims["exp"].(float64)), 0)); left <= 0 || left > 24*time.Hour {
		t.Errorf("good for %v; want at most a day", left)
	}
	if s.got[1].Header.Get("Authorization") != r.Header.Get("Authorization") {
		t.Error("each push is signed anew")
	}
}

// verify checks a VAPID header by key (RFC 8292, Section 2; RFC 8292, Section 3; RFC
// 7518, Section 3.4) and returns its claims.
func verify(t *testing.T, header string, key []byte) map[string]any {
	t.Helper()
	signed, k, ok := strings.Cut(strings.TrimPrefix(header, "vapid t="), ", k=")
	parts := strings.Split(signed, ".")
	if !ok || len(parts) != 3 || k != encode(key) {
		t.Fatalf("not a VAPID header: %q", header)
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(raw) != 64 {
		t.Fatal(raw, err)
	}
	hash := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(public, hash[:], new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])) {
		t.Fatal("the signature is wrong")
	}
	var head, claims map[string]any
	for i, to := range []*map[string]any{&head, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err == nil {
			err = json.Unmarshal(text, to)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if head["alg"] != "ES256" {
		t.Errorf("alg %v; want ES256", head["alg"])
	}
	return claims
}

// TestAnswers: what a push service answers (RFC 8030, Section 8.4).
func TestAnswers(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		gone   bool
		later  time.Duration // 0: not later
		text   string
	}{
		{"created", status(201), false, 0, ""},
		{"gone", status(410), true, 0, ""},
		{"not found", status(404), true, 0, ""},
		{"too many", status(429, "Retry-After", "120"), false, 2 * time.Minute, ""},
		{"unavailable", status(503, "Retry-After", "7"), false, 7 * time.Second, ""},
		{"unavailable without saying", status(503), false, time.Minute, ""},
		{"for ever", status(503, "Retry-After", "999999999"), false, time.Hour, ""},
		{"nonsense", status(503, "Retry-After", "-5"), false, time.Second, ""},
		{"forbidden", status(403), false, 0, "answers 403"},
		{"broken", status(500), false, 0, "answers 500"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newService(t, test.answer)
			err := newSender(t, nil, s).Push(t.Context(), s.URL+"/a/secret")
			later, isLater := errors.AsType[*server.PushLater](err)
			switch {
			case test.gone != errors.Is(err, server.ErrPushGone), isLater != (test.later > 0):
				t.Errorf("got %v", err)
			case isLater && later.After != test.later:
				t.Errorf("got %v, want %v", later.After, test.later)
			case test.text != "" && (err == nil || !strings.Contains(err.Error(), test.text)):
				t.Errorf("got %v, want %q", err, test.text)
			case test.text == "" && !test.gone && !isLater && err != nil:
				t.Error(err)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error names the endpoint: %v", err)
			}
		})
	}
}

// TestRetryAfter: who asks to be left alone is; a stranger's endpoint that gets too
// many doesn't hold up others at the same service.
func TestRetryAfter(t *testing.T) {
	var code atomic.Int64
	code.Store(429)
	s := newService(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/other" && code.Load() == 429 {
			w.WriteHeader(201)
			return
		}
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(int(code.Load()))
	})
	sender := newSender(t, nil, s)
	push := func(path string) error { return sender.Push(t.Context(), s.URL+path) }
	for range 3 {
		if _, ok := errors.AsType[*server.PushLater](push("/one")); !ok {
			t.Error("not later")
		}
	}
	if s.hits() != 1 {
		t.Errorf("%d requests; want 1: it asked for a minute", s.hits())
	}
	if err := push("/other"); err != nil {
		t.Error("another endpoint:", err)
	}
	code.Store(503)
	push("/three")
	before := s.hits()
	if _, ok := errors.AsType[*server.PushLater](push("/four")); !ok || s.hits() != before {
		t.Error("a service that is unavailable is asked again at once")
	}
}

// TestEndpoints: a URL that a stranger wrote leads only where the operator said.
func TestEndpoints(t *testing.T) {
	sender := newSender(t, []string{"push.example.com", "inside.example:8443"})
	for endpoint, good := range map[string]bool{
		"https://push.example.com/a":                            true,
		"https://push.example.com:443/a":                        true,
		"https://eu.push.example.com/a?b=c":                     true,
		"https://inside.example:8443/a":                         true,
		"http://push.example.com/a":                             false,
		"https://push.example.com:8443/a":                       false,
		"https://push.example.com:/a":                           false,
		"https://inside.example/a":                              false,
		"https://inside.example:9443/a":                         false,
		"https://a.inside.example:8443/a":                       false,
		"https://evilpush.example.com/a":                        false,
		"https://push.example.com.evil.example/a":               false,
		"https://push.example.com@evil.example/a":               false,
		"https://evil.example#push.example.com":                 false,
		"https://evil.example/push.example.com":                 false,
		"https://push.example.com/a#b":                          false,
		"https://user:pass@push.example.com/a":                  false,
		"https://PUSH.example.com/a":                            false,
		"https://push.example.com./a":                           false,
		"https://push.example.com%2f@evil.example":              false,
		"https://127.0.0.1/a":                                   false,
		"https://[::1]/a":                                       false,
		"https://2130706433/a":                                  false,
		"https://localhost/a":                                   false,
		"https://push.example.com/\r\nX: y":                     false,
		"https://push.example.com/ü":                            false,
		"//push.example.com/a":                                  false,
		"file:///etc/passwd":                                    false,
		"":                                                      false,
		"https://push.example.com/" + strings.Repeat("a", 1024): false,
	} {
		if err := sender.Check(endpoint); (err == nil) != good {
			t.Errorf("%q: got %v, want good %v", endpoint, err, good)
		}
		if !good && !errors.Is(sender.Push(t.Context(), endpoint), server.ErrBadEndpoint) {
			t.Errorf("%q: pushed", endpoint)
		}
	}
}

// TestInnerAddress: an allowed name that leads to an inner address, at once or the
// second time that it is asked for, isn't connected to.
func TestInnerAddress(t *testing.T) {
	for _, addresses := range [][]string{{"127.0.0.1"}, {"169.254.169.254"}, {"10.0.0.1"}} {
		sender := newSender(t, []string{"push.example.com"})
		sender.dialer.Resolve = publicnettest.Resolver(t, addresses...)
		if err := sender.Push(t.Context(), "https://push.example.com/a"); !errors.Is(err, ErrAddress) {
			t.Errorf("%s: got %v, want ErrAddress", addresses, err)
		}
	}
	// The address that is connected to is the one that is looked at: there is no
	// second question whose answer could be another.
	sender := newSender(t, []string{"push.example.com"})
	if _, err := sender.dialOwn(t.Context(), "tcp", "127.0.0.1:1"); !errors.Is(err, ErrAddress) {
		t.Errorf("a port that the operator didn't name: got %v", err)
	}
}

// TestRedirect: a push service can't send the server elsewhere.
func TestRedirect(t *testing.T) {
	inner := newService(t, status(201))
	for _, code := range []int{301, 302, 303, 307, 308} {
		s := newService(t, status(code, "Location", inner.URL+"/inner"))
		if err := newSender(t, nil, s, inner).Push(t.Context(), s.URL+"/a"); err == nil {
			t.Errorf("%d: no error", code)
		}
	}
	if inner.hits() != 0 {
		t.Errorf("followed %d times", inner.hits())
	}
}

// TestSlowService: who doesn't answer, or answers without end, holds up neither the
// server nor pushes to others.
func TestSlowService(t *testing.T) {
	stuck := make(chan struct{})
	release := sync.OnceFunc(func() { close(stuck) })
	defer release()
	slow := newService(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-stuck:
		case <-r.Context().Done():
		}
	})
	endless := newService(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(201)
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	})
	quick := newService(t, status(201))
	sender := newSender(t, nil, slow, endless, quick)
	sender.opts.AtOnce = 2
	ended := make(chan error, 2)
	for range 2 {
		go func() { ended <- sender.Push(t.Context(), slow.URL+"/a") }()
	}
	for slow.hits() < 2 {
		time.Sleep(time.Millisecond)
	}
	if err := sender.Push(t.Context(), slow.URL+"/b"); !errors.As(err, new(*server.PushLater)) {
		t.Errorf("a third at once: got %v, want later", err)
	}
	if err := sender.Push(t.Context(), quick.URL+"/a"); err != nil {
		t.Error("another service:", err)
	}
	if err := sender.Push(t.Context(), endless.URL+"/a"); err != nil {
		t.Error("an answer without end:", err)
	}
	impatient := newSender(t, nil, slow)
	impatient.private.Timeout = 400 * time.Millisecond
	if err := impatient.Push(t.Context(), slow.URL+"/a"); err == nil || !strings.Contains(err.Error(), "in time") {
		t.Errorf("got %v, want an end in time", err)
	}
	release()
	for range 2 {
		if err := <-ended; err != nil {
			t.Error("a service that answers at last:", err)
		}
	}
}

// TestSiteKey: the key is made once for all nodes of a site.
func TestSiteKey(t *testing.T) {
	store := memstore.New()
	one, err := SiteKey(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	two, err := SiteKey(t.Context(), store)
	if err != nil || !one.Equal(two) {
		t.Errorf("two keys, or %v", err)
	}
}
