package clientapi_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/identity"
	"parley/mls/public"
	"parley/server"
	"parley/server/clientapi"
	"parley/server/memstore"
	"parley/wire"
)

const domain = "example.org"

var suites = []*public.Suite{public.X25519()}

// A site is a server behind HTTP.
type site struct {
	t     *testing.T
	http  *httptest.Server
	store *brittleStore
	log   *bytes.Buffer
	srv   *server.Server
	api   *clientapi.API
}

// A brittleStore panics, or fails, on demand.
type brittleStore struct {
	server.Store
	panics, fails atomic.Bool
}

func (s *brittleStore) Account(ctx context.Context, a identity.Account) (*server.Account, error) {
	if s.panics.Load() {
		panic("secret of " + string(a))
	}
	if s.fails.Load() {
		return nil, server.ErrUnavailable
	}
	return s.Store.Account(ctx, a)
}

func newSite(t *testing.T, o clientapi.Options, change ...func(*server.Config)) *site {
	t.Helper()
	s := &site{t: t, store: &brittleStore{Store: memstore.New()}, log: new(bytes.Buffer)}
	o.Logger = slog.New(slog.NewTextHandler(s.log, nil))
	var api http.Handler
	s.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { api.ServeHTTP(w, r) }))
	cfg := server.Config{
		Store: s.store, Domain: domain, Origins: []string{s.http.URL}, SignUpOpen: true,
		Suites: suites, Logger: o.Logger,
	}
	for _, f := range change {
		f(&cfg)
	}
	srv, err := server.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.srv, s.api = srv, clientapi.New(srv, o)
	api = s.api
	t.Cleanup(func() {
		s.http.Close()
		s.api.Close()
	})
	return s
}

// still has the server's clock stand, so that nothing that was used up comes back.
func still(cfg *server.Config) {
	now := time.Now()
	cfg.Now = func() time.Time { return now }
}

