package clientapi_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/gobwas/ws"

	"parley/identity"
	"parley/internal/cbor"
	"parley/mls"
	"parley/mls/public"
	"parley/server"
	"parley/server/clientapi"
	"parley/server/memstore"
	"parley/wire"
)

// A stage is a server for benchmarks: on a memstore, behind real sockets.
type stage struct {
	tb    testing.TB
	srv   *server.Server
	api   *clientapi.API
	url   string
	named int // actors of openIdle
}

func newStage(tb testing.TB, o clientapi.Options) *stage {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &stage{tb: tb, url: "http://" + l.Addr().String()}
	o.Logger = slog.New(slog.DiscardHandler)
	s.srv, err = server.New(tb.Context(), server.Config{
		Store: memstore.New(), Domain: domain, Origins: []string{s.url}, SignUpOpen: true, Suites: suites, Logger: o.Logger,
		Rates: server.Rates{Request: server.Rate{Burst: -1}, Send: server.Rate{Burst: -1}, Bytes: -1, Delay: -1},
	})
	if err != nil {
		tb.Fatal(err)
	}
	s.api = clientapi.New(s.srv, o)
	h := &http.Server{Handler: s.api}
	go h.Serve(l)
	tb.Cleanup(func() {
		h.Close()
		s.api.Close()
	})
	return s
}

// An actor is a device with a session.
type actor struct {
	device identity.Device
	key    identity.PrivateKey
	token  []byte
}

func (s *stage) actor(name string) *actor {
	s.tb.Helper()
	account, err := identity.NewAccount(domain, name)
	if err != nil {
		s.tb.Fatal(err)
	}
	p := &actor{device: identity.RandomDevice(account), key: identity.GenerateKey()}
	list := identity.DeviceList{Account: account, Version: 1, Change: identity.Create, Devices: []identity.ListedDevice{
		{Device: p.device, SignatureKey: p.key.Public(), Suites: []uint16{1}},
	}}
	if _, err := s.srv.SignUp(s.tb.Context(), name, &wire.SignUpRequest{Login: make([]byte, 32), List: list.Sign(p.device, p.key)}); err != nil {
		s.tb.Fatal(err)
	}
	c, err := s.srv.Challenge(s.tb.Context(), &wire.ChallengeRequest{Device: p.device})
	if err != nil {
		s.tb.Fatal(err)
	}
	body := (&wire.SessionClaim{Origin: s.url, Device: p.device, Nonce: c.Nonce, Expires: c.Expires}).Marshal()
	session, err := s.srv.OpenSession(s.tb.Context(), &wire.OpenSessionRequest{Claim: body, Signature: p.key.SignStatement(wire.UseSession, body)})
	if err != nil {
		s.tb.Fatal(err)
	}
	p.token = session.Token
	return p
}

// room opens a room of a and z and returns a message of a in it.
func (s *stage) room(a, z *actor, size int) (identity.Room, []byte) {
	s.tb.Helper()
	fail := func(err error) {
		if err != nil {
			s.tb.Helper()
			s.tb.Fatal(err)
		}
	}
	info, err := s.srv.Info(s.tb.Context(), &wire.InfoRequest{})
	fail(err)
	cfg := &mls.Config{Suites: suites}
	signer, _, err := suites[0].NewSignaturePrivateKey(a.key.Seed())
	fail(err)
	peer, _, err := suites[0].NewSignaturePrivateKey(z.key.Seed())
	fail(err)
	room := identity.RandomRoom(domain)
	roomType := public.ExtensionType(wire.RoomExtensionType)
	ext := wire.RoomExtension{Version: 1, Mode: wire.ModePrivate, Kind: wire.KindDirect, FrankingKey: info.FrankingKey}
	g, _, err := mls.Create(cfg, suites[0], room.GroupID(0), []byte(a.device), signer,
		mls.CreateOptions{Extensions: public.Extensions{{Type: roomType, Data: ext.Marshal()}}})
	fail(err)
	first, err := g.GroupInfo()
	fail(err)
	kp, _, err := mls.NewKeyPackage(cfg, suites[0], []byte(z.device), peer,
		mls.KeyPackageOptions{GroupExtensions: []public.ExtensionType{roomType}})
	fail(err)
	c, _, err := g.Commit(mls.CommitOptions{Add: [][]byte{kp}})
	fail(err)
	accounts := []identity.Account{a.device.Account(), z.device.Account()}
	slices.Sort(accounts)
	_, err = s.srv.OpenRoom(s.tb.Context(), a.device, &wire.OpenRoomRequest{
		ID: make([]byte, wire.IDSize), Room: room, Accounts: accounts, GroupInfo: first,
		Commit: c.CommitMessage(), Welcome: c.Welcome(), Next: c.GroupInfo(),
	})
	fail(err)
	_, err = g.Merge(c)
	fail(err)
	message, _, err := g.Encrypt(nil, make([]byte, size))
	fail(err)
	return room, message
}

// A wireline is the client's end of a stream, as cheap as can be.
type wireline struct {
	conn net.Conn
	in   *bufio.Reader
	buf  []byte
}

