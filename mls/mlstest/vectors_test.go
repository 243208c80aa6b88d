package mlstest

import (
	"path/filepath"
	"runtime"
	"testing"

	"parley/mls/internal/suite"
)

// vectorCases is how many cases each official file holds.
var vectorCases = map[string]int{
	"crypto-basics.json":                      7,
	"deserialization.json":                    14,
	"key-schedule.json":                       7,
	"message-protection.json":                 7,
	"messages.json":                           300,
	"passive-client-handling-commit.json":     91,
	"passive-client-welcome.json":             56,
	"psk_secret.json":                         77,
	"secret-tree.json":                        21,
	"transcript-hashes.json":                  7,
	"tree-math.json":                          10,
	"tree-operations.json":                    5,
	"tree-validation.json":                    98,
	"treekem.json":                            77,
	"welcome.json":                            7,
	"interop-passive/application.json":        42,
	"interop-passive/branch.json":             224,
	"interop-passive/commit.json":             308,
	"interop-passive/external_join.json":      42,
	"interop-passive/external_proposals.json": 196,
	"interop-passive/reinit.json":             336,
	"interop-passive/welcome_join.json":       56,
}

// TestEachVisitsAll: no case of any file is passed over, and none is left out for
// its suite.
func TestEachVisitsAll(t *testing.T) {
	Load[struct{}](t, "tree-math.json") // or there are no vectors
	for name, want := range vectorCases {
		t.Run(name, func(t *testing.T) {
			ran := 0
			Each(t, name, func(t *testing.T, s *suite.Suite, _ struct{}) { ran++ })
			if ran != want {
				t.Errorf("ran %d cases, want %d", ran, want)
			}
		})
	}
	have, err := filepath.Glob(filepath.Join(vectorsDir(t), "mls", "interop-passive", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	top, err := filepath.Glob(filepath.Join(vectorsDir(t), "mls", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(have) + len(top); got != len(vectorCases) {
		t.Errorf("%d vector files, of which %d are tested", got, len(vectorCases))
	}
}

// ending notes how a test ended.
type ending struct {
	testing.TB
	skipped, failed bool
}

func (e *ending) Skipf(string, ...any)  { e.skipped = true; runtime.Goexit() }
func (e *ending) Fatalf(string, ...any) { e.failed = true; runtime.Goexit() }

// TestNoVectors: without its vectors a test is passed over at home, and fails
// where CI=true.
func TestNoVectors(t *testing.T) {
	t.Setenv("PARLEY_VECTORS", t.TempDir())
	for _, ci := range []string{"", "true"} {
		t.Setenv("CI", ci)
		e := &ending{TB: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			Load[struct{}](e, "tree-math.json")
		}()
		<-done
		if e.failed != (ci == "true") || e.skipped != (ci == "") {
			t.Errorf("CI=%q: failed %v, skipped %v", ci, e.failed, e.skipped)
		}
	}
}

// TestUnknownSuite: a case of a suite that is not implemented fails.
func TestUnknownSuite(t *testing.T) {
	e := &ending{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		Suite(e, 0x7777)
	}()
	<-done
	if !e.failed {
		t.Error("an unknown suite is passed over")
	}
}

// TestScalar restores zeros to the size of the suite's scalars, and leaves other
// keys as they are.
func TestScalar(t *testing.T) {
	for id, want := range map[suite.ID]int{
		suite.P256AES128: 32, suite.P384AES256: 48, suite.P521AES256: 66,
		suite.X25519AES128: 5, suite.X448AES256: 5,
	} {
		got := Scalar(Suite(t, id), []byte{1, 2, 3, 4, 5})
		if len(got) != want || got[len(got)-5] != 1 || got[len(got)-1] != 5 {
			t.Errorf("suite %d: %x", id, got)
		}
	}
}
