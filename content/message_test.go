package content_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	. "parley/content"
	"parley/identity"
	"parley/internal/cbor"
)

var ext = Extensions{Sender: alice, Room: room}

func encode(t testing.TB, m *Message) []byte {
	t.Helper()
	data, _, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// head is the start of a message up to its extensions, in hex; tail a text.
const (
	head = "87" + "50" + "000102030405060708090a0b0c0d0e0f" + "f6" + "40" + "f6" + "f6"
	exts = "a2" + "01" + "6161" + "02" + "6162"
	tail = "85" + "01" + "60" + "01" + "6a746578742f706c61696e" + "426869"
)

// The fields stand in the order of draft-ietf-mimi-content-08, Section 4.1.
func TestDecodeByHand(t *testing.T) {
	m, _, err := Decode(unhex(t, head+exts+tail))
	if err != nil {
		t.Fatal(err)
	}
	want := &Message{
		Salt:       [SaltSize]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
		TopicID:    []byte{},
		Extensions: Extensions{Sender: "a", Room: "b"},
		Part:       single(DispositionRender, "", "text/plain", "hi"),
	}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("got %+v, want %+v", m, want)
	}
}

// What is not the one deterministic encoding (RFC 8949, Section 4.2.1;
// draft-ietf-mimi-content-08, Section 6.1) is refused, and so is a key or a value
// that draft-ietf-mimi-content-08, Section 6.2 forbids.
func TestDecodeRefuses(t *testing.T) {
	id := strings.Repeat("00", 31)
	salt := "50000102030405060708090a0b0c0d0e0f"
	rest := func(extensions string) string { return head + extensions + tail }
	tests := map[string]string{
		"empty":                     "",
		"not an array":              "a0",
		"six fields":                "86" + salt + "f640f6f6" + exts,
		"eight fields":              "88" + salt + "f640f6f6" + exts + tail + "00",
		"trailing byte":             head + exts + tail + "00",
		"truncated":                 head + exts + tail[:len(tail)-2],
		"tagged":                    "d9d9f7" + head + exts + tail,
		"indefinite message":        "9f" + head[2:] + exts + tail + "ff",
		"indefinite content":        head + exts + strings.Replace(tail, "426869", "5f426869ff", 1),
		"long salt":                 "8751000102030405060708090a0b0c0d0e0f10f640f6f6" + exts + tail,
		"short salt":                "874f000102030405060708090a0b0c0d0ef640f6f6" + exts + tail,
		"null salt":                 "87f6f640f6f6" + exts + tail,
		"null topic":                "87" + salt + "f6f6f6f6" + exts + tail,
		"short id":                  "87" + salt + "581f01" + id[:60] + "40f6f6" + exts + tail,
		"unknown hash in replaces":  "87" + salt + "582002" + id + "40f6f6" + exts + tail,
		"unknown hash in inReplyTo": "87" + salt + "f640f6" + "582000" + id + exts + tail,
		"expiration beyond 32 bits": "87" + salt + "f64082f41b0000000100000000f6" + exts + tail,
		"expiration in long form":   "87" + salt + "f64082f41807f6" + exts + tail,
		"text in long form":         rest("a2" + "01" + "780161" + "02" + "6162"),
		"integer in long form":      head + exts + "85" + "1801" + tail[4:],
		"disposition beyond 255":    head + exts + "85" + "190100" + tail[4:],
		"invalid UTF-8":             head + exts + "85" + "01" + "61ff" + tail[6:],
		"content is text":           head + exts + strings.Replace(tail, "426869", "626869", 1),
		"content is integers":       head + exts + strings.Replace(tail, "426869", "820102", 1),
		"no extensions":             rest("a0"),
		"null extensions":           rest("f6"),
		"no sender":                 rest("a1" + "02" + "6162"),
		"no room":                   rest("a1" + "01" + "6161"),
		"empty sender":              rest("a2" + "01" + "60" + "02" + "6162"),
		"sender is bytes":           rest("a2" + "01" + "4161" + "02" + "6162"),
		"unsorted keys":             rest("a2" + "02" + "6162" + "01" + "6161"),
		"duplicate key":             rest("a3" + "01" + "6161" + "02" + "6162" + "02" + "6162"),
		"duplicate unknown key":     rest("a4" + "01" + "6161" + "02" + "6162" + "03" + "00" + "03" + "00"),
		"key 0":                     rest("a3" + "00" + "00" + "01" + "6161" + "02" + "6162"),
		"byte string key":           rest("a3" + "01" + "6161" + "02" + "6162" + "4101" + "00"),
		"empty text key":            rest("a3" + "01" + "6161" + "02" + "6162" + "60" + "00"),
		"key of 256 bytes":          rest("a3" + "01" + "6161" + "02" + "6162" + "790100" + strings.Repeat("61", 256) + "00"),
		"key beyond 2^53":           rest("a3" + "01" + "6161" + "02" + "6162" + "1b0020000000000000" + "00"),
		"key below -2^53":           rest("a3" + "01" + "6161" + "02" + "6162" + "3b001fffffffffffff" + "00"),
		"float key":                 rest("a3" + "01" + "6161" + "02" + "6162" + "f93c00" + "00"),
		"inner long form":           rest("a3" + "01" + "6161" + "02" + "6162" + "03" + "811801"),
		"inner unsorted map":        rest("a3" + "01" + "6161" + "02" + "6162" + "03" + "a202000100"),
		"inner duplicate key":       rest("a3" + "01" + "6161" + "02" + "6162" + "03" + "a201000100"),
		"inner boolean key":         rest("a3" + "01" + "6161" + "02" + "6162" + "03" + "a1f500"),
		"inner NaN with payload":    rest("a3" + "01" + "6161" + "02" + "6162" + "03" + "f97e01"),
		"last seen without an id":   rest("a3" + "01" + "6161" + "02" + "6162" + "6b7061726c65792e7365656e" + "8201f6"),
		"no part":                   head + exts + "f6",
		"part of four":              head + exts + "8401600140",
		"null part of one kind":     head + exts + "83016001",
		"single part as null":       head + exts + "85016000" + tail[8:],
		"unknown cardinality":       head + exts + "85016004" + "0080",
		"multi of one":              head + exts + "8501600300" + "81" + "83016000",
		"unknown semantics":         head + exts + "8501600303" + "82" + "83016000" + "83016000",
		"external of 14":            head + exts + "8e0160026060" + "000000" + "404040" + "00" + "40" + "60",
	}
	for name, in := range tests {
		if m, _, err := Decode(unhex(t, in)); !errors.Is(err, ErrMalformed) || m != nil {
			t.Errorf("%s: got %+v, %v; want ErrMalformed", name, m, err)
		}
	}
	// The same pieces, put together right, pass: the cases fail for their own reason.
	for name, in := range map[string]string{
		"external":       head + exts + "8f0160026060" + "000000" + "404040" + "00" + "40" + "6060",
		"multi of two":   head + exts + "8501600302" + "82" + "83016000" + "83016000",
		"other keys":     rest("a5" + "01" + "6161" + "02" + "6162" + "03" + "f97e00" + "20" + "a20100" + "6161" + "00" + "6161" + "f6"),
		"last key":       rest("a3" + "01" + "6161" + "02" + "6162" + "1b001fffffffffffff" + "00"),
		"with last seen": rest("a3" + "01" + "6161" + "02" + "6162" + "6b7061726c65792e7365656e" + "8201" + "582001" + id),
	} {
		m, _, err := Decode(unhex(t, in))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := hex.EncodeToString(encode(t, m)); got != in {
			t.Errorf("%s: encodes again to %s, want %s", name, got, in)
		}
	}
}

