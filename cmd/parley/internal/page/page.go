// Package page serves the browser client: the files that go run ./web/build made,
// compressed beforehand, under headers that let the page load nothing of others
// and be framed by nobody but those that the operator names.
//
// It answers GET and HEAD, reads no body, and keeps nothing of who asks. What it
// may do at once is bounded apart from the API, and who reads slowly is cut.
package page

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"parley/web"
)

// NotBuilt is what a server without the page answers and logs.
const NotBuilt = "The page isn't in this server: run go run ./web/build, then build parley again."

// Options are what one may choose.
type Options struct {
	Origins []string // scheme://host[:port] under which browsers reach the server
	Parents []string // scheme://host[:port] whose pages may show this one in a frame
	Frames  []string // scheme://host[:port][/path] of what the page may show in a frame itself
	// Fresh has the files looked at again for each request: for who changes them.
	Fresh  bool
	Logger *slog.Logger
	// Address says where a request comes from, for limits.
	Address func(*http.Request) string

	WriteTimeout time.Duration // for 32 KiB: who reads slower is cut; 0: 20 s
	MostTime     time.Duration // for one answer; 0: 10 minutes
	AtOnce       int           // answers at once; 0: 8192
	AtOnceEach   int           // of them to one address; 0: 256
}

func (o *Options) setDefaults() {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	orDefault(&o.WriteTimeout, 20*time.Second)
	orDefault(&o.MostTime, 10*time.Minute)
	orDefault(&o.AtOnce, 8192)
	orDefault(&o.AtOnceEach, 256)
}

func orDefault[T int | time.Duration](n *T, value T) {
	if *n == 0 {
		*n = value
	}
}

// A Handler answers for the page. It is safe for concurrent use.
type Handler struct {
	opts    Options
	files   fs.FS
	headers [][2]string

	mu   sync.Mutex // guards site
	site *site      // nil: not built, or not yet looked at

	turns turnstile
}

var _ http.Handler = (*Handler)(nil)

// New returns the handler of built files: see [web.Manifest]. Where they aren't
// built it says so, once in the log and to everyone who asks for the page.
func New(files fs.FS, o Options) (*Handler, error) {
	o.setDefaults()
	h := &Handler{opts: o, files: files, headers: headers(o), turns: turnstile{most: o.AtOnce, each: o.AtOnceEach}}
	_, err := h.look()
	if errors.Is(err, web.ErrNotBuilt) {
		o.Logger.Warn(NotBuilt)
		err = nil
	}
	return h, err
}

// look returns the files as they are, or web.ErrNotBuilt.
func (h *Handler) look() (*site, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.site != nil && !h.opts.Fresh {
		return h.site, nil
	}
	s, err := openSite(h.files)
	if err == nil {
		h.site = s
	}
	return s, err
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, kv := range h.headers {
		w.Header().Set(kv[0], kv[1])
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		say(w, http.StatusMethodNotAllowed, "Only GET and HEAD are answered here.")
		return
	}
	site, err := h.look()
	switch {
	case errors.Is(err, web.ErrNotBuilt):
		say(w, http.StatusNotFound, NotBuilt)
		return
	case err != nil: // only with Fresh: while it is being built
		say(w, http.StatusServiceUnavailable, "The page is being built.")
		return
	}
	f := site.find(r.URL.Path)
	if f == nil {
		say(w, http.StatusNotFound, "There is nothing here.")
		return
	}
	h.serve(w, r, f)
}

// say answers one plain line.
func say(w http.ResponseWriter, status int, line string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, line+"\n") // if it fails, nobody reads it any more
}

// serve answers a file in the best coding that the browser takes.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, f *file) {
	head := w.Header()
	head.Set("Cache-Control", "no-cache")
	if f.hashed {
		head.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if f.worker {
		head.Set("Service-Worker-Allowed", "/")
	}
	v := f.choose(r.Header.Get("Accept-Encoding"))
	if len(f.variants) > 1 {
		head.Set("Vary", "Accept-Encoding")
	}
	head.Set("Content-Type", f.kind)
	head.Set("ETag", v.etag)
	if matches(r.Header.Get("If-None-Match"), v.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if v.coding != "" {
		head.Set("Content-Encoding", v.coding)
	}
	head.Set("Content-Length", strconv.FormatInt(v.size, 10))
	if r.Method == http.MethodHead {
		return
	}
	h.send(w, r, v)
}

// matches reports whether an If-None-Match names tag (RFC 9110, Section 13.1.2).
func matches(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimPrefix(strings.TrimSpace(part), "W/")
		if part == tag || part == "*" {
			return true
		}
	}
	return false
}

// send writes a file's bytes, as long as there is room and the reader goes on
// reading.
func (h *Handler) send(w http.ResponseWriter, r *http.Request, v *variant) {
	leave, ok := h.turns.enter(h.opts.Address(r))
	if !ok {
		unsized(w)
		w.Header().Set("Retry-After", "5")
		say(w, http.StatusServiceUnavailable, "Too much at once; try again in a moment.")
		return
	}
	defer leave()
	content, err := h.files.Open(v.path)
	if err != nil { // only with Fresh: it was built anew
		unsized(w)
		say(w, http.StatusServiceUnavailable, "The page is being built.")
		return
	}
	defer content.Close()
	out := &patient{w: w, control: http.NewResponseController(w), each: h.opts.WriteTimeout, end: time.Now().Add(h.opts.MostTime)}
	defer out.reset()
	buffer := buffers.Get().(*[chunk]byte)
	defer buffers.Put(buffer)
	io.CopyBuffer(out, struct{ io.Reader }{content}, buffer[:]) // if it fails, nobody reads it any more
}

// unsized takes back what was said of a file that isn't sent.
func unsized(w http.ResponseWriter) {
	for _, name := range []string{"Content-Length", "Content-Encoding", "ETag"} {
		w.Header().Del(name)
	}
}

// chunk is what is written at once, in bytes.
const chunk = 32 << 10

var buffers = sync.Pool{New: func() any { return new([chunk]byte) }}

// A patient writer waits a bounded time for each chunk to be taken, and for all.
type patient struct {
	w       io.Writer
	control *http.ResponseController
	each    time.Duration
	end     time.Time
}

// Write implements [io.Writer].
func (p *patient) Write(b []byte) (int, error) {
	deadline := time.Now().Add(p.each)
	if deadline.After(p.end) {
		deadline = p.end
	}
	p.control.SetWriteDeadline(deadline) // without deadlines there is no connection to wait for either
	return p.w.Write(b)
}

// reset leaves the connection as it was: the next request on it may be the API's.
func (p *patient) reset() { p.control.SetWriteDeadline(time.Time{}) }

// A turnstile counts answers that are being sent.
type turnstile struct {
	most, each int

	mu  sync.Mutex // guards what follows
	all int
	of  map[string]int
}

// enter lets one answer begin, if there is room; leave ends it.
func (t *turnstile) enter(address string) (leave func(), ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all >= t.most || t.of[address] >= t.each {
		return nil, false
	}
	if t.of == nil {
		t.of = map[string]int{}
	}
	t.all++
	t.of[address]++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.all--
		if t.of[address]--; t.of[address] == 0 {
			delete(t.of, address)
		}
	}, true
}
