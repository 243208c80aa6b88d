package main

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"parley/client"
	"parley/wire"
)

func TestParse(t *testing.T) {
	id := "-" + strings.Repeat("A", 21)
	tests := []struct {
		args []string
		rest []string
		room string
		json bool
		fail bool
	}{
		{args: []string{"a", "b"}, rest: []string{"a", "b"}},
		{args: []string{"--json", "a"}, rest: []string{"a"}, json: true},
		{args: []string{"a", "--json", "b"}, rest: []string{"a", "b"}, json: true},
		{args: []string{"a", "--room", "r", "b"}, rest: []string{"a", "b"}, room: "r"},
		{args: []string{"a", "--room=r"}, rest: []string{"a"}, room: "r"},
		{args: []string{"a", "--", "--json"}, rest: []string{"a", "--json"}},
		{args: []string{"--room", "--", "a"}, rest: []string{"a"}, room: "--"},
		{args: []string{"a", "-"}, rest: []string{"a", "-"}},
		{args: []string{"remove", id}, rest: []string{"remove", id}},
		{args: []string{"--room", id, "text"}, rest: []string{"text"}, room: id},
		{args: []string{"a", "-1"}, fail: true},
		{args: []string{"a", "--room"}, fail: true},
		{args: []string{"--nonsense"}, fail: true},
	}
	for _, test := range tests {
		fs := newFlags("test")
		room, asJSON := fs.String("room", "", ""), fs.Bool("json", false, "")
		rest, err := parse(fs, test.args)
		if test.fail {
			if _, ok := errors.AsType[*usageError](err); !ok {
				t.Errorf("%q: got %q, %v, want a usage error", test.args, rest, err)
			}
			continue
		}
		if err != nil || !slices.Equal(rest, test.rest) || *room != test.room || *asJSON != test.json {
			t.Errorf("%q: got %q, room %q, json %v, %v", test.args, rest, *room, *asJSON, err)
		}
	}
}

func TestExitStatus(t *testing.T) {
	tests := []struct {
		args           string
		status         int
		stdout, stderr string
	}{
		{"", exitUsage, "", "usage: parley COMMAND"},
		{"help", exitOK, "parley send NAME…", ""},
		{"--help", exitOK, "parley send NAME…", ""},
		{"help read", exitOK, "--follow", ""},
		{"read -h", exitOK, "--follow", ""},
		{"serve -h", exitOK, "\n\n  --data ", ""},
		{"login -h", exitOK, "\n\n  --new ", ""},
		{"version", exitOK, "parley ", ""},
		{"nonsense", exitUsage, "", `parley: no command "nonsense"`},
		{"help send read", exitUsage, "", "parley: help takes one command"},
		{"help nonsense", exitUsage, "", "parley: no command"},
		{"read", exitUsage, "", "parley: read prints JSON only"},
		{"read --json --wait -1", exitUsage, "", "--wait needs"},
		{"read --json --wait NaN", exitUsage, "", "--wait needs"},
		{"read --json --wait soon", exitUsage, "", "parley: invalid value"},
		{"send bob", exitUsage, "", "parley: send needs"},
		{"send Bob! hello", exitUsage, "", "not a name"},
		{"reply nonsense hello", exitUsage, "", "not the id of a message"},
		{"rooms paint", exitUsage, "", "parley: rooms takes"},
		{"devices approve", exitUsage, "", "parley: devices takes"},
		{"login --new --server localhost", exitUsage, "", "needs one name"},
		{"login --new --reset --server localhost x", exitUsage, "", "exclude"},
		{"login --new x", exitUsage, "", "needs --server"},
		{"login --new --server ftp://x y", exitUsage, "", "not the address of a server"},
		{"serve extra", exitUsage, "", "parley: serve takes no arguments"},
		{"whoami", exitFailed, "", "parley: nobody is logged in here: see parley login (not_logged_in)"},
	}
	home := t.TempDir()
	for _, test := range tests {
		var stdout, stderr bytes.Buffer
		p := outside(map[string]string{"PARLEY_HOME": home, passphraseVar: "x"})
		p.stdout, p.stderr = &stdout, &stderr
		if got := p.run(t.Context(), strings.Fields(test.args)); got != test.status {
			t.Errorf("%q: exit status %d, want %d: %s", test.args, got, test.status, &stderr)
		}
		if !strings.Contains(stdout.String(), test.stdout) || !strings.Contains(stderr.String(), test.stderr) {
			t.Errorf("%q: printed %q and %q, want %q and %q", test.args, &stdout, &stderr, test.stdout, test.stderr)
		}
		if test.args != "" && test.stderr != "" && strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%q: not one line: %q", test.args, &stderr)
		}
	}
}

func TestExplain(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{wire.Refuse(wire.CodeUnknownAccount, "no such account"), "no such account (unknown_account)"},
		{wire.Refuse("brand_new", "Something new."), "the server says: Something new. (brand_new)"},
		{errors.Join(client.ErrQueued, client.ErrOffline), "the message is kept and will be sent later: no connection to the server (offline)"},
		{client.ErrQueued, "the message is kept and will be sent later: not yet sent (queued)"},
		{client.ErrWrongSeal, "wrong passphrase (wrong_passphrase)"},
		{client.ErrTooLong, "the text is too long: at most 60 KiB of UTF-8 (too_long)"},
		{errors.New("other: thing"), "other: thing"},
		{errors.New("client: identity: broken"), "broken"},
	}
	for _, test := range tests {
		if got := explain(test.err); got != test.want {
			t.Errorf("%v: got %q, want %q", test.err, got, test.want)
		}
	}
}

// Every error that package client lists for its callers has a sentence.
func TestEveryClientErrorIsExplained(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../client/message.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Err") || len(spec.Values) == 0 {
			return true
		}
		lit, ok := spec.Values[0].(*ast.CallExpr).Args[0].(*ast.BasicLit)
		if !ok {
			return true
		}
		text, _ := strconv.Unquote(lit.Value)
		n++
		if text != client.ErrQueued.Error() &&
			!slices.ContainsFunc(ownErrors, func(o ownError) bool { return o.err.Error() == text && o.sentence != "" }) {
			t.Errorf("%s has no sentence", spec.Names[0].Name)
		}
		return true
	})
	if n < 10 {
		t.Fatalf("found %d errors", n)
	}
}
