package chat

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// A terminal takes what the program draws.
type terminal struct {
	mu  sync.Mutex // guards out
	out bytes.Buffer
}

func (w *terminal) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.Write(p)
}

func (w *terminal) waitFor(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		w.mu.Lock()
		found := strings.Contains(w.out.String(), text)
		w.mu.Unlock()
		if found {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the terminal never got %q", text)
		}
	}
}

// awaitRun waits until the program follows the client, and returns what tells it of a
// change.
func (c *memory) awaitRun(t *testing.T) (changed func()) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		c.mu.Lock()
		changed = c.changed
		c.mu.Unlock()
		if changed != nil {
			return changed
		}
	}
	t.Fatal("nobody follows the client")
	return nil
}

// The whole program: keys in, a screen out, live changes, and the end.
func TestRun(t *testing.T) {
	c := newMemory()
	room := c.add(bob)
	c.say(room, bob, "first")
	in, keyboard := io.Pipe()
	defer keyboard.Close()
	screen := &terminal{}
	done := make(chan error, 1)
	go func() {
		done <- Run(t.Context(), c, Options{Explain: explain, Location: time.UTC},
			tea.WithInput(in), tea.WithOutput(screen), tea.WithWindowSize(80, 24), tea.WithoutSignals(), tea.WithEnvironment([]string{"TERM=xterm"}))
	}()
	screen.waitFor(t, "Conversations")
	io.WriteString(keyboard, "\r")
	screen.waitFor(t, "bob: first")
	c.say(room, bob, "live")
	c.awaitRun(t)()
	screen.waitFor(t, "bob: live")
	io.WriteString(keyboard, "typed\r")
	screen.waitFor(t, "you: typed")
	io.WriteString(keyboard, "\x03")
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("Run = %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("Ctrl+C doesn't end it")
	}
}

// A client that stops by itself ends the program with its error.
func TestRunEndsWithTheClient(t *testing.T) {
	c := &stopping{memory: newMemory()}
	in, keyboard := io.Pipe()
	defer keyboard.Close()
	err := Run(t.Context(), c, Options{Explain: explain}, tea.WithInput(in), tea.WithOutput(io.Discard), tea.WithoutSignals())
	if !errors.Is(err, errGone) {
		t.Errorf("Run = %v, want %v", err, errGone)
	}
}

// A stopping client's Run returns at once.
type stopping struct{ *memory }

func (*stopping) Run(context.Context, func()) error { return errGone }
