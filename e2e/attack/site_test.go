package attack

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"parley/identity"
	"parley/mls/public"
	"parley/server"
	"parley/server/clientapi"
	"parley/server/pebblestore"
	"parley/wire"
)

// domain is that of the site's accounts.
const domain = "example.com"

func suites() []*public.Suite {
	return []*public.Suite{public.XWing(public.SuiteXWing), public.ChaCha20(), public.X25519()}
}

// A site is the real server on its real store, behind a handler that can turn
// it into an attacker.
type site struct {
	url   string
	store *pebblestore.Store
	srv   *server.Server
	api   *clientapi.API
	http  *http.Server

	mallory *device

	mu        sync.Mutex // guards what follows
	tampers   []tamper
	injected  map[string]wire.Envelope // by the id of the envelope whose place they take
	colluding bool
	keyless   bool             // it has no key to stamp with: it only stands before the server
	gone      identity.Account // whose lists it doesn't show
	kept      []byte           // a GroupInfo answer of earlier
}

// A tamper changes the answers to one operation. who is the account that asks;
// body is the encoded reply.
type tamper struct {
	op     wire.Operation
	change func(who identity.Account, request, body []byte) ([]byte, error)
}

// onReply returns the tamper that decodes, changes and encodes replies.
func onReply[Request, Reply any](op wire.Operation, change func(who identity.Account, req *Request, reply *Reply)) tamper {
	return tamper{op, func(who identity.Account, request, body []byte) ([]byte, error) {
		req, reply := new(Request), new(Reply)
		if err := wire.Unmarshal(request, req); err != nil {
			return nil, err
		}
		if err := wire.Unmarshal(body, reply); err != nil {
			return nil, err
		}
		change(who, req, reply)
		return wire.Marshal(reply)
	}}
}

func newSite(dir string) (*site, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	quiet := slog.New(slog.DiscardHandler)
	s := &site{url: "http://" + listener.Addr().String(), injected: map[string]wire.Envelope{}}
	if s.store, err = pebblestore.Open(dir, pebblestore.Options{Logger: quiet}); err != nil {
		return nil, err
	}
	if err := s.plantKey(); err != nil {
		return nil, err
	}
	s.srv, err = server.New(context.Background(), server.Config{
		Store: s.store, Domain: domain, Origins: []string{s.url}, Suites: suites(), SignUpOpen: true, Logger: quiet,
	})
	if err != nil {
		return nil, err
	}
	s.api = clientapi.New(s.srv, clientapi.Options{Logger: quiet})
	s.http = &http.Server{Handler: s}
	go s.http.Serve(listener)
	return s, nil
}

func (s *site) close() {
	s.http.Close()
	s.api.Close()
	s.store.Close()
}

// ServeHTTP implements [http.Handler].
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op := wire.Operation(strings.TrimPrefix(r.URL.Path, wire.PathPrefix))
	if r.ContentLength > wire.MaxBody { // refused unread
		s.api.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, wire.MaxBody+1))
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	who := s.caller(r)
	if s.colludes(who) {
		if reply, err := s.collude(r.Context(), who, op, body); reply != nil || err != nil {
			answer(w, reply, err)
			return
		}
	}
	if s.hides(op, body) {
		answer(w, nil, wire.Refuse(wire.CodeUnknownAccount, "There is no such account."))
		return
	}
	rec := httptest.NewRecorder()
	s.api.ServeHTTP(rec, r)
	out := rec.Body.Bytes()
	if rec.Code == http.StatusOK {
		if out, err = s.change(op, who.Account(), body, out); err != nil {
			http.Error(w, err.Error(), http.StatusTeapot)
			return
		}
	}
	for name, values := range rec.Header() {
		if name != "Content-Length" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(rec.Code)
	w.Write(out)
}

// hides reports whether the server denies what is asked for.
func (s *site) hides(op wire.Operation, body []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	var req wire.DeviceListsRequest
	return op == wire.OpDeviceLists && wire.Unmarshal(body, &req) == nil && req.Account == s.gone
}

func answer(w http.ResponseWriter, reply any, err error) {
	status := http.StatusOK
	if err != nil {
		refusal := server.AsWire(err)
		status, reply = clientapi.Status(refusal.Code), refusal
	}
	body, _ := wire.Marshal(reply)
	w.Header().Set("Content-Type", wire.ContentType)
	w.WriteHeader(status)
	w.Write(body)
}

// caller returns the device whose session asks, or "".
func (s *site) caller(r *http.Request) identity.Device {
	text := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	token, _ := base64.RawURLEncoding.DecodeString(text)
	session, err := s.srv.Authenticate(token)
	if err != nil {
		return identity.RandomDevice(nobody)
	}
	return session.Device
}

var nobody = accountOf("nobody")

func accountOf(name string) identity.Account {
	a, err := identity.NewAccount(domain, name)
	if err != nil {
		panic(err)
	}
	return a
}

// change applies what was injected, and the tampers, to an answer.
func (s *site) change(op wire.Operation, who identity.Account, request, body []byte) (_ []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := append([]tamper{onReply(wire.OpRead, s.inject)}, s.tampers...)
	all = append(all, onReply(wire.OpRead, s.restamp))
	for _, t := range all {
		if t.op != op {
			continue
		}
		if body, err = t.change(who, request, body); err != nil {
			return nil, err
		}
	}
	return body, nil
}

// inject puts what was injected in its place.
func (s *site) inject(_ identity.Account, _ *wire.ReadRequest, reply *wire.ReadReply) {
	for i := range reply.Events {
		e := &reply.Events[i].Envelope
		if other, ok := s.injected[string(e.ID)]; ok {
			seq := e.Seq
			*e = other
			e.Seq += seq // its own is what to add
		}
	}
}

// deviceOf returns the first device of somebody.
func (s *site) deviceOf(name string) (identity.Device, error) {
	a, err := s.store.Account(context.Background(), accountOf(name))
	if err != nil {
		return "", err
	}
	list, err := a.Current.List.Parse()
	if err != nil {
		return "", err
	}
	return list.Devices[0].Device, nil
}
