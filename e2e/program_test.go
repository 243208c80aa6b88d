package e2e

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/internal/freeport"
)

// parley is the built program.
var parley string

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(child())
	}
	dir, err := os.MkdirTemp("", "parley-e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	parley = filepath.Join(dir, "parley")
	build := exec.Command("go", "build", "-o", parley, "parley/cmd/parley")
	build.Stderr = os.Stderr
	status := 1
	if err := build.Run(); err == nil {
		status = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(status)
}

// patience bounds every wait. It is not a measure of anything.
const patience = 60 * time.Second

// A site is a server and the homes of people on one machine.
type site struct {
	t    *testing.T
	dir  string
	port string
	args []string // further flags of serve
	proc *exec.Cmd
	done chan struct{} // closed when proc has ended

	seals    map[string]string // by seal
	at       string            // the data directory; empty: in dir
	server   string            // the program that serves; empty: parley
	programs map[string]string // what somebody uses instead of parley
}

func newSite(t *testing.T, flags ...string) *site {
	t.Helper()
	address, err := freeport.Address()
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(address)
	s := &site{t: t, dir: t.TempDir(), port: port, args: flags}
	t.Cleanup(s.kill)
	return s
}

func (s *site) data() string { return cmp.Or(s.at, filepath.Join(s.dir, "data")) }
func (s *site) log() string  { return filepath.Join(s.dir, "server.log") }
func (s *site) url() string  { return "http://127.0.0.1:" + s.port }

// start starts the server and waits until it listens.
func (s *site) start() {
	s.t.Helper()
	log, err := os.OpenFile(s.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	before, _ := os.ReadFile(s.log())
	s.proc = exec.Command(cmp.Or(s.server, parley), append([]string{"serve", "--data", s.data(), "--listen", "127.0.0.1:" + s.port}, s.args...)...)
	s.proc.Env = []string{"HOME=" + s.dir, "PARLEY_POLICY=open"} // strangers have tests of their own
	s.proc.Stderr = log
	if err := s.proc.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.done = make(chan struct{})
	go func(p *exec.Cmd, done chan struct{}) { p.Wait(); close(done) }(s.proc, s.done)
	eventually(s.t, "the server doesn't listen", func() bool {
		now, _ := os.ReadFile(s.log())
		return bytes.Contains(now[len(before):], []byte("parley: listening on http://"))
	})
}

// running reports whether the server's process has not ended.
func (s *site) running() bool {
	if s.proc == nil {
		return false
	}
	select {
	case <-s.done:
		return false
	default:
		return true
	}
}

// kill ends the server at once.
func (s *site) kill() {
	if s.proc != nil {
		s.proc.Process.Kill()
		<-s.done
	}
}

// stop has the server end by itself.
func (s *site) stop() {
	s.t.Helper()
	s.proc.Process.Signal(os.Interrupt)
	select {
	case <-s.done:
	case <-time.After(patience):
		s.t.Fatal("the server doesn't stop")
	}
}

// home is somebody's PARLEY_HOME.
func (s *site) home(who string) string { return filepath.Join(s.dir, who) }

// owner is whose device a home is: a second one is called as the person, and 2.
func (s *site) owner(home string) string { return strings.TrimSuffix(home, "2") }

func passphrase(who string) string { return "passphrase of " + who }

// command returns the program as somebody.
func (s *site) command(ctx context.Context, who string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, cmp.Or(s.programs[who], parley), args...)
	cmd.Env = []string{"HOME=" + s.dir, "PARLEY_HOME=" + s.home(who), "PARLEY_PASSPHRASE=" + passphrase(s.owner(who))}
	return cmd
}

// try runs the program as somebody and returns what it printed.
func (s *site) try(who string, args ...string) (stdout string, err error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	cmd := s.command(ctx, who, args...)
	out, err := cmd.Output()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%s: %w: %s", args[0], err, e.Stderr)
	}
	return string(out), err
}

// as is try where nothing may fail.
func (s *site) as(who string, args ...string) string {
	s.t.Helper()
	out, err := s.try(who, args...)
	if err != nil {
		s.t.Fatalf("%s: %v", who, err)
	}
	return out
}

func (s *site) join(people ...string) {
	s.t.Helper()
	for _, who := range people {
		s.as(who, "login", "--server", s.url(), "--new", who)
	}
}

// A line is what read prints.
type line struct {
	ID, Room, From, Kind, Text string
	Seq                        uint64
}

func parseLines(t *testing.T, out string) (lines []line) {
	t.Helper()
	for text := range strings.Lines(out) {
		if !strings.HasSuffix(text, "\n") {
			break // cut off by a crash
		}
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		lines = append(lines, l)
	}
	return lines
}

func eventually(t *testing.T, otherwise string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !f(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(otherwise)
		}
	}
}
