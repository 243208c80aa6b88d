package audit

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
)

// Bounds of what one page costs, however long the log is.
const (
	pageBlock = 64 << 10 // bytes that are read at once
	pageScan  = 4 << 20  // and for one page, where few lines are picked
)

// A Query asks for a page of a log.
type Query struct {
	Before int64            // only lines before this one; 0: from the newest on
	Limit  int              // of lines, 1 or more
	Pick   func(*Line) bool // nil: every line
}

// A Page is a part of a log, the newest line first.
type Page struct {
	Lines []*Line
	// Next is Query.Before of what is older; 0: nothing is. A page on which few lines were
	// picked may have fewer than Limit and a Next all the same.
	Next int64
}

// Page returns a part of the log. Of the file no more is read than the page needs, nor more
// than 4 MiB, so that only what was read is verified: that each line of it is the one of which
// the next holds the hash, else a *BrokenError comes with the lines before it. [Log.Read]
// verifies the whole.
func (l *Log) Page(q Query) (Page, error) {
	l.mu.Lock()
	head, size := l.head, l.size
	l.mu.Unlock()
	f, err := os.Open(l.path)
	if err != nil {
		return Page{}, fmt.Errorf("audit: %w", err)
	}
	defer f.Close()
	return pageOf(f, size, head, q)
}

// pageOf is Page of a log of so many bytes, whose last line has the hash head.
func pageOf(r io.ReaderAt, size int64, head string, q Query) (Page, error) {
	var page Page
	end := size
	if q.Before > 0 {
		var err error
		if end, err = offsetOf(r, size, q.Before); err != nil {
			return page, err
		}
	}
	want, at, read := "", int64(0), 0 // hash and number that the line has to have; unknown: ""
	if end == size {
		want = head
	}
	err := backwards(r, end, func(raw []byte) (bool, error) {
		line, err := decode(raw)
		switch {
		case err != nil:
			return false, &BrokenError{Line: max(at, 1), Reason: Unreadable, Text: err.Error()}
		case want != "" && line.Hash != want || at != 0 && line.Seq != at:
			return false, &BrokenError{Line: line.Seq, Reason: Changed, Text: "it isn't the one after which the next was written"}
		}
		if q.Pick == nil || q.Pick(line) {
			page.Lines = append(page.Lines, line)
		}
		want, at, read = line.Prev, line.Seq-1, read+len(raw)
		if len(page.Lines) < q.Limit && read < pageScan {
			return true, nil
		}
		if page.Next = line.Seq; page.Next == 1 {
			page.Next = 0
		}
		return false, nil
	})
	return page, err
}

// offsetOf finds where the first line begins whose number is seq or higher, by halving: the
// numbers only rise. Where there is none it is size.
func offsetOf(r io.ReaderAt, size, seq int64) (int64, error) {
	low, high := int64(0), size // it begins at low or after it, and not after high
	for low < high {
		middle := low + (high-low)/2
		from, line, err := lineFrom(r, size, middle)
		switch {
		case err != nil:
			return 0, err
		case line == nil || from >= high || line.Seq >= seq:
			high = middle
		default:
			low = from + 1
		}
	}
	from, _, err := lineFrom(r, size, low)
	return from, err
}

// lineFrom reads the first line that begins at offset at or after it: nil, and size, where
// there is none.
func lineFrom(r io.ReaderAt, size, at int64) (from int64, line *Line, err error) {
	start, skips := 0, at > 0
	if skips {
		at-- // the newline before it
	}
	buf := make([]byte, min(size-at, 2*(MaxLine+1)))
	if _, err := r.ReadAt(buf, at); err != nil && err != io.EOF {
		return 0, nil, fmt.Errorf("audit: %w", err)
	}
	if skips {
		start = bytes.IndexByte(buf, '\n') + 1
	}
	if int64(start) == size-at || skips && start == 0 {
		return size, nil, nil
	}
	end := bytes.IndexByte(buf[start:], '\n')
	if end < 0 {
		return 0, nil, errNotALine
	}
	line, err = decode(buf[start : start+end])
	return at + int64(start), line, err
}

// backwards gives the lines before offset end, the last one first, without their newlines,
// until each says that it wants no more. It holds at most a block and a line.
func backwards(r io.ReaderAt, end int64, each func(raw []byte) (more bool, err error)) error {
	var rest []byte // whole lines' bytes and, in front, the end of one that begins before
	for end > 0 {
		n := min(end, pageBlock)
		block := slices.Grow(make([]byte, n), len(rest))
		if _, err := r.ReadAt(block, end-n); err != nil && err != io.EOF {
			return fmt.Errorf("audit: %w", err)
		}
		rest, end = append(block, rest...), end-n
		for len(rest) > 0 {
			from := bytes.LastIndexByte(rest[:len(rest)-1], '\n') + 1
			if from == 0 && end > 0 {
				break
			}
			if more, err := each(rest[from : len(rest)-1]); err != nil || !more {
				return err
			}
			rest = rest[:from]
		}
		if len(rest) > MaxLine+1 {
			return errNotALine
		}
	}
	return nil
}