func (s *stage) line(p *actor, after uint64) *wireline {
	s.tb.Helper()
	conn, rest, _, err := ws.Dial(s.tb.Context(), "ws"+strings.TrimPrefix(s.url, "http")+wire.StreamPath)
	if err != nil || rest != nil {
		s.tb.Fatal(err, rest)
	}
	s.tb.Cleanup(func() { conn.Close() })
	l := &wireline{conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}
	hello := clientFrame(s.tb, 1, wire.OpHello, &wire.Hello{Token: p.token, After: after})
	if _, err := conn.Write(hello); err != nil {
		s.tb.Fatal(err)
	}
	if _, err := l.next(); err != nil {
		s.tb.Fatal(err)
	}
	return l
}

// clientFrame encodes a request as a masked frame; the mask is zero.
func clientFrame(tb testing.TB, n uint64, op wire.Operation, body any) []byte {
	raw, err := wire.Marshal(body)
	if err != nil {
		tb.Fatal(err)
	}
	message, err := wire.Marshal(wire.Frame{N: n, Op: op, Body: cbor.RawMessage(raw)})
	if err != nil {
		tb.Fatal(err)
	}
	frame, err := ws.CompileFrame(ws.MaskFrameWith(ws.NewBinaryFrame(message), [4]byte{}))
	if err != nil {
		tb.Fatal(err)
	}
	return frame
}

// next returns the next frame's payload: it is gone with the next one.
func (l *wireline) next() ([]byte, error) {
	h, err := ws.ReadHeader(l.in)
	if err != nil {
		return nil, err
	}
	l.buf = slices.Grow(l.buf[:0], int(h.Length))[:h.Length]
	_, err = io.ReadFull(l.in, l.buf)
	return l.buf, err
}

// head returns the head that a push tells.
func head(push []byte) uint64 {
	const before = "\xa2\x62op\x66events\x64body\xa4\x64head"
	if len(push) < len(before)+9 || string(push[:len(before)]) != before {
		return 0
	}
	b := push[len(before):]
	switch b[0] {
	case 0x18:
		return uint64(b[1])
	case 0x19:
		return uint64(binary.BigEndian.Uint16(b[1:]))
	case 0x1a:
		return uint64(binary.BigEndian.Uint32(b[1:]))
	}
	return uint64(b[0])
}

// cpu returns the time that this process has used, in seconds.
func cpu() float64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// BenchmarkStreamSend sends messages of 1 KiB over streams, each pair of devices
// with so many under way, from the request to the receiver's push. Generator and
// server share the process; the store is in memory.
func BenchmarkStreamSend(b *testing.B) {
	for _, c := range []struct{ pairs, inflight int }{{200, 16}, {200, 1}, {1, 1}} {
		b.Run(fmt.Sprintf("pairs=%d/inflight=%d", c.pairs, c.inflight), func(b *testing.B) { benchSend(b, c.pairs, c.inflight) })
	}
}

func benchSend(b *testing.B, pairs, inflight int) {
	s := newStage(b, clientapi.Options{})
	each := (b.N + pairs - 1) / pairs
	var runs []func()
	for i := range pairs {
		a, z := s.actor(fmt.Sprintf("a%d", i)), s.actor(fmt.Sprintf("z%d", i))
		room, message := s.room(a, z, 1024)
		out, in := s.line(a, 1), s.line(z, 1)
		first := clientFrame(b, 1<<32, wire.OpSend, &wire.SendRequest{ID: slices.Repeat([]byte{0xee}, wire.IDSize), Room: room, Message: message})
		at := strings.Index(string(first), strings.Repeat("\xee", wire.IDSize))
		runs = append(runs, func() {
			slots := make(chan struct{}, inflight)
			for n := range each {
				slots <- struct{}{}
				if n == 0 {
					go drainReplies(b, out, slots)
				}
				binary.BigEndian.PutUint64(first[at:], uint64(n))
				if _, err := out.conn.Write(first); err != nil {
					b.Error(err)
					return
				}
			}
		}, func() {
			for {
				push, err := in.next()
				if err != nil {
					b.Error(err)
					return
				}
				if head(push) >= uint64(each)+1 {
					return
				}
			}
		})
	}
	before := s.api.Stats()
	b.ResetTimer()
	start := cpu()
	var wg sync.WaitGroup
	for _, run := range runs {
		wg.Go(run)
	}
	wg.Wait()
	total := float64(each * pairs)
	after := s.api.Stats()
	b.ReportMetric((cpu()-start)/total*1e6, "cpu-µs/msg")
	b.ReportMetric(total/b.Elapsed().Seconds(), "delivered/s")
	b.ReportMetric(float64(after.Events-before.Events)/float64(after.Pushes-before.Pushes), "events/push")
}

// drainReplies frees a slot for each reply, until the stream ends.
func drainReplies(b *testing.B, l *wireline, slots chan struct{}) {
	for {
		reply, err := l.next()
		if err != nil {
			return
		}
		if strings.Contains(string(reply), "error") {
			b.Errorf("refused: %q", reply)
		}
		if reply[0] == 0xa2 && reply[1] == 0x61 { // not a push of its own messages
			<-slots
		}
	}
}
