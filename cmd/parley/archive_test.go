package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A part is an entry of a made-up archive.
type part struct {
	name, text string
	kind       byte // 0: a file
}

// makeArchive writes parts with right sums, so that a reader must see what else is
// wrong with them.
func makeArchive(t *testing.T, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	sums := ""
	for _, p := range append(parts, part{name: archiveSums}) {
		if p.name == archiveSums && p.text == "" {
			p.text = sums
		}
		h := tar.Header{Name: p.name, Size: int64(len(p.text)), Mode: 0o600, Typeflag: tar.TypeReg}
		if p.kind != 0 {
			h.Typeflag, h.Linkname, h.Size, p.text = p.kind, p.text, 0, ""
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, p.text)
		sums += fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(p.text)), p.name)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var mark = part{name: archiveMark, text: archiveFormat}

func TestArchive(t *testing.T) {
	dir := t.TempDir()
	want := map[string]string{"000001.sst": strings.Repeat("x", 100_000), "MANIFEST": "m", "empty": ""}
	for name, text := range want {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := writeArchive(&b, dir); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	read := func(data []byte) error {
		return readArchive(bytes.NewReader(data), func(name string, _ int64, r io.Reader) error {
			text, err := io.ReadAll(r)
			got[name] = string(text)
			return err
		})
	}
	if err := read(b.Bytes()); err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v", slices.Sorted(maps.Keys(got)), err)
	}
	// Whatever single byte of a file changes, and wherever it is cut: not accepted.
	for i := 0; i < b.Len(); i += 997 {
		bent := bytes.Clone(b.Bytes())
		bent[i] ^= 1
		if err := read(bent); err == nil && !bytes.Equal(bent[:i], b.Bytes()[:i]) {
			t.Errorf("accepted with byte %d changed", i)
		}
		if err := read(b.Bytes()[:i]); !errors.Is(err, errArchive) {
			t.Errorf("cut at %d: got %v", i, err)
		}
	}
	bent := bytes.Clone(b.Bytes())
	bent[bytes.Index(bent, []byte("xxxx"))+5] = 'y'
	if err := read(bent); !errors.Is(err, errArchive) {
		t.Errorf("with a byte of a file changed: got %v", err)
	}
}

// Nothing of an archive leaves the directory, whatever its sums say.
func TestArchiveAttacks(t *testing.T) {
	for name, parts := range map[string][]part{
		"parent":        {mark, {name: "../evil", text: "x"}},
		"absolute":      {mark, {name: "/tmp/evil", text: "x"}},
		"directory":     {mark, {name: "a/b", text: "x"}},
		"hidden":        {mark, {name: ".evil", text: "x"}},
		"backslash":     {mark, {name: `a\b`, text: "x"}},
		"link":          {mark, {name: "evil", text: "/etc/passwd", kind: tar.TypeSymlink}},
		"hard link":     {mark, {name: "evil", text: "/etc/passwd", kind: tar.TypeLink}},
		"device":        {mark, {name: "evil", kind: tar.TypeChar}},
		"twice":         {mark, {name: "a", text: "x"}, {name: "a", text: "y"}},
		"no mark":       {{name: "a", text: "x"}},
		"two marks":     {mark, mark},
		"newer":         {{name: archiveMark, text: "2\n"}},
		"sums of other": {mark, {name: "a", text: "x"}, {name: archiveSums, text: "00  a\n"}},
		"long name":     {mark, {name: strings.Repeat("a", maxArchiveName+1), text: "x"}},
		"mark of ours":  {mark, {name: "a\nb", text: "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dir := filepath.Join(parent, "data")
			err := restore(t.Context(), bytes.NewReader(makeArchive(t, parts...)), dir)
			if !errors.Is(err, errArchive) {
				t.Errorf("got %v", err)
			}
			if left, _ := os.ReadDir(parent); len(left) != 0 {
				t.Errorf("left %v", left)
			}
		})
	}
}

// FuzzReadArchive: whatever it is, no panic, and no name that leaves the directory.
func FuzzReadArchive(f *testing.F) {
	f.Add([]byte("nothing"))
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	w.WriteHeader(&tar.Header{Name: archiveMark, Size: 2, Mode: 0o600})
	io.WriteString(w, archiveFormat)
	w.Close()
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		readArchive(bytes.NewReader(data), func(name string, _ int64, r io.Reader) error {
			if name != filepath.Base(name) || name == "." || name == ".." {
				t.Errorf("the name %q", name)
			}
			_, err := io.Copy(io.Discard, r)
			return err
		})
	})
}
