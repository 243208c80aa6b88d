package pgfault

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/identity"
	"parley/server"
	"parley/server/pgstore"
	"parley/wire"
)

// nodeVariable makes this program a node; its value is the connection string.
const nodeVariable = "PARLEY_PGFAULT_NODE"

func TestMain(m *testing.M) {
	if dsn := os.Getenv(nodeVariable); dsn != "" {
		os.Exit(nodeMain(dsn))
	}
	os.Exit(m.Run())
}

// The site that all tests have: in each room, who is in it.
const people = 6

var rooms = [][]int{{0, 1}, {2, 3}, {0, 2, 4}, {4, 5}, {1, 3, 5}}

func account(n int) identity.Account {
	a, err := identity.NewAccount("example.org", fmt.Sprintf("person%d", n))
	if err != nil {
		panic(err)
	}
	return a
}

func device(n int) identity.Device { return identity.NewDevice(account(n), [16]byte{1}) }

// roomName is derived, so that each process knows it.
func roomName(n int) identity.Room {
	r, err := identity.ParseRoom(fmt.Sprintf("mimi://example.org/r/AAAAAAAAAAAAAAAAAAAA%cA", 'A'+n))
	if err != nil {
		panic(err)
	}
	return r
}

// makeSite makes the accounts and rooms.
func makeSite(t *testing.T, s server.Store) {
	t.Helper()
	for n := range people {
		if err := s.CreateAccount(t.Context(), server.NewAccount{Account: account(n), Device: device(n)}); err != nil {
			t.Fatal(err)
		}
	}
	for n, members := range rooms {
		next := server.Room{Room: roomName(n), Kind: wire.KindGroup, Epoch: 1}
		for _, m := range members {
			next.Accounts = append(next.Accounts, account(m))
			next.Leaves = append(next.Leaves, server.Leaf{Device: device(m)})
		}
		next.Set = next.Accounts
		_, err := s.Open(t.Context(), server.RoomUpdate{
			Op:   server.OperationID{Kind: wire.EventOpen, Device: device(members[0]), ID: fmt.Appendf(nil, "open %011d", n)},
			Next: next, State: []byte("state"), Info: []byte("info"),
			Envelope: wire.Envelope{Kind: wire.EventOpen, Room: next.Room, AcceptedMS: time.Now().UnixMilli(), Message: []byte("open")},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// writers is how many goroutines of a node send.
const writers = 8

// nodeMain is a node: it sends and acknowledges until its standard input ends, and
// prints
//
//	sent ROOM ID SEQ      a message was acknowledged
//	read PERSON POS       a position was acknowledged
func nodeMain(dsn string) int {
	s, err := openNode(context.Background(), dsn)
	if err != nil {
		fmt.Fprintln(os.Stderr, "node:", err)
		return 1
	}
	n := &node{store: s, name: os.Getenv("PARLEY_PGFAULT_NAME")}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() { n.write(ctx, w) })
	}
	for p := range people {
		wg.Go(func() { n.read(ctx, p) })
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		return 1
	}
	return 0
}

// timeout is of a transaction. A database that was killed is noticed at once, whatever
// it is; one that is only slow must not be given up.
const timeout = time.Minute

// openNode opens the store, again while the database isn't there.
func openNode(ctx context.Context, dsn string) (*pgstore.Store, error) {
	for range 600 {
		s, err := pgstore.Open(ctx, dsn, pgstore.Options{Logger: slog.New(slog.DiscardHandler), Timeout: timeout})
		if !errors.Is(err, server.ErrUnavailable) {
			return s, err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil, server.ErrUnavailable
}

// A node is one in its own process.
type node struct {
	store *pgstore.Store
	name  string
	mu    sync.Mutex // guards standard output
}

func (n *node) print(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	fmt.Printf(format+"\n", args...)
}

// write sends one message after the other, each until it is taken.
func (n *node) write(ctx context.Context, w int) {
	r := (w + len(n.name)) % len(rooms)
	for i := 0; ctx.Err() == nil; i++ {
		id := fmt.Sprintf("%-16s", fmt.Sprintf("%s-%d-%d", n.name, w, i))
		sender := device(rooms[r][0])
		op := server.OperationID{Kind: wire.EventMessage, Device: sender, ID: []byte(id)}
		e := wire.Envelope{
			Kind: wire.EventMessage, Room: roomName(r), Epoch: 1, AcceptedMS: time.Now().UnixMilli(), Sender: sender, ID: []byte(id), Message: make([]byte, 512),
		}
		for ctx.Err() == nil {
			receipt, err := n.store.Append(ctx, op, e, server.Stamp{})
			if err == nil {
				n.print("sent %d %s %d", r, strings.TrimSpace(id), receipt.Seq)
				break
			}
			if !errors.Is(err, server.ErrUnavailable) && !errors.Is(err, server.ErrBusy) && ctx.Err() == nil {
				n.print("failed %v", err)
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
		r = (r + 1) % len(rooms)
	}
}

// read acknowledges what person has, behind what others acknowledged.
func (n *node) read(ctx context.Context, person int) {
	d := device(person)
	for ctx.Err() == nil {
		reply, err := n.store.Read(ctx, d, 0, 1, 1)
		if err == nil && reply.Head > reply.Cursor {
			if err = n.store.Acknowledge(ctx, d, reply.Cursor+1+(reply.Head-reply.Cursor)/2); err == nil {
				n.print("read %d %d", person, reply.Cursor+1+(reply.Head-reply.Cursor)/2)
			}
		}
		if err != nil && !errors.Is(err, server.ErrUnavailable) && !errors.Is(err, server.ErrBusy) && ctx.Err() == nil {
			n.print("failed %v", err)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// A process is a node as the test sees it.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	stop io.Closer
	done chan struct{} // closed when all of its output is in told
	told *told
}

// startNode starts a node whose acknowledgements are added to what.
func startNode(t *testing.T, dsn, name string, what *told) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), nodeVariable+"="+dsn, "PARLEY_PGFAULT_NAME="+name)
	cmd.Stderr = os.Stderr
	in, errIn := cmd.StdinPipe()
	out, errOut := cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: cmd, stop: in, done: make(chan struct{}), told: what}
	go func() {
		defer close(p.done)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			what.add(lines.Text())
		}
	}()
	t.Cleanup(p.kill)
	return p
}

// kill ends the node at once.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.done
	p.cmd.Wait()
}

// finish has the node end what it has begun.
func (p *process) finish() {
	p.t.Helper()
	p.stop.Close()
	select {
	case <-p.done:
	case <-time.After(3 * time.Minute):
		p.t.Error("a node doesn't end")
	}
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("a node ended with %v", err)
	}
}

// told is what nodes said that they had acknowledged.
type told struct {
	mu     sync.Mutex // guards what follows
	sent   map[string]sent
	read   [people]uint64
	failed []string
}

// A sent is where a message was put.
type sent struct {
	room int
	seq  uint64
}

func (w *told) add(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := strings.Fields(line)
	switch {
	case len(f) == 4 && f[0] == "sent":
		room, _ := strconv.Atoi(f[1])
		seq, _ := strconv.ParseUint(f[3], 10, 64)
		if w.sent == nil {
			w.sent = map[string]sent{}
		}
		w.sent[f[2]] = sent{room, seq}
	case len(f) == 3 && f[0] == "read":
		person, _ := strconv.Atoi(f[1])
		pos, _ := strconv.ParseUint(f[2], 10, 64)
		w.read[person] = max(w.read[person], pos)
	default: // half a line of a node that was killed counts for nothing
		if f != nil && f[0] == "failed" {
			w.failed = append(w.failed, line)
		}
	}
}

func (w *told) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.sent)
}
