package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
)

// ManifestName is where go run ./web/build writes the [Manifest], below dist.
const ManifestName = "manifest.json"

// A Manifest says what the page is made of. It is what the build program and the
// server agree on:
//
//   - the server serves the files that it names, each at "/" and its path, and
//     index.html at "/" too;
//   - one whose path isn't its logical name has a hash of its content in the name,
//     and is served as never changing. The others (index.html, sw.js,
//     manifest.webmanifest, icons) are asked for again each time;
//   - beside a file of text or wasm lie PATH.br and PATH.gz, where they are smaller.
type Manifest struct {
	Files map[string]File `json:"files"` // by logical name: index.html, main.js, core.wasm, sw.js, …
}

// A File is one file of the page.
type File struct {
	Path      string `json:"path"`      // below dist, with "/" between
	Integrity string `json:"integrity"` // sha384- and base64: of its content, for SRI
}

// Hashed reports whether the file with a logical name never changes under its
// path.
func (f File) Hashed(name string) bool { return f.Path != name }

// ErrNotBuilt is returned where the page wasn't built.
var ErrNotBuilt = errors.New("web: the page isn't built")

// ReadManifest reads the manifest of built files, or returns ErrNotBuilt.
func ReadManifest(files fs.FS) (*Manifest, error) {
	data, err := fs.ReadFile(files, ManifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotBuilt
	}
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	m := new(Manifest)
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("web: %s: %w", ManifestName, err)
	}
	for name, f := range m.Files {
		if !fs.ValidPath(f.Path) {
			return nil, fmt.Errorf("web: %s: %q is not a path", ManifestName, name)
		}
	}
	return m, nil
}
