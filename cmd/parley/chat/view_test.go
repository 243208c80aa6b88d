package chat

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"parley/client"
	"parley/identity"
)

var (
	teaFocus tea.Msg = tea.FocusMsg{}
	teaBlur  tea.Msg = tea.BlurMsg{}
)

// Every size gives a screen of exactly that size, in every mode.
func TestSizes(t *testing.T) {
	c := newMemory()
	room := c.add(bob, carol)
	c.say(room, bob, "a line that is long enough to be wrapped at most of the sizes, 日本語テキスト, 👩‍👩‍👧")
	c.say(room, alice, "two\nlines")
	c.find(room).views[0].Reactions["👍"] = []identity.Account{alice, carol}
	modes := map[string]func(*screen){
		"list":    func(*screen) {},
		"compose": func(s *screen) { s.press("enter"); s.write("text 文字 👍"); s.press("alt+enter"); s.write("more") },
		"select":  func(s *screen) { s.press("enter", "up", "up") },
		"reply":   func(s *screen) { s.press("enter", "up"); s.write("r") },
		"prompt":  func(s *screen) { s.press("enter", "up"); s.write("x") },
		"confirm": func(s *screen) { s.press("enter", "up"); s.write("u") },
		"new":     func(s *screen) { s.press("ctrl+n"); s.write("carol"); s.press("enter"); s.write("x") },
		"help":    func(s *screen) { s.press("f1") },
		"status":  func(s *screen) { s.press("enter"); s.m.say(strings.Repeat("trouble ", 20)) },
	}
	for name, enter := range modes {
		t.Run(name, func(t *testing.T) {
			s := start(t, c)
			enter(s)
			for _, method := range []ansi.Method{ansi.WcWidth, ansi.GraphemeWidth} {
				s.m.method = method
				for w := 1; w <= 130; w += 3 {
					for h := 1; h <= 40; h += 2 {
						s.send(windowSize(w, h))
						s.fits()
					}
				}
			}
		})
	}
}

func TestComposerGrows(t *testing.T) {
	c := newMemory()
	c.add(bob)
	s := start(t, c)
	s.press("enter")
	one := len(s.m.foot(55, 23).lines)
	s.write("a")
	s.press("alt+enter")
	s.write("b")
	if got := len(s.m.foot(55, 23).lines); got != one+1 {
		t.Errorf("two lines take %d, want %d", got, one+1)
	}
	for range 20 {
		s.press("alt+enter")
	}
	s.write("end")
	s.shows("end")
	if got := len(s.m.foot(55, 23).lines); got != one+maxComposer-1 {
		t.Errorf("many lines take %d, want %d", got, one+maxComposer-1)
	}
	s.fits()
}

// Text of others can't write to the terminal, reorder or hide what is beside it.
func TestHostileText(t *testing.T) {
	c := newMemory()
	room := c.add(bob)
	hostile := "a\x1b[2Jb\x1b]0;title\x07c\u202egnp\u2066d\u009b31me\x7f\x00f\rg\vh\u200bi\U000e0041j" + "z" + strings.Repeat("\u0301", 500)
	id := c.say(room, bob, hostile)
	_, v := c.view(id)
	v.Reactions["\x1b[31m\u202e"] = []identity.Account{bob}
	c.find(room).room.Problem = ""
	c.mu.Lock()
	c.put(c.find(room), client.Message{Kind: client.KindNotice, Text: "\x1b[1mword", Subject: "\x1b[2m%s"})
	c.mu.Unlock()
	s := start(t, c)
	s.press("enter")
	s.fits()
	got := s.m.View().Content
	for _, style := range []string{styleBold, styleDim, styleReverse, styleEnd} {
		got = strings.ReplaceAll(got, style, "")
	}
	for _, r := range got {
		if r != '\n' && (r < 0x20 || 0x7f <= r && r < 0xa0) || r == '\u202e' || r == '\u2066' || r == '\u200b' || r >= 0xe0000 {
			t.Errorf("the screen holds %U", r)
		}
	}
	if n := strings.Count(got, "\u0301"); n > 2*maxMarks { // in the list and in the messages
		t.Errorf("%d combining marks", n)
	}
}

