// Package mlstest helps to test MLS: it loads the official test vectors and
// builds groups of any size.
//
// The vectors are the JSON files of github.com/mlswg/mls-implementations, which
// are not part of this repository. The environment variable PARLEY_VECTORS names
// the directory that holds them as mls/*.json; the default is ../shared/vectors
// beside the module's root.
package mlstest

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"parley/mls/internal/suite"
)

// Hex is a byte string that stands in hexadecimal in a vector. A null is nil.
type Hex []byte

// UnmarshalText decodes hexadecimal.
func (h *Hex) UnmarshalText(text []byte) error {
	b, err := hex.AppendDecode([]byte{}, text)
	*h = b
	return err
}

// Load reads the vector file name, as "tree-math.json", into a slice of its
// cases. Without the file it skips the test, or fails it if CI=true.
func Load[T any](t testing.TB, name string) []T {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(vectorsDir(t), "mls", filepath.FromSlash(name)))
	if os.IsNotExist(err) {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no test vectors %s: set PARLEY_VECTORS", name)
		}
		t.Skipf("no test vectors %s: set PARLEY_VECTORS to the directory that holds mls/%s", name, name)
	}
	if err != nil {
		t.Fatal(err)
	}
	var cases []T
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if len(cases) == 0 {
		t.Fatalf("%s holds no case", name)
	}
	return cases
}

// vectorsDir returns PARLEY_VECTORS, or its default.
func vectorsDir(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("PARLEY_VECTORS"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "..", "shared", "vectors")
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}

// Suites returns every suite that this module implements.
func Suites() []*suite.Suite {
	return []*suite.Suite{
		suite.X25519(), suite.P256(), suite.ChaCha20(), suite.P521(), suite.P384(),
		suite.XWing(suite.XWingPrivateUse),
	}
}

// Suite returns the suite with the number id, or nil for one that this module
// does not implement; a test passes over such cases.
func Suite(id uint16) *suite.Suite {
	for _, s := range Suites() {
		if s.ID() == suite.ID(id) {
			return s
		}
	}
	return nil
}
