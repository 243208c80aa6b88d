package main

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"testing/fstest"

	"parley/client"
	"parley/cmd/parley/internal/warn"
	"parley/identity"
	"parley/safety"
)

// Texts of others have warnings, own ones and what is no text none; nothing has where they aren't wanted.
func TestWarningsOf(t *testing.T) {
	const alice, bob = identity.Account("mimi://example.org/u/alice"), identity.Account("mimi://example.org/u/bob")
	w := &warnings{own: alice}
	const link, plain = "[bank.test](https://evil.test/)", "I leak your naked selfies to your family unless you pay"
	for name, c := range map[string]struct {
		w    *warnings
		m    client.Message
		want []string
	}{
		"a text":      {w, client.Message{From: bob, Kind: client.KindText, Text: link}, []string{"mismatch"}},
		"an edit":     {w, client.Message{From: bob, Kind: client.KindEdit, Text: plain}, []string{"sextortion"}},
		"hidden":      {w, client.Message{From: bob, Kind: client.KindText, Text: "[bank\u200b.test](https://ev\u202eil.test/)"}, []string{"mismatch"}},
		"no markup":   {w, client.Message{From: bob, Kind: client.KindText, Text: link, Plain: true}, nil},
		"an own one":  {w, client.Message{From: alice, Kind: client.KindText, Text: link}, nil},
		"a notice":    {w, client.Message{From: bob, Kind: client.KindNotice, Text: plain}, nil},
		"a reaction":  {w, client.Message{From: bob, Kind: client.KindReaction, Text: plain}, nil},
		"unsent":      {w, client.Message{From: bob, Kind: client.KindText}, nil},
		"not wanted":  {nil, client.Message{From: bob, Kind: client.KindText, Text: link}, nil},
		"other words": {w, client.Message{From: bob, Kind: client.KindText, Text: "see you at five"}, nil},
	} {
		var kinds []string
		for _, one := range c.w.of(&c.m) {
			kinds = append(kinds, one.Kind)
		}
		if !slices.Equal(kinds, c.want) {
			t.Errorf("%s: got %q, want %q", name, kinds, c.want)
		}
	}
	v := client.View{Message: client.Message{From: bob, Kind: client.KindText, Text: plain}}
	if got := w.lines(&v); len(got) != 3 || got[1] != "Take It Down (NCMEC): pictures of people under 18: https://takeitdown.ncmec.org/" {
		t.Errorf("lines for the screen: got %q, want a sentence and two of help", got)
	}
}

// The model is the page's; without the page there is none.
func TestReadModel(t *testing.T) {
	data := append([]byte(safety.ModelMagic), 8, 1, 4)
	data = append(append(data, safety.Scam...), 1)
	for _, x := range []float32{1, 1, 1, 0.5} { // precision, scale, bias, threshold: takes every text for a scam
		data = binary.BigEndian.AppendUint32(data, math.Float32bits(x))
	}
	data = append(data, bytes.Repeat([]byte{1}, 1<<8)...)
	manifest := &fstest.MapFile{Data: []byte(`{"files":{"safety.bin":{"path":"safety-1.bin"}}}`)}
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  int
	}{
		"the page":        {fstest.MapFS{"manifest.json": manifest, "safety-1.bin": {Data: data}}, 1},
		"no page":         {fstest.MapFS{".keep": {}}, 0},
		"no model":        {fstest.MapFS{"manifest.json": manifest}, 0},
		"another version": {fstest.MapFS{"manifest.json": manifest, "safety-1.bin": {Data: []byte("PSM9 and more")}}, 0},
		"an older page":   {fstest.MapFS{"manifest.json": {Data: []byte(`{"files":{}}`)}}, 0},
	} {
		w := warn.Warner{Model: readModel(c.files)}
		if got := w.Of("see you at five", false); len(got) != c.want {
			t.Errorf("%s: got %v, want %d warnings", name, got, c.want)
		}
	}
}
