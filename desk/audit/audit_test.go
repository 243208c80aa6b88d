package audit

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"parley/desk/deskapi"
)

func newKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func open(t testing.TB, path string, key ed25519.PrivateKey) *Log {
	t.Helper()
	l, err := Open(path, "example.org", key, 1000)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// written returns a log's lines, the first included, and its checkpoint.
func written(t testing.TB, key ed25519.PrivateKey, events int) (lines [][]byte, c *Checkpoint) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.log")
	l := open(t, path, key)
	for i := range events {
		if _, err := l.Append(Event{AtMS: int64(2000 + i), Actor: "p-1", Action: CaseOpened, Subject: fmt.Sprintf("c-%d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path + Suffix)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = ParseCheckpoint(text); err != nil || c.Check(key.Public().(ed25519.PublicKey)) != nil {
		t.Fatalf("the checkpoint beside the log: %v", err)
	}
	return bytes.SplitAfter(bytes.TrimSuffix(data, []byte("\n")), []byte("\n")), c
}

// joined is a log's bytes.
func joined(lines [][]byte) []byte {
	data := bytes.Join(lines, nil)
	if !bytes.HasSuffix(data, []byte("\n")) {
		data = append(data, '\n')
	}
	return data
}

func lined(lines [][]byte) [][]byte {
	out := make([][]byte, len(lines))
	for i, l := range lines {
		out[i] = append(bytes.TrimSuffix(bytes.Clone(l), []byte("\n")), '\n')
	}
	return out
}

func TestWhole(t *testing.T) {
	lines, c := written(t, newKey(t), 9)
	n := 0
	sum, err := Verify(bytes.NewReader(joined(lines)), []*Checkpoint{c}, func(l *Line) { n++ })
	if err != nil || sum.Lines != 10 || n != 10 || sum.Head != c.Hash || sum.After != 0 {
		t.Errorf("got %+v, %d lines, %v; want 10 lines that lead to the checkpoint", sum, n, err)
	}
}

// A log that somebody has worked on names the line.
func TestTampered(t *testing.T) {
	key := newKey(t)
	lines, c := written(t, key, 9)
	swap := func(l [][]byte, a, b int) [][]byte { l[a], l[b] = l[b], l[a]; return l }
	edit := func(l [][]byte, i int) [][]byte {
		l[i] = bytes.Replace(l[i], []byte("case.opened"), []byte("case.closed"), 1)
		return l
	}
	for _, test := range []struct {
		name   string
		change func([][]byte) [][]byte
		line   int64
		reason Reason
	}{
		{"changed", func(l [][]byte) [][]byte { return edit(l, 4) }, 5, Changed},
		{"the first line changed", func(l [][]byte) [][]byte {
			l[0] = bytes.Replace(l[0], []byte("example.org"), []byte("example.net"), 1)
			return l
		}, 1, Changed},
		{"the link changed", func(l [][]byte) [][]byte {
			l[4] = bytes.Replace(l[4], []byte(`"prev":"`), []byte(`"prev":"0`), 1)
			return l
		}, 5, Changed},
		{"the last line changed", func(l [][]byte) [][]byte { return edit(l, 9) }, 10, Changed},
		{"the last line but one changed", func(l [][]byte) [][]byte { return edit(l, 8) }, 9, Changed},
		{"dropped", func(l [][]byte) [][]byte { return append(l[:3], l[4:]...) }, 4, Dropped},
		{"three dropped", func(l [][]byte) [][]byte { return append(l[:3], l[6:]...) }, 4, Dropped},
		{"the first dropped", func(l [][]byte) [][]byte { return l[1:] }, 1, Dropped},
		{"reordered", func(l [][]byte) [][]byte { return swap(l, 4, 5) }, 5, Reordered},
		{"far reordered", func(l [][]byte) [][]byte { return swap(l, 2, 8) }, 3, Reordered},
		{"repeated", func(l [][]byte) [][]byte { return append(l[:5:5], append([][]byte{l[4]}, l[5:]...)...) }, 6, Reordered},
		{"cut off", func(l [][]byte) [][]byte { return l[:7] }, 8, Cut},
		{"the last cut off", func(l [][]byte) [][]byte { return l[:9] }, 10, Cut},
		{"all cut off", func(l [][]byte) [][]byte { return nil }, 1, Cut},
		{"no line", func(l [][]byte) [][]byte { l[3] = []byte("hello\n"); return l }, 4, Unreadable},
		{"a line that is too long", func(l [][]byte) [][]byte {
			l[3] = append(bytes.Repeat([]byte("x"), MaxLine+5), '\n')
			return l
		}, 4, Unreadable},
	} {
		data := bytes.Join(test.change(lined(lines)), nil)
		_, err := Verify(bytes.NewReader(data), []*Checkpoint{c}, nil)
		var broken *BrokenError
		if !errors.As(err, &broken) || broken.Line != test.line || broken.Reason != test.reason {
			t.Errorf("%s: got %v (%+v), want line %d %s", test.name, err, broken, test.line, test.reason)
		}
	}
}

// Who writes the whole log anew, with links that hold, is found by a checkpoint that
// somebody kept.
func TestRewritten(t *testing.T) {
	key := newKey(t)
	lines, c := written(t, key, 9)
	early := *c
	var kept *Line
	seq := int64(0)
	if _, err := Verify(bytes.NewReader(joined(lines)), nil, func(l *Line) {
		if seq++; seq == 6 {
			kept = l
		}
	}); err != nil {
		t.Fatal(err)
	}
	early.Seq, early.Hash = kept.Seq, kept.Hash
	if err := early.sign(key); err != nil {
		t.Fatal(err)
	}
	var forged bytes.Buffer
	head := Zero
	for i := range 10 {
		l := &Line{Version: Version, Seq: int64(i + 1), Prev: head, AtMS: 5, Actor: "p-9", Action: CaseOpened, Subject: "c"}
		raw, err := l.encode()
		if err != nil {
			t.Fatal(err)
		}
		head = l.Hash
		forged.Write(raw)
	}
	if _, err := Verify(bytes.NewReader(forged.Bytes()), nil, nil); err != nil {
		t.Fatalf("the chain of the forgery: %v; want none", err)
	}
	_, err := Verify(bytes.NewReader(forged.Bytes()), []*Checkpoint{&early, c}, nil)
	var broken *BrokenError
	if !errors.As(err, &broken) || broken.Reason != Rewritten || broken.Line != 6 {
		t.Errorf("got %v, want line 6 rewritten", err)
	}
}

// A checkpoint counts by the key that is known, not by the one that it brings.
func TestCheckpointKey(t *testing.T) {
	mine, theirs := newKey(t), newKey(t)
	_, c := written(t, theirs, 1)
	if err := c.Check(mine.Public().(ed25519.PublicKey)); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("another's checkpoint: %v, want ErrCheckpoint", err)
	}
	c.Seq++
	if err := c.Check(theirs.Public().(ed25519.PublicKey)); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("a changed checkpoint: %v, want ErrCheckpoint", err)
	}
	if _, err := ParseCheckpoint([]byte("{}")); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("an empty one: %v, want ErrCheckpoint", err)
	}
}

