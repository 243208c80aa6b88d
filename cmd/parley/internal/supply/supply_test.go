package supply

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"parley/identity"
	"parley/safety"
	"parley/wire"
)

// A device is its store, which outlives programs, and a clock.
type device struct {
	kept map[string][]byte
	file string
	at   time.Time
}

func newDevice(t *testing.T) *device {
	return &device{kept: map[string][]byte{}, file: filepath.Join(t.TempDir(), "list"), at: time.Unix(1_800_000_000, 0)}
}

func (d *device) Kept(_ context.Context, name string) ([]byte, error) { return d.kept[name], nil }

func (d *device) Keep(_ context.Context, name string, value []byte) error {
	if len(value) > 4096 {
		return errors.New("too much")
	}
	d.kept[name] = value
	return nil
}

// open starts a program on the device.
func (d *device) open(t *testing.T, s Server) *Keeper {
	return Open(t.Context(), d, s, d.file, "example.org", func() time.Time { return d.at })
}

// A site is a server, and what it was asked.
type site struct {
	info  wire.Info
	list  []byte
	fails error
	tag   string // of list
	tags  []string
	asked int
}

var _ Server = (*site)(nil)

func (s *site) Info(context.Context) (*wire.Info, error) {
	s.asked++
	if s.fails != nil {
		return nil, s.fails
	}
	info := s.info
	return &info, nil
}

func (s *site) BlockList(_ context.Context, tag string, most int64) ([]byte, string, error) {
	s.tags = append(s.tags, tag)
	if s.list == nil || int64(len(s.list)) > most {
		return nil, "", wire.Refuse(wire.CodeUnknownOperation, "There is none.")
	}
	if tag == s.tag && tag != "" {
		return nil, tag, nil
	}
	return s.list, s.tag, nil
}

// publish has a site serve a list of one host.
func (s *site) publish(key identity.PrivateKey, version uint64, host, tag string) {
	public := key.Public()
	s.info.BlockListKey, s.list, s.tag = public[:], safety.MakeBlockList([]string{host}, version, 0, key), tag
}

func newSite() *site {
	return &site{info: wire.Info{Domain: "Example.org", Platform: &wire.Platform{Hosts: []string{"films.example:8443"}}}}
}

func want(t *testing.T, what string, k *Keeper, host string) {
	t.Helper()
	for _, h := range []string{"one.test", "two.test", "three.test"} {
		if got := k.Supply().List.Has("https://" + h + "/x"); got != (h == host) {
			t.Errorf("%s: %s on the list is %v, want that of %q", what, h, got, host)
		}
	}
}

// A list is fetched whole, kept, and looked for again after a time, whatever is read meanwhile; a newer one
// replaces it.
func TestRefresh(t *testing.T) {
	d, s, key := newDevice(t), newSite(), identity.GenerateKey()
	s.publish(key, 1, "one.test", `"a"`)
	k := d.open(t, s)
	want(t, "nothing yet", k, "")
	if own := k.Supply().Own; !slices.Equal(own, []string{"example.org"}) {
		t.Errorf("own before the server was asked: %q", own)
	}
	for range 3 {
		if err := k.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "fetched", k, "one.test")
	if own := k.Supply().Own; s.asked != 1 || !slices.Equal(own, []string{"example.org", "films.example"}) {
		t.Errorf("asked %d times, own %q; want once, and the platform's hosts", s.asked, own)
	}
	k = d.open(t, &site{fails: errors.New("offline")})
	want(t, "another program, offline", k, "one.test")
	if len(k.Supply().Own) != 2 {
		t.Errorf("own of another program: %q", k.Supply().Own)
	}

	d.at = d.at.Add(good)
	k = d.open(t, s)
	if err := k.Refresh(t.Context()); err != nil || !slices.Equal(s.tags, []string{"", `"a"`}) {
		t.Errorf("the same list again: %v, by tags %q", err, s.tags)
	}
	want(t, "the same list", k, "one.test")
	s.publish(key, 2, "two.test", `"b"`)
	d.at = d.at.Add(good)
	if err := k.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(t, "a newer one", k, "two.test")
}

