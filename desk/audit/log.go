package audit

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Suffix is that of the file beside a log that has its newest checkpoint.
const Suffix = ".checkpoint"

var (
	// ErrChanged is returned where the file isn't what this process wrote or read:
	// nothing is added to it any more.
	ErrChanged = errors.New("audit: the log was changed beside the desk")
	// ErrClosed is returned after Close, and after a write that failed.
	ErrClosed = errors.New("audit: the log is closed")
)

// A Log is a log that lines are added to. It is safe for concurrent use, also by
// several processes where files can be locked.
type Log struct {
	path   string
	origin string
	key    ed25519.PrivateKey

	mu     sync.Mutex // guards what follows
	f      *os.File
	size   int64
	seq    int64
	head   string
	failed bool
}

// Open opens the log at path, or begins one, whose checkpoints key signs. It reads
// all of it: a *BrokenError says where it doesn't hold together. What a crash left
// of a line is taken off, and that is logged.
func Open(path, origin string, key ed25519.PrivateKey, nowMS int64) (*Log, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	l := &Log{path: path, origin: origin, key: key, f: f, head: Zero}
	if err := l.locked(func() error { return l.begin(nowMS) }); err != nil {
		f.Close()
		return nil, err
	}
	return l, nil
}

// locked runs do while no other process may write.
func (l *Log) locked(do func() error) error {
	if err := lock(l.f); err != nil {
		return fmt.Errorf("audit: locking: %w", err)
	}
	defer unlock(l.f)
	return do()
}

// begin reads the log, and writes its first line where it has none.
func (l *Log) begin(nowMS int64) error {
	torn, err := l.cutTorn()
	if err != nil {
		return err
	}
	var signed []*Checkpoint
	if c, err := l.readCheckpoint(); err != nil {
		return err
	} else if c != nil {
		signed = append(signed, c)
	}
	sum, err := Verify(io.NewSectionReader(l.f, 0, 1<<62), signed, nil)
	if err != nil {
		return err
	}
	if l.size, err = l.f.Seek(0, io.SeekEnd); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	l.seq, l.head = sum.Lines, sum.Head
	if l.seq == 0 {
		if err := syncDir(filepath.Dir(l.path)); err != nil {
			return err
		}
		_, err := l.add(Event{AtMS: nowMS, Actor: Desk, Action: Opened, Subject: l.origin})
		return err
	}
	if torn > 0 {
		_, err := l.add(Event{AtMS: nowMS, Actor: Desk, Action: Repaired, Subject: l.origin, Data: map[string]string{"bytes": fmt.Sprint(torn)}})
		return err
	}
	return nil
}

// cutTorn takes off what a crash left of a line that never took effect, and returns
// how many bytes that was.
func (l *Log) cutTorn() (int64, error) {
	size, err := l.f.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return 0, err
	}
	tail := make([]byte, min(size, MaxLine+1))
	if _, err := l.f.ReadAt(tail, size-int64(len(tail))); err != nil {
		return 0, fmt.Errorf("audit: %w", err)
	}
	torn := int64(len(tail) - 1 - bytes.LastIndexByte(tail, '\n'))
	if torn == 0 {
		return 0, nil
	}
	if torn > MaxLine {
		return 0, &BrokenError{Line: 1, Reason: Unreadable, Text: errNotALine.Error()}
	}
	return torn, l.f.Truncate(size - torn)
}

func (l *Log) readCheckpoint() (*Checkpoint, error) {
	text, err := os.ReadFile(l.path + Suffix)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	c, err := ParseCheckpoint(text)
	if err != nil {
		return nil, err
	}
	return c, c.Check(l.key.Public().(ed25519.PublicKey))
}

// Append adds an event. When it returns, the line is durable. After an error nothing
// is known of the line, and no other is taken: the desk stops, rather than do what
// no line tells of.
func (l *Log) Append(e Event) (*Line, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed {
		return nil, ErrClosed
	}
	var line *Line
	err := l.locked(func() (err error) {
		if err = l.catchUp(); err == nil {
			line, err = l.add(e)
		}
		return err
	})
	if errors.Is(err, ErrTooLong) {
		return nil, err
	}
	if err != nil {
		l.failed = true
		return nil, err
	}
	return line, nil
}

// catchUp reads what another process has added since.
func (l *Log) catchUp() error {
	here, err := l.f.Stat()
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if there, err := os.Stat(l.path); err != nil || !os.SameFile(here, there) || here.Size() < l.size {
		return ErrChanged
	}
	r := newReader(io.NewSectionReader(l.f, l.size, here.Size()-l.size))
	for {
		raw, err := r.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return ErrChanged
		}
		next, err := decode(raw)
		if err != nil || next.Seq != l.seq+1 || next.Prev != l.head {
			return ErrChanged
		}
		l.seq, l.head = next.Seq, next.Hash
	}
	l.size = here.Size()
	return nil
}

// add writes the line of e, then a checkpoint.
func (l *Log) add(e Event) (*Line, error) {
	line := &Line{
		Version: Version, Seq: l.seq + 1, Prev: l.head, AtMS: e.AtMS, Actor: readable(e.Actor), Action: e.Action, Subject: readable(e.Subject),
	}
	for name, value := range e.Data {
		if line.Data == nil {
			line.Data = map[string]string{}
		}
		line.Data[name] = readable(value)
	}
	if e.Detail != nil {
		line.Detail = DetailHash(e.Detail)
	}
	raw, err := line.encode()
	if err != nil {
		return nil, err
	}
	if _, err := l.f.Write(raw); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	if err := l.f.Sync(); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	l.seq, l.head, l.size = line.Seq, line.Hash, l.size+int64(len(raw))
	return line, l.checkpoint(e.AtMS)
}

// readable is s as JSON can hold it: what isn't UTF-8 would read otherwise than it was
// written.
func readable(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

// checkpoint replaces the file beside the log.
func (l *Log) checkpoint(atMS int64) error {
	c := l.unsigned(atMS)
	if err := c.sign(l.key); err != nil {
		return err
	}
	temp := l.path + Suffix + ".new"
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	_, err = f.Write(c.Text())
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return os.Rename(temp, l.path+Suffix)
}

func (l *Log) unsigned(atMS int64) *Checkpoint {
	return &Checkpoint{Origin: l.origin, Seq: l.seq, Hash: l.head, AtMS: atMS}
}

// Checkpoint returns the log's head as it is now, signed.
func (l *Log) Checkpoint(nowMS int64) (*Checkpoint, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.unsigned(nowMS)
	return c, c.sign(l.key)
}

// Read verifies the log as it is on the disk and calls each with every line.
func (l *Log) Read(each func(*Line)) (Summary, error) {
	l.mu.Lock()
	c, size := l.unsigned(0), l.size
	l.mu.Unlock()
	f, err := os.Open(l.path)
	if err != nil {
		return Summary{}, fmt.Errorf("audit: %w", err)
	}
	defer f.Close()
	return Verify(io.NewSectionReader(f, 0, size), []*Checkpoint{c}, each)
}

// Close ends the log's use.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed = true
	return l.f.Close()
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
