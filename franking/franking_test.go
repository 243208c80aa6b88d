package franking_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"testing"

	"parley/franking"
	"parley/identity"
	"parley/internal/cbor"
)

const (
	alice = identity.Device("mimi://example.org/d/alice/AAAAAAAAAAAAAAAAAAAAAA")
	room  = identity.Room("mimi://example.org/r/AQEBAQEBAQEBAQEBAQEBAQ")
)

func context(seq uint64) *franking.Context {
	return franking.NewContext([]byte("hub key!"), room, 3, alice, 70_000, seq, 1_790_000_000_123)
}

// TestTag: draft-ietf-mimi-protocol-06, Section 5.4.1.1.
func TestTag(t *testing.T) {
	salt, data := bytes.Repeat([]byte{7}, 16), []byte("what is said")
	h := hmac.New(sha256.New, salt)
	h.Write(data)
	tag := franking.Tag(salt, data)
	if want := h.Sum(nil); !bytes.Equal(tag[:], want) {
		t.Fatalf("Tag = %x; want %x", tag, want)
	}
	if err := franking.CheckTag(tag[:], salt, data); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"other content": franking.CheckTag(tag[:], salt, []byte("what was said")),
		"other salt":    franking.CheckTag(tag[:], make([]byte, 16), data),
		"short tag":     franking.CheckTag(tag[:31], salt, data),
		"no tag":        franking.CheckTag(nil, salt, data),
	} {
		if !errors.Is(err, franking.ErrTag) {
			t.Errorf("%s: %v; want ErrTag", name, err)
		}
	}
}

// TestFrank: draft-ietf-mimi-protocol-06, Section 5.4.1.2; each part counts.
func TestFrank(t *testing.T) {
	key, tag := bytes.Repeat([]byte{1}, franking.HubKeySize), bytes.Repeat([]byte{2}, franking.TagSize)
	c := context(5).Marshal()
	frank := franking.Frank(key, tag, c)
	h := hmac.New(sha256.New, key)
	h.Write(append(bytes.Clone(tag), c...))
	if want := h.Sum(nil); !bytes.Equal(frank[:], want) {
		t.Fatalf("Frank = %x; want %x", frank, want)
	}
	if !franking.CheckFrank(key, frank[:], tag, c) {
		t.Error("its own frank doesn't check")
	}
	other := bytes.Repeat([]byte{3}, 32)
	if franking.CheckFrank(other, frank[:], tag, c) || franking.CheckFrank(key, other, tag, c) ||
		franking.CheckFrank(key, frank[:], other, c) || franking.CheckFrank(key, frank[:], tag, context(6).Marshal()) {
		t.Error("something else checks, too")
	}
}

// TestContext: the encoding by hand is that of cbor, and is read again.
func TestContext(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		c := context(rng.Uint64() >> rng.IntN(64))
		c.Generation, c.Epoch = uint32(rng.Uint64()>>rng.IntN(64)), rng.Uint64()>>rng.IntN(64)
		c.AcceptedMS = int64(rng.Uint64() >> rng.IntN(64))
		got, want := c.Marshal(), cbor.MustMarshal(c)
		if !bytes.Equal(got, want) {
			t.Fatalf("Marshal = %x; want %x", got, want)
		}
		if got := franking.AppendContext(nil, c.HubKey, c.Room, c.Generation, c.Device, c.Epoch, c.Seq, c.AcceptedMS); !bytes.Equal(got, want) {
			t.Fatalf("AppendContext = %x; want %x", got, want)
		}
		again, err := franking.ParseContext(got)
		if err != nil || !bytes.Equal(again.Marshal(), got) {
			t.Fatalf("ParseContext: %v", err)
		}
	}
}

func TestContextRefused(t *testing.T) {
	for name, change := range map[string]func(c *franking.Context){
		"version":        func(c *franking.Context) { c.Version = 2 },
		"short id":       func(c *franking.Context) { c.HubKey = []byte("short") },
		"another device": func(c *franking.Context) { c.Sender = "mimi://example.org/u/mallory" },
		"no device":      func(c *franking.Context) { c.Device = "alice" },
		"no room":        func(c *franking.Context) { c.Room = "mimi://example.org/u/alice" },
	} {
		c := context(1)
		change(c)
		if _, err := franking.ParseContext(c.Marshal()); !errors.Is(err, franking.ErrContext) {
			t.Errorf("%s: %v; want ErrContext", name, err)
		}
	}
	if _, err := franking.ParseContext(append(context(1).Marshal(), 0)); !errors.Is(err, franking.ErrContext) {
		t.Errorf("with more behind it: %v; want ErrContext", err)
	}
}

func FuzzParseContext(f *testing.F) {
	f.Add(context(1).Marshal())
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := franking.ParseContext(data); err == nil && !bytes.Equal(c.Marshal(), data) {
			t.Errorf("%x is read and encoded otherwise", data)
		}
	})
}
