package main

import (
	"errors"
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

// What is right alone and wrong together is found, and only that.
func TestConfigContradictions(t *testing.T) {
	nats := map[string]string{"store": "postgres", "postgres-file": "/dsn", "hints": "nats", "nats-listen": "0.0.0.0:6222"}
	with := func(base map[string]string, more ...string) map[string]string {
		all := map[string]string{"data": "/d"}
		for k, v := range base {
			all[k] = v
		}
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return all
	}
	tests := []struct {
		name  string
		flags map[string]string
		key   string // empty: nothing is wrong
	}{
		{"nothing", with(nil), ""},
		{"postgres without a string", with(nil, "store", "postgres"), "store"},
		{"postgres", with(nil, "store", "postgres", "postgres-file", "/dsn"), ""},
		{"nodes of an embedded store", with(nil, "hints", "nats", "nats-listen", "127.0.0.1:1"), "hints"},
		{"nodes without TLS", with(nats), "nats_ca"},
		{"nodes on one machine", with(nats, "nats-listen", "127.0.0.1:6222"), ""},
		{"nodes", with(nats, "nats-cert", "c", "nats-key", "k", "nats-ca", "a"), ""},
		{"half a certificate", with(nil, "tls-cert", "c", "origins", "https://x.example"), "tls_cert"},
		{"TLS without names", with(nil, "tls-cert", "c", "tls-key", "k"), "origins"},
		{"TLS", with(nil, "tls-cert", "c", "tls-key", "k", "origins", "https://x.example"), ""},
		{"both kinds", with(nil, "tls-cert", "c", "tls-key", "k", "acme-domains", "x.example", "acme-accept-terms", "yes", "origins", "https://x.example"), "acme_domains"},
		{"terms", with(nil, "acme-domains", "x.example"), "acme_accept_terms"},
		{"ACME", with(nil, "acme-domains", "x.example", "acme-accept-terms", "yes"), ""},
		{"redirect to nowhere", with(nil, "http-listen", ":80"), "http_listen"},
		{"one port twice", with(nil, "private", "127.0.0.1:8440"), "private"},
		{"no drain", with(nil, "drain", "0s"), "drain"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := outside(nil).loadConfig("", test.flags)
			wrong, _ := errors.AsType[configErrors](err)
			if test.key == "" && err != nil {
				t.Errorf("got %v", err)
			}
			if test.key != "" && !slices.ContainsFunc(wrong, func(c configError) bool { return c.key == test.key }) {
				t.Errorf("got %v, want %s", err, test.key)
			}
		})
	}
}

func TestConfigValues(t *testing.T) {
	got, err := outside(nil).loadConfig("", map[string]string{
		"data": "/d", "max-store": "20GiB", "reserve": "1048576", "rate-login": "5/2m", "rate-streams": "none", "rate-bytes": "1TiB", "rate-delay": "none",
		"max-message": "64KiB", "trace-share": "0.5",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.maxStore != 20<<30 || got.reserve != 1<<20 || got.limits.Message != 64<<10 || got.traceShare != 0.5 {
		t.Errorf("got %+v", got)
	}
	if r := got.rates; r.Login.Burst != 5 || r.Login.Every != 2*time.Minute || r.Streams >= 0 || r.Bytes != 1<<40 || r.Delay >= 0 {
		t.Errorf("got %+v", r)
	}
	for flag, value := range map[string]string{
		"max-store": "-1", "reserve": "9999999999GiB", "rate-login": "5", "rate-send": "0/1s", "rate-streams": "-2", "max-message": "1GiB",
		"trace-share": "NaN", "trace": "ftp://x", "listen": "8440", "proxies": "10.0.0.0/99", "max-members": "1", "nats-routes": "host",
	} {
		if _, err := outside(nil).loadConfig("", map[string]string{"data": "/d", flag: value}); err == nil {
			t.Errorf("--%s %s was taken", flag, value)
		}
	}
}

func TestSuggestion(t *testing.T) {
	for key, want := range map[string]string{"lisen": "listen", "reset-delay": "reset_delay", "postgress_file": "postgres_file", "colour": "", "x": ""} {
		if got := suggestion(key); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
}
