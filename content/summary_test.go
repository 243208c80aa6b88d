package content_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	. "parley/content"
)

func TestCompose(t *testing.T) {
	to, first := id(t, originalID), id(t, replyID)
	react, err := NewReaction(ext, to, "👍🏽")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		m    *Message
		want Summary
	}{
		{"text", NewText(ext, "*hi* <b>"), Summary{Kind: KindText, Text: "*hi* <b>", Markdown: true}},
		{"plain", NewPlain(ext, "hi"), Summary{Kind: KindText, Text: "hi"}},
		{"reply", NewReply(ext, to, "hi"), Summary{Kind: KindText, Text: "hi", Markdown: true, InReplyTo: to}},
		{"edit", NewEdit(ext, first, to, "v2"), Summary{Kind: KindEdit, Text: "v2", Markdown: true, Replaces: first, InReplyTo: to}},
		{"unsend", NewUnsend(ext, first, MessageID{}), Summary{Kind: KindUnsend, Replaces: first}},
		{"reaction", react, Summary{Kind: KindReaction, Text: "👍🏽", InReplyTo: to}},
		{"unreact", NewUnreact(ext, first, to), Summary{Kind: KindUnsend, Replaces: first, InReplyTo: to}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, _, err := Decode(encode(t, test.m))
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Summary(); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// Two messages that say the same have salts, and so ids, of their own:
// draft-ietf-mimi-content-08, Section 9.2.
func TestFreshSalt(t *testing.T) {
	_, a, _ := NewText(ext, "hi").Encode()
	_, b, _ := NewText(ext, "hi").Encode()
	if a == b || a.IsZero() {
		t.Errorf("ids %v and %v, want two", a, b)
	}
}

// A value beyond draft-ietf-mimi-content-08, Section 8.2.2 counts as render. How
// parts come together: draft-ietf-mimi-content-08, Section 4.4.
func TestSummaryOfParts(t *testing.T) {
	md := single(DispositionRender, "", TypeMarkdown, "*a*")
	plain := single(DispositionRender, "", "text/plain", "b")
	png := single(DispositionInline, "", "image/png", "\x89")
	video := NestedPart{Disposition: DispositionAttachment, Body: ExternalPart{ContentType: "video/mp4", Filename: "f.mp4"}}
	tests := []struct {
		name string
		part NestedPart
		want Summary
	}{
		{"upper case type", single(0, "", "Text/Plain; charset=UTF-8", "b"), Summary{Kind: KindText, Text: "b"}},
		{"unknown disposition", single(200, "", "text/plain", "b"), Summary{Kind: KindText, Text: "b"}},
		{"unknown type", png, Summary{Kind: KindUnknown, Text: "[image/png]"}},
		{"no type", single(0, "", "", "x"), Summary{Kind: KindUnknown, Text: "[]"}},
		{"other charset", single(0, "", "text/plain;charset=utf-16", "b"), Summary{Kind: KindUnknown, Text: "[text/plain;charset=utf-16]"}},
		{"text that is not UTF-8", single(0, "", "text/plain", "\xff"), Summary{Kind: KindUnknown, Text: "[text/plain]"}},
		{"external", video, Summary{Kind: KindUnknown, Text: "[f.mp4]"}},
		{"nameless external", NestedPart{Body: ExternalPart{}}, Summary{Kind: KindUnknown, Text: "[attachment]"}},
		{"choose what is known", multi(0, ChooseOne, png, md, plain), Summary{Kind: KindText, Text: "*a*", Markdown: true}},
		{"choose from unknown", multi(0, ChooseOne, png, video), Summary{Kind: KindUnknown, Text: "[image/png]"}},
		{"process all", multi(0, ProcessAll, md, png, plain), Summary{Kind: KindText, Text: "*a*\n[image/png]\nb"}},
		{"single unit", multi(0, SingleUnit, md, md), Summary{Kind: KindText, Text: "*a*\n*a*", Markdown: true}},
		{"broken unit", multi(0, SingleUnit, md, png), Summary{Kind: KindUnknown, Text: "[image/png]"}},
		{"nothing", NestedPart{Body: NullPart{}}, Summary{Kind: KindUnknown, Text: "[empty message]"}},
		{"reaction to nothing", single(DispositionReaction, "", TypePlain, "👍"), Summary{Kind: KindUnknown, Text: "[reaction] 👍"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := NewText(ext, "")
			m.Part = test.part
			if got := m.Summary(); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// A long or hostile name stays a short line of valid UTF-8.
func TestDescribe(t *testing.T) {
	m := NewText(ext, "")
	m.Part = single(0, "", strings.Repeat("é", 5000), "")
	got := m.Summary().Text
	if n := utf8.RuneCountInString(got); n > 210 || !utf8.ValidString(got) {
		t.Errorf("a description of %d characters, valid = %v", n, utf8.ValidString(got))
	}
}

// One emoji, as draft-ietf-mimi-content-08, Section 5.3 asks.
func TestReactionIsOneEmoji(t *testing.T) {
	for _, s := range []string{
		"❤", "❤️", "👍", "👍🏽", "👨‍👩‍👧‍👦", "👩🏽‍⚕️", "🏳️‍🌈", "🇫🇷", "3️⃣", "#⃣", "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "🥳", "⭐", "©️", "‼️", "♻", "🫨",
	} {
		if !IsEmoji(s) {
			t.Errorf("%q is refused", s)
		}
	}
	for _, s := range []string{
		"", "a", "1", "ok", "👍👍", "❤ ", " ❤", "❤🥳", "🇫", "🇫🇷🇩🇪", "\u200d", "👍\u200d", "\ufe0f", "3", "33️⃣", "<b>", "\n", "\x1b[31m", "\xff", "\u202e",
		strings.Repeat("👍\u200d", 20) + "👍",
	} {
		if IsEmoji(s) {
			t.Errorf("%q passes for one emoji", s)
		}
		if _, err := NewReaction(ext, id(t, originalID), s); !errors.Is(err, ErrReaction) {
			t.Errorf("NewReaction(%q): %v, want ErrReaction", s, err)
		}
	}
}

func TestMessageIDText(t *testing.T) {
	want := id(t, originalID)
	text, err := want.MarshalText()
	if err != nil || len(text) != 43 || text[0] != 'A' {
		t.Fatalf("MarshalText = %q, %v", text, err)
	}
	var got MessageID
	if err := got.UnmarshalText(text); err != nil || got != want {
		t.Errorf("UnmarshalText(%s) = %v, %v", text, got, err)
	}
	if err := got.UnmarshalText(nil); err != nil || !got.IsZero() {
		t.Errorf("UnmarshalText of nothing = %v, %v; want the zero id", got, err)
	}
	s := string(text)
	for _, bad := range []string{"", s[:42], s + "A", "B" + s[1:], s[:42] + "=", s + "\n", s[:9] + "\r\n" + s[9:], strings.Replace(s, s[5:6], "*", 1)} {
		if _, err := ParseMessageID(bad); !errors.Is(err, ErrMessageID) {
			t.Errorf("ParseMessageID(%q): %v, want ErrMessageID", bad, err)
		}
	}
}
