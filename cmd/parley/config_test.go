package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// outside returns a program with an environment.
func outside(env map[string]string) *program {
	return &program{lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
}

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "parley.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestConfigPrecedence(t *testing.T) {
	path := writeConfig(t, `
data = "/file"
listen = "file:1"
domain = "file.example"
origins = ["https://a.example", "https://b.example"]
sign_up = "closed"
reset_delay = "2d"
retention = "36h"
log = "json"
`)
	p := outside(map[string]string{"PARLEY_LISTEN": "env:1", "PARLEY_DOMAIN": "env.example"})
	got, err := p.loadConfig(path, map[string]string{"domain": "flag.example"})
	if err != nil {
		t.Fatal(err)
	}
	if got.data != "/file" || got.listen != "env:1" || got.domain != "flag.example" || got.signUp || got.logFormat != "json" {
		t.Errorf("got %+v", got)
	}
	if got.resetDelay != 48*time.Hour || got.retention != 36*time.Hour {
		t.Errorf("got %v and %v, want 48h and 36h", got.resetDelay, got.retention)
	}
	if want := []string{"https://a.example", "https://b.example"}; !slices.Equal(got.origins, want) {
		t.Errorf("got %q, want %q", got.origins, want)
	}
}

func TestConfigNeedsNothing(t *testing.T) {
	got, err := outside(map[string]string{"XDG_DATA_HOME": "/d"}).loadConfig("", nil)
	if err != nil || got.data != "/d/parley" || got.listen != "127.0.0.1:8440" || !got.signUp {
		t.Errorf("got %+v, %v", got, err)
	}
}

// An origin that is spelt otherwise than clients sign it is the same origin.
func TestConfigOrigins(t *testing.T) {
	got, err := outside(nil).loadConfig("", map[string]string{"data": "/d", "origins": "https://DM.example.com:443/, http://10.0.0.1:8080"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"https://dm.example.com", "http://10.0.0.1:8080"}; !slices.Equal(got.origins, want) {
		t.Errorf("got %q, want %q", got.origins, want)
	}
}

// Each setting has a flag, a variable and a key, and refuses nonsense.
func TestConfigRefuses(t *testing.T) {
	tests := []struct {
		name, file string
		env, flags map[string]string
		want       string
	}{
		{name: "unknown key", file: `lisen = "x"`, want: `unknown key "lisen"`},
		{name: "wrong type", file: `listen = 3`, want: "listen: want a string"},
		{name: "wrong element", file: `origins = [3]`, want: "origins: want a list of strings"},
		{name: "not TOML", file: `listen`, want: "configuration file"},
		{name: "sign_up", env: map[string]string{"PARLEY_SIGN_UP": "maybe"}, want: "PARLEY_SIGN_UP: want open or closed"},
		{name: "reset_delay", flags: map[string]string{"reset-delay": "soon"}, want: "--reset-delay: want a duration"},
		{name: "negative", flags: map[string]string{"retention": "-1h"}, want: "--retention: want a duration"},
		{name: "days", flags: map[string]string{"retention": "-1d"}, want: "--retention: want a number of days"},
		{name: "log", flags: map[string]string{"log": "xml"}, want: "--log: want json or text"},
		{name: "origins", flags: map[string]string{"origins": "https://a.example/path"}, want: `"https://a.example/path" is not the address of a server`},
		{name: "domain", flags: map[string]string{"domain": "Example.com"}, want: `--domain: "Example.com" is not a domain`},
		{name: "empty", flags: map[string]string{"domain": ""}, want: "--domain: must not be empty"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := ""
			if test.file != "" {
				path = writeConfig(t, test.file)
			}
			if _, err := outside(test.env).loadConfig(path, test.flags); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
