package deskhttp

import (
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// NotBuilt is what is answered where the page isn't among the files.
const NotBuilt = "The desk's page isn't in this program: run go run ./web/build, then build parley again.\n"

// Page serves the desk's page: files as they are, index.html for /. It answers GET
// and HEAD; what isn't a file isn't found. The headers of a [Handler] go with it. A name that
// holds a hash (…-XXXXXXXX.ext) never changes, so that browsers keep it. A file that has
// NAME.br or NAME.gz beside it is sent in that coding to who takes it.
func Page(files fs.FS) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "GET or HEAD", http.StatusMethodNotAllowed)
			return
		}
		name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
		if name == "" {
			name = "index.html"
		}
		data, coding, err := readCoded(files, name, r.Header.Get("Accept-Encoding"))
		if err != nil {
			notFound(w, name, err)
			return
		}
		kind := mime.TypeByExtension(path.Ext(name))
		if kind == "" {
			kind = "application/octet-stream"
		}
		head := w.Header()
		head.Set("Content-Type", kind)
		head.Set("Vary", "Accept-Encoding")
		if coding != "" {
			head.Set("Content-Encoding", coding)
		}
		head.Set("Cache-Control", "no-cache")
		if hashed(name) {
			head.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		if r.Method == http.MethodGet {
			w.Write(data)
		}
	})
}

// codings are those that files are compressed in beforehand, best first.
var codings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// readCoded reads a file in the best coding that there is and that accept, an
// Accept-Encoding, names without refusing it (RFC 9110, Section 12.5.3). The compressed
// forms aren't files of their own.
func readCoded(files fs.FS, name, accept string) (data []byte, coding string, err error) {
	for _, c := range codings {
		if strings.HasSuffix(name, c.suffix) {
			return nil, "", fs.ErrNotExist
		}
	}
	for _, c := range codings {
		if !accepts(accept, c.name) {
			continue
		}
		if data, err := fs.ReadFile(files, name+c.suffix); err == nil {
			return data, c.name, nil
		}
	}
	data, err = fs.ReadFile(files, name)
	return data, "", err
}

// accepts reports whether an Accept-Encoding names coding with a weight above 0.
func accepts(accept, coding string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		name, weight, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		q, weighted := strings.CutPrefix(strings.TrimSpace(weight), "q=")
		return !weighted || strings.Trim(q, "0.") != ""
	}
	return false
}

// hashed reports whether a name holds a hash, as the build gives it.
func hashed(name string) bool {
	base := strings.TrimSuffix(name, path.Ext(name))
	i := strings.LastIndexByte(base, '-')
	return i > 0 && len(base)-i-1 == 8 && strings.ToUpper(base[i+1:]) == base[i+1:]
}

func notFound(w http.ResponseWriter, name string, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusNotFound)
	if name == "index.html" && errors.Is(err, fs.ErrNotExist) {
		io.WriteString(w, NotBuilt)
	}
}
