package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// released is the version that this one has to get on with.
const released = "v0.1.0"

var old struct {
	once    sync.Once
	program string
	skip    string // why there is none
	err     error
}

// oldProgram returns the program of the released version, built from a git worktree
// of its tag. It skips t where there is no git or no tag, as in a shallow clone.
func oldProgram(t *testing.T) string {
	t.Helper()
	old.once.Do(buildOld)
	if old.skip != "" {
		t.Skip(old.skip)
	}
	if old.err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("building %s: %v", released, old.err)
	}
	if old.err != nil {
		t.Skipf("building %s: %v", released, old.err)
	}
	return old.program
}

func buildOld() {
	if err := exec.Command("git", "rev-parse", "--verify", "--quiet", released+"^{commit}").Run(); err != nil {
		old.skip = "no git here, or not the tag " + released
		return
	}
	dir := filepath.Dir(parley)
	tree := filepath.Join(dir, released)
	if out, err := exec.Command("git", "worktree", "add", "--detach", tree, released).CombinedOutput(); err != nil {
		old.skip = "no git worktree can be made here: " + string(out)
		return
	}
	defer exec.Command("git", "worktree", "remove", "--force", tree).Run()
	old.program = filepath.Join(dir, "parley-"+released)
	build := exec.Command("go", "build", "-o", old.program, "./cmd/parley")
	build.Dir = tree
	if out, err := build.CombinedOutput(); err != nil {
		old.err = &exec.Error{Name: string(out), Err: err}
	}
}

// texts returns the new texts of somebody.
func (s *site) texts(who string) (texts []string) {
	s.t.Helper()
	for _, l := range parseLines(s.t, s.as(who, "read", "--json")) {
		texts = append(texts, l.Text)
	}
	return texts
}

func (s *site) wantTexts(who string, want ...string) {
	s.t.Helper()
	if got := s.texts(who); !slices.Equal(got, want) {
		s.t.Errorf("%s reads %q; want %q", who, got, want)
	}
}

// A data directory of the released version opens in this one, with accounts, rooms,
// devices and the messages that wait; so do the homes of its clients.
func TestUpgradeData(t *testing.T) {
	before := oldProgram(t)
	s := newSite(t)
	s.server = before
	s.programs = map[string]string{"alice": before, "bob": before, "carol": before}
	s.start()
	s.join("alice", "bob", "carol")
	s.as("alice", "send", "bob", "read before")
	s.as("alice", "send", "bob", "carol", "to both")
	s.wantTexts("bob", "read before", "to both")
	s.as("bob", "send", "alice", "waits for alice")
	s.as("alice", "send", "bob", "waits for bob")
	s.stop()

	s.server = ""
	s.start()
	s.wantTexts("carol", "to both") // an old client
	s.programs = nil
	s.wantTexts("bob", "waits for bob")
	s.wantTexts("alice", "waits for alice")
	s.as("bob", "send", "alice", "after")
	s.as("carol", "send", "alice", "bob", "to both after")
	s.wantTexts("alice", "after", "to both after")
	s.wantTexts("bob", "to both after")
	s.join("dave")
	s.as("dave", "send", "carol", "from a newcomer")
	s.wantTexts("carol", "from a newcomer")

	// It survives a crash as any other.
	s.as("alice", "send", "bob", "before a crash")
	s.kill()
	s.start()
	s.wantTexts("bob", "before a crash")
}

// Clients of the released version work against this server, and clients of this one
// against a server of the released version. What the released ones write can't be
// reported: in a room that was made since, on a server that stamps, clients of this
// version don't show it.
func TestUpgradeClients(t *testing.T) {
	before := oldProgram(t)
	for name, server := range map[string]string{"OldServer": before, "NewServer": ""} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.server = server
			s.programs = map[string]string{"olga": before, "oscar": before}
			s.start()
			stamps := server == ""
			byOld := func(text string, before ...string) []string {
				if stamps {
					return before
				}
				return append(before, text)
			}
			s.join("olga", "oscar", "nina", "nils")
			s.as("olga", "send", "nina", "from old to new")
			s.wantTexts("nina", byOld("from old to new")...)
			s.as("nina", "send", "olga", "from new to old")
			s.wantTexts("olga", "from new to old")
			s.as("nils", "send", "oscar", "nina", "all three, by new")
			s.as("oscar", "send", "nils", "nina", "all three, by old")
			s.wantTexts("oscar", "all three, by new")
			s.wantTexts("nina", byOld("all three, by old", "all three, by new")...)
			s.secondDevice("nina", "nina2")
			s.secondDevice("olga", "olga2")
			s.as("olga", "send", "nina", "to two devices each")
			s.wantTexts("nina2", "to two devices each")
			s.wantTexts("olga2", byOld("to two devices each")...)
			s.wantTexts("nina", byOld("to two devices each")...)
		})
	}
}

// secondDevice makes home a further device of who's account. Each person's second
// device is of the other version.
func (s *site) secondDevice(who, home string) {
	s.t.Helper()
	if s.programs[who] == "" {
		s.programs[home] = old.program
	}
	login := s.command(s.t.Context(), home, "login", "--server", s.url(), who)
	out := filepath.Join(s.dir, home+".out")
	f, err := os.Create(out)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	login.Stdout = f
	if err := login.Start(); err != nil {
		s.t.Fatal(err)
	}
	var code string
	eventually(s.t, home+" shows no code", func() bool {
		data, _ := os.ReadFile(out)
		code = strings.TrimSpace(string(data))
		return strings.HasSuffix(string(data), "\n")
	})
	s.as(who, "devices", "approve", code)
	if err := login.Wait(); err != nil {
		s.t.Errorf("%s: login: %v", home, err)
	}
}
