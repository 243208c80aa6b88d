// Package apitest is a site for tests of attachments: a server behind HTTP that
// can be killed and started anew, people with sessions, rooms, messages that
// refer to blobs.
package apitest

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/identity"
	"parley/internal/freeport"
	"parley/mls/public"
	"parley/server"
	"parley/server/blob"
	"parley/server/clientapi"
	"parley/server/memstore"
	"parley/wire"
)

// Domain is that of all accounts.
const Domain = "example.org"

// Options are what a test may choose.
type Options struct {
	Blobs   server.BlobConfig // without its Store
	API     clientapi.Options
	Rates   server.Rates
	Store   server.Store // nil: a new memstore
	Dir     string       // of uploads and objects; empty: a new one
	Objects blob.Objects // nil: in Dir
	Wrap    func(http.Handler) http.Handler
}

// A Site is a server and what survives it.
type Site struct {
	TB     testing.TB
	URL    string
	Dir    string
	Store  server.Store
	Blobs  *blob.Store
	Server *server.Server
	API    *clientapi.API
	Log    *Log

	opts Options
	addr string
	http *http.Server
	mu   sync.Mutex // guards skip
	skip time.Duration
}

// A Log keeps what was logged.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements [io.Writer].
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String returns all that was logged.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// New starts a site. It ends with the test.
func New(tb testing.TB, o Options) *Site {
	tb.Helper()
	s := &Site{TB: tb, Dir: o.Dir, Store: o.Store, Log: new(Log), opts: o}
	if s.Dir == "" {
		s.Dir = tb.TempDir()
	}
	if s.Store == nil {
		s.Store = memstore.New()
	}
	s.Start()
	tb.Cleanup(s.Kill)
	return s
}

// Start starts the server on what an earlier one left.
func (s *Site) Start() {
	s.TB.Helper()
	listener, err := listen(s.addr)
	if err != nil {
		s.TB.Fatal(err)
	}
	s.addr = listener.Addr().String()
	s.URL = "http://" + s.addr
	objects := s.opts.Objects
	if objects == nil {
		if objects, err = blob.OpenDisk(filepath.Join(s.Dir, "objects")); err != nil {
			s.TB.Fatal(err)
		}
	}
	if s.Blobs, err = blob.Open(blob.Options{Uploads: filepath.Join(s.Dir, "uploads"), Objects: objects}); err != nil {
		s.TB.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(s.Log, nil))
	cfg := server.Config{
		Store: s.Store, Domain: Domain, Origins: []string{s.URL}, Suites: []*public.Suite{public.X25519()},
		SignUpOpen: true, Logger: log, Rates: s.opts.Rates, Blobs: s.opts.Blobs, Now: s.Now, Uptime: s.uptime,
	}
	cfg.Blobs.Store = s.Blobs
	if s.Server, err = server.New(s.TB.Context(), cfg); err != nil {
		s.TB.Fatal(err)
	}
	o := s.opts.API
	o.Logger = log
	s.API = clientapi.New(s.Server, o)
	var handler http.Handler = s.API
	if s.opts.Wrap != nil {
		handler = s.opts.Wrap(handler)
	}
	s.http = &http.Server{Handler: handler, ReadTimeout: 2 * time.Minute, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	go s.http.Serve(listener)
}

// listen listens where the server was, or at a port that stays its own while it is down.
func listen(address string) (net.Listener, error) {
	if address == "" {
		return freeport.Listen()
	}
	return net.Listen("tcp", address)
}

// Kill ends the server at once: connections break.
func (s *Site) Kill() {
	s.http.Close()
	s.API.Close()
	s.Server.Close()
}

var start = time.Now()

// Now is the site's time.
func (s *Site) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.skip)
}

func (s *Site) uptime() time.Duration { return s.Now().Sub(start) }

// Pass has time pass, and sweeps.
func (s *Site) Pass(d time.Duration) {
	s.TB.Helper()
	s.mu.Lock()
	s.skip += d
	s.mu.Unlock()
	if err := s.Server.Sweep(s.TB.Context()); err != nil {
		s.TB.Fatal(err)
	}
}

// A Person is an account with one device.
type Person struct {
	Account identity.Account
	Device  identity.Device
	key     identity.PrivateKey
	site    *Site
}

// Person signs an account up.
func (s *Site) Person(name string) *Person {
	s.TB.Helper()
	a, err := identity.NewAccount(Domain, name)
	if err != nil {
		s.TB.Fatal(err)
	}
	p := &Person{Account: a, Device: identity.RandomDevice(a), key: identity.GenerateKey(), site: s}
	list := &identity.DeviceList{Account: a, Version: 1, Change: identity.Create, Devices: []identity.ListedDevice{
		{Device: p.Device, SignatureKey: p.key.Public(), Suites: []uint16{1}},
	}}
	_, err = s.Server.SignUp(s.TB.Context(), "", &wire.SignUpRequest{Login: make([]byte, wire.LoginSize), List: list.Sign(p.Device, p.key)})
	if err != nil {
		s.TB.Fatal(err)
	}
	return p
}

