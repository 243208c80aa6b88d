package pgfault

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/internal/freeport"
	"parley/server/pgstore/pgtest"
)

// TestMigrate moves a site with people, rooms and messages from the embedded store
// to PostgreSQL, and the same devices go on: with what they had not read, and with
// what they had.
func TestMigrate(t *testing.T) {
	dsn := pgtest.Database(t)
	s := newProgram(t)
	s.start("--sign-up", "open")
	for _, who := range []string{"alice", "bob", "carol"} {
		s.as(who, "login", "--server", s.url(), "--new", who)
	}
	s.as("alice", "send", "bob", "one")
	s.as("bob", "read", "--json")
	s.as("bob", "send", "alice", "two")
	s.as("alice", "send", "bob", "carol", "to both")
	s.as("alice", "send", "bob", "three")

	file := filepath.Join(s.dir, "dsn")
	if err := os.WriteFile(file, []byte(dsn+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.refused("data_in_use", "migrate", "--from", s.data(), "--to", file)
	s.stop()
	s.refused("no_data", "migrate", "--from", filepath.Join(s.dir, "nothing"), "--to", file)
	s.refused("holds a password", "migrate", "--from", s.data(), "--to", dsn)
	table := s.as("", "migrate", "--from", s.data(), "--to", file)
	for _, want := range []string{"accounts", "rooms", "envelopes", "receipts", "key packages"} {
		if !strings.Contains(table, "\n"+want) {
			t.Errorf("the table has no line for %s:\n%s", want, table)
		}
	}
	if strings.Contains(table, "DIFFERENT") {
		t.Errorf("the stores differ:\n%s", table)
	}
	t.Logf("\n%s", table)
	s.refused("not_empty", "migrate", "--from", s.data(), "--to", file)

	// The same address and domain, over the other store.
	if err := os.Rename(s.data(), s.data()+".old"); err != nil {
		t.Fatal(err)
	}
	s.start("--sign-up", "open", "--store", "postgres", "--postgres-file", file)
	s.wantTexts("bob", "to both", "three")
	s.wantTexts("alice", "two")
	s.wantTexts("carol", "to both")
	s.as("carol", "send", "alice", "bob", "the answer")
	s.as("bob", "send", "alice", "four")
	s.wantTexts("alice", "the answer", "four")
	s.wantTexts("bob", "the answer")
	s.as("dave", "login", "--server", s.url(), "--new", "dave")
	s.as("dave", "send", "bob", "from a newcomer")
	s.wantTexts("bob", "from a newcomer")
	s.as("bob", "send", "carol", "waits")
	s.stop()

	// As after the database was set back: the same, under other numbers.
	s.as("", "restore", "--postgres", file)
	s.start("--sign-up", "open", "--store", "postgres", "--postgres-file", file)
	s.as("alice", "send", "bob", "after a restore")
	s.wantTexts("bob", "after a restore")
	s.wantTexts("carol", "waits")
	s.as("bob", "send", "alice", "answered")
	s.wantTexts("alice", "answered")
	s.stop()
}

// A program is the built program: a server, and the homes of people.
type program struct {
	t    *testing.T
	bin  string
	dir  string
	port string
	cmd  *exec.Cmd
}

func newProgram(t *testing.T) *program {
	t.Helper()
	p := &program{t: t, dir: t.TempDir()}
	p.bin = filepath.Join(p.dir, "parley")
	if out, err := exec.Command("go", "build", "-o", p.bin, "parley/cmd/parley").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	address, err := freeport.Address()
	if err != nil {
		t.Fatal(err)
	}
	_, p.port, _ = net.SplitHostPort(address)
	t.Cleanup(func() {
		if p.cmd != nil {
			p.cmd.Process.Kill()
			p.cmd.Wait()
		}
	})
	return p
}

func (p *program) data() string { return filepath.Join(p.dir, "data") }
func (p *program) url() string  { return "http://127.0.0.1:" + p.port }

// start starts the server and waits until it listens.
func (p *program) start(flags ...string) {
	p.t.Helper()
	name := filepath.Join(p.dir, "server.log")
	log, err := os.Create(name)
	if err != nil {
		p.t.Fatal(err)
	}
	defer log.Close()
	p.cmd = exec.Command(p.bin, append([]string{"serve", "--data", p.data(), "--listen", "127.0.0.1:" + p.port}, flags...)...)
	p.cmd.Env, p.cmd.Stderr = []string{"HOME=" + p.dir, "PARLEY_POLICY=open"}, log
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	for range 600 {
		now, _ := os.ReadFile(name)
		if bytes.Contains(now, []byte("parley: listening on http://")) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	now, _ := os.ReadFile(name)
	p.t.Fatalf("the server doesn't listen:\n%s", now)
}

func (p *program) stop() {
	p.t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("the server ended with %v", err)
	}
	p.cmd = nil
}

// run runs the program as somebody.
func (p *program) run(who string, args ...string) (stdout, stderr string, err error) {
	cmd := exec.Command(p.bin, args...)
	cmd.Env = []string{"HOME=" + p.dir, "PARLEY_HOME=" + filepath.Join(p.dir, "home-"+who), "PARLEY_PASSPHRASE=passphrase of " + who}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

// as is run where nothing may fail.
func (p *program) as(who string, args ...string) string {
	p.t.Helper()
	out, errs, err := p.run(who, args...)
	if err != nil {
		p.t.Fatalf("%s %s: %v\n%s%s", who, args[0], err, out, errs)
	}
	return out
}

// refused demands that a command fails with a line that says why, and doesn't quote
// the connection string.
func (p *program) refused(why string, args ...string) {
	p.t.Helper()
	out, errs, err := p.run("", args...)
	if err == nil || !strings.Contains(errs, why) || strings.Contains(errs, "user=parley") {
		p.t.Errorf("%s: %v, %q; want it refused with %q\n%s", args[0], err, errs, why, out)
	}
}

// wantTexts reads what is new for somebody.
func (p *program) wantTexts(who string, want ...string) {
	p.t.Helper()
	var got []string
	for line := range strings.Lines(p.as(who, "read", "--json")) {
		var m struct{ Text string }
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			p.t.Fatalf("%q: %v", line, err)
		}
		got = append(got, m.Text)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		p.t.Errorf("%s reads %q; want %q", who, got, want)
	}
}
