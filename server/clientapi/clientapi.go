// Package clientapi is the server's face for clients: HTTP and the WebSocket.
//
//	POST /v1/OPERATION   CBOR of the request → CBOR of the reply or of a wire.Error
//	                     (JSON with "Accept: application/json")
//	GET  /v1/stream      the WebSocket: see wire.Frame
//	     /v1/uploads     attachments are sent: tus 1.0.0
//	GET  /v1/blobs/BLOB  and fetched
//
// A session's token travels as "Authorization: Bearer " and base64url without
// padding. Nothing of a request's content gets into the log.
package clientapi

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"parley/server"
	"parley/wire"
)

// Options are what one may choose. The zero value is right.
type Options struct {
	Logger *slog.Logger // nil: slog.Default
	// Address returns where a request comes from, for rate limits. Nil: the
	// connection's peer, which is right unless a proxy is in between.
	Address func(*http.Request) string

	HelloTimeout   time.Duration // for a stream's first frame; 0: 10 s
	IdleTimeout    time.Duration // without any frame from the client, which is pinged; 0: 75 s
	WriteTimeout   time.Duration // for 64 KiB, or less: who reads slower is cut; 0: 20 s
	MessageTimeout time.Duration // for a message to arrive whole, and a body over HTTP; 0: a minute

	// BlockList is the file that is answered at wire.BlockListPath; empty: none. It may be
	// replaced at any time, as a whole (by renaming another one).
	BlockList string

	Streams int // open at once, of all; 0: 1,000,000

	// Observe is told of each operation, on HTTP or a stream, what came of it and
	// how long it took. code "" is success; op "" is an unknown one. It is called by many
	// goroutines and must not wait. Nil: nobody is told.
	Observe func(op wire.Operation, code wire.Code, took time.Duration)
	// Trace is told when an operation begins, and the function that it returns
	// when it ends. Nil: nobody is told.
	Trace func(ctx context.Context, op wire.Operation) (context.Context, func(error))
}

func (o *Options) setDefaults() {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Address == nil {
		o.Address = peer
	}
	orDefault(&o.HelloTimeout, 10*time.Second)
	orDefault(&o.IdleTimeout, 75*time.Second)
	orDefault(&o.WriteTimeout, 20*time.Second)
	orDefault(&o.MessageTimeout, time.Minute)
	orDefault(&o.Streams, 1_000_000)
}

func orDefault[T int | time.Duration](n *T, value T) {
	if *n == 0 {
		*n = value
	}
}

// An API is the handler of everything under [wire.PathPrefix]. [New] makes one.
type API struct {
	server  *server.Server
	opts    Options
	ops     map[wire.Operation]operation
	base    context.Context // of what runs: ends with Close
	stop    context.CancelFunc
	waits   context.Context // of reads that wait: ends with Drain
	unwait  context.CancelFunc
	clock   *clock
	workers *workers
	bulk    budget
	stats   counters
	door    door
	closing sync.Once
}

var _ http.Handler = (*API)(nil)

// New returns the handler of a server's clients. Before the HTTP server is shut
// down it should be drained, and closed then: hijacked connections, the streams,
// are not the HTTP server's.
func New(s *server.Server, o Options) *API {
	o.setDefaults()
	a := &API{server: s, opts: o, ops: operations(s), workers: newWorkers(), bulk: make(budget, bulkStreams)}
	a.base, a.stop = context.WithCancel(context.Background())
	a.waits, a.unwait = context.WithCancel(a.base)
	a.clock = newClock(a)
	a.stats.init()
	a.door.init()
	return a
}

func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// ServeHTTP implements [http.Handler].
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.URL.Path == wire.StreamPath {
		a.serveStream(w, r)
		return
	}
	switch {
	case r.URL.Path == wire.UploadsPath, strings.HasPrefix(r.URL.Path, wire.UploadsPath+"/"):
		a.serveUploads(w, r)
		return
	case strings.HasPrefix(r.URL.Path, wire.BlobsPath):
		a.serveBlobs(w, r)
		return
	case r.URL.Path == wire.FrankingKeysPath:
		a.serveFrankingKeys(w, r)
		return
	case r.URL.Path == wire.BlockListPath:
		a.serveBlockList(w, r)
		return
	}
	op, ok := a.ops[wire.Operation(strings.TrimPrefix(r.URL.Path, wire.PathPrefix))]
	switch {
	case !ok:
		a.answer(w, r, nil, a.observed("", errUnknown))
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		a.answer(w, r, nil, a.observed(op.name, badMethod))
	default:
		reply, err := a.serveOperation(w, r, op)
		a.answer(w, r, reply, err)
	}
}

// Refusals that don't depend on the request.
var (
	badMethod     = wire.Refuse(wire.CodeBadRequest, "Operations are requested by POST.")
	errUnknown    = wire.Refuse(wire.CodeUnknownOperation, "There is no such operation.")
	errLarge      = wire.Refuse(wire.CodeTooLarge, "The request is too large.")
	errCompressed = wire.Refuse(wire.CodeBadRequest, "Bodies are not compressed here.")
	errBroken     = wire.Refuse(wire.CodeBadRequest, "The request broke off.")
	errUndecoded  = wire.Refuse(wire.CodeBadRequest, "The request can't be decoded.")
	errFailed     = wire.Refuse(wire.CodeInternal, "The server failed.")
)

