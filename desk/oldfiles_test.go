package desk_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"parley/desk"
	"parley/desk/audit"
	"parley/desk/desktest"
	"parley/report"
)

// Attack: somebody puts back files of yesterday. An older log, with its checkpoint, isn't
// begun with; an older store is told of in the log.
func TestOldFiles(t *testing.T) {
	s := desktest.New(t)
	s.Case(report.Harassment)
	keep := func(names ...string) map[string][]byte {
		t.Helper()
		files := map[string][]byte{}
		for _, name := range names {
			data, err := os.ReadFile(filepath.Join(s.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			files[name] = data
		}
		return files
	}
	put := func(files map[string][]byte) {
		t.Helper()
		for name, data := range files {
			if err := os.WriteFile(filepath.Join(s.Dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	logs := []string{"audit.log", "audit.log" + audit.Suffix}
	s.Open() // so that the store is in one file
	s.Close()
	yesterday, oldLog := keep("desk.db"), keep(logs...)
	s.Open()
	if _, err := s.Decide(t.Context(), s.Rita, suspend(s.Queue().Cases[0].ID, 7)); err != nil {
		t.Fatal(err)
	}
	s.Close()
	today := keep(logs...)

	put(oldLog)
	if err := s.TryOpen(); !errors.Is(err, desk.ErrOtherLog) {
		t.Errorf("with the log of yesterday: %v, want ErrOtherLog", err)
	}
	s.Close()
	put(today)
	s.Open()
	if n := s.Count(audit.StoreBehind); n != 0 {
		t.Errorf("%d lines of a store that is as it should be", n)
	}
	s.Close()
	put(yesterday)
	s.Open()
	if n := s.Count(audit.StoreBehind); n != 1 {
		t.Errorf("%d lines of a store of yesterday, want 1", n)
	}
	s.Open()
	if n := s.Count(audit.StoreBehind); n != 1 {
		t.Errorf("%d lines after another start, want 1", n)
	}
}
