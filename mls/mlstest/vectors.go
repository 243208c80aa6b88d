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
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"parley/mls/internal/suite"
	"parley/mls/suites"
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

// Each runs test for each case of the vector file name, as a subtest of its own
// that is called after its place in the file and its suite: 17-suite5, or 17 if
// the cases of the file have no suite, which is then nil. A case of a suite that
// this module doesn't implement fails.
func Each[T any](t *testing.T, name string, test func(t *testing.T, s *suite.Suite, c T)) {
	t.Helper()
	suites := Load[struct {
		ID suite.ID `json:"cipher_suite"`
	}](t, name)
	for i, c := range Load[T](t, name) {
		id := suites[i].ID
		if id == 0 {
			t.Run(strconv.Itoa(i), func(t *testing.T) { test(t, nil, c) })
			continue
		}
		t.Run(fmt.Sprintf("%d-suite%d", i, id), func(t *testing.T) { test(t, Suite(t, id), c) })
	}
}

// Suites returns every suite that this module implements.
func Suites() []*suite.Suite { return suites.All() }

// Suite returns the suite with the number id, and fails t if this module does not
// implement it.
func Suite(t testing.TB, id suite.ID) *suite.Suite {
	t.Helper()
	for _, s := range Suites() {
		if s.ID() == id {
			return s
		}
	}
	t.Fatalf("suite %d is not implemented", id)
	return nil
}

// Scalar restores the leading zeros of a private key b, of the KEM or of the
// signatures of s, which some vectors leave out of those for P-521.
func Scalar(s *suite.Suite, b []byte) []byte {
	size := map[suite.ID]int{suite.P256AES128: 32, suite.P384AES256: 48, suite.P521AES256: 66}[s.ID()]
	return append(make([]byte, max(0, size-len(b))), b...)
}
