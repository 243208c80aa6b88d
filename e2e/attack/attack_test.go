package attack

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// parley is the built program.
var parley string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "parley-attack")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	parley = filepath.Join(dir, "parley")
	build := exec.Command("go", "build", "-o", parley, "parley/cmd/parley")
	build.Stderr = os.Stderr
	status := 1
	if err := build.Run(); err == nil {
		status = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(status)
}

// TestAttacks runs testdata: honest people with the real program, against a real
// server in this process that begins when the script does. Its address is
// $SERVER.
//
// Beside the commands of testscript there are
//
//	alice, bob, carol      parley as this person
//	join PERSON…           PERSON signs up
//	room PERSON            sets $ROOM to PERSON's room with the newest activity
//	keep VAR               $VAR is what the last command printed
//	field NAME VALUE…      the last command printed JSON lines with exactly these values
//	refused PERSON CODE…   what PERSON refused from others, in order: parley refused --json
//	goon PERSON PERSON…    the room goes on: in $ROOM the first writes to the others,
//	                       the second answers, and all are in the same epoch without
//	                       a problem
//	members PERSON NAME…   who is in $ROOM, as PERSON sees it
//
//	mallory VERB …         a hostile client with an account and a device of its own, or
//	                       anything else that it says it is: see verbs. It fails, and
//	                       prints the code, when the server refuses
//	evil VERB …            makes the server an attacker: see evils. "evil honest" ends it
//
// What a script calls the last message of somebody is the newest in $ROOM.
func TestAttacks(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		Setup:               setUp,
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"alice": person("alice"), "bob": person("bob"), "carol": person("carol"),
			"join": cmdJoin, "room": cmdRoom, "keep": cmdKeep, "field": cmdField,
			"refused": cmdRefused, "goon": cmdGoOn, "members": cmdMembers,
			"mallory": cmdMallory, "evil": cmdEvil,
		},
	})
}

type siteKey struct{}

func setUp(env *testscript.Env) error {
	s, err := newSite(filepath.Join(env.WorkDir, "server"))
	if err != nil {
		return err
	}
	env.Defer(s.close)
	env.Values[siteKey{}] = s
	env.Setenv("SERVER", s.url)
	return nil
}

func siteOf(ts *testscript.TestScript) *site { return ts.Value(siteKey{}).(*site) }