func TestSanitizeKeepsText(t *testing.T) {
	for _, want := range []string{
		"plain", "two\nlines", "Привет", "日本語", "שלום", "عربي", "👩‍👩‍👧 ❤️ 🏳️‍🌈", "नमस्ते", "e\u0301", "می\u200cخواهم",
	} {
		if got := Sanitize(want); got != want {
			t.Errorf("%q became %q", want, got)
		}
	}
	if got, want := Sanitize("a\tb\r\nc\xff"), "a    b\nc\ufffd"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := SanitizeLine("a\u2028b\nc"), "a b c"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWrap(t *testing.T) {
	tests := []struct {
		text  string
		width int
		want  []string
	}{
		{"", 10, []string{""}},
		{"fits", 10, []string{"fits"}},
		{"one two three", 8, []string{"one two", "three"}},
		{"exactly8 more", 8, []string{"exactly8", "more"}},
		{"unbreakable", 4, []string{"unbr", "eaka", "ble"}},
		{"日本語日本", 5, []string{"日本", "語日", "本"}},
		{"a\nb", 10, []string{"a", "b"}},
	}
	for _, test := range tests {
		got := wrap(ansi.GraphemeWidth, test.text, test.width)
		if strings.Join(got, "|") != strings.Join(test.want, "|") {
			t.Errorf("%q at %d: got %q, want %q", test.text, test.width, got, test.want)
		}
	}
}

// A long text takes as long as it is: the square of that would be hours here.
func TestWrapLong(t *testing.T) {
	const width = 64
	for name, text := range map[string]string{"one word": strings.Repeat("x", 4<<20), "words": strings.Repeat("word of a text. ", 1<<18)} {
		if got, want := len(wrap(ansi.GraphemeWidth, text, width)), len(text)/width; got < want || got > want+want/4 {
			t.Errorf("%s: %d lines, want about %d", name, got, want)
		}
	}
}

func TestComposerKeys(t *testing.T) {
	tests := []struct {
		name string
		do   []string
		want string // with | at the cursor
	}{
		{"insert in the middle", []string{"abc", "<left>", "X"}, "abX|c"},
		{"backspace takes a whole emoji", []string{"a👩‍👩‍👧", "<backspace>"}, "a|"},
		{"left over an emoji", []string{"a👩‍👩‍👧b", "<left>", "<left>"}, "a|👩‍👩‍👧b"},
		{"home and end stay on the line", []string{"ab\ncd", "<home>", "X"}, "ab\nX|cd"},
		{"delete", []string{"abc", "<home>", "<delete>"}, "|bc"},
		{"kill to the start", []string{"ab\ncd", "<ctrl+u>"}, "ab\n|"},
		{"kill a word", []string{"one two ", "<ctrl+w>"}, "one |"},
	}
	for _, test := range tests {
		var c composer
		for _, step := range test.do {
			if key, ok := strings.CutPrefix(step, "<"); ok {
				c.press(keys[strings.TrimSuffix(key, ">")])
			} else {
				c.insert(step)
			}
		}
		if got := c.text[:c.pos] + "|" + c.text[c.pos:]; got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestComposerBound(t *testing.T) {
	var c composer
	if !c.insert(strings.Repeat("x", client.MaxText)) || c.insert("y") || len(c.text) != client.MaxText {
		t.Errorf("holds %d bytes, want the limit %d", len(c.text), client.MaxText)
	}
}

func TestVerticalMoves(t *testing.T) {
	c := composer{}
	c.set("abcdefgh")
	if !c.up(ansi.GraphemeWidth, 4) || c.pos != 4 {
		t.Errorf("up: at %d, want 4", c.pos)
	}
	if !c.up(ansi.GraphemeWidth, 4) || c.pos != 0 {
		t.Errorf("up again: at %d, want 0", c.pos)
	}
	if c.up(ansi.GraphemeWidth, 4) {
		t.Error("moved above the first line")
	}
	if !c.down(ansi.GraphemeWidth, 4) || c.pos != 4 {
		t.Errorf("down: at %d, want 4", c.pos)
	}
}

// What doesn't fit is refused whole and said, until something is typed that does.
func TestTooLong(t *testing.T) {
	c := newMemory()
	c.add(bob)
	s := start(t, c)
	s.press("enter")
	s.send(tea.PasteMsg{Content: strings.Repeat("x", client.MaxText+1)})
	s.shows("! That is too long")
	if got := s.m.draft().text; got != "" {
		t.Errorf("%d bytes of it are there, want none", len(got))
	}
	s.write("short")
	s.hides("too long")
	s.send(tea.PasteMsg{Content: strings.Repeat("x", client.MaxText)})
	s.shows("! That is too long")
	s.send(tea.PasteMsg{Content: " enough"})
	s.shows("> short enough")
	s.hides("too long")
}
