package e2e

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// The server can't read: texts with marks are sent in every way there is, and
// every byte of the server's data directory, its log and its memory is searched
// for them, while it runs and after it has stopped. That the search finds what
// is there is shown by marks that the server does know.
func TestServerCantRead(t *testing.T) {
	s := newSite(t)
	s.start()
	s.join("alice", "bob", "carol")
	marks, known := talk(s)

	memory := searchMemory(t, s.proc.Process.Pid, marks, known)
	disk := searchFiles(t, marks, known, s.data())
	log := searchFiles(t, marks, known, s.log())
	for name, found := range map[string]findings{"memory": memory, "data directory": disk} {
		found.wantNone(t, name, marks)
		found.wantAll(t, name, known)
	}
	log.wantNone(t, "log", marks)
	log.wantNone(t, "log", known) // a log names nobody

	// The marked texts did arrive.
	if got := s.as("bob", "read", "--json"); !strings.Contains(got, string(marks["edit"][0])) {
		t.Errorf("bob never got the marked text as it is now: %s", got)
	}
	s.stop()
	stopped := searchFiles(t, marks, known, s.data())
	stopped.wantNone(t, "data directory of the stopped server", marks)
}

// dinosaur is one emoji by its form, of several code points: too long to be found by
// chance, and not among those of the page that the server has in it.
const dinosaur = "🦕🏽‍🥨"

// needles are what is searched for: name → forms.
type needles map[string][][]byte

// talk sends marked texts and returns the marks, and what the server knows.
func talk(s *site) (marks, known needles) {
	marks, known = needles{}, needles{}
	mark := func(name string) string {
		m := secret()
		marks[name] = forms(m)
		return m
	}
	direct := mark("direct message")
	id := strings.TrimSpace(s.as("alice", "send", "bob", "hello "+direct+" bye"))
	s.as("alice", "edit", id, mark("edit"))
	s.as("bob", "reply", id, strings.Repeat(mark("long reply")+" ", 500))
	s.as("alice", "send", "bob", "carol", mark("group message"))
	gone := strings.TrimSpace(s.as("alice", "send", "bob", mark("unsent message")))
	s.as("alice", "unsend", gone)
	s.as("bob", "react", id, dinosaur)
	marks["reaction"] = [][]byte{[]byte(dinosaur)}
	for _, who := range []string{"alice", "bob", "carol"} {
		marks["passphrase of "+who] = forms(passphrase(who))
	}
	device := secret()[:20]
	s.as("dave", "login", "--server", s.url(), "--new", "--device-name", device, "dave")
	s.as("carol", "read", "--json")

	rooms := parseLines(s.t, s.as("alice", "rooms", "--json"))
	known["room"] = pieces([]byte(rooms[0].Room[strings.LastIndexByte(rooms[0].Room, '/')+1:]))
	known["device name"] = pieces([]byte(device))
	known["account"] = [][]byte{[]byte("mimi://localhost/u/dave")}
	return marks, known
}

// secret returns 32 random letters: nothing that a compressor could shorten.
func secret() string {
	b := make([]byte, 16)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// forms returns how text may stand somewhere: as it is, in UTF-16, in hex and in
// base64 at any alignment.
func forms(text string) [][]byte {
	all := [][]byte{[]byte(text), []byte(hex.EncodeToString([]byte(text)))}
	var wide []byte
	for _, u := range utf16.Encode([]rune(text)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	all = append(all, wide)
	for skip := range 3 {
		part := text[skip : skip+(len(text)-skip)/3*3]
		all = append(all, []byte(base64.StdEncoding.EncodeToString([]byte(part))), []byte(base64.RawURLEncoding.EncodeToString([]byte(part))))
	}
	return all
}

// pieces returns whole pieces of b, of 10 bytes or an eighth of b, as forms of a needle
// that must be found: where the store's log cuts b, at the end of a block of 32 KiB,
// all pieces but one stay whole.
func pieces(b []byte) [][]byte {
	size := max(10, len(b)/8)
	return slices.Collect(slices.Chunk(b[:len(b)/size*size], size))
}

// findings say which needles were found.
type findings map[string]bool

func (f findings) wantNone(t *testing.T, where string, of needles) {
	t.Helper()
	for name := range of {
		if f[name] {
			t.Errorf("%s: the %s is there", where, name)
		}
	}
}

func (f findings) wantAll(t *testing.T, where string, of needles) {
	t.Helper()
	for name := range of {
		if !f[name] {
			t.Errorf("%s: the search doesn't find the %s, which must be there", where, name)
		}
	}
}

// search looks for all needles in data.
func (f findings) search(data []byte, all ...needles) {
	for _, of := range all {
		for name, forms := range of {
			for _, form := range forms {
				f[name] = f[name] || bytes.Contains(data, form)
			}
		}
	}
}

// searchFiles searches every byte of a file, or of all files below a directory. Where
// the store replaces a file meanwhile, it searches all again: the successor may have
// come where the walk had already been.
func searchFiles(t *testing.T, marks, known needles, root string) findings {
	t.Helper()
	found := findings{}
	for range 10 {
		n, replaced := 0, false
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && (d.IsDir() || d.Type() == fs.ModeSocket) { // a socket keeps nothing
				return nil
			}
			var data []byte
			if err == nil {
				data, err = os.ReadFile(path)
			}
			if os.IsNotExist(err) {
				replaced = true
				return nil
			}
			n += len(data)
			found.search(data, marks, known)
			found.search([]byte(path), marks)
			return err
		})
		if err != nil || n == 0 {
			t.Fatalf("searching %s: %d bytes, %v", root, n, err)
		}
		if !replaced {
			return found
		}
	}
	t.Fatalf("searching %s: files were replaced at each of 10 looks", root)
	return nil
}

// searchMemory searches every readable byte of a process's memory.
func searchMemory(t *testing.T, pid int, marks, known needles) findings {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("memory is searched through Linux's /proc/PID/mem")
	}
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	found, total := findings{}, 0
	for region := range strings.Lines(string(maps)) {
		from, to, ok := readable(region)
		if !ok {
			continue
		}
		total += searchRegion(found, mem, from, to, marks, known)
	}
	t.Logf("searched %d MiB of memory", total>>20)
	return found
}

// readable returns the bounds of a line of /proc/PID/maps.
func readable(region string) (from, to int64, ok bool) {
	fields := strings.Fields(region)
	if len(fields) < 2 || fields[1][0] != 'r' || strings.HasSuffix(region, "[vvar]\n") || strings.HasSuffix(region, "[vsyscall]\n") {
		return 0, 0, false
	}
	a, b, _ := strings.Cut(fields[0], "-")
	from, err1 := strconv.ParseInt(a, 16, 64)
	to, err2 := strconv.ParseInt(b, 16, 64)
	return from, to, err1 == nil && err2 == nil
}

// searchRegion reads a region in pieces that overlap by more than any needle,
// and returns how many bytes it could read.
func searchRegion(found findings, mem *os.File, from, to int64, all ...needles) (total int) {
	const piece, overlap = 4 << 20, 1 << 10
	buf := make([]byte, piece)
	for at := from; at < to; at += piece - overlap {
		n, _ := mem.ReadAt(buf[:min(piece, to-at)], at)
		found.search(buf[:n], all...)
		total += n
	}
	return total
}
