package page

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"parley/web"
)

// A site is what a build made.
type site struct {
	byPath map[string]*file // below "/"
	index  *file
}

// A file is one of the page's.
type file struct {
	kind     string // Content-Type
	hashed   bool   // it never changes under its name
	worker   bool   // the service worker
	variants []variant
}

// A variant is a file in one coding. The first one is the file as it is.
type variant struct {
	path   string
	coding string // of Content-Encoding; empty: none
	etag   string
	size   int64
}

// codings are those that files are compressed in beforehand, best first.
var codings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// Names that mean something to the server: see [web.Manifest].
const (
	indexName  = "index.html"
	workerName = "sw.js"
)

// openSite reads what there is. web.ErrNotBuilt if there is nothing.
func openSite(files fs.FS) (*site, error) {
	m, err := web.ReadManifest(files)
	if err != nil {
		return nil, err
	}
	s := &site{byPath: map[string]*file{}}
	for name, of := range m.Files {
		f, err := openFile(files, of.Path, of.Hashed(name))
		if err != nil {
			return nil, fmt.Errorf("page: %w", err)
		}
		f.worker = name == workerName
		s.byPath[of.Path] = f
	}
	if s.index = s.byPath[indexName]; s.index == nil {
		return nil, errors.New("page: the manifest has no " + indexName)
	}
	return s, nil
}

func openFile(files fs.FS, name string, hashed bool) (*file, error) {
	f := &file{kind: contentType(name), hashed: hashed}
	plain, err := openVariant(files, name, "", hashed)
	if err != nil {
		return nil, err
	}
	f.variants = []variant{*plain}
	for _, c := range codings {
		v, err := openVariant(files, name+c.suffix, c.name, hashed)
		switch {
		case err == nil:
			f.variants = append(f.variants, *v)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	return f, nil
}

// openVariant reads what has to be known of a file. Its tag is its name where that
// has the hash of its content, else the content's hash.
func openVariant(files fs.FS, name, coding string, hashed bool) (*variant, error) {
	info, err := fs.Stat(files, name)
	if err != nil {
		return nil, err
	}
	v := &variant{path: name, coding: coding, size: info.Size(), etag: `"` + path.Base(name) + `"`}
	if hashed {
		return v, nil
	}
	content, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(content)
	v.size, v.etag = int64(len(content)), `"`+base64.RawURLEncoding.EncodeToString(sum[:18])+`"`
	return v, nil
}

// find returns what is at a URL's path, or nil. (Places within the page are in the
// URL's fragment, which no server sees.)
func (s *site) find(urlPath string) *file {
	if urlPath == "/" {
		return s.index
	}
	return s.byPath[strings.TrimPrefix(urlPath, "/")]
}

// choose returns the variant for a request's Accept-Encoding (RFC 9110, Section
// 12.5.3): the best one that it names without refusing it.
func (f *file) choose(accept string) *variant {
	if accept == "" {
		return &f.variants[0]
	}
	for i := range f.variants[1:] {
		if v := &f.variants[1+i]; accepts(accept, v.coding) {
			return v
		}
	}
	return &f.variants[0]
}

// accepts reports whether an Accept-Encoding names coding with a weight above 0.
func accepts(accept, coding string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		name, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		weight, ok := strings.CutPrefix(strings.TrimSpace(params), "q=")
		if !ok {
			return true
		}
		q, err := strconv.ParseFloat(weight, 64)
		return err == nil && q > 0
	}
	return false
}

// types are those of the page's files. What the machine says of suffixes doesn't
// count.
var types = map[string]string{
	".html":        "text/html; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".css":         "text/css; charset=utf-8",
	".wasm":        "application/wasm",
	".json":        "application/json",
	".map":         "application/json",
	".webmanifest": "application/manifest+json",
	".svg":         "image/svg+xml",
	".png":         "image/png",
	".webp":        "image/webp",
	".ico":         "image/x-icon",
	".woff2":       "font/woff2",
	".txt":         "text/plain; charset=utf-8",
}

func contentType(name string) string {
	if t := types[path.Ext(name)]; t != "" {
		return t
	}
	return "application/octet-stream"
}