// post sends a raw request.
func (s *site) post(op wire.Operation, token []byte, body io.Reader, header ...string) *http.Response {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), "POST", s.http.URL+wire.PathPrefix+string(op), body)
	if err != nil {
		s.t.Fatal(err)
	}
	if token != nil {
		req.Header.Set("Authorization", "Bearer "+base64.RawURLEncoding.EncodeToString(token))
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// call performs an operation and returns the status, and the refusal if it is
// one.
func call[Reply any](s *site, op wire.Operation, token []byte, req any) (*Reply, int, *wire.Error) {
	s.t.Helper()
	body, err := wire.Marshal(req)
	if err != nil {
		s.t.Fatal(err)
	}
	resp := s.post(op, token, bytes.NewReader(body))
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.Header.Get("Content-Type") != wire.ContentType {
		s.t.Fatalf("%s: %v, type %q", op, err, resp.Header.Get("Content-Type"))
	}
	if resp.StatusCode != http.StatusOK {
		var e wire.Error
		if err := wire.Unmarshal(answer, &e); err != nil || e.Code == "" {
			s.t.Fatalf("%s: status %d without an error: %v", op, resp.StatusCode, err)
		}
		return nil, resp.StatusCode, &e
	}
	reply := new(Reply)
	if err := wire.Unmarshal(answer, reply); err != nil {
		s.t.Fatal(err)
	}
	return reply, resp.StatusCode, nil
}

// good is call for what must succeed.
func good[Reply any](s *site, op wire.Operation, token []byte, req any) *Reply {
	s.t.Helper()
	reply, status, refusal := call[Reply](s, op, token, req)
	if refusal != nil {
		s.t.Fatalf("%s: %d %v", op, status, refusal)
	}
	return reply
}

// A person is an account with one device and a session.
type person struct {
	device identity.Device
	key    identity.PrivateKey
	list   *identity.DeviceList
	token  []byte
}

func (s *site) person(name string) *person {
	s.t.Helper()
	a, err := identity.NewAccount(domain, name)
	if err != nil {
		s.t.Fatal(err)
	}
	p := &person{device: identity.RandomDevice(a), key: identity.GenerateKey()}
	p.list = &identity.DeviceList{Account: a, Version: 1, Change: identity.Create, Devices: []identity.ListedDevice{
		{Device: p.device, SignatureKey: p.key.Public(), Suites: []uint16{1}},
	}}
	good[wire.Empty](s, wire.OpSignUp, nil, &wire.SignUpRequest{Login: make([]byte, 32), List: p.list.Sign(p.device, p.key)})
	p.token = s.session(p)
	return p
}

func (s *site) session(p *person) []byte {
	s.t.Helper()
	c := good[wire.Challenge](s, wire.OpChallenge, nil, &wire.ChallengeRequest{Device: p.device})
	claim := wire.SessionClaim{Origin: s.http.URL, Device: p.device, Nonce: c.Nonce, Expires: c.Expires}
	body := claim.Marshal()
	session := good[wire.Session](s, wire.OpOpenSession, nil, &wire.OpenSessionRequest{Claim: body, Signature: p.key.SignStatement(wire.UseSession, body)})
	return session.Token
}

// next puts the next list of p's account: an event in its mailbox.
func (s *site) next(p *person, change identity.Change, edit func(*identity.DeviceList)) {
	s.t.Helper()
	l := p.list.Next(change, 0)
	edit(l)
	good[wire.Empty](s, wire.OpPutDeviceList, p.token, &wire.PutDeviceListRequest{List: l.Sign(p.device, p.key)})
	p.list = l
}

// event makes an event in p's mailbox.
func (s *site) event(p *person) {
	s.t.Helper()
	s.next(p, identity.Add, func(l *identity.DeviceList) {
		l.Devices = append(l.Devices, identity.ListedDevice{
			Device: identity.RandomDevice(l.Account), SignatureKey: identity.GenerateKey().Public(), Suites: []uint16{1},
		})
	})
}

func TestOperations(t *testing.T) {
	s := newSite(t, clientapi.Options{})
	alice := s.person("alice")
	if info := good[wire.Info](s, wire.OpInfo, nil, wire.InfoRequest{}); info.Domain != domain {
		t.Errorf("info = %+v", info)
	}
	lists := good[wire.DeviceLists](s, wire.OpDeviceLists, alice.token, &wire.DeviceListsRequest{Account: alice.list.Account})
	if lists.Newest != 1 || len(lists.Lists) != 1 {
		t.Errorf("device_lists = %+v", lists)
	}
	s.event(alice)
	reply := good[wire.ReadReply](s, wire.OpRead, alice.token, &wire.ReadRequest{})
	if len(reply.Events) != 1 || reply.Events[0].Envelope.Kind != wire.EventDevices {
		t.Errorf("read = %+v", reply)
	}
	// Every operation is there, and asks for a session if it should.
	for _, op := range []wire.Operation{
		wire.OpInfo, wire.OpSignUp, wire.OpEnroll, wire.OpReset, wire.OpChallenge, wire.OpOpenSession, wire.OpDeviceLists,
		wire.OpPutDeviceList, wire.OpEnrollments, wire.OpPublishKeyPackages, wire.OpKeyPackageCount, wire.OpClaimKeyPackages,
		wire.OpOpenRoom, wire.OpSend, wire.OpCommit, wire.OpGroupInfo, wire.OpRead, wire.OpAcknowledge,
	} {
		for _, token := range [][]byte{nil, make([]byte, 32)} {
			_, status, refusal := call[wire.Empty](s, op, token, wire.Empty{})
			if isUnauthorized := status == 401 && refusal.Code == wire.CodeUnauthorized; isUnauthorized != op.NeedsSession() {
				t.Errorf("%s without a session: %d %v", op, status, refusal)
			}
			if refusal != nil && refusal.Code == wire.CodeInternal {
				t.Errorf("%s of an empty body: %v", op, refusal)
			}
		}
		if _, status, refusal := call[wire.Empty](s, op, alice.token, wire.Empty{}); refusal != nil && (status >= 500 || refusal.Code == wire.CodeUnauthorized) {
			t.Errorf("%s of an empty body: %d %v", op, status, refusal)
		}
	}
}

func TestBadRequests(t *testing.T) {
	s := newSite(t, clientapi.Options{})
	alice := s.person("alice")
	code := func(resp *http.Response) wire.Code {
		var e wire.Error
		body, _ := io.ReadAll(resp.Body)
		wire.Unmarshal(body, &e)
		return e.Code
	}
	for _, c := range []struct {
		what   string
		resp   *http.Response
		status int
		code   wire.Code
	}{
		{"an unknown operation", s.post("nonsense", nil, nil), 404, wire.CodeUnknownOperation},
		{"a path below one", s.post("info/x", nil, nil), 404, wire.CodeUnknownOperation},
		{"an operation of the stream", s.post("hello", nil, nil), 404, wire.CodeUnknownOperation},
		{"noise", s.post(wire.OpRead, alice.token, strings.NewReader("\xff\xff")), 400, wire.CodeBadRequest},
		{"trailing bytes", s.post(wire.OpRead, alice.token, strings.NewReader("\xa0\xa0")), 400, wire.CodeBadRequest},
		{"a large body", s.post(wire.OpRead, alice.token, bytes.NewReader(make([]byte, 1<<20))), 413, wire.CodeTooLarge},
		{"a large body of unknown length", s.post(wire.OpRead, alice.token, io.MultiReader(bytes.NewReader(make([]byte, 1<<20)))), 413, wire.CodeTooLarge},
		{"a large body without a session", s.post(wire.OpCommit, nil, bytes.NewReader(make([]byte, 1<<20))), 401, wire.CodeUnauthorized},
		{"a stream by POST", s.post("stream", nil, nil), 400, wire.CodeBadRequest},
		{"a token that is none", s.post(wire.OpRead, nil, nil, "Authorization", "Bearer %%%"), 401, wire.CodeUnauthorized},
		{"another scheme", s.post(wire.OpRead, nil, nil, "Authorization", "Basic "+base64.RawURLEncoding.EncodeToString(alice.token)), 401, wire.CodeUnauthorized},
	} {
		if got := code(c.resp); c.resp.StatusCode != c.status || got != c.code {
			t.Errorf("%s: %d %s; want %d %s", c.what, c.resp.StatusCode, got, c.status, c.code)
		}
	}
	resp, err := http.Get(s.http.URL + wire.PathPrefix + "info")
	if err != nil || resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "POST" {
		t.Errorf("GET: %+v, %v", resp, err)
	}
	resp.Body.Close()
}

func TestJSON(t *testing.T) {
	s := newSite(t, clientapi.Options{})
	resp := s.post(wire.OpInfo, nil, nil, "Accept", "application/json")
	var info wire.Info
	if err := json.NewDecoder(resp.Body).Decode(&info); err != nil || info.Domain != domain || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("info = %+v, %v", info, err)
	}
	resp = s.post(wire.OpRead, nil, nil, "Accept", "application/json")
	var e wire.Error
	if err := json.NewDecoder(resp.Body).Decode(&e); err != nil || e.Code != wire.CodeUnauthorized {
		t.Errorf("an error = %+v, %v", e, err)
	}
}