// serveOperation runs one operation over HTTP.
func (a *API) serveOperation(w http.ResponseWriter, r *http.Request, op operation) (any, error) {
	if !a.door.enter() {
		return nil, a.observed(op.name, errDraining)
	}
	defer a.door.leave()
	c := caller{from: a.opts.Address(r)}
	err := a.admitOperation(r, op.name, &c) // before anything of the body is read
	a.tellQuotas(w, op.name, c)
	if err != nil {
		return nil, a.observed(op.name, err)
	}
	body, err := a.readBody(w, r, op.limit)
	if err != nil {
		return nil, a.observed(op.name, err)
	}
	ctx := r.Context()
	if op.name == wire.OpRead { // it may wait, and must not hold up the server's end
		merged, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(a.waits, cancel)()
		ctx = merged
	}
	return a.call(ctx, op, c, &request{Frame: wire.Frame{Body: body}})
}

// admitOperation admits a request, by its session where it needs one.
func (a *API) admitOperation(r *http.Request, op wire.Operation, c *caller) (err error) {
	size := int(min(max(r.ContentLength, 0), wire.MaxBody))
	if !op.NeedsSession() && !(optional(op) && r.Header.Get("Authorization") != "") {
		return a.server.AdmitAnonymous(c.from, op, size)
	}
	if c.session, err = a.authenticate(r); err != nil {
		return err
	}
	return a.server.Admit(c.session, op, size)
}

func (a *API) authenticate(r *http.Request) (*server.Session, error) {
	text, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	token, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || err != nil {
		token = nil
	}
	return a.server.Authenticate(token)
}

// readBody reads at most limit bytes. What says that it is longer, or is
// compressed, isn't read at all.
func (a *API) readBody(w http.ResponseWriter, r *http.Request, limit int) ([]byte, error) {
	if r.ContentLength > int64(limit) {
		return nil, errLarge
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return nil, errCompressed
	}
	// A body that trickles in must not hold a connection for ever.
	deadline := http.NewResponseController(w)
	deadline.SetReadDeadline(time.Now().Add(a.opts.MessageTimeout))
	defer deadline.SetReadDeadline(time.Time{}) // the operation may wait longer
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(limit)))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, errLarge
	case err != nil:
		return nil, errBroken
	}
	return body, nil
}

// call runs an operation, and tells who wants to know. A panic is our own bug: it
// becomes internal.
func (a *API) call(ctx context.Context, op operation, c caller, q *request) (reply any, err error) {
	var began time.Time
	if a.opts.Observe != nil {
		began = time.Now()
	}
	done := func(error) {}
	if a.opts.Trace != nil {
		ctx, done = a.opts.Trace(ctx, op.name)
	}
	reply, err = a.guarded(ctx, op, c, q)
	done(err)
	var code wire.Code
	if err != nil {
		refusal := a.refusal(op.name, err)
		reply, err, code = nil, refusal, refusal.Code
	}
	a.stats.count(code)
	if a.opts.Observe != nil {
		a.opts.Observe(op.name, code, time.Since(began))
	}
	return reply, err
}

// guarded runs an operation.
func (a *API) guarded(ctx context.Context, op operation, c caller, q *request) (reply any, err error) {
	defer a.recovered(op.name, func() { reply, err = nil, errFailed })
	switch {
	case q.send != nil:
		return answered(a.server.Send(ctx, c.session.Device, q.send))
	case q.ack != nil:
		return answered(a.server.Acknowledge(ctx, c.session.Device, q.ack))
	}
	return op.call(ctx, c, q.Body)
}

// answered makes no reply of a nil pointer.
func answered[Reply any](reply *Reply, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return reply, nil
}

// recovered is deferred: a panic is logged, without what it says, and then is
// called.
func (a *API) recovered(op wire.Operation, then func()) {
	if v := recover(); v != nil {
		a.opts.Logger.Error("panic", "operation", op, "stack", string(debug.Stack()))
		then()
	}
}

// refusal returns what a client is told of err. What fails, other than for having
// too much to do, is logged.
func (a *API) refusal(op wire.Operation, err error) *wire.Error {
	if told, ok := err.(*wire.Error); ok {
		return told
	}
	told := server.AsWire(err)
	failed := told.Code == wire.CodeInternal || told.Code == wire.CodeUnavailable
	if failed && !errors.Is(err, server.ErrBusy) && a.base.Err() == nil {
		a.opts.Logger.Error("operation failed", "operation", op, "code", told.Code, "error", err)
	}
	return told
}

// observed tells who wants to know of an operation that was refused before it
// ran.
func (a *API) observed(op wire.Operation, err error) error {
	code := server.AsWire(err).Code
	a.stats.count(code)
	if a.opts.Observe != nil {
		a.opts.Observe(op, code, 0)
	}
	return err
}

// answer writes a reply, or an error with the status of its code.
func (a *API) answer(w http.ResponseWriter, r *http.Request, reply any, err error) {
	status := http.StatusOK
	if refusal := server.AsWire(err); refusal != nil {
		status, reply = Status(refusal.Code), refusal
		if err == badMethod {
			status = http.StatusMethodNotAllowed
		}
		if other, ok := err.(statusError); ok {
			status = other.status
		}
		if refusal.RetryAfter > 0 || status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
			tellWait(w.Header(), status, time.Duration(refusal.RetryAfter)*time.Millisecond)
		}
		if err == error(errDraining) {
			w.Header().Set("Connection", "close") // the next one may go to another node
		}
		if status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
	}
	encode, contentType := wire.Marshal, wire.ContentType
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		encode, contentType = json.Marshal, "application/json"
	}
	body, errEncode := encode(reply)
	if errEncode != nil {
		a.opts.Logger.Error("a reply can't be encoded", "error", errEncode)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body) // if it fails, nobody reads it any more
}
