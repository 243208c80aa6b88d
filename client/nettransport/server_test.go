package nettransport

import (
	"errors"
	"strings"
	"testing"
)

func TestServerAddress(t *testing.T) {
	for text, want := range map[string]string{
		"chat.example.org":              "https://chat.example.org",
		"chat.example.org:8443":         "https://chat.example.org:8443",
		"CHAT.Example.ORG.":             "https://chat.example.org",
		"https://chat.example.org":      "https://chat.example.org",
		"https://chat.example.org/":     "https://chat.example.org",
		"HTTPS://chat.example.org:0443": "https://chat.example.org",
		"http://chat.example.org":       "http://chat.example.org",
		"http://chat.example.org:80":    "http://chat.example.org",
		"http://chat.example.org:443":   "http://chat.example.org:443",
		" chat.example.org\n":           "https://chat.example.org",
		"localhost":                     "http://localhost",
		"localhost:8080":                "http://localhost:8080",
		"parley.localhost:8080":         "http://parley.localhost:8080",
		"https://localhost:8080":        "https://localhost:8080",
		"127.0.0.1:8080":                "http://127.0.0.1:8080",
		"192.0.2.1:8080":                "https://192.0.2.1:8080",
		"[::1]:8080":                    "http://[::1]:8080",
		"[::1]":                         "http://[::1]",
		"http://[2001:DB8:0:0::1]":      "http://[2001:db8::1]",
		"my_host-1":                     "https://my_host-1",
	} {
		tr, err := New(text, Options{})
		if err != nil {
			t.Errorf("New(%q): %v; want %s", text, err, want)
			continue
		}
		if got := tr.Origin(); got != want {
			t.Errorf("New(%q).Origin() = %s; want %s", text, got, want)
		}
	}
}

func TestNotAServerAddress(t *testing.T) {
	for text, why := range map[string]string{
		"":                               "no name",
		"https://":                       "no name",
		":8080":                          "no name",
		"ftp://example.org":              "begins with",
		"ws://example.org":               "begins with",
		"mimi://example.org":             "begins with",
		"https://example.org/chat":       "path",
		"example.org/v1/":                "path",
		"example.org//":                  "path",
		"https://hunter2@example.org":    "password",
		"hunter2:hunter2@example.org":    "password",
		"https://example.org?hunter2":    "query",
		"https://example.org/?":          "query",
		"https://example.org#hunter2":    "query",
		"example.org:":                   "port",
		"example.org:0":                  "port",
		"example.org:65536":              "port",
		"example.org:hunter2":            "",
		"bücher.example":                 "letters",
		"exa mple.org":                   "",
		"exa%6dple.org":                  "",
		"example..org":                   "letters",
		".example.org":                   "letters",
		"[fe80::1%25eth0]:80":            "zone",
		"[::1":                           "",
		"::1":                            "",
		"https://https://example.org":    "",
		"example.org\x00":                "",
		strings.Repeat("a", 64) + ".org": "letters",
		strings.Repeat("a.", 127) + "aa": "letters",
	} {
		tr, err := New(text, Options{})
		if !errors.Is(err, ErrServer) {
			t.Errorf("New(%q) = %v, %v; want ErrServer", text, tr, err)
			continue
		}
		if got := err.Error(); !strings.Contains(got, why) || strings.Contains(got, "hunter2") {
			t.Errorf("New(%q): %q; want something on %q, and nothing of the text", text, got, why)
		}
	}
}
