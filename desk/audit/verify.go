package audit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// A BrokenError says where a log doesn't hold together, and how.
type BrokenError struct {
	Line   int64 // from 1; of the file
	Reason Reason
	Text   string // a plain sentence
}

// Error returns the sentence, with the line.
func (e *BrokenError) Error() string { return fmt.Sprintf("audit: line %d: %s", e.Line, e.Text) }

// A Reason is how a log is broken.
type Reason string

// The reasons.
const (
	Unreadable Reason = "unreadable" // it isn't a line of an audit log
	Changed    Reason = "changed"    // the line was changed
	Dropped    Reason = "dropped"    // lines before it are missing
	Reordered  Reason = "reordered"  // it stands in another's place
	Cut        Reason = "cut"        // the end is missing
	Rewritten  Reason = "rewritten"  // the chain holds, but isn't what was signed
)

// A Summary is what Verify saw.
type Summary struct {
	Lines int64
	Head  string // hash of the last line; Zero: there is none
	// After counts the lines after the newest checkpoint: nobody signed them yet.
	After int64
}

// Verify reads a log and returns a *BrokenError that names the first line where it
// doesn't hold together: changed, dropped, reordered, or, by the checkpoints, cut
// off or rewritten. The checkpoints' signatures are the caller's to check. each, if
// not nil, is called with every line in order, up to the broken one.
func Verify(r io.Reader, checkpoints []*Checkpoint, each func(*Line)) (Summary, error) {
	v := verifier{r: newReader(r), sum: Summary{Head: Zero}, each: each, signed: map[int64]*Checkpoint{}}
	for _, c := range checkpoints {
		if old := v.signed[c.Seq]; old != nil && old.Hash != c.Hash {
			return v.sum, &BrokenError{Line: c.Seq, Reason: Rewritten, Text: "two checkpoints of it say different things"}
		}
		v.signed[c.Seq], v.newest = c, max(v.newest, c.Seq)
	}
	err := v.run()
	v.sum.After = v.sum.Lines - v.newest
	return v.sum, err
}

// A verifier is a log being read: prev is the last line, which is held back until
// the next one's prev says that it is whole.
type verifier struct {
	r      *lineReader
	sum    Summary
	each   func(*Line)
	signed map[int64]*Checkpoint
	newest int64
	prev   *Line
}

func (v *verifier) run() error {
	for {
		raw, err := v.r.next()
		if err == io.EOF {
			return v.end()
		}
		at := v.sum.Lines + 1
		var l *Line
		if err == nil {
			l, err = decode(raw)
		}
		if errors.Is(err, errNotALine) {
			return &BrokenError{Line: at, Reason: Unreadable, Text: err.Error()}
		}
		if err != nil {
			return err
		}
		if err := v.place(l, at); err != nil {
			return err
		}
		v.release()
		v.prev, v.sum.Lines, v.sum.Head = l, at, l.Hash
	}
}

// release gives the line that was held back.
func (v *verifier) release() {
	if v.prev != nil && v.each != nil {
		v.each(v.prev)
	}
}

// place checks that l belongs where it stands.
func (v *verifier) place(l *Line, at int64) error {
	switch {
	case l.Seq < at:
		return &BrokenError{Line: at, Reason: Reordered, Text: fmt.Sprintf("it is event %d, which comes before", l.Seq)}
	case l.Seq > at:
		return v.missing(l, at)
	case l.Prev != v.sum.Head:
		return v.unlinked(l, at)
	}
	if c := v.signed[at]; c != nil && c.Hash != l.Hash {
		return v.unsigned(at)
	}
	return nil
}

// missing tells lines that were dropped from lines that come later.
func (v *verifier) missing(l *Line, at int64) error {
	for {
		raw, err := v.r.next()
		if err != nil {
			break
		}
		if later, err := decode(raw); err == nil && later.Seq == at {
			return &BrokenError{Line: at, Reason: Reordered, Text: fmt.Sprintf("it is event %d; event %d comes later", l.Seq, at)}
		}
	}
	return &BrokenError{Line: at, Reason: Dropped, Text: fmt.Sprintf("it is event %d: %d before it missing", l.Seq, l.Seq-at)}
}

// unlinked says which of two lines that don't fit was changed: l, if what follows
// doesn't fit it either, else the one before.
func (v *verifier) unlinked(l *Line, at int64) error {
	changed := at - 1
	if raw, err := v.r.next(); err == nil {
		if after, err := decode(raw); err != nil || after.Prev != l.Hash {
			changed = at
		}
	}
	if c := v.signed[at]; c != nil && c.Hash != l.Hash {
		changed = at
	}
	if c := v.signed[at-1]; c != nil && c.Hash == v.sum.Head {
		changed = at
	}
	changed = max(changed, 1)
	return &BrokenError{Line: changed, Reason: Changed, Text: "it was changed: the next line was written after something else"}
}

// unsigned tells a last line that was changed from a log that was written anew.
func (v *verifier) unsigned(at int64) error {
	if _, err := v.r.next(); err == io.EOF {
		return &BrokenError{Line: at, Reason: Changed, Text: "it was changed: the checkpoint signed something else"}
	}
	return &BrokenError{Line: at, Reason: Rewritten, Text: "the log was written anew up to here: the checkpoint signed something else"}
}

func (v *verifier) end() error {
	if v.sum.Lines < v.newest {
		return &BrokenError{
			Line: v.sum.Lines + 1, Reason: Cut,
			Text: fmt.Sprintf("the end is missing: %d lines were signed, %d are here", v.newest, v.sum.Lines),
		}
	}
	v.release()
	return nil
}

// A lineReader reads lines of at most MaxLine bytes.
type lineReader struct {
	r    *bufio.Reader
	read int64 // bytes of whole lines
}

func newReader(r io.Reader) *lineReader { return &lineReader{r: bufio.NewReaderSize(r, MaxLine+1)} }

// next returns the next line without its newline: valid until the call after. One
// that is too long, or that the file ends in, is errNotALine.
func (l *lineReader) next() ([]byte, error) {
	raw, err := l.r.ReadSlice('\n')
	switch {
	case err == nil:
		l.read += int64(len(raw))
		return raw[:len(raw)-1], nil
	case errors.Is(err, bufio.ErrBufferFull), err == io.EOF && len(raw) > 0:
		return nil, errNotALine
	}
	return nil, err
}
