package attack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// person runs parley as somebody.
func person(who string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		out, errs, err := run(ts, who, args...)
		fmt.Fprint(ts.Stdout(), out)
		fmt.Fprint(ts.Stderr(), errs)
		if (err != nil) != neg {
			ts.Fatalf("%s %s: %v\n%s%s", who, strings.Join(args, " "), err, out, errs)
		}
	}
}

// run runs parley as somebody to its end.
func run(ts *testscript.TestScript, who string, args ...string) (stdout, stderr string, err error) {
	cmd := exec.Command(parley, args...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = []string{
		"HOME=" + ts.MkAbs("no-home"), "TMPDIR=" + ts.Getenv("TMPDIR"),
		"PARLEY_HOME=" + ts.MkAbs(who), "PARLEY_PASSPHRASE=the passphrase of " + who,
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

// must is run for what has to succeed.
func must(ts *testscript.TestScript, who string, args ...string) string {
	out, errs, err := run(ts, who, args...)
	if err != nil {
		ts.Fatalf("%s %s: %v\n%s%s", who, strings.Join(args, " "), err, out, errs)
	}
	return out
}

func cmdJoin(ts *testscript.TestScript, _ bool, args []string) {
	for _, who := range args {
		must(ts, who, "login", "--server", ts.Getenv("SERVER"), "--new", who)
	}
}

// A roomLine is what rooms --json prints of a room.
type roomLine struct {
	Room    string
	Members []string
	Epoch   uint64
	Active  bool
	Problem string
}

func roomsOf(ts *testscript.TestScript, who string) []roomLine {
	var rooms []roomLine
	for line := range strings.Lines(must(ts, who, "rooms", "--json")) {
		var r roomLine
		ts.Check(json.Unmarshal([]byte(line), &r))
		rooms = append(rooms, r)
	}
	return rooms
}

// roomOf returns $ROOM as who sees it.
func roomOf(ts *testscript.TestScript, who string) roomLine {
	rooms := roomsOf(ts, who)
	i := slices.IndexFunc(rooms, func(r roomLine) bool { return r.Room == ts.Getenv("ROOM") })
	if i < 0 {
		ts.Fatalf("%s has no room %s", who, ts.Getenv("ROOM"))
	}
	return rooms[i]
}

func cmdRoom(ts *testscript.TestScript, _ bool, args []string) {
	rooms := roomsOf(ts, args[0])
	if len(rooms) == 0 {
		ts.Fatalf("%s has no room", args[0])
	}
	ts.Setenv("ROOM", rooms[0].Room)
}

func cmdMembers(ts *testscript.TestScript, neg bool, args []string) {
	got := roomOf(ts, args[0]).Members
	if slices.Equal(got, args[1:]) == neg {
		ts.Fatalf("%s sees %q, want %q", args[0], got, args[1:])
	}
}

func cmdKeep(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

func cmdField(ts *testscript.TestScript, neg bool, args []string) {
	wantField(ts, neg, ts.ReadFile("stdout"), args[0], args[1:])
}

func cmdRefused(ts *testscript.TestScript, neg bool, args []string) {
	wantField(ts, neg, must(ts, args[0], "refused", "--json"), "code", args[1:])
}

// wantField checks a field of lines of JSON.
func wantField(ts *testscript.TestScript, neg bool, out, name string, want []string) {
	var got []string
	for line := range strings.Lines(out) {
		object := map[string]any{}
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			ts.Fatalf("%q: %v", line, err)
		}
		got = append(got, fmt.Sprint(object[name]))
	}
	if slices.Equal(got, want) == neg {
		ts.Fatalf("%s: got %q, want %q", name, got, want)
	}
}

// cmdGoOn: the room goes on.
func cmdGoOn(ts *testscript.TestScript, _ bool, people []string) {
	room := ts.Getenv("ROOM")
	must(ts, people[0], "send", "--room", room, "and so we go on")
	for _, who := range people[1:] {
		wantField(ts, false, must(ts, who, "read", "--json"), "text", []string{"and so we go on"})
	}
	must(ts, people[1], "send", "--room", room, "so we do")
	for _, who := range people {
		if who != people[1] {
			wantField(ts, false, must(ts, who, "read", "--json"), "text", []string{"so we do"})
		}
	}
	first := roomOf(ts, people[0])
	for _, who := range people {
		r := roomOf(ts, who)
		if r.Epoch != first.Epoch || !r.Active || r.Problem != "" || !slices.Equal(r.Members, first.Members) {
			ts.Fatalf("%s is not where %s is: %+v and %+v", who, people[0], r, first)
		}
	}
}
