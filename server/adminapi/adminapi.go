// Package adminapi is the server's face for who runs the platform: the safety desk
// and the platform's own systems. Package wire/admin says what is spoken; its table of
// routes is all that there is, and none is of what people write.
//
// It belongs on a listener of its own, which nobody else reaches. Nothing of a
// request gets into the log but the route's name, the token's, and the status.
package adminapi

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"parley/server"
	"parley/wire/admin"
)

// Options are what one may choose. The zero value is right, but for Tokens.
type Options struct {
	Tokens *Tokens      // who may come; nil: nobody
	Logger *slog.Logger // nil: slog.Default
	Now    func() time.Time
	Burst  int           // requests that one token may make at once; 0: 1,000
	Every  time.Duration // after which it may make one more; 0: 10 ms
}

func (o *Options) setDefaults() {
	if o.Tokens == nil {
		o.Tokens = &Tokens{}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Burst == 0 {
		o.Burst = 1000
	}
	if o.Every == 0 {
		o.Every = 10 * time.Millisecond
	}
}

// An API is the handler of everything under [admin.Prefix]. [New] makes one.
type API struct {
	server *server.Server
	opts   Options
	limits *limits
	mux    *http.ServeMux
}

var _ http.Handler = (*API)(nil)

// Bounds of bodies, in bytes.
const (
	smallBody = 64 << 10
	largeBody = 1 << 20 // of relationships
)

// New returns the handler for s.
func New(s *server.Server, o Options) *API {
	o.setDefaults()
	a := &API{server: s, opts: o, limits: newLimits(o.Burst, o.Every), mux: http.NewServeMux()}
	handlers := a.handlers()
	for _, r := range admin.Routes {
		h, ok := handlers[r.Name]
		if !ok {
			panic("adminapi: no handler for " + r.Name)
		}
		a.mux.Handle(r.Method+" "+admin.Prefix+r.Pattern, a.route(r, h))
	}
	document := Document()
	a.mux.HandleFunc("GET "+admin.Prefix+"/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(document)
	})
	a.mux.HandleFunc("GET "+admin.Prefix+"/health", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return a
}

// ServeHTTP implements [http.Handler].
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler {
				panic(v)
			}
			a.opts.Logger.Error("panic", "face", "admin", "stack", string(debug.Stack()))
			a.refuse(w, problem(admin.CodeInternal, ""))
		}
	}()
	if _, pattern := a.mux.Handler(r); pattern == "" {
		a.unrouted(w, r)
		return
	}
	a.mux.ServeHTTP(w, r)
}

// unrouted answers what no route matches.
func (a *API) unrouted(w http.ResponseWriter, r *http.Request) {
	probe := httpMethods[:0:0]
	for _, m := range httpMethods {
		other := r.Clone(r.Context())
		other.Method = m
		if _, pattern := a.mux.Handler(other); pattern != "" {
			probe = append(probe, m)
		}
	}
	if len(probe) > 0 {
		w.Header().Set("Allow", strings.Join(probe, ", "))
		a.refuse(w, problem(admin.CodeMethod, ""))
		return
	}
	a.refuse(w, problem(admin.CodeUnknownRoute, ""))
}

var httpMethods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete}

// A request is one that was admitted.
type request struct {
	*http.Request
	token *Token
	body  []byte // read whole
}

// A handler answers a request. It returns what is encoded as the answer, nil for none,
// or an error.
type handler func(ctx context.Context, r *request) (any, error)

// A bytesReply is an answer that isn't JSON.
type bytesReply struct {
	write func(w http.ResponseWriter) error
}

// route admits requests for one route, and answers them.
func (a *API) route(route admin.Route, h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := a.admit(w, r, route)
		var reply any
		if err == nil {
			reply, err = a.run(r.Context(), route, q, h)
		}
		status := a.answer(w, reply, err)
		if status >= 400 && q != nil {
			a.opts.Logger.Info("admin request refused", "route", route.Name, "token", q.token.Name, "status", status)
		}
	})
}

// admit checks who asks, and reads the body. What isn't let in isn't read.
func (a *API) admit(w http.ResponseWriter, r *http.Request, route admin.Route) (*request, error) {
	secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	token := a.opts.Tokens.find(secret)
	if !ok || token == nil {
		return nil, problem(admin.CodeUnauthorized, "")
	}
	q := &request{Request: r, token: token}
	if wait := a.limits.take(w.Header(), token.Name, a.opts.Now()); wait > 0 {
		return q, limited(wait)
	}
	if !token.has(route.Scope) {
		return q, problem(admin.CodeScope, "The token isn't for this: it lacks a scope.")
	}
	if route.Body == nil {
		return q, nil
	}
	if mediaType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); strings.TrimSpace(mediaType) != "application/json" {
		return q, problem(admin.CodeMediaType, "The body is application/json.")
	}
	bound := int64(smallBody)
	if route.Name == "putRelationships" {
		bound = largeBody
	}
	var err error
	q.body, err = readBody(w, r, bound)
	return q, err
}

// run runs a handler, once for each key that a POST brings.
func (a *API) run(ctx context.Context, route admin.Route, q *request, h handler) (any, error) {
	field := q.Header.Get("Idempotency-Key")
	if q.Method != http.MethodPost || field == "" {
		return h(ctx, q)
	}
	key, ok := parseKey(field)
	if !ok {
		return nil, problem(admin.CodeBadRequest, "The Idempotency-Key has 1 to 128 printable characters.")
	}
	return a.once(ctx, q, key, h)
}

// answer writes an answer, or a problem, and returns its status.
func (a *API) answer(w http.ResponseWriter, reply any, err error) int {
	if err != nil {
		return a.refuse(w, a.asProblem(err))
	}
	switch v := reply.(type) {
	case nil:
		w.WriteHeader(http.StatusNoContent)
		return http.StatusNoContent
	case server.Answer: // of a request with a key
		return a.replay(w, v)
	case bytesReply:
		if err := v.write(w); err != nil {
			panic(http.ErrAbortHandler) // some of it is out already
		}
		return http.StatusOK
	}
	body, err := json.Marshal(reply)
	if err != nil {
		return a.refuse(w, a.asProblem(err))
	}
	writeJSON(w, http.StatusOK, "application/json", body)
	return http.StatusOK
}

func writeJSON(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body) // if it fails, nobody reads it any more
}
