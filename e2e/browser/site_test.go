package browser

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/browsertest"
	"parley/internal/freeport"
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
	flags   []string // of the server
	proc    *exec.Cmd
	done    chan struct{} // closed when proc has ended
	secrets [][]byte      // what the server mustn't have, beside the mark

	mu   sync.Mutex    // guards told
	told []*testing.TB // of all who take part: whom they tell of what fails
}

// A chapter is a part of a journey, with people who were there before.
type chapter struct {
	name string
	tell func()
}

// chapters tells them in turn; where one fails, the journey ends.
func (s *site) chapters(all []chapter) {
	s.t.Helper()
	journey := s.t.(*testing.T)
	for _, c := range all {
		went := journey.Run(c.name, func(t *testing.T) {
			s.tell(t)
			c.tell()
		})
		s.tell(journey)
		if !went {
			journey.FailNow()
		}
	}
}

// tell has all who take part tell a test what fails.
func (s *site) tell(t testing.TB) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.t = t
	for _, told := range s.told {
		*told = t
	}
}

// joined is somebody new, who holds the test that they tell.
func (s *site) joined(t *testing.TB) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, t)
}

// conceal names something that the server mustn't have: of what nobody can mark, as
// pictures, a piece from the middle.
func (s *site) conceal(secret []byte) {
	s.t.Helper()
	if len(secret) < 64 {
		s.t.Fatalf("%d bytes are too few to look for", len(secret))
	}
	middle := len(secret) / 2
	s.secrets = append(s.secrets, secret[middle:middle+24])
}

// mostProfiles is how many profiles a site has doors for.
const mostProfiles = 6

// newSite starts a server. What it kept and logged, and what passed its doors, holds
// no marked text in the end.
func newSite(t testing.TB, flags ...string) *site {
	t.Helper()
	need(t)
	address := freeAddress(t)
	s := &site{t: t, dir: t.TempDir(), address: address}
	var origins []string
	for range mostProfiles {
		d := newDoor(t)
		d.server = &url.URL{Scheme: "http", Host: address}
		s.doors = append(s.doors, d)
		origins = append(origins, d.origin())
	}
	origins = append(origins, "http://"+address) // the first one's host is whom passkeys are for
	s.flags = append([]string{"--origins", strings.Join(origins, ",")}, flags...)
	s.start()
	t.Cleanup(s.end)
	return s
}

// freeAddress is an address of this machine where nobody listens.
func freeAddress(t testing.TB) string {
	t.Helper()
	address, err := freeport.Address()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// start starts the server, on what it has kept.
func (s *site) start() {
	s.t.Helper()
	log, err := os.OpenFile(filepath.Join(s.dir, "server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	proc, done := exec.Command(parley, append([]string{"serve", "--data", filepath.Join(s.dir, "data"), "--listen", s.address}, s.flags...)...), make(chan struct{})
	s.proc, s.done = proc, done
	proc.Env = []string{"HOME=" + s.dir}
	proc.Stdout, proc.Stderr = log, log
	if err := proc.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { _ = proc.Wait(); close(done) }()
	eventually(s.t, "the server listens", func() bool {
		select {
		case <-done:
			told, _ := os.ReadFile(log.Name())
			s.t.Fatalf("the server has ended:\n%s", told)
		default:
		}
		c, err := net.Dial("tcp", s.address)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// restart kills the server, and starts it again.
func (s *site) restart() {
	s.t.Helper()
	s.kill()
	s.start()
}

// kill ends the server without a word.
func (s *site) kill() {
	s.t.Helper()
	if err := s.proc.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	<-s.done
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
		if s.gaveAway(data) {
			s.t.Errorf("%s holds marked text", filepath.Base(path))
		}
		return err
	})
	if err != nil {
		s.t.Error(err)
	}
	for i, d := range s.used {
		passed := d.passed()
		if s.gaveAway(passed) {
			s.t.Errorf("what passed door %d holds marked text", i)
		}
		if !bytes.Contains(passed, []byte("/v1/")) {
			s.t.Errorf("nothing of the API passed door %d", i)
		}
		n += len(passed)
	}
	s.t.Logf("looked for marks in %d bytes", n)
}

// gaveAway reports whether data holds the mark, as it is, in base64 or in hex, or
// anything else that is concealed.
func (s *site) gaveAway(data []byte) bool {
	small := bytes.ToLower(data)
	return bytes.Contains(small, []byte(mark)) || slices.ContainsFunc(codings([]byte(mark)), func(c string) bool {
		return bytes.Contains(small, []byte(strings.ToLower(c)))
	}) || slices.ContainsFunc(s.secrets, func(secret []byte) bool {
		return bytes.Contains(data, secret) || slices.ContainsFunc(codings(secret), func(c string) bool { return bytes.Contains(data, []byte(c)) })
	})
}

// codings is what base64 and hex make of a secret, wherever it stands in what is
// coded.
func codings(secret []byte) []string {
	all := []string{hex.EncodeToString(secret)}
	for shift := range 3 {
		// Whole groups of three bytes that hold nothing but the secret.
		inner := secret[shift:]
		inner = inner[:len(inner)/3*3]
		all = append(all, base64.RawURLEncoding.EncodeToString(inner), base64.RawStdEncoding.EncodeToString(inner))
	}
	return all
}

// TestGivenAway: what looks for marks finds them.
func TestGivenAway(t *testing.T) {
	t.Parallel()
	picture := bytes.Repeat([]byte{0xff, 0xfb, 0x00, 0x10}, 40)
	picture[80], picture[85] = 7, 9
	s := &site{t: t}
	s.conceal(picture)
	piece := picture[75:120]
	for name, data := range map[string][]byte{
		"text": []byte("the " + mark), "capitals": []byte(strings.ToUpper(mark)), "hex": []byte(hex.EncodeToString([]byte(mark))),
		"base64": []byte(base64.StdEncoding.EncodeToString([]byte("a" + mark))), "shifted": []byte(base64.URLEncoding.EncodeToString([]byte("of " + mark))),
		"bytes": piece, "bytes in hex": []byte(hex.EncodeToString(piece)), "bytes in base64": []byte(base64.StdEncoding.EncodeToString(piece)),
		"a URL": []byte("data:image/webp;base64," + base64.StdEncoding.EncodeToString(picture)),
	} {
		if !s.gaveAway(slices.Concat([]byte("before"), data, []byte("after"))) {
			t.Errorf("%s isn't found", name)
		}
	}
	for _, data := range []string{"", "quince", "nothing that anybody said", base64.StdEncoding.EncodeToString([]byte("marmalade"))} {
		if s.gaveAway([]byte(data)) {
			t.Errorf("%q is found", data)
		}
	}
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