func TestRetryAfter(t *testing.T) {
	s := newSite(t, clientapi.Options{}, still, func(c *server.Config) {
		c.Rates.Login = server.Rate{Burst: 1, Every: 90 * time.Second}
	})
	alice := s.person("alice")
	req := &wire.ResetRequest{Login: []byte("wrong"), List: identity.SignedDeviceList{Signer: alice.device}}
	if _, status, e := call[wire.ResetReply](s, wire.OpReset, nil, req); status != 403 || e.Code != wire.CodeWrongLogin {
		t.Errorf("a wrong login: %d %v", status, e)
	}
	body, _ := wire.Marshal(req)
	resp := s.post(wire.OpReset, nil, bytes.NewReader(body))
	if got := resp.Header.Get("Retry-After"); resp.StatusCode != 429 || got != "90" && got != "91" {
		t.Errorf("too many: %d, Retry-After %q; want 429 and 90 or 91", resp.StatusCode, got)
	}
}

// TestFailures: what fails inside is told by a code alone, and neither the
// answer nor the log says whose request it was.
func TestFailures(t *testing.T) {
	s := newSite(t, clientapi.Options{})
	alice := s.person("alice-with-a-name")
	req := &wire.DeviceListsRequest{Account: alice.list.Account}
	s.store.panics.Store(true)
	_, status, e := call[wire.DeviceLists](s, wire.OpDeviceLists, alice.token, req)
	if status != 500 || e.Code != wire.CodeInternal {
		t.Errorf("a panic: %d %v", status, e)
	}
	s.store.panics.Store(false)
	s.store.fails.Store(true)
	_, status, e = call[wire.DeviceLists](s, wire.OpDeviceLists, alice.token, req)
	if status != 503 || e.Code != wire.CodeUnavailable || e.RetryAfter == 0 {
		t.Errorf("a store that is away: %d %v", status, e)
	}
	s.store.fails.Store(false)
	good[wire.DeviceLists](s, wire.OpDeviceLists, alice.token, req)
	s.http.Close()
	text := s.log.String()
	if !strings.Contains(text, "panic") || !strings.Contains(text, "operation=device_lists") {
		t.Errorf("the log doesn't tell the operator: %s", text)
	}
	for _, secret := range []string{"alice-with-a-name", base64.RawURLEncoding.EncodeToString(alice.token), "secret of"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds %q: %s", secret, text)
		}
	}
}