// tower returns a part of depth levels.
func tower(depth int) NestedPart {
	leaf := single(DispositionRender, "", TypePlain, "x")
	for range depth - 1 {
		leaf = multi(DispositionRender, ProcessAll, leaf, NestedPart{Body: NullPart{}})
	}
	return leaf
}

// wide returns a part that counts n, itself among them.
func wide(n int) NestedPart {
	parts := make([]NestedPart, n-1)
	for i := range parts {
		parts[i].Body = NullPart{}
	}
	return multi(DispositionRender, ProcessAll, parts...)
}

func array(depth int) cbor.RawMessage {
	return append(bytes.Repeat([]byte{0x81}, depth), 0)
}

// Each limit of draft-ietf-mimi-content-08, Section 6.3 and
// draft-ietf-mimi-content-08, Section 9.1 holds, and what just reaches it passes.
func TestLimits(t *testing.T) {
	text := func(n int) *Message { return NewPlain(ext, strings.Repeat("x", n)) }
	room := MaxSize - len(encode(t, text(60<<10))) + 60<<10
	with := func(change func(*Message)) *Message {
		m := text(1)
		change(m)
		return m
	}
	tests := []struct {
		name string
		at   func(n int) *Message
		max  int
	}{
		{"size", text, room},
		{"depth", func(n int) *Message { return with(func(m *Message) { m.Part = tower(n) }) }, MaxDepth},
		{"parts", func(n int) *Message { return with(func(m *Message) { m.Part = wide(n) }) }, MaxParts},
		{"topic", func(n int) *Message { return with(func(m *Message) { m.TopicID = make([]byte, n) }) }, MaxTopic},
		{"sender", func(n int) *Message {
			return with(func(m *Message) { m.Extensions.Sender = identity.Account(strings.Repeat("x", n)) })
		}, MaxURI},
		{"extension depth", func(n int) *Message {
			return with(func(m *Message) { m.Extensions.Other = map[any]cbor.RawMessage{"x": array(n)} })
		}, 3},
		{"views", func(n int) *Message {
			return with(func(m *Message) {
				for range n {
					m.Extensions.Lists = append(m.Extensions.Lists, ListView{Account: alice, Version: 1})
				}
			})
		}, MaxViews},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			data := encode(t, test.at(test.max))
			if _, _, err := Decode(data); err != nil {
				t.Errorf("at the limit: %v", err)
			}
			if _, _, err := test.at(test.max + 1).Encode(); !errors.Is(err, ErrLimit) {
				t.Errorf("Encode beyond the limit: %v, want ErrLimit", err)
			}
		})
	}
}