// Neither the server nor who writes the file shows an older list, or somebody else's.
func TestRollback(t *testing.T) {
	d, s, key, other := newDevice(t), newSite(), identity.GenerateKey(), identity.GenerateKey()
	s.publish(key, 1, "one.test", "")
	k := d.open(t, s)
	if err := k.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(d.file)
	if err != nil {
		t.Fatal(err)
	}
	next := func() error {
		d.at = d.at.Add(good)
		return k.Refresh(t.Context())
	}
	s.publish(key, 2, "two.test", "")
	if err := next(); err != nil {
		t.Fatal(err)
	}
	s.list = old
	if err := next(); !errors.Is(err, safety.ErrBlockListOld) {
		t.Errorf("an older list: got %v", err)
	}
	want(t, "the server shows an older one", k, "two.test")
	s.list = safety.MakeBlockList([]string{"three.test"}, 9, 0, other)
	if err := next(); !errors.Is(err, safety.ErrBlockListKey) {
		t.Errorf("another's list: got %v", err)
	}
	want(t, "the server shows another's", k, "two.test")

	for what, data := range map[string][]byte{"older": old, "another's": s.list, "cut": old[:40], "empty": nil} {
		if err := os.WriteFile(d.file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		want(t, what+" file", d.open(t, s), "")
	}
	s.publish(key, 2, "two.test", "")
	k = d.open(t, s)
	if k.Due() != 0 {
		t.Errorf("a file that is no good is looked for in %v, want now", k.Due())
	}
	if err := k.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(t, "fetched anew", k, "two.test")

	s.publish(other, 1, "three.test", "")
	if err := next(); err != nil {
		t.Fatal(err)
	}
	want(t, "the platform's new key", d.open(t, s), "three.test")
}

// Where the platform has no list any more there is none; its version is remembered.
func TestWithdrawn(t *testing.T) {
	d, s, key := newDevice(t), newSite(), identity.GenerateKey()
	s.publish(key, 2, "two.test", "")
	k := d.open(t, s)
	if err := k.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.info.BlockListKey = nil
	for range 2 {
		d.at = d.at.Add(good)
		if err := k.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		want(t, "withdrawn", k, "")
	}
	want(t, "withdrawn, another program", d.open(t, s), "")
	s.publish(key, 1, "one.test", "")
	d.at = d.at.Add(good)
	if err := k.Refresh(t.Context()); !errors.Is(err, safety.ErrBlockListOld) {
		t.Errorf("an older one afterwards: got %v", err)
	}
	want(t, "an older one afterwards", k, "")
}

// Two programs of one device: what one has taken, the other doesn't take back.
func TestTwoPrograms(t *testing.T) {
	d, s, key := newDevice(t), newSite(), identity.GenerateKey()
	s.publish(key, 1, "one.test", `"a"`)
	first := d.open(t, s)
	if err := first.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.publish(key, 2, "two.test", `"b"`)
	d.at = d.at.Add(good)
	if err := d.open(t, s).Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.publish(key, 1, "one.test", `"a"`)
	d.at = d.at.Add(good)
	if err := first.Refresh(t.Context()); !errors.Is(err, safety.ErrBlockListOld) {
		t.Errorf("the older one, to who had it: got %v", err)
	}
	want(t, "who had the older one", first, "two.test")
	want(t, "a third program", d.open(t, s), "two.test")
}

// A server that can't be had, or says nothing good, is asked again after some time, and not before; and a clock
// that was wrong doesn't put it off.
func TestVain(t *testing.T) {
	d, s := newDevice(t), newSite()
	s.fails = errors.New("offline")
	k := d.open(t, s)
	for range 2 {
		_ = k.Refresh(t.Context())
		k = d.open(t, s)
	}
	if s.asked != 1 || k.Due() != vain {
		t.Errorf("asked %d times, again in %v; want once, and %v", s.asked, k.Due(), vain)
	}
	d.at = d.at.Add(-24 * time.Hour)
	if k.Due() != 0 {
		t.Errorf("after the clock was set back: due in %v", k.Due())
	}
	s.fails, s.info.BlockListKey = nil, []byte("no key")
	if err := k.Refresh(t.Context()); err == nil {
		t.Error("a key that is none is taken")
	}
	for range 1000 {
		s.info.Platform.Hosts = append(s.info.Platform.Hosts, "one-of-many.example")
	}
	s.info.BlockListKey = nil
	d.at = d.at.Add(vain)
	if err := k.Refresh(t.Context()); err != nil || len(d.open(t, s).Supply().Own) < 50 {
		t.Errorf("many hosts: %v, %d kept", err, len(d.open(t, s).Supply().Own))
	}
}
