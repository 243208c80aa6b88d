package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
)

// made is a log of n lines of some length, of which each seventh is a decision, and its head.
func made(t testing.TB, n, length int) ([]byte, string) {
	t.Helper()
	var log bytes.Buffer
	head := Zero
	for i := range n {
		l := &Line{Version: Version, Seq: int64(i + 1), Prev: head, AtMS: 1767225600000, Actor: "p-aaaaaaaaaaaaaaaa", Action: CaseOpened, Subject: fmt.Sprintf("c-%0*d", length+i%40, i)}
		if l.Seq%7 == 0 {
			l.Action = DecisionMade
		}
		raw, err := l.encode()
		if err != nil {
			t.Fatal(err)
		}
		head = l.Hash
		log.Write(raw)
	}
	return log.Bytes(), head
}

// A counted reader counts what is read of it.
type counted struct {
	io.ReaderAt
	bytes, most int
}

func (c *counted) ReadAt(p []byte, at int64) (int, error) {
	c.bytes, c.most = c.bytes+len(p), max(c.most, len(p))
	return c.ReaderAt.ReadAt(p, at)
}

// All pages together are all lines, each once, the newest first, wherever the pages end.
func TestPages(t *testing.T) {
	const n = 600
	log, head := made(t, n, 1)
	for _, limit := range []int{1, 7, 100, 199, n, n + 1} {
		var seen []int64
		for q := (Query{Limit: limit}); ; {
			page, err := pageOf(bytes.NewReader(log), int64(len(log)), head, q)
			if err != nil || len(page.Lines) == 0 || len(page.Lines) > limit {
				t.Fatalf("limit %d: %d lines, %v", limit, len(page.Lines), err)
			}
			for _, l := range page.Lines {
				seen = append(seen, l.Seq)
			}
			if q.Before = page.Next; page.Next == 0 {
				break
			}
		}
		slices.Reverse(seen)
		if len(seen) != n || seen[0] != 1 || !slices.IsSorted(seen) || seen[n-1] != n {
			t.Errorf("limit %d: %d lines, from %d", limit, len(seen), seen[0])
		}
	}
}

// A page begins at any line that is asked for, and picks what is wanted.
func TestPageFromAnywhere(t *testing.T) {
	const n = 300
	log, head := made(t, n, 1)
	for before := int64(2); before <= n+2; before++ {
		page, err := pageOf(bytes.NewReader(log), int64(len(log)), head, Query{Before: before, Limit: 1})
		if want := min(before-1, n); err != nil || len(page.Lines) != 1 || page.Lines[0].Seq != want {
			t.Fatalf("before %d: %+v, %v; want line %d", before, page.Lines, err, want)
		}
	}
	if page, err := pageOf(bytes.NewReader(log), int64(len(log)), head, Query{Before: 1, Limit: 5}); err != nil || len(page.Lines) != 0 || page.Next != 0 {
		t.Errorf("before the first: %+v, %v", page, err)
	}
	page, err := pageOf(bytes.NewReader(log), int64(len(log)), head, Query{Limit: 3, Pick: func(l *Line) bool { return l.Action == DecisionMade }})
	if err != nil || len(page.Lines) != 3 || page.Lines[0].Seq != 294 || page.Lines[2].Seq != 280 || page.Next != 280 {
		t.Errorf("picked: %+v, %v", page, err)
	}
	if page, err := pageOf(bytes.NewReader(nil), 0, Zero, Query{Limit: 3}); err != nil || len(page.Lines) != 0 || page.Next != 0 {
		t.Errorf("an empty log: %+v, %v", page, err)
	}
}

// Of a long log a page reads a small part, in small pieces, also where nothing is picked.
func TestPageBounds(t *testing.T) {
	log, head := made(t, 10_000, 900)
	if len(log) < 2*pageScan {
		t.Fatalf("the log has %d bytes; want more than a page may read", len(log))
	}
	for name, test := range map[string]struct {
		q    Query
		most int
	}{
		"the newest":       {Query{Limit: 100}, 2 * pageBlock},
		"the middle":       {Query{Limit: 100, Before: 5_000}, 24*2*(MaxLine+1) + 2*pageBlock},
		"what isn't there": {Query{Limit: 100, Pick: func(*Line) bool { return false }}, pageScan + 2*pageBlock},
	} {
		r := &counted{ReaderAt: bytes.NewReader(log)}
		page, err := pageOf(r, int64(len(log)), head, test.q)
		if err != nil || page.Next == 0 {
			t.Errorf("%s: %d lines, next %d, %v", name, len(page.Lines), page.Next, err)
		}
		if r.bytes > test.most || r.most > pageBlock {
			t.Errorf("%s: %d bytes were read, at once %d; want at most %d, %d", name, r.bytes, r.most, test.most, pageBlock)
		}
	}
}

// A page on which a line was changed says so; the whole log says which.
func TestPageBroken(t *testing.T) {
	log, head := made(t, 100, 1)
	at := bytes.Index(log, []byte(`"seq":90,`))
	changed := bytes.Clone(log)
	changed[bytes.Index(log[at:], []byte("c-"))+at+3] ^= 1
	page, err := pageOf(bytes.NewReader(changed), int64(len(log)), head, Query{Limit: 20})
	broken, ok := errors.AsType[*BrokenError](err)
	if !ok || broken.Line != 90 || len(page.Lines) != 10 {
		t.Errorf("a changed line: %d lines, %v", len(page.Lines), err)
	}
	if page, err := pageOf(bytes.NewReader(changed), int64(len(log)), head, Query{Limit: 10}); err != nil || len(page.Lines) != 10 {
		t.Errorf("the lines after it: %d, %v", len(page.Lines), err)
	}
	if _, err := Verify(bytes.NewReader(changed), nil, nil); err == nil {
		t.Error("the whole is taken for whole")
	}
	garbage := bytes.Clone(log)
	garbage[at] = '{'
	if _, err := pageOf(bytes.NewReader(garbage), int64(len(log)), head, Query{Limit: 20}); err == nil {
		t.Error("what isn't a line is taken for one")
	}
	other, _ := made(t, 99, 1)
	if _, err := pageOf(bytes.NewReader(other), int64(len(other)), head, Query{Limit: 1}); err == nil {
		t.Error("a log with another end is taken for it")
	}
}