// What Encode refuses to write, Decode refuses to read.
func TestDecodeLimits(t *testing.T) {
	// Levels or parts by hand, since Encode won't write them.
	deep := "83016000"
	for range MaxDepth {
		deep = "8501600302" + "82" + deep + "83016000"
	}
	many := "8501600302" + "990400" + strings.Repeat("83016000", 1024)
	// 32 times 32 parts: no one array is too long.
	row := "8501600302" + "9820" + strings.Repeat("83016000", 32)
	rows := "8501600302" + "9820" + strings.Repeat(row, 32)
	for name, in := range map[string]string{
		"depth":           head + exts + deep,
		"parts":           head + exts + many,
		"parts in all":    head + exts + rows,
		"size":            head + exts + "85" + "016001" + "60" + "5a00010000" + strings.Repeat("00", MaxSize),
		"topic":           "8750000102030405060708090a0b0c0d0e0f" + "f6" + "591001" + strings.Repeat("00", 4097) + "f6f6" + exts + tail,
		"extension depth": head + "a3" + exts[2:] + "03" + "8181818100" + tail,
	} {
		if _, _, err := Decode(unhex(t, in)); !errors.Is(err, ErrLimit) {
			t.Errorf("%s: %v, want ErrLimit", name, err)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	bad := "\xff"
	for name, change := range map[string]func(*Message){
		"no body":            func(m *Message) { m.Part.Body = nil },
		"no sender":          func(m *Message) { m.Extensions.Sender = "" },
		"language":           func(m *Message) { m.Part.Language = bad },
		"content type":       func(m *Message) { m.Part.Body = SinglePart{ContentType: bad} },
		"url":                func(m *Message) { m.Part.Body = ExternalPart{URL: bad} },
		"one part":           func(m *Message) { m.Part = multi(0, ChooseOne, m.Part) },
		"semantics":          func(m *Message) { m.Part = multi(0, 3, m.Part, m.Part) },
		"known key":          func(m *Message) { m.Extensions.Other = map[any]cbor.RawMessage{uint64(1): {0x60}} },
		"key of type int":    func(m *Message) { m.Extensions.Other = map[any]cbor.RawMessage{7: {0}} },
		"value not CBOR":     func(m *Message) { m.Extensions.Other = map[any]cbor.RawMessage{"x": {0x61}} },
		"last seen, no id":   func(m *Message) { m.Extensions.LastSeen.Seq = 4 },
		"view without a ver": func(m *Message) { m.Extensions.Lists = []ListView{{Account: alice}} },
	} {
		m := NewPlain(ext, "x")
		change(m)
		if _, _, err := m.Encode(); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
	}
}

// Extensions as in draft-ietf-mimi-content-08, Section 4.3.
func TestExtensionsRoundTrip(t *testing.T) {
	want := Extensions{
		Sender: alice, Room: room,
		LastSeen: LastSeen{Seq: 9, ID: id(t, originalID)},
		Lists:    []ListView{{Account: alice, Version: 3, Hash: [32]byte{1, 2}}, {Account: bob, Version: 1}},
		Other: map[any]cbor.RawMessage{
			uint64(300): unhex(t, "a1016161"), int64(-7): unhex(t, "f5"), "example.com/x": unhex(t, "820102"),
		},
	}
	m, _, err := Decode(encode(t, NewText(want, "hi")))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(m.Extensions, want) {
		t.Errorf("got %+v, want %+v", m.Extensions, want)
	}
}

func TestDecodeCopies(t *testing.T) {
	data := encode(t, NewPlain(ext, "hello"))
	m, _, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	clear(data)
	if got := m.Summary().Text; got != "hello" {
		t.Errorf("text = %q: the message kept the caller's slice", got)
	}
}

func TestCheck(t *testing.T) {
	m := NewText(Extensions{Sender: alice, Room: room}, "hi")
	if err := m.Check(alice, room); err != nil {
		t.Errorf("own sender and room: %v", err)
	}
	if err := m.Check(bob, room); !errors.Is(err, ErrSender) {
		t.Errorf("other sender: %v, want ErrSender", err)
	}
	if err := m.Check(alice, room+"2"); !errors.Is(err, ErrRoom) {
		t.Errorf("other room: %v, want ErrRoom", err)
	}
}

// Only the author replaces: draft-ietf-mimi-content-08, Section 9.3.
func TestMayReplace(t *testing.T) {
	edit := NewEdit(Extensions{Sender: alice, Room: room}, id(t, originalID), MessageID{}, "v2")
	if !edit.MayReplace(alice) {
		t.Error("the author may not edit")
	}
	if edit.MayReplace(bob) {
		t.Error("another account may edit")
	}
	if NewText(edit.Extensions, "x").MayReplace(alice) {
		t.Error("a message that replaces nothing may replace")
	}
}

func FuzzDecode(f *testing.F) {
	for _, e := range examples(f) {
		f.Add(encode(f, e.message(f)))
	}
	f.Add(encode(f, NewText(Extensions{
		Sender: alice, Room: room, LastSeen: LastSeen{1, id(f, originalID)}, Lists: []ListView{{Account: bob, Version: 2}},
		Other: map[any]cbor.RawMessage{int64(-1): unhex(f, "82a1016161f97e00")},
	}, "hi")))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, id, err := Decode(data)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrLimit) {
				t.Fatalf("strange error %v", err)
			}
			return
		}
		again, againID, err := m.Encode()
		if err != nil || !bytes.Equal(again, data) || againID != id {
			t.Fatalf("Encode = %x, %v, want %x", again, err, data)
		}
		if s := m.Summary(); s.Kind == "" || s.Kind == KindUnknown && s.Text == "" {
			t.Fatalf("summary = %+v", s)
		}
	})
}

func BenchmarkEncode1KiB(b *testing.B) {
	m := NewText(Extensions{Sender: alice, Room: room}, strings.Repeat("x", 1<<10))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := m.Encode(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode1KiB(b *testing.B) {
	data := encode(b, NewText(Extensions{Sender: alice, Room: room}, strings.Repeat("x", 1<<10)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}
