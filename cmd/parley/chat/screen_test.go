package chat

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// A screen is a model that is driven as the program would, with its commands run
// one after the other.
type screen struct {
	t    *testing.T
	m    *model
	c    *memory
	quit bool
}

func windowSize(w, h int) tea.Msg { return tea.WindowSizeMsg{Width: w, Height: h} }

// send gives msg to the model and runs what it asks for until nothing is left.
func (s *screen) send(msg tea.Msg) {
	s.t.Helper()
	_, cmd := s.m.Update(msg)
	s.do(cmd)
}

func (s *screen) do(cmd tea.Cmd) {
	s.t.Helper()
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.QuitMsg:
		s.quit = true
	case tea.BatchMsg:
		for _, c := range msg {
			s.do(c)
		}
	default:
		s.send(msg)
	}
}

// keys are the names of keys that are no text.
var keys = map[string]tea.KeyPressMsg{
	"enter":      {Code: tea.KeyEnter},
	"alt+enter":  {Code: tea.KeyEnter, Mod: tea.ModAlt},
	"esc":        {Code: tea.KeyEscape},
	"tab":        {Code: tea.KeyTab},
	"up":         {Code: tea.KeyUp},
	"down":       {Code: tea.KeyDown},
	"alt+up":     {Code: tea.KeyUp, Mod: tea.ModAlt},
	"alt+down":   {Code: tea.KeyDown, Mod: tea.ModAlt},
	"left":       {Code: tea.KeyLeft},
	"right":      {Code: tea.KeyRight},
	"home":       {Code: tea.KeyHome},
	"end":        {Code: tea.KeyEnd},
	"pgup":       {Code: tea.KeyPgUp},
	"pgdown":     {Code: tea.KeyPgDown},
	"backspace":  {Code: tea.KeyBackspace},
	"delete":     {Code: tea.KeyDelete},
	"f1":         {Code: tea.KeyF1},
	"ctrl+c":     {Code: 'c', Mod: tea.ModCtrl},
	"ctrl+n":     {Code: 'n', Mod: tea.ModCtrl},
	"ctrl+o":     {Code: 'o', Mod: tea.ModCtrl},
	"ctrl+r":     {Code: 'r', Mod: tea.ModCtrl},
	"ctrl+p":     {Code: 'p', Mod: tea.ModCtrl},
	"ctrl+u":     {Code: 'u', Mod: tea.ModCtrl},
	"ctrl+w":     {Code: 'w', Mod: tea.ModCtrl},
	"shift+home": {Code: tea.KeyHome, Mod: tea.ModShift},
}

// press presses keys by name.
func (s *screen) press(names ...string) {
	s.t.Helper()
	for _, n := range names {
		key, ok := keys[n]
		if !ok {
			s.t.Fatalf("no key %q", n)
		}
		s.send(key)
	}
}

// write types text.
func (s *screen) write(text string) {
	s.t.Helper()
	for rest := text; rest != ""; {
		g := firstCluster(rest)
		s.send(tea.KeyPressMsg{Code: []rune(g)[0], Text: g})
		rest = rest[len(g):]
	}
}

// text returns what is on the screen, without styles.
func (s *screen) text() string { return ansi.Strip(s.m.View().Content) }

func (s *screen) shows(want ...string) {
	s.t.Helper()
	for _, w := range want {
		if got := s.text(); !strings.Contains(got, w) {
			s.t.Fatalf("the screen doesn't show %q:\n%s", w, got)
		}
	}
}

func (s *screen) hides(not ...string) {
	s.t.Helper()
	for _, w := range not {
		if got := s.text(); strings.Contains(got, w) {
			s.t.Fatalf("the screen shows %q:\n%s", w, got)
		}
	}
}

// fits checks that the screen has exactly its size and that the cursor is on it.
func (s *screen) fits() {
	s.t.Helper()
	v := s.m.View()
	lines := strings.Split(v.Content, "\n")
	if s.m.width < minWidth || s.m.height < minHeight {
		return
	}
	if len(lines) != s.m.height {
		s.t.Fatalf("%dx%d: %d lines", s.m.width, s.m.height, len(lines))
	}
	for i, l := range lines {
		if got := s.m.method.StringWidth(l); got != s.m.width {
			s.t.Fatalf("%dx%d: line %d has %d cells: %q", s.m.width, s.m.height, i, got, l)
		}
	}
	if c := v.Cursor; c != nil && (c.X < 0 || c.X >= s.m.width || c.Y < 0 || c.Y >= s.m.height) {
		s.t.Fatalf("%dx%d: cursor at %d,%d", s.m.width, s.m.height, c.X, c.Y)
	}
}
