package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"parley/client/nettransport"
	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/server"
	"parley/server/clientapi"
	"parley/server/pebblestore"
	"parley/wire"
)

// The shape of the load: pairs of devices, each sender with so many messages
// under way, of 1 KiB before encryption.
const (
	benchPairs    = 16
	benchInflight = 16
	benchSize     = 1024
)

// BenchmarkDelivered sends messages made beforehand through one server, from the
// request over the fsync to the receiver's stream, all in one process:
//
//	server  the real one on pebblestore
//	floor   a bare server that appends each body to one file, syncs it for all
//	        that wait at once, and forwards it
//
// Both use the same transports, so that what differs is the server's own work.
func BenchmarkDelivered(b *testing.B) {
	b.Run("floor", func(b *testing.B) { deliver(b, newFloor(b)) })
	b.Run("server", func(b *testing.B) { deliver(b, newRealServer(b)) })
}

// A lane is one direction between two devices.
type lane struct {
	send    func(ctx context.Context, n int) error // the n-th message
	receive func(ctx context.Context) (int, error) // waits, and returns how many came
	prepare func(n int) error                      // makes n messages
}

func deliver(b *testing.B, lanes []lane) {
	ctx := b.Context()
	each := (b.N + len(lanes) - 1) / len(lanes)
	for _, l := range lanes {
		if err := l.prepare(each); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	var wg sync.WaitGroup
	for _, l := range lanes {
		var next atomic.Int64
		for range benchInflight {
			wg.Go(func() {
				for n := next.Add(1) - 1; n < int64(each); n = next.Add(1) - 1 {
					if err := l.send(ctx, int(n)); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Go(func() {
			for got := 0; got < each; {
				n, err := l.receive(ctx)
				if err != nil {
					b.Error(err)
					return
				}
				got += n
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(each*len(lanes))/b.Elapsed().Seconds(), "delivered/s")
}

// newRealServer starts the real server and returns lanes over rooms of two.
func newRealServer(b *testing.B) []lane {
	b.Helper()
	store, err := pebblestore.Open(filepath.Join(b.TempDir(), "data"), pebblestore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { store.Close() })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	quiet := slog.New(slog.DiscardHandler)
	srv, err := server.New(b.Context(), server.Config{
		Store: store, Domain: "example.com", Origins: []string{url}, SignUpOpen: true,
		Suites: []*public.Suite{public.X25519()}, Logger: quiet,
	})
	if err != nil {
		b.Fatal(err)
	}
	h := &http.Server{Handler: clientapi.New(srv, clientapi.Options{Logger: quiet})}
	go h.Serve(l)
	b.Cleanup(func() { h.Close() })
	var lanes []lane
	for i := range benchPairs {
		a := newRaw(b, url, fmt.Sprintf("a%d", i))
		z := newRaw(b, url, fmt.Sprintf("z%d", i))
		lanes = append(lanes, a.lane(b, z))
	}
	return lanes
}

// A raw is a device without a client: what it sends is made beforehand.
type raw struct {
	transport *nettransport.Transport
	device    identity.Device
	key       identity.PrivateKey
	signer    public.SignaturePrivateKey
	cfg       *mls.Config
	token     []byte
}

func newRaw(b *testing.B, url, name string) *raw {
	b.Helper()
	transport, err := nettransport.New(url, nettransport.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { transport.Close() })
	account, err := identity.NewAccount("example.com", name)
	if err != nil {
		b.Fatal(err)
	}
	r := &raw{transport: transport, device: identity.RandomDevice(account), key: identity.GenerateKey()}
	r.cfg = &mls.Config{Suites: []*public.Suite{public.X25519()}}
	if r.signer, _, err = r.cfg.Suites[0].NewSignaturePrivateKey(r.key.Seed()); err != nil {
		b.Fatal(err)
	}
	list := identity.DeviceList{Account: account, Version: 1, Change: identity.Create, Devices: []identity.ListedDevice{
		{Device: r.device, SignatureKey: r.key.Public(), Suites: []uint16{1}},
	}}
	login := make([]byte, wire.LoginSize)
	rand.Read(login)
	do[wire.Empty](b, r, wire.OpSignUp, wire.SignUpRequest{Login: login, List: list.Sign(r.device, r.key)})
	ch := do[wire.Challenge](b, r, wire.OpChallenge, wire.ChallengeRequest{Device: r.device})
	claim := wire.SessionClaim{Origin: transport.Origin(), Device: r.device, Nonce: ch.Nonce, Expires: ch.Expires}
	body := claim.Marshal()
	r.token = do[wire.Session](b, r, wire.OpOpenSession,
		wire.OpenSessionRequest{Claim: body, Signature: r.key.SignStatement(wire.UseSession, body)}).Token
	return r
}

// do performs an operation that must succeed.
func do[Reply any](b *testing.B, r *raw, op wire.Operation, request any) *Reply {
	b.Helper()
	body, err := wire.Marshal(request)
	if err != nil {
		b.Fatal(err)
	}
	answer, err := r.transport.Call(b.Context(), op, r.token, body)
	if err != nil {
		b.Fatalf("%s: %v", op, err)
	}
	reply := new(Reply)
	if err := wire.Unmarshal(answer, reply); err != nil {
		b.Fatal(err)
	}
	return reply
}

// lane opens a room from r to z.
func (r *raw) lane(b *testing.B, z *raw) lane {
	b.Helper()
	info := do[wire.Info](b, r, wire.OpInfo, wire.InfoRequest{})
	room := identity.RandomRoom("example.com")
	ext := wire.RoomExtension{Version: 1, Mode: wire.ModePrivate, Kind: wire.KindDirect, FrankingKey: info.FrankingKey}
	roomType := public.ExtensionType(wire.RoomExtensionType)
	g, _, err := mls.Create(r.cfg, r.cfg.Suites[0], room.GroupID(0), []byte(r.device), r.signer,
		mls.CreateOptions{Extensions: public.Extensions{{Type: roomType, Data: ext.Marshal()}}})
	if err != nil {
		b.Fatal(err)
	}
	first, err := g.GroupInfo()
	if err != nil {
		b.Fatal(err)
	}
	kp, _, err := mls.NewKeyPackage(z.cfg, z.cfg.Suites[0], []byte(z.device), z.signer,
		mls.KeyPackageOptions{GroupExtensions: []public.ExtensionType{roomType}})
	if err != nil {
		b.Fatal(err)
	}
	s, _, err := g.Commit(mls.CommitOptions{Add: [][]byte{kp}})
	if err != nil {
		b.Fatal(err)
	}
	accounts := []identity.Account{r.device.Account(), z.device.Account()}
	slices.Sort(accounts)
	do[wire.OpenRoomReply](b, r, wire.OpOpenRoom, wire.OpenRoomRequest{
		ID: randomID(), Room: room, Accounts: accounts, GroupInfo: first,
		Commit: s.CommitMessage(), Welcome: s.Welcome(), Next: s.GroupInfo(),
	})
	if _, err := g.Merge(s); err != nil {
		b.Fatal(err)
	}
	stream, err := z.transport.Stream(b.Context(), z.token, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { stream.Close() })
	var requests [][]byte
	return lane{
		prepare: func(n int) error {
			plain := make([]byte, benchSize)
			for range n {
				m, _, err := g.Encrypt(nil, plain)
				if err != nil {
					return err
				}
				body, err := wire.Marshal(wire.SendRequest{ID: randomID(), Room: room, Message: m})
				if err != nil {
					return err
				}
				requests = append(requests, body)
			}
			return nil
		},
		send: func(ctx context.Context, n int) error {
			_, err := r.transport.Call(ctx, wire.OpSend, r.token, requests[n])
			return err
		},
		receive: func(ctx context.Context) (int, error) {
			push, err := stream.Next(ctx)
			if err != nil {
				return 0, err
			}
			n := 0
			for _, e := range push.Events {
				if e.Envelope.Kind == wire.EventMessage {
					n++
				}
			}
			return n, nil
		},
	}
}

func randomID() []byte {
	id := make([]byte, wire.IDSize)
	rand.Read(id)
	return id
}

// newFloor starts the bare server and returns lanes through it.
func newFloor(b *testing.B) []lane {
	b.Helper()
	file, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	f := &floor{file: file, waiting: make(chan *appendJob, 4096), out: map[string]chan []byte{}}
	for i := range benchPairs {
		f.out[fmt.Sprint(i)] = make(chan []byte, 1<<16)
	}
	go f.run()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{lane}", f.post)
	mux.HandleFunc("GET /{lane}", f.stream)
	h := &http.Server{Handler: mux}
	go h.Serve(l)
	b.Cleanup(func() { h.Close(); file.Close() })
	var lanes []lane
	for i := range benchPairs {
		lanes = append(lanes, floorLane(b, l.Addr().String(), fmt.Sprint(i)))
	}
	return lanes
}

// A floor appends, syncs and forwards, and does nothing else.
type floor struct {
	file    *os.File
	waiting chan *appendJob
	out     map[string]chan []byte
}

type appendJob struct {
	lane string
	body []byte
	done chan struct{}
}

func (f *floor) run() {
	for job := range f.waiting {
		jobs := []*appendJob{job}
		for more := true; more && len(jobs) < 1024; {
			select {
			case j := <-f.waiting:
				jobs = append(jobs, j)
			default:
				more = false
			}
		}
		var all []byte
		for _, j := range jobs {
			all = append(all, j.body...)
		}
		f.file.Write(all)
		f.file.Sync()
		for _, j := range jobs {
			f.out[j.lane] <- j.body
			close(j.done)
		}
	}
}

func (f *floor) post(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	j := &appendJob{r.PathValue("lane"), body, make(chan struct{})}
	f.waiting <- j
	<-j.done
	w.WriteHeader(http.StatusNoContent)
}

func (f *floor) stream(w http.ResponseWriter, r *http.Request) {
	conn, _, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		return
	}
	defer conn.Close()
	for body := range f.out[r.PathValue("lane")] {
		if wsutil.WriteServerBinary(conn, body) != nil {
			return
		}
	}
}

func floorLane(b *testing.B, addr, name string) lane {
	b.Helper()
	conn, _, _, err := ws.Dial(b.Context(), "ws://"+addr+"/"+name)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	body := make([]byte, benchSize+600) // as large as what the real one gets
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * benchInflight}}
	b.Cleanup(client.CloseIdleConnections)
	return lane{
		prepare: func(int) error { return nil },
		send: func(ctx context.Context, _ int) error {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/"+name, bytes.NewReader(body))
			if err != nil {
				return err
			}
			resp, err := client.Do(req)
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			return err
		},
		receive: func(context.Context) (int, error) {
			_, err := wsutil.ReadServerBinary(conn)
			return 1, err
		},
	}
}
