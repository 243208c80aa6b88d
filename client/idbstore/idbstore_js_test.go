package idbstore

import (
	"context"
	"fmt"
	"testing"

	"parley/client"
	"parley/client/storetest"
)

// made counts databases, so that each has a name of its own.
var made int

func newName() string {
	made++
	return fmt.Sprintf("test-%d", made)
}

func open(t *testing.T, name string, opts Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), name, opts)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return s
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) client.Store { return open(t, newName(), Options{}) })
}

func TestAlone(t *testing.T) {
	storetest.Run(t, func(t *testing.T) client.Store { return open(t, newName(), Options{Alone: true}) })
}

func TestShared(t *testing.T) {
	storetest.RunShared(t, func(t *testing.T) func() client.Store {
		name := newName()
		return func() client.Store { return open(t, name, Options{}) }
	})
}

// The second wall: a store that believes to be alone, and isn't, loses nothing.
func TestNotAlone(t *testing.T) {
	name := newName()
	one, two := open(t, name, Options{Alone: true}), open(t, name, Options{Alone: true})
	for i, s := range []*Store{one, two, one, two} {
		if err := storetest.Increment(t.Context(), s, "n"); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
	if got, err := one.Get(t.Context(), "n"); err != nil || string(got) != "4" {
		t.Errorf("after four increments: %s, %v", got, err)
	}
}

func TestErase(t *testing.T) {
	name := newName()
	s := open(t, name, Options{})
	if err := s.Write(t.Context(), 0, []client.Change{{Key: "a", Value: []byte("1")}}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if err := Erase(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	s = open(t, name, Options{})
	if v, err := s.Version(t.Context()); v != 0 || err != nil {
		t.Errorf("Version after Erase = %d, %v; want 0", v, err)
	}
	if got, err := s.Get(t.Context(), "a"); got != nil || err != nil {
		t.Errorf("Get after Erase = %q, %v", got, err)
	}
}

func TestCount(t *testing.T) {
	s := open(t, newName(), Options{})
	changes := []client.Change{{Key: "a", Value: []byte{}}, {Key: "b/1", Value: []byte{1}}, {Key: "b/2", Value: []byte{2}}, {Key: "c", Value: []byte{}}}
	if err := s.Write(context.Background(), 0, changes); err != nil {
		t.Fatal(err)
	}
	for prefix, want := range map[string]int{"": 4, "b/": 2, "b/2": 1, "x": 0} {
		if got, err := s.Count(t.Context(), prefix); got != want || err != nil {
			t.Errorf("Count(%q) = %d, %v; want %d", prefix, got, err, want)
		}
	}
}

// What lies in the database is sealed: neither value nor key can be read there.
func TestSealed(t *testing.T) {
	name := newName()
	s := open(t, name, Options{})
	if err := s.Write(t.Context(), 0, []client.Change{{Key: "a", Value: []byte("the secret text")}}); err != nil {
		t.Fatal(err)
	}
	raw := lookRaw(t, name, "a")
	if len(raw) != 12+len("the secret text")+16 {
		t.Errorf("the sealed value has %d bytes", len(raw))
	}
	if exported(t, name) {
		t.Error("the key could be exported")
	}
}

func BenchmarkWrite(b *testing.B) {
	made++
	s, err := Open(b.Context(), fmt.Sprintf("bench-%d", made), Options{Alone: true})
	if err != nil {
		b.Fatal(err)
	}
	value := make([]byte, 400)
	for i := range uint64(b.N) {
		var changes []client.Change
		for k := range 8 {
			changes = append(changes, client.Change{Key: fmt.Sprintf("k/%d/%d", i, k), Value: value})
		}
		if err := s.Write(b.Context(), i, changes); err != nil {
			b.Fatal(err)
		}
	}
}