// Token opens a session.
func (p *Person) Token() []byte {
	t, s := p.site.TB, p.site
	t.Helper()
	c, err := s.Server.Challenge(t.Context(), &wire.ChallengeRequest{Device: p.Device})
	if err != nil {
		t.Fatal(err)
	}
	claim := wire.SessionClaim{Origin: s.URL, Device: p.Device, Nonce: c.Nonce, Expires: c.Expires}
	body := claim.Marshal()
	session, err := s.Server.OpenSession(t.Context(), &wire.OpenSessionRequest{Claim: body, Signature: p.key.SignStatement(wire.UseSession, body)})
	if err != nil {
		t.Fatal(err)
	}
	return session.Token
}

// Session returns a session as the server sees it.
func (p *Person) Session() *server.Session {
	p.site.TB.Helper()
	session, err := p.site.Server.Authenticate(p.Token())
	if err != nil {
		p.site.TB.Fatal(err)
	}
	return session
}

// Room makes a group room of people. The store alone knows it: it has no MLS group.
func (s *Site) Room(people ...*Person) identity.Room {
	s.TB.Helper()
	room := identity.RandomRoom(Domain)
	s.open(room, true, people)
	return room
}

// OpenRoom is Room of a name, which isn't the only one of its people.
func (s *Site) OpenRoom(room identity.Room, people ...*Person) {
	s.TB.Helper()
	s.open(room, false, people)
}

func (s *Site) open(room identity.Room, only bool, people []*Person) {
	s.TB.Helper()
	next := server.Room{Room: room, Kind: wire.KindGroup, Epoch: 1}
	for _, p := range people {
		next.Accounts = append(next.Accounts, p.Account)
		next.Leaves = append(next.Leaves, server.Leaf{Device: p.Device, Key: p.key.Public()})
	}
	slices.Sort(next.Accounts)
	if only {
		next.Set = next.Accounts
	}
	id := make([]byte, wire.IDSize)
	rand.Read(id)
	op := server.OperationID{Kind: wire.EventOpen, Device: people[0].Device, ID: id}
	_, err := s.Store.Open(s.TB.Context(), server.RoomUpdate{
		Op: op, Next: next, State: []byte("state"), Info: []byte("info"),
		Envelope: wire.Envelope{Kind: wire.EventOpen, Room: room, AcceptedMS: s.Now().UnixMilli(), Sender: op.Device, ID: id, Message: []byte("commit")},
	})
	if err != nil {
		s.TB.Fatal(err)
	}
}

// Sending returns a request that sends a message with blobs to a room.
func (p *Person) Sending(room identity.Room, blobs ...server.BlobID) *wire.SendRequest {
	req := &wire.SendRequest{ID: make([]byte, wire.IDSize), Room: room, Message: message(room)}
	rand.Read(req.ID)
	for _, b := range blobs {
		req.Blobs = append(req.Blobs, b[:])
	}
	return req
}

// Send sends a message with blobs to a room.
func (p *Person) Send(room identity.Room, blobs ...server.BlobID) error {
	_, err := p.site.Server.Send(p.site.TB.Context(), p.Device, p.Sending(room, blobs...))
	return err
}

// message is what looks like an application message of a room's first epoch:
// RFC 9420, Section 6.3.
func message(room identity.Room) []byte {
	group := room.GroupID(0)
	b := []byte{0, 1, 0, 2} // mls10, mls_private_message
	b = append(appendLength(b, len(group)), group...)
	b = binary.BigEndian.AppendUint64(b, 1)
	b = append(b, 1, 0) // application, no authenticated data
	b = append(appendLength(b, 28), make([]byte, 28)...)
	return append(appendLength(b, 64), make([]byte, 64)...)
}

// appendLength appends a vector's length: RFC 9420, Section 2.1.2.
func appendLength(b []byte, n int) []byte {
	if n < 64 {
		return append(b, byte(n))
	}
	return binary.BigEndian.AppendUint16(b, uint16(n)|0x4000)
}

// Upload has a blob uploaded whole, without HTTP.
func (p *Person) Upload(content []byte) (server.BlobID, error) {
	ctx, s := p.site.TB.Context(), p.site.Server
	session := p.Session()
	u, err := s.BeginUpload(ctx, session, int64(len(content)))
	if err == nil {
		u, err = s.AppendUpload(ctx, session, u.ID, server.Part{Size: int64(len(content)), Body: bytes.NewReader(content)})
	}
	if err != nil {
		return server.BlobID{}, err
	}
	if want := server.BlobID(sha256.Sum256(content)); !u.Done || u.Blob != want {
		p.site.TB.Errorf("uploaded %+v; want %s", u, want)
	}
	return u.Blob, nil
}

// MustUpload is Upload for what must succeed.
func (p *Person) MustUpload(content []byte) server.BlobID {
	p.site.TB.Helper()
	b, err := p.Upload(content)
	if err != nil {
		p.site.TB.Fatal(err)
	}
	return b
}

// Content returns n bytes, each time others.
func Content(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
