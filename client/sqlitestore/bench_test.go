package sqlitestore

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"testing"

	"parley/client"
)

// step returns the changes of a typical step: 8 of 300 bytes. Half of them
// replace what the step before wrote.
func step(i int) []client.Change {
	var changes []client.Change
	for j := range 8 {
		key := fmt.Sprintf("state/%d", j)
		if j%2 == 1 {
			key = fmt.Sprintf("message/%09d/%d", i, j)
		}
		value := make([]byte, 300)
		rand.Read(value)
		changes = append(changes, client.Change{Key: key, Value: value})
	}
	return changes
}

func BenchmarkWrite(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "store.db"))
	base := uint64(0)
	for b.Loop() {
		if err := s.Write(b.Context(), base, step(int(base))); err != nil {
			b.Fatal(err)
		}
		base++
	}
}

func BenchmarkGet(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "store.db"))
	const steps = 200
	for i := range steps {
		if err := s.Write(b.Context(), uint64(i), step(i)); err != nil {
			b.Fatal(err)
		}
	}
	i := 0
	for b.Loop() {
		value, err := s.Get(b.Context(), fmt.Sprintf("message/%09d/1", i%steps))
		if err != nil || len(value) != 300 {
			b.Fatalf("Get = %d bytes, %v", len(value), err)
		}
		i++
	}
}
