package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// A bar shows a person on a terminal how far something is. Elsewhere it shows
// nothing.
type bar struct {
	w     io.Writer // nil: nobody looks
	label string

	mu    sync.Mutex // guards what follows
	last  time.Time
	shown bool
}

// bar returns one on the standard error, where that is a terminal.
func (p *program) bar(label string) *bar {
	if f, ok := p.stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return &bar{w: f, label: label}
	}
	return &bar{}
}

const (
	barWidth = 24                     // cells
	barEvery = 100 * time.Millisecond // at most so often
)

// show draws how far it is.
func (b *bar) show(done, of int64) {
	if b.w == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shown && done < of && time.Since(b.last) < barEvery {
		return
	}
	b.last, b.shown = time.Now(), true
	fmt.Fprintf(b.w, "\r%s\x1b[K", barLine(b.label, done, of))
}

// barLine is how far something is, in one line.
func barLine(label string, done, of int64) string {
	share := 1.0
	if of > 0 {
		share = float64(min(max(done, 0), of)) / float64(of)
	}
	full := int(share * barWidth)
	return fmt.Sprintf("%s [%s%s] %3d %%  %s of %s", label, strings.Repeat("#", full), strings.Repeat("·", barWidth-full),
		int(share*100), bytesText(done), bytesText(of))
}

// bytesText returns a number of bytes for a person.
func bytesText(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprint(n, " B")
	case n < 1000*1000:
		return fmt.Sprintf("%.0f KB", float64(n)/1e3)
	case n < 1000*1000*1000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.2f GB", float64(n)/1e9)
}

// end takes the bar off the screen.
func (b *bar) end() {
	if b.w == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shown {
		fmt.Fprint(b.w, "\r\x1b[K")
		b.shown = false
	}
}

// A counted writer tells a bar how much was written.
type counted struct {
	w        io.Writer
	bar      *bar
	done, of int64
}

// Write implements [io.Writer].
func (c *counted) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.done += int64(n)
	c.bar.show(c.done, c.of)
	return n, err
}
