package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/desk/deskapi"
)

// The desk's example configuration is right, and what is wrong in one is said.
func TestDeskConfig(t *testing.T) {
	p := &program{stdout: io.Discard, stderr: io.Discard, lookup: func(string) (string, bool) { return "", false }}
	c, err := p.loadDeskConfig("../../deploy/desk.toml")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := c.rules()
	if err != nil || len(rules) != 2 || rules[0].Kind != deskapi.Suspend || rules[1].Above != 1 {
		t.Errorf("rules %+v, %v", rules, err)
	}
	example, err := os.ReadFile("../../deploy/desk.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`domain = "example.org"`, `domain = "Not a domain"`},
		{`kind = "suspend"`, `kind = "ban"`},
		{`poll = "5s"`, `poll = "0s"`},
		{`listen = "127.0.0.1:8450"`, `listen = "here"`},
		{`cert = ""`, `cert = "x"`},
		{`poll = "5s"`, `pole = "5s"`},
		{`new_staff = "3d"`, `new_staff = "soon"`},
		{`territory = []`, `territory = ["Germany"]`},
		{`account_type = ""`, `account_type = "both"`},
		{`origin = "https`, `origin = "" # "https`},
	} {
		path := filepath.Join(t.TempDir(), "desk.toml")
		text := strings.Replace(string(example), change[0], change[1], 1)
		if text == string(example) {
			t.Fatalf("the example lacks %s", change[0])
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := p.loadDeskConfig(path); err == nil || !strings.Contains(err.Error(), "bad_config") {
			t.Errorf("%s: %v, want bad_config", change[1], err)
		}
	}
}
