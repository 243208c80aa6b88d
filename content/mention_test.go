package content

import (
	"errors"
	"strings"
	"testing"

	"parley/identity"
)

const (
	mentionAlice = identity.Account("mimi://example.com/u/alice")
	mentionBob   = identity.Account("mimi://example.com/u/bob_2")
)

// only names alice and bob, by what the link shows.
func only(a identity.Account, label string) string {
	if a != mentionAlice && a != mentionBob {
		return ""
	}
	return label
}

// A mention is a link to the account's URI (draft-ietf-mimi-content-08, Section 5.4).
func TestMentionsComeBack(t *testing.T) {
	for _, text := range []string{
		"@alice and @bob", "@alice@bob", "so @al[i]ce, **@b_o`b**", "é @alicé 👍 @b*ob*", "```\n@alice\n``` @bob",
	} {
		var spans []Mention
		for _, who := range []struct {
			account identity.Account
			begin   string
		}{{mentionAlice, "@al"}, {mentionBob, "@b"}} {
			at := strings.LastIndex(text, who.begin)
			end := at + strings.IndexAny(text[at+1:]+" ", " @,*\n") + 1
			spans = append(spans, Mention{who.account, at, end})
		}
		if strings.HasPrefix(text, "```") {
			spans = spans[1:]
		}
		wire, err := EncodeMentions(text, spans)
		if err != nil {
			t.Fatalf("EncodeMentions(%q, %v): %v", text, spans, err)
		}
		got, where := DecodeMentions(wire, only)
		if got != text {
			t.Errorf("%q came back as %q through %q", text, got, wire)
		}
		if len(where) != len(spans) {
			t.Fatalf("%q: mentions %v; want %v", text, where, spans)
		}
		for i := range where {
			if where[i] != spans[i] {
				t.Errorf("%q: mention %v; want %v", text, where[i], spans[i])
			}
		}
	}
}

func TestMentionsOutOfRange(t *testing.T) {
	text := "hé @alice"
	for _, spans := range [][]Mention{
		{{mentionAlice, -1, 2}},
		{{mentionAlice, 4, 11}},
		{{mentionAlice, 4, 4}},
		{{mentionAlice, 6, 4}},
		{{mentionAlice, 2, 5}},
		{{mentionAlice, 0, 2}},
		{{"mimi://example.com/r/x", 4, 10}},
		{{"", 4, 10}},
		{{mentionAlice, 4, 8}, {mentionBob, 6, 10}},
		{{mentionAlice, 6, 8}, {mentionBob, 0, 2}},
		make([]Mention, MaxMentions+1),
	} {
		if _, err := EncodeMentions(text, spans); !errors.Is(err, ErrMention) {
			t.Errorf("EncodeMentions(%q, %v): %v; want ErrMention", text, spans, err)
		}
	}
}

// What a link shows is its author's word (draft-ietf-mimi-content-08, Section 9.6).
func TestMentionsOfOthersStayLinks(t *testing.T) {
	named := func(a identity.Account, label string) string {
		if a != mentionAlice {
			return ""
		}
		return "@alice"
	}
	for text, want := range map[string]string{
		"[@bob](mimi://example.com/u/alice)":          "@alice",
		"<mimi://example.com/u/alice>!":               "@alice!",
		"[@carol](mimi://example.com/u/carol)":        "[@carol](mimi://example.com/u/carol)",
		"`[@alice](mimi://example.com/u/alice)`":      "`[@alice](mimi://example.com/u/alice)`",
		"\\[@alice](mimi://example.com/u/alice)":      "\\[@alice](mimi://example.com/u/alice)",
		"![@alice](mimi://example.com/u/alice)":       "![@alice](mimi://example.com/u/alice)",
		"[@alice](mimi://example.com/u/alice":         "[@alice](mimi://example.com/u/alice",
		"[@alice](mimi://example.com/u/alice?x)":      "[@alice](mimi://example.com/u/alice?x)",
		"[a](https://example.com) <https://mimi://x>": "[a](https://example.com) <https://mimi://x>",
		"[": "[", "`": "`", "\\": "\\", "mimi://[": "mimi://[", "mimi://\\": "mimi://\\", "mimi:// [\\": "mimi:// [\\",
	} {
		if got, _ := DecodeMentions(text, named); got != want {
			t.Errorf("DecodeMentions(%q) = %q; want %q", text, got, want)
		}
	}
}

func TestMentionsAreBounded(t *testing.T) {
	one := "[@alice](mimi://example.com/u/alice)"
	_, got := DecodeMentions(strings.Repeat(one, 2*MaxMentions), only)
	if len(got) != MaxMentions {
		t.Errorf("%d mentions; want %d", len(got), MaxMentions)
	}
}

func FuzzDecodeMentions(f *testing.F) {
	f.Add("[@alice](mimi://example.com/u/alice) `x` <mimi://example.com/u/bob_2>")
	f.Fuzz(func(t *testing.T, text string) {
		got, spans := DecodeMentions(text, only)
		for _, m := range spans {
			if m.Start < 0 || m.End < m.Start || m.End > len(got) {
				t.Errorf("%q: %v is out of %q", text, m, got)
			}
		}
		Plain(text, 200)
	})
}

func TestPlain(t *testing.T) {
	for text, want := range map[string]string{
		"**bold** and *it* and __b__ _i_ ~~gone~~":   "bold and it and b i gone",
		"2 * 3 * 4 = 24, snake_case_name, a*b":       "2 * 3 * 4 = 24, snake_case_name, a*b",
		"# Title\n> quoted\n\nline":                  "Title quoted line",
		"```go\nx := 1\n```":                         "x := 1",
		"`code *x*` and [link](https://example.com)": "code *x* and link",
		"![alt](https://example.com/x.png)":          "alt",
		"<https://example.com> a < b > c":            "https://example.com a < b > c",
		"\\*not\\* a\tb\r\nc\x1b[1m":                 "*not* a b c [1m",
		"lone ` tick":                                "lone ` tick",
		"[@bob](mimi://example.com/u/bob) hi":        "@bob hi",
		"":                                           "",
	} {
		if got := Plain(text, 200); got != want {
			t.Errorf("Plain(%q) = %q; want %q", text, got, want)
		}
	}
	if got := Plain(strings.Repeat("é", 300), 200); len([]rune(got)) != 200 || !strings.HasSuffix(got, "…") {
		t.Errorf("Plain of 300 runes has %d, %q", len([]rune(got)), got)
	}
}

func TestForwardedIsTrueOrMissing(t *testing.T) {
	m := NewText(Extensions{Sender: mentionAlice, Room: "mimi://example.com/r/x", Forwarded: true}, "text")
	data, _, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := Decode(data)
	if err != nil || !got.Extensions.Forwarded {
		t.Errorf("Decode = %+v, %v; want it forwarded", got, err)
	}
	lie := []byte(strings.Replace(string(data), "parley.forwarded\xf5", "parley.forwarded\xf4", 1))
	if _, _, err := Decode(lie); !errors.Is(err, ErrMalformed) {
		t.Errorf("Decode of forwarded: false: %v; want ErrMalformed", err)
	}
}