// TestStatuses: every code of wire has a status of its own choosing, and is
// counted.
func TestStatuses(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../wire/errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	counted := newSite(t, clientapi.Options{}).api.Stats().Codes
	codes := 0
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 || !strings.HasPrefix(v.Names[0].Name, "Code") {
			return true
		}
		text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		codes++
		if _, ok := counted[wire.Code(text)]; !ok {
			t.Errorf("%s isn't in the table of statuses", text)
		}
		if got := clientapi.Status(wire.Code(text)); got < 400 || got > 599 || http.StatusText(got) == "" {
			t.Errorf("%s: status %d", text, got)
		}
		return true
	})
	if codes < 30 {
		t.Errorf("wire has %d codes; want at least 30", codes)
	}
	for _, c := range []struct {
		code wire.Code
		want int
	}{{wire.CodeInternal, 500}, {wire.CodeUnavailable, 503}, {wire.CodeUnauthorized, 401}, {wire.CodeRateLimited, 429}, {wire.CodeStaleEpoch, 409}, {"a later code", 409}} {
		if got := clientapi.Status(c.code); got != c.want {
			t.Errorf("%s: %d; want %d", c.code, got, c.want)
		}
	}
}

// TestObserve: each operation is told of once, whether it came by HTTP or by a
// stream, whether it ran or not, with its code; and counted.
func TestObserve(t *testing.T) {
	type key struct {
		op   wire.Operation
		code wire.Code
	}
	var mu sync.Mutex
	seen, traced := map[key]int{}, map[key]int{}
	s := newSite(t, clientapi.Options{
		Observe: func(op wire.Operation, code wire.Code, took time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			seen[key{op, code}]++
			if took < 0 {
				t.Errorf("%s took %v", op, took)
			}
		},
		Trace: func(ctx context.Context, op wire.Operation) (context.Context, func(error)) {
			return ctx, func(err error) {
				mu.Lock()
				defer mu.Unlock()
				var code wire.Code
				if refusal := server.AsWire(err); refusal != nil {
					code = refusal.Code
				}
				traced[key{op, code}]++
			}
		},
	})
	alice := s.person("alice")
	before := s.api.Stats().Codes
	mu.Lock()
	clear(seen)
	clear(traced)
	mu.Unlock()
	s.post(wire.OpInfo, nil, nil)
	s.post("nonsense", nil, nil)
	s.post(wire.OpRead, nil, nil)
	l := s.stream(alice, 0)
	l.request(1, wire.OpInfo, wire.InfoRequest{})
	l.request(2, "nonsense", wire.Empty{})
	l.request(3, wire.OpAcknowledge, &wire.AcknowledgeRequest{Pos: 99})
	l.request(4, wire.OpSend, &wire.SendRequest{ID: make([]byte, 16), Room: "mimi://example.org/r/none", Message: []byte("x")})
	for range 4 {
		l.next()
	}
	want := map[key]int{
		{wire.OpInfo, ""}: 2, {"", wire.CodeUnknownOperation}: 2, {wire.OpRead, wire.CodeUnauthorized}: 1,
		{wire.OpAcknowledge, wire.CodeBadRequest}: 1, {wire.OpSend, wire.CodeUnknownRoom}: 1,
	}
	mu.Lock()
	defer mu.Unlock()
	if !maps.Equal(seen, want) {
		t.Errorf("seen %v; want %v", seen, want)
	}
	delete(want, key{"", wire.CodeUnknownOperation}) // what doesn't run isn't traced
	delete(want, key{wire.OpRead, wire.CodeUnauthorized})
	if !maps.Equal(traced, want) {
		t.Errorf("traced %v; want %v", traced, want)
	}
	after := s.api.Stats()
	if got := after.Codes[""] - before[""]; got != 2 {
		t.Errorf("%d successes were counted; want 2", got)
	}
	if after.Codes[wire.CodeUnknownOperation] != 2 || after.Streams != 1 || after.FramesIn != 5 || after.FramesOut != 5 || after.BytesOut == 0 {
		t.Errorf("counts: %+v", after)
	}
}

func TestLongPoll(t *testing.T) {
	s := newSite(t, clientapi.Options{})
	alice := s.person("alice")
	got := make(chan *wire.ReadReply)
	go func() {
		got <- good[wire.ReadReply](s, wire.OpRead, alice.token, &wire.ReadRequest{WaitMS: wire.MaxReadWait})
	}()
	s.event(alice)
	if reply := <-got; len(reply.Events) != 1 {
		t.Errorf("read = %+v", reply)
	}
	ended := make(chan *wire.Error)
	go func() {
		_, _, refusal := call[wire.ReadReply](s, wire.OpRead, alice.token, &wire.ReadRequest{After: 1, WaitMS: wire.MaxReadWait})
		ended <- refusal
	}()
	s.api.Close()
	if e := <-ended; e == nil || e.Code != wire.CodeUnavailable {
		t.Errorf("a read that meets the server's end: %v; want unavailable", e)
	}
}
