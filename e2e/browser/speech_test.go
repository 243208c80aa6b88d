package browser

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A speech is what the page says in one language, by key, as patterns: what is put
// in stands as *.
type speech map[string]string

var (
	entry  = regexp.MustCompile(`(?:"([\w.]+)"|\b(\w+)):\s*"((?:[^"\\]|\\.)*)"`)
	inside = regexp.MustCompile(`\{\w+\}`)
)

// readSpeech reads the page's strings of a language. Those with plural forms are
// left out.
func readSpeech(t testing.TB, language string) speech {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "web", "app", "strings", language, "*.ts"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no strings of %s: %v", language, err)
	}
	s := speech{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range entry.FindAllStringSubmatch(string(text), -1) {
			s[m[1]+m[2]] = inside.ReplaceAllString(strings.ReplaceAll(m[3], `\"`, `"`), "*")
		}
	}
	return s
}

// says is the pattern of a key.
func (s speech) says(t testing.TB, key string) string {
	t.Helper()
	text, ok := s[key]
	if !ok {
		t.Fatalf("the page has no %q", key)
	}
	return text
}