// A line that a crash left half written never took effect: it goes, and the log says so.
func TestTorn(t *testing.T) {
	key, path := newKey(t), filepath.Join(t.TempDir(), "audit.log")
	l := open(t, path, key)
	if _, err := l.Append(Event{AtMS: 2, Actor: "p", Action: CaseOpened, Subject: "c"}); err != nil {
		t.Fatal(err)
	}
	l.Close()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(`{"v":1,"seq":3,"pre`)
	f.Close()
	l = open(t, path, key)
	var last *Line
	if sum, err := l.Read(func(l *Line) { last = l }); err != nil || sum.Lines != 3 || last.Action != Repaired {
		t.Errorf("got %+v, %v, last %+v; want a third line that tells of the repair", sum, err, last)
	}
}

// A desk doesn't begin on a log whose end is missing, or that was changed.
func TestOpenRefuses(t *testing.T) {
	key, path := newKey(t), filepath.Join(t.TempDir(), "audit.log")
	l := open(t, path, key)
	for range 5 {
		if _, err := l.Append(Event{Actor: "p", Action: CaseOpened, Subject: "c"}); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"cut":     bytes.Join(bytes.SplitAfter(whole, []byte("\n"))[:4], nil),
		"gone":    nil,
		"changed": bytes.Replace(whole, []byte("case.opened"), []byte("case.closed"), 1),
	} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		var broken *BrokenError
		if _, err := Open(path, "example.org", key, 1); !errors.As(err, &broken) {
			t.Errorf("%s: Open = %v, want a *BrokenError", name, err)
		}
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, "example.org", newKey(t), 1); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("with another key: %v, want ErrCheckpoint", err)
	}
}

