package browser

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/internal/browsertest"
	"parley/web"
)

// parley is the built program, with the page in it.
var parley string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "parley-browser")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := 1
	parley = filepath.Join(dir, "parley")
	if program := os.Getenv("PARLEY_PROGRAM"); program != "" { // one that is built already
		parley = program
	} else if isBuilt() && hasChromium() {
		build := exec.Command("go", "build", "-o", parley, "parley/cmd/parley")
		build.Stderr = os.Stderr
		err = build.Run()
	}
	if err == nil {
		status = m.Run()
	}
	endChromium()
	os.RemoveAll(dir)
	os.Exit(status)
}

func isBuilt() bool {
	_, err := web.ReadManifest(web.Files())
	return !errors.Is(err, web.ErrNotBuilt)
}

func hasChromium() bool {
	_, err := exec.LookPath("chromium")
	return err == nil
}

// need skips t where the page isn't built or there is no Chromium; under CI it fails.
func need(t testing.TB) {
	t.Helper()
	browsertest.NeedChromium(t)
	if isBuilt() {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("the page isn't built: go run ./web/build")
	}
	t.Skip("the page isn't built: go run ./web/build")
}

// patience bounds every wait; it is not a measure of anything.
const patience = 90 * time.Second

// mark is in everything that people write in these tests, and in their names.
const mark = "quince7marmalade"

// A site is a server, with a door for each profile.
type site struct {
	t       testing.TB
	dir     string
	address string  // of the server itself
	doors   []*door // those that nobody has yet
	used    []*door
	proc    *exec.Cmd
	done    chan struct{} // closed when proc has ended
}

// mostProfiles is how many profiles a site has doors for.
const mostProfiles = 6

// newSite starts a server. What it kept and logged, and what passed its doors, holds
// no marked text in the end.
func newSite(t testing.TB, flags ...string) *site {
	t.Helper()
	need(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	s := &site{t: t, dir: t.TempDir(), address: address, done: make(chan struct{})}
	var origins []string
	for range mostProfiles {
		d := newDoor(t)
		d.server = &url.URL{Scheme: "http", Host: address}
		s.doors = append(s.doors, d)
		origins = append(origins, d.origin())
	}
	origins = append(origins, "http://"+address) // the first one's host is whom passkeys are for
	s.start(address, append([]string{"--origins", strings.Join(origins, ",")}, flags...))
	t.Cleanup(s.end)
	return s
}

func (s *site) start(address string, flags []string) {
	s.t.Helper()
	log, err := os.Create(filepath.Join(s.dir, "server.log"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	s.proc = exec.Command(parley, append([]string{"serve", "--data", filepath.Join(s.dir, "data"), "--listen", address}, flags...)...)
	s.proc.Env = []string{"HOME=" + s.dir}
	s.proc.Stdout, s.proc.Stderr = log, log
	if err := s.proc.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { _ = s.proc.Wait(); close(s.done) }()
	eventually(s.t, "the server listens", func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// end ends the server and looks for marks in all that it had.
func (s *site) end() {
	for _, d := range s.used {
		d.close()
	}
	_ = s.proc.Process.Signal(os.Interrupt)
	select {
	case <-s.done:
	case <-time.After(patience):
		_ = s.proc.Process.Kill()
		<-s.done
	}
	if s.t.Failed() {
		if log, err := os.ReadFile(filepath.Join(s.dir, "server.log")); err == nil {
			s.t.Logf("the server's log:\n%s", log)
		}
		for i, d := range s.used {
			_ = os.WriteFile(filepath.Join(failures(), fmt.Sprintf("%s-door-%d.bin", strings.ReplaceAll(s.t.Name(), "/", "-"), i)), d.passed(), 0o600)
		}
	}
	s.unmarked()
}

// unmarked fails the test if the server's files, its log or what passed a door hold
// a marked text.
func (s *site) unmarked() {
	n := 0
	err := filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		n += len(data)
		if holdsMark(data) {
			s.t.Errorf("%s holds marked text", filepath.Base(path))
		}
		return err
	})
	if err != nil {
		s.t.Error(err)
	}
	for i, d := range s.used {
		passed := d.passed()
		if holdsMark(passed) {
			s.t.Errorf("what passed door %d holds marked text", i)
		}
		if !bytes.Contains(passed, []byte("/v1/")) {
			s.t.Errorf("nothing of the API passed door %d", i)
		}
		n += len(passed)
	}
	s.t.Logf("looked for marks in %d bytes", n)
}

// holdsMark reports whether data holds the mark, as it is or in base64.
func holdsMark(data []byte) bool {
	data = bytes.ToLower(data)
	if bytes.Contains(data, []byte(mark)) {
		return true
	}
	for shift := range 3 {
		// Whole groups of three bytes that hold nothing but the mark.
		inner := mark[shift:]
		inner = inner[:len(inner)/3*3]
		coded := strings.ToLower(base64.RawURLEncoding.EncodeToString([]byte(inner)))
		if bytes.Contains(data, []byte(coded)) {
			return true
		}
	}
	return false
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(30 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("it never came true: %s", what)
}
