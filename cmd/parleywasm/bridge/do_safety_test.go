package bridge

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"log/slog"
	"math"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"parley/client"
	"parley/identity"
	"parley/safety"
	"parley/server"
	"parley/server/clientapi"
	servermem "parley/server/memstore"
	"parley/wire"
)

// newListServer starts a server of a platform whose block list a key signs.
func newListServer(t *testing.T, key identity.PublicKey) string {
	t.Helper()
	h := httptest.NewUnstartedServer(nil)
	quiet := slog.New(slog.DiscardHandler)
	url := "http://" + h.Listener.Addr().String()
	srv, err := server.New(t.Context(), server.Config{
		Store: servermem.New(), Domain: "example.com", Origins: []string{url}, SignUpOpen: true, Suites: suites(), Logger: quiet, BlockListKey: key[:],
	})
	if err != nil {
		t.Fatal(err)
	}
	api := clientapi.New(srv, clientapi.Options{Logger: quiet})
	h.Config.Handler = api
	h.Start()
	t.Cleanup(func() { api.Close(); h.Close() })
	return url
}

// A shut transport lets nothing out once it is shut, and counts who tries.
type shut struct {
	client.Transport
	closed atomic.Bool
	tried  atomic.Int64
}

func (s *shut) Call(ctx context.Context, op wire.Operation, token, request []byte) ([]byte, error) {
	if s.closed.Load() {
		s.tried.Add(1)
		return nil, client.ErrOffline
	}
	return s.Transport.Call(ctx, op, token, request)
}

func kindsOf(l CheckedLink) string {
	var kinds []string
	for _, w := range l.Warnings {
		kinds = append(kinds, w.Kind)
	}
	return strings.Join(kinds, " ")
}

// anyScam is a model that takes every text for a scam.
func anyScam() []byte {
	data := append([]byte(safety.ModelMagic), 8, 1, 4)
	data = append(append(data, safety.Scam...), 1)
	for _, x := range []float32{1, 1, 1, 0.5} { // precision, scale, bias, threshold
		data = binary.BigEndian.AppendUint32(data, math.Float32bits(x))
	}
	return append(data, bytes.Repeat([]byte{1}, 1<<8)...)
}

// TestBlockListNewKey: who signs by another key, which the server names, begins anew.
func TestBlockListNewKey(t *testing.T) {
	key := identity.GenerateKey()
	ada := newPage(t, newListServer(t, key.Public()))
	ada.signUp("ada")
	ada.until("what the server is", func() bool { return ask[Boot](ada, "boot", Nothing{}).Server != nil })
	made := func(key identity.PrivateKey, version uint64) SafetyData {
		return SafetyData{BlockList: base64.StdEncoding.EncodeToString(safety.MakeBlockList(nil, version, 0, key))}
	}
	ask[Nothing](ada, "setSafety", made(key, 9))
	second, public := identity.GenerateKey(), identity.PublicKey{}
	public = second.Public()
	ada.Core.mu.Lock()
	info := *ada.Core.info
	info.BlockListKey = public[:]
	ada.Core.info = &info
	ada.Core.mu.Unlock()
	ask[Nothing](ada, "setSafety", made(second, 1))
	for name, p := range map[string]SafetyData{"the old key's": made(key, 10), "an older one": made(second, 0)} {
		if _, err := try[Nothing](ada, "setSafety", p); err == nil || err.Code != "bad_params" {
			t.Errorf("%s: %v; want bad_params", name, err)
		}
	}
}

// TestWarnings: links and messages have warnings that are found here, while nothing can
// leave the device.
func TestWarnings(t *testing.T) {
	key := identity.GenerateKey()
	url := newListServer(t, key.Public())
	ada, bob := newPage(t, url), newPage(t, url)
	ada.signUp("ada")
	bob.signUp("bob")
	ada.until("what the server is", func() bool { return ask[Boot](ada, "boot", Nothing{}).Server != nil })
	list := base64.StdEncoding.EncodeToString(safety.MakeBlockList([]string{"evil.test"}, 3, 0, key))
	ask[Nothing](ada, "setSafety", SafetyData{BlockList: list, Region: "gb", Model: base64.StdEncoding.EncodeToString(anyScam())})
	for name, p := range map[string]SafetyData{
		"another's": {BlockList: base64.StdEncoding.EncodeToString(safety.MakeBlockList(nil, 4, 0, identity.GenerateKey()))},
		"older":     {BlockList: base64.StdEncoding.EncodeToString(safety.MakeBlockList(nil, 2, 0, key))},
		"no list":   {BlockList: "AAAA"},
		"no base64": {BlockList: "-"},
		"no model":  {Model: "AAAA"},
	} {
		if _, err := try[Nothing](ada, "setSafety", p); err == nil || err.Code != "bad_params" {
			t.Errorf("%s: %v; want bad_params", name, err)
		}
	}
	room := ask[Room](bob, "start", Start{Names: []string{"ada"}}).Room
	ask[Sent](bob, "send", Send{Room: room, Text: "pay me or else, I post your nudes"})
	ada.until("it arrives", func() bool {
		p, err := try[Page](ada, "history", PageOf{Room: room, Limit: 5})
		return err == nil && len(p.Messages) > 0 && p.Messages[len(p.Messages)-1].Kind == "text"
	})

	ada.shut.closed.Store(true)
	before := ada.shut.tried.Load()
	got := ask[CheckedLinks](ada, "checkLinks", ShownLinks{Links: []ShownLink{
		{Target: "https://evil.test/x"}, {Target: "https://examp1e.test/"}, {Target: "https://example.com/"}, {Target: "https://a.test/", Display: "bank.test"},
	}})
	for i, want := range []string{"listed", "look_alike", "", "mismatch"} {
		if k := kindsOf(got.Links[i]); k != want {
			t.Errorf("link %d: %q; want %q", i, k, want)
		}
	}
	m := ada.newest(room)
	if len(m.Nudges) != 2 || m.Nudges[1].Class != "scam" || len(m.Nudges[1].Help) != 0 || m.Nudges[0].Class != "sextortion" || len(m.Nudges[0].Help) < 3 || !strings.Contains(m.Nudges[0].Help[0].Name, "Childline") {
		t.Errorf("the message's nudges: %+v", m.Nudges)
	}
	if own := bob.newest(room); len(own.Nudges) != 0 {
		t.Errorf("an own message has nudges: %+v", own.Nudges)
	}
	if tried := ada.shut.tried.Load() - before; tried > 0 {
		t.Errorf("%d calls left the device meanwhile", tried)
	}
	if _, err := try[CheckedLinks](ada, "checkLinks", ShownLinks{Links: make([]ShownLink, maxLinks+1)}); err == nil || err.Code != "bad_params" {
		t.Errorf("too many links: %v; want bad_params", err)
	}
}