// What is done to the file while the desk runs stops the desk's next step.
func TestChangedBeside(t *testing.T) {
	for name, harm := range map[string]func(path string) error{
		"cut":      func(p string) error { return os.Truncate(p, 10) },
		"replaced": func(p string) error { return os.Rename(p, p+".old") },
		"added": func(p string) error {
			f, err := os.OpenFile(p, os.O_APPEND|os.O_WRONLY, 0)
			if err == nil {
				_, err = f.WriteString("{}\n")
			}
			return err
		},
	} {
		path := filepath.Join(t.TempDir(), "audit.log")
		l := open(t, path, newKey(t))
		if err := harm(path); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Append(Event{Actor: "p", Action: CaseOpened}); !errors.Is(err, ErrChanged) {
			t.Errorf("%s: Append = %v, want ErrChanged", name, err)
		}
		if _, err := l.Append(Event{Actor: "p", Action: CaseOpened}); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: Append after it = %v, want ErrClosed", name, err)
		}
	}
}

// Two processes may write: each takes up where the other was.
func TestTwoWriters(t *testing.T) {
	key, path := newKey(t), filepath.Join(t.TempDir(), "audit.log")
	logs := []*Log{open(t, path, key), open(t, path, key)}
	var wg sync.WaitGroup
	for _, l := range logs {
		for range 2 {
			wg.Go(func() {
				for range 10 {
					if _, err := l.Append(Event{Actor: "p", Action: CaseOpened}); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	again := open(t, path, key)
	if sum, err := again.Read(nil); err != nil || sum.Lines != 41 {
		t.Errorf("got %+v, %v; want 41 lines that hold", sum, err)
	}
}

func TestTooLong(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "audit.log"), newKey(t))
	if _, err := l.Append(Event{Subject: string(bytes.Repeat([]byte("x"), MaxLine))}); !errors.Is(err, ErrTooLong) {
		t.Errorf("got %v, want ErrTooLong", err)
	}
	if _, err := l.Append(Event{Subject: "x"}); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

// Two who count the same lines get the same, whoever they are.
func TestCount(t *testing.T) {
	c, err := NewCounter(deskapi.Period{From: "2026-01-01", Until: "2026-02-01"})
	if err != nil {
		t.Fatal(err)
	}
	const in, before = 1767300000000, 1767200000000
	add := func(at int64, actor, action string, data map[string]string) {
		c.Add(&Line{AtMS: at, Actor: actor, Action: action, Data: data, Hash: "h"})
	}
	add(before, Desk, ReportReceived, map[string]string{"category": "scam"})
	add(in, Desk, ReportReceived, map[string]string{"category": "scam"})
	add(in, Desk, ReportReceived, map[string]string{"category": "scam"})
	add(in, "p-1", CaseOpened, nil)
	add(in, "p-1", DecisionProposed, map[string]string{"kind": "suspend", "category": "scam"})
	add(in, "p-1", DecisionMade, map[string]string{"kind": "suspend", "category": "scam", "ground": "terms", "after_ms": "10"})
	add(in, "p-1", DecisionMade, map[string]string{"kind": "dismiss", "category": "scam", "after_ms": "30"})
	add(in, Desk, AppealReceived, nil)
	add(in, "p-2", AppealDecided, map[string]string{"result": "reversed"})
	add(in, "p-2", LegalAsked, nil)
	got := c.Counts()
	if got.Lines != 9 || got.Reports["scam"] != 2 || got.Decisions["suspend"] != 1 || got.Table["scam/dismiss"] != 1 ||
		got.ByGround["terms"] != 1 || len(got.ByGround) != 1 || got.Appeals["received"] != 1 || got.Appeals["reversed"] != 1 ||
		got.Legal["received"] != 1 || got.Legal["answered"] != 0 || got.Looks["cases"] != 1 || got.Automated != 0 || got.MedianMS != 30 {
		t.Errorf("got %+v", got)
	}
	if _, err := NewCounter(deskapi.Period{From: "soon"}); !errors.Is(err, ErrPeriod) {
		t.Errorf("a period that isn't: %v, want ErrPeriod", err)
	}
}

func FuzzVerify(f *testing.F) {
	lines, c := written(f, newKey(f), 3)
	f.Add(joined(lines))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		sum, err := Verify(bytes.NewReader(data), []*Checkpoint{c}, nil)
		if err == nil && (sum.Lines < c.Seq || !bytes.HasPrefix(data, joined(lines))) {
			t.Errorf("a log that isn't the signed one was taken: %q", data)
		}
	})
}

// Attack: a line that holds together, and that two readers read in two ways.
func TestOneForm(t *testing.T) {
	lines, _ := written(t, newKey(t), 2)
	first := bytes.TrimSuffix(lines[0], []byte("\n"))
	for name, raw := range map[string][]byte{
		"a name twice":     bytes.Replace(first, []byte(`"v":1,`), []byte(`"v":1,"action":"legal.asked",`), 1),
		"in other letters": bytes.Replace(first, []byte(`"action"`), []byte(`"Action"`), 1),
		"a space":          bytes.Replace(first, []byte(`"v":1,`), []byte(`"v":1, `), 1),
		"another order":    bytes.Replace(first, []byte(`"v":1,"seq":1,`), []byte(`"seq":1,"v":1,`), 1),
		"something behind": append(bytes.Clone(first), '}'),
		"an escape":        bytes.Replace(first, []byte(`log.opened`), []byte(`log\u002eopened`), 1),
		"empty data":       bytes.Replace(first, []byte(`}`), []byte(`,"data":{}}`), 1),
	} {
		if bytes.Equal(raw, first) {
			t.Fatalf("%s: nothing was changed", name)
		}
		var broken *BrokenError
		if _, err := Verify(bytes.NewReader(append(raw, '\n')), nil, nil); !errors.As(err, &broken) || broken.Reason != Unreadable {
			t.Errorf("%s: %v, want that it isn't a line", name, err)
		}
	}
}

// What isn't text doesn't keep a log from being read.
func TestNoText(t *testing.T) {
	key, path := newKey(t), filepath.Join(t.TempDir(), "audit.log")
	l := open(t, path, key)
	if _, err := l.Append(Event{Actor: "p\xff", Action: CaseOpened, Subject: "\xc3(", Data: map[string]string{"x": "\xff\u2028<&>\x00"}}); err != nil {
		t.Fatal(err)
	}
	l.Close()
	if sum, err := open(t, path, key).Read(nil); err != nil || sum.Lines != 2 {
		t.Errorf("%+v, %v", sum, err)
	}
}

// Attack: a log, or a log with its checkpoint, is replaced by that of a backup, and
// goes on from there. A checkpoint that somebody kept tells it, before and after.
func TestReplayed(t *testing.T) {
	key, path := newKey(t), filepath.Join(t.TempDir(), "audit.log")
	l := open(t, path, key)
	said := 0
	add := func(n int) {
		t.Helper()
		for range n {
			said++
			if _, err := l.Append(Event{Actor: "p", Action: CaseOpened, Subject: fmt.Sprint("c-", said)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	read := func(name string) []byte {
		t.Helper()
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	add(3)
	backup, backupPoint := read(path), read(path+Suffix)
	add(4)
	kept, err := l.Checkpoint(9)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := os.WriteFile(path, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	var broken *BrokenError
	if _, err := Open(path, "example.org", key, 1); !errors.As(err, &broken) || broken.Reason != Cut {
		t.Errorf("the log alone: %v; want that its end is missing", err)
	}
	if err := os.WriteFile(path+Suffix, backupPoint, 0o600); err != nil {
		t.Fatal(err)
	}
	l = open(t, path, key) // by the files alone nobody can tell
	if _, err := Verify(bytes.NewReader(read(path)), []*Checkpoint{kept}, nil); !errors.As(err, &broken) || broken.Reason != Cut {
		t.Errorf("by a checkpoint that was kept: %v; want that its end is missing", err)
	}
	add(9)
	if _, err := Verify(bytes.NewReader(read(path)), []*Checkpoint{kept}, nil); !errors.As(err, &broken) || broken.Reason != Rewritten {
		t.Errorf("and after it went on: %v; want that it was written anew", err)
	}
}
