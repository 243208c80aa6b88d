package web_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// TestUnits bundles each *.test.ts of the page and runs them with node --test:
// what of the page needs no browser is tested without one.
func TestUnits(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		lacking(t, "node isn't installed")
	}
	if _, err := os.Stat("node_modules/preact"); err != nil {
		lacking(t, "web/node_modules is missing: npm ci --ignore-scripts in web")
	}
	files := unitFiles(t)
	if len(files) == 0 {
		t.Fatal("got no *.test.ts, want some")
	}
	dir := t.TempDir()
	result := api.Build(api.BuildOptions{
		EntryPoints:      files,
		Outdir:           dir,
		OutExtension:     map[string]string{".js": ".mjs"},
		Bundle:           true,
		Write:            true,
		Format:           api.FormatESModule,
		Platform:         api.PlatformNode,
		Target:           api.ES2022,
		JSX:              api.JSXAutomatic,
		JSXImportSource:  "preact",
		MinifyWhitespace: false,
		LogLevel:         api.LogLevelWarning,
	})
	if n := len(result.Errors); n > 0 {
		t.Fatalf("got %d errors of the bundler, want none: %s", n, result.Errors[0].Text)
	}
	for _, file := range bundles(t, dir) {
		name, err := filepath.Rel(dir, file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(name, ".test.mjs"), func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), node, "--test", "--test-reporter=tap", file).CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, failures(string(out)))
			}
		})
	}
}

// lacking skips a test that lacks its tool, or fails it where none may be skipped.
func lacking(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

func unitFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, dir := range []string{"app", "lib", "sw"} {
		files = append(files, withSuffix(t, dir, ".test.ts")...)
		files = append(files, withSuffix(t, dir, ".test.tsx")...)
	}
	return files
}

func bundles(t *testing.T, dir string) []string {
	t.Helper()
	return withSuffix(t, dir, ".test.mjs")
}

func withSuffix(t *testing.T, dir, suffix string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, suffix) {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// failures leaves out what has passed.
func failures(out string) string {
	if at := strings.Index(out, "not ok"); at >= 0 {
		out = out[at:]
	}
	return out[:min(len(out), 8000)]
}
