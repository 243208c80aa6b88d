package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/web"
)

// What the build writes is what the server reads: names, integrity, compressed forms;
// and what earlier builds left is gone.
func TestDist(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, filepath.Join(distDir, ".keep"), "")
	write(t, filepath.Join(distDir, "main-OLD12345.js"), "old")
	d, err := openDist(options{})
	if err != nil {
		t.Fatal(err)
	}
	long := bytes.Repeat([]byte("let a = 1;"), 100)
	for name, data := range map[string][]byte{"main.js": long, "core.wasm": []byte("\x00asm")} {
		if err := d.addHashed(name, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.add("sw.js", "sw.js", long); err != nil {
		t.Fatal(err)
	}
	if err := d.finish(); err != nil {
		t.Fatal(err)
	}
	m, err := web.ReadManifest(os.DirFS(distDir))
	if err != nil {
		t.Fatal(err)
	}
	main := m.Files["main.js"]
	if !main.Hashed("main.js") || m.Files["sw.js"].Hashed("sw.js") || !strings.HasPrefix(main.Integrity, "sha384-") {
		t.Errorf("manifest: %+v", m.Files)
	}
	var names []string
	err = fs.WalkDir(os.DirFS(distDir), ".", func(name string, e fs.DirEntry, err error) error {
		if !e.IsDir() {
			names = append(names, name)
		}
		return err
	})
	core := m.Files["core.wasm"].Path
	want := ".keep " + core + " " + main.Path + " " + main.Path + ".br " + main.Path + ".gz manifest.json sw.js sw.js.br sw.js.gz"
	if got := strings.Join(names, " "); err != nil || got != want {
		t.Errorf("files: %s, %v; want %s", got, err, want)
	}
}

// A compressed form under a name that doesn't change is made anew with its file.
func TestDistAgain(t *testing.T) {
	t.Chdir(t.TempDir())
	var sizes []int64
	for _, n := range []int{100, 5000} {
		d, err := openDist(options{})
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for i := range n {
			text.WriteString(strings.Repeat(string(rune('a'+i%26)), i%7+1))
		}
		if err := d.add("app-icon.svg", "app-icon.svg", []byte(text.String())); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(distDir, "app-icon.svg.gz"))
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, info.Size())
	}
	if sizes[0] == sizes[1] {
		t.Errorf("the compressed form stayed as it was: %d bytes", sizes[0])
	}
}

func TestLibrariesFresh(t *testing.T) {
	t.Chdir(t.TempDir())
	const want = `{"packages": {"": {"version": "0"}, "node_modules/a": {"version": "1.0.0"}, "node_modules/b": {"version": "2.0.0", "optional": true}}}`
	write(t, "want.json", want)
	for _, test := range []struct {
		have  string
		fresh bool
	}{
		{`{"packages": {"node_modules/a": {"version": "1.0.0"}}}`, true},
		{`{"packages": {"node_modules/a": {"version": "1.0.1"}}}`, false},
		{`{"packages": {"node_modules/a": {"version": "1.0.0"}, "node_modules/b": {"version": "1.0.0"}}}`, false},
		{`{"packages": {}}`, false},
	} {
		write(t, "have.json", test.have)
		if got, err := librariesFresh("want.json", "have.json"); got != test.fresh || err != nil {
			t.Errorf("%s: %v, %v; want %v", test.have, got, err, test.fresh)
		}
	}
	if got, err := librariesFresh("want.json", "nothing.json"); got || err != nil {
		t.Errorf("without an installation: %v, %v", got, err)
	}
}

// The page names its files from the root, with the integrity of its script; one that
// isn't made is told.
func TestWriteIndex(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, indexFile, `<link rel="icon" href="icons/icon.svg"><script type="module" src="main.js"></script>`)
	d := &dist{options: options{quick: true}, keep: map[string]bool{}, files: map[string]file{
		"main.js": {Path: "main-ABCD1234.js", Integrity: "sha384-x"}, "icons/icon.svg": {Path: "icons/icon.svg", Integrity: "sha384-y"},
	}}
	if err := writeIndex(d); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(distDir, "index.html"))
	want := `<link rel="icon" href="/icons/icon.svg"><script type="module" src="/main-ABCD1234.js" integrity="sha384-x"></script>`
	if err != nil || string(got) != want {
		t.Errorf("index.html: %s, %v; want %s", got, err, want)
	}
	write(t, indexFile, `<script src="other.js"></script>`)
	if err := writeIndex(d); err == nil || !strings.Contains(err.Error(), "other.js") {
		t.Errorf("a file that isn't made: %v", err)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
