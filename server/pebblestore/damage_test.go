package pebblestore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/server"
	"parley/server/pebblestore"
	"parley/wire"
)

// incompressible returns n characters that look random.
func incompressible(n int) string {
	rng := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(' ' + rng.IntN(95))
	}
	return string(b)
}

// damagedSite makes a data directory as a crash leaves it, with tables, a log,
// and all else, and returns how many messages it has.
func damagedSite(t *testing.T) (dir string, messages int) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	text := incompressible(1000)
	crashed := ""
	for round := range 3 {
		c := openChat(t, dir, pebblestore.Options{Logger: quiet})
		for i := range 80 {
			if _, err := c.send(t, fmt.Sprintf("%d-%d", round, i), text); err != nil {
				t.Fatal(err)
			}
			messages++
		}
		if round == 2 {
			crashed = copyOf(t, dir)
		}
		if err := c.store.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return crashed, messages
}

// copyOf copies the directory of a store that runs, and to which nobody writes: again
// where it removed a file meanwhile, as Pebble does in its own time.
func copyOf(t *testing.T, dir string) string {
	t.Helper()
	list := func() string {
		names, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(names, "\n")
	}
	for end := time.Now().Add(time.Minute); ; {
		before, to := list(), filepath.Join(t.TempDir(), "copy")
		err := os.CopyFS(to, os.DirFS(dir))
		if err == nil && list() == before {
			return to
		}
		if time.Now().After(end) {
			t.Fatalf("the files change on: %v", err)
		}
	}
}

// TestFlippedBytes flips a byte at many places of each kind of file. The store
// gives what was stored or ErrCorrupt, nothing else. The last 32 KiB of a log
// that a crash left are an exception: damage there can't be told from a write that
// was cut short, so that what follows it is taken for never written.
func TestFlippedBytes(t *testing.T) {
	dir, messages := damagedSite(t)
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	kinds := map[string]int{}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() == 0 {
			continue
		}
		kind, _, _ := strings.Cut(f.Name(), "-")
		kind = strings.TrimLeft(kind, "0123456789")
		for range 12 {
			at := rng.Int64N(info.Size())
			if !flip(t, dir, f.Name(), at, messages) {
				kinds[kind+" refused"]++
			}
			kinds[kind]++
		}
	}
	t.Log(kinds)
	for _, want := range []string{".sst", ".log", "MANIFEST", "OPTIONS"} {
		if kinds[want] == 0 {
			t.Errorf("no file of kind %s was there: %v", want, kinds)
		}
	}
}

// logBlock is the size of a block of Pebble's log.
const logBlock = 32 << 10

// flip damages a copy of dir and reads all of it. It reports whether it is as
// it was.
func flip(t *testing.T, dir, file string, at int64, messages int) bool {
	t.Helper()
	broken := t.TempDir()
	if err := os.CopyFS(broken, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(broken, file)
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data[at] ^= 1 << (at % 8)
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := pebblestore.Open(broken, pebblestore.Options{Logger: quiet})
	if err != nil {
		if !errors.Is(err, pebblestore.ErrCorrupt) {
			t.Errorf("%s at %d: Open: %v; want ErrCorrupt", file, at, err)
		}
		return false
	}
	defer s.Close()
	n, err := readWhole(s)
	switch {
	case errors.Is(err, pebblestore.ErrCorrupt), errors.Is(err, server.ErrUnavailable):
		return false
	case err != nil:
		t.Errorf("%s at %d: %v; want ErrCorrupt", file, at, err)
	case n != messages && !(strings.HasSuffix(file, ".log") && at > int64(len(data))-logBlock):
		t.Errorf("%s at %d: %d messages; want %d", file, at, n, messages)
	}
	return true
}

// readWhole counts the messages of bob's mailbox in damagedSite.
func readWhole(s *pebblestore.Store) (n int, err error) {
	bob := oldDevice("bob", 1)
	text := incompressible(1000)
	for after := uint64(0); ; {
		raw, err := s.Read(context.Background(), bob, after, wire.MaxReadEvents, wire.MaxReadBytes)
		if err != nil {
			return n, err
		}
		reply, err := raw.Decode()
		if err != nil {
			return n, fmt.Errorf("what was read can't be decoded: %v", err)
		}
		for _, e := range reply.Events {
			if after++; e.Pos != after {
				return n, fmt.Errorf("position %d; want %d", e.Pos, after)
			}
			if e.Envelope.Kind == wire.EventMessage {
				if n++; string(e.Envelope.Message) != text {
					return n, errors.New("a message isn't what was sent")
				}
			}
		}
		if after >= reply.Head {
			return n, nil
		}
		if len(reply.Events) == 0 {
			return n, errors.New("nothing is left before the head")
		}
	}
}

// TestDamageIsTold: who operates the server reads what to do, and Err says that
// it is over.
func TestDamageIsTold(t *testing.T) {
	dir, _ := damagedSite(t)
	tables, _ := filepath.Glob(filepath.Join(dir, "*.sst"))
	largest := ""
	for _, name := range tables {
		if largest == "" || size(t, name) > size(t, largest) {
			largest = name
		}
	}
	data, err := os.ReadFile(largest)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(data)/2; i += 512 { // all its blocks, the index at its end aside
		data[i] ^= 1
	}
	if err := os.WriteFile(largest, data, 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s, err := pebblestore.Open(dir, pebblestore.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err == nil {
		defer s.Close()
		if _, err = readWhole(s); err == nil {
			t.Fatal("everything could be read from a damaged table")
		}
		<-s.Failed()
		if s.Err() == nil {
			t.Error("Failed is closed and Err is nil")
		}
		if !strings.Contains(log.String(), "parley doctor") {
			t.Errorf("the operator reads %q", log.String())
		}
		if err := s.Acknowledge(t.Context(), oldDevice("bob", 1), 1); !errors.Is(err, server.ErrUnavailable) {
			t.Errorf("a write to a damaged store: %v; want ErrUnavailable", err)
		}
	} else if !errors.Is(err, pebblestore.ErrCorrupt) {
		t.Errorf("Open: %v; want ErrCorrupt", err)
	}
	if _, err := verify(t, dir); err == nil {
		t.Error("Verify finds nothing")
	}
}

func size(t *testing.T, name string) int64 {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
