package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/andybalholm/brotli"
)

// distDir is where the page goes.
const distDir = "web/dist"

// A file is one file of the page, as dist/manifest.json has it: see package web.
type file struct {
	Path      string `json:"path"`      // below dist
	Integrity string `json:"integrity"` // for SRI
	Size      int    `json:"size"`      // bytes
	Brotli    int    `json:"brotli,omitempty"`
}

// A dist is the page under way.
type dist struct {
	options
	files map[string]file // by logical name
	keep  map[string]bool // paths below dist that stay
}

func openDist(o options) (*dist, error) {
	return &dist{options: o, files: map[string]file{}, keep: map[string]bool{".keep": true}}, os.MkdirAll(distDir, 0o755)
}

// hashed returns name with a hash of data before its extension.
func hashed(name string, data []byte) string {
	sum := sha256.Sum256(data)
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + "-" + base32.StdEncoding.EncodeToString(sum[:])[:8] + ext
}

// addHashed writes a file whose name says what is in it.
func (d *dist) addHashed(name string, data []byte) error {
	return d.add(name, hashed(name, data), data)
}

// add writes a file, with its compressed forms, to a path below dist.
func (d *dist) add(name, to string, data []byte) error {
	sum := sha512.Sum384(data)
	f := file{Path: to, Integrity: "sha384-" + base64.StdEncoding.EncodeToString(sum[:]), Size: len(data)}
	var err error
	f.Brotli, err = d.writeForms(to, data, to != name)
	d.files[name] = f
	return err
}

// writeForms writes a file and its compressed forms, and returns the size of that in
// brotli, if there is one.
func (d *dist) writeForms(to string, data []byte, hashed bool) (brotli int, err error) {
	if err := d.write(to, data); err != nil || d.quick || !compressible(to) {
		return 0, err
	}
	if _, err := d.compressed(to+".gz", data, hashed, gzipped); err != nil {
		return 0, err
	}
	return d.compressed(to+".br", data, hashed, brotlied)
}

// compressed writes a compressed form where it is smaller, and returns its size. One
// that is there already under a name that holds a hash isn't made again.
func (d *dist) compressed(to string, data []byte, hashed bool, compress func([]byte) ([]byte, error)) (int, error) {
	if old, err := os.Stat(filepath.Join(distDir, to)); err == nil && old.Size() > 0 && hashed {
		d.keep[to] = true
		return int(old.Size()), nil
	}
	small, err := compress(data)
	if err != nil || len(small) >= len(data) {
		return 0, err
	}
	return len(small), d.write(to, small)
}

// write writes one file as a whole: who reads meanwhile sees the old one or the new.
func (d *dist) write(to string, data []byte) error {
	d.keep[to] = true
	name := filepath.Join(distDir, filepath.FromSlash(to))
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, data) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(name), ".part-*")
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	if err = errors.Join(err, temp.Chmod(0o644), temp.Close()); err != nil {
		os.Remove(temp.Name())
		return err
	}
	return os.Rename(temp.Name(), name)
}

// finish writes the manifest and removes what earlier builds left.
func (d *dist) finish() error {
	data, err := json.MarshalIndent(map[string]any{"files": d.files}, "", "\t")
	if err != nil {
		return err
	}
	if err := d.write("manifest.json", append(data, '\n')); err != nil {
		return err
	}
	return fs.WalkDir(os.DirFS(distDir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || d.keep[name] {
			return err
		}
		return os.Remove(filepath.Join(distDir, name))
	})
}

// compressible reports whether a file is text or wasm.
func compressible(name string) bool {
	switch path.Ext(name) {
	case ".js", ".css", ".html", ".wasm", ".svg", ".json", ".webmanifest", ".txt":
		return true
	}
	return false
}

func brotlied(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w := brotli.NewWriterOptions(&b, brotli.WriterOptions{Quality: brotli.BestCompression, LGWin: 24})
	return pour(&b, w, data)
}

func gzipped(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	return pour(&b, w, data)
}

func pour(b *bytes.Buffer, w io.WriteCloser, data []byte) ([]byte, error) {
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	err := w.Close()
	return b.Bytes(), err
}
