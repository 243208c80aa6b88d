// Package clientapi is the server's face for clients: HTTP and the WebSocket.
//
//	POST /v1/OPERATION   CBOR of the request → CBOR of the reply or of a wire.Error
//	                     (JSON with "Accept: application/json")
//	GET  /v1/stream      the WebSocket: see wire.Frame
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
	"math"
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

	HelloTimeout time.Duration // for a stream's first frame; 0: 10 s
	IdleTimeout  time.Duration // without any frame from the client, which is pinged; 0: 75 s
	WriteTimeout time.Duration // for one frame: who reads slower is cut; 0: 20 s
}

// An API is the handler of everything under [wire.PathPrefix]. [New] makes one.
type API struct {
	server *server.Server
	opts   Options
	ops    map[wire.Operation]operation
	base   context.Context // of the streams
	stop   context.CancelFunc
	mu     sync.Mutex // guards adding to open against Close
	open   sync.WaitGroup
}

var _ http.Handler = (*API)(nil)

// New returns the handler of a server's clients. Close it when the HTTP server is
// shut down (http.Server.RegisterOnShutdown is a good place): hijacked
// connections, the streams, are not the HTTP server's.
func New(s *server.Server, o Options) *API {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Address == nil {
		o.Address = peer
	}
	for _, d := range []struct {
		have *time.Duration
		def  time.Duration
	}{{&o.HelloTimeout, 10 * time.Second}, {&o.IdleTimeout, 75 * time.Second}, {&o.WriteTimeout, 20 * time.Second}} {
		if *d.have == 0 {
			*d.have = d.def
		}
	}
	a := &API{server: s, opts: o, ops: operations(s)}
	a.base, a.stop = context.WithCancel(context.Background())
	return a
}

// Close ends all streams, and reads that wait, and waits for the streams.
func (a *API) Close() error {
	a.mu.Lock()
	a.stop()
	a.mu.Unlock()
	a.open.Wait()
	return nil
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
	op, ok := a.ops[wire.Operation(strings.TrimPrefix(r.URL.Path, wire.PathPrefix))]
	switch {
	case !ok:
		a.answer(w, r, nil, wire.Refuse(wire.CodeUnknownOperation, "There is no such operation."))
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		a.answer(w, r, nil, badMethod)
	default:
		reply, err := a.serveOperation(w, r, op)
		a.answer(w, r, reply, err)
	}
}

var badMethod = wire.Refuse(wire.CodeBadRequest, "Operations are requested by POST.")

func (a *API) serveOperation(w http.ResponseWriter, r *http.Request, op operation) (any, error) {
	c := caller{from: a.opts.Address(r)}
	if op.name.NeedsSession() { // before anything of the body is read
		var err error
		if c.session, err = a.authenticate(r); err != nil {
			return nil, err
		}
	}
	body, err := readBody(w, r, op.limit)
	if err != nil {
		return nil, err
	}
	ctx := r.Context()
	if op.name == wire.OpRead { // it may wait, and must not hold up the server's end
		merged, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(a.base, cancel)()
		ctx = merged
	}
	return a.call(ctx, op, c, body)
}

func (a *API) authenticate(r *http.Request) (*server.Session, error) {
	text, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	token, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || err != nil {
		token = nil
	}
	return a.server.Authenticate(token)
}

// bodyTimeout bounds how long a body may take to arrive.
const bodyTimeout = time.Minute

// readBody reads at most limit bytes. What says that it is longer isn't read at
// all.
func readBody(w http.ResponseWriter, r *http.Request, limit int) ([]byte, error) {
	large := wire.Refuse(wire.CodeTooLarge, "The request is too large.")
	if r.ContentLength > int64(limit) {
		return nil, large
	}
	// A body that trickles in must not hold a connection for ever.
	deadline := http.NewResponseController(w)
	deadline.SetReadDeadline(time.Now().Add(bodyTimeout))
	defer deadline.SetReadDeadline(time.Time{}) // the operation may wait longer
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(limit)))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, large
	case err != nil:
		return nil, wire.Refuse(wire.CodeBadRequest, "The request broke off.")
	}
	return body, nil
}

// call runs an operation. A panic is our own bug: it becomes internal.
func (a *API) call(ctx context.Context, op operation, c caller, body []byte) (reply any, err error) {
	defer func() {
		if v := recover(); v != nil {
			a.opts.Logger.Error("panic", "operation", op.name, "stack", string(debug.Stack()))
			reply, err = nil, wire.Refuse(wire.CodeInternal, "The server failed.")
		}
	}()
	reply, err = op.call(ctx, c, body)
	if err == nil {
		return reply, nil
	}
	refusal := server.AsWire(err)
	if refusal.Code == wire.CodeInternal || refusal.Code == wire.CodeUnavailable {
		a.opts.Logger.Error("operation failed", "operation", op.name, "code", refusal.Code, "error", err)
	}
	return nil, refusal
}

// answer writes a reply, or an error with the status of its code.
func (a *API) answer(w http.ResponseWriter, r *http.Request, reply any, err error) {
	status := http.StatusOK
	if refusal := server.AsWire(err); refusal != nil {
		status, reply = Status(refusal.Code), refusal
		if err == badMethod {
			status = http.StatusMethodNotAllowed
		}
		if refusal.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.FormatFloat(math.Ceil(float64(refusal.RetryAfter)/1000), 'f', 0, 64))
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

// statuses is the one table from code to HTTP status. A code that isn't here
// means 409: the request is right, the state of things is not.
var statuses = map[wire.Code]int{
	wire.CodeInternal:         http.StatusInternalServerError,
	wire.CodeUnavailable:      http.StatusServiceUnavailable,
	wire.CodeBadRequest:       http.StatusBadRequest,
	wire.CodeUnknownOperation: http.StatusNotFound,
	wire.CodeTooLarge:         http.StatusRequestEntityTooLarge,
	wire.CodeRateLimited:      http.StatusTooManyRequests,
	wire.CodeUnauthorized:     http.StatusUnauthorized,
	wire.CodeForbidden:        http.StatusForbidden,
	wire.CodeWrongLogin:       http.StatusForbidden,
	wire.CodeNameTaken:        http.StatusConflict,
	wire.CodeSignUpClosed:     http.StatusForbidden,
	wire.CodeUnknownAccount:   http.StatusNotFound,
	wire.CodeBadDeviceList:    http.StatusUnprocessableEntity,
	wire.CodeStaleDeviceList:  http.StatusConflict,
	wire.CodeUnlistedDevice:   http.StatusForbidden,
	wire.CodeBadKeyPackage:    http.StatusUnprocessableEntity,
	wire.CodeNoKeyPackage:     http.StatusConflict,
	wire.CodeUnknownRoom:      http.StatusNotFound,
	wire.CodeNotMember:        http.StatusForbidden,
	wire.CodeStaleEpoch:       http.StatusConflict,
	wire.CodeFutureEpoch:      http.StatusConflict,
	wire.CodeBadCommit:        http.StatusUnprocessableEntity,
	wire.CodeBadGroupInfo:     http.StatusUnprocessableEntity,
	wire.CodeBadWelcome:       http.StatusUnprocessableEntity,
	wire.CodeBadMessage:       http.StatusUnprocessableEntity,
	wire.CodeRemovalPending:   http.StatusConflict,
	wire.CodeGenerationClosed: http.StatusConflict,
	wire.CodeGenerationTaken:  http.StatusConflict,
	wire.CodeRoleRefused:      http.StatusForbidden,
	wire.CodeTooManyEnrolling: http.StatusConflict,
}

// Status returns the HTTP status that belongs to a code.
func Status(code wire.Code) int {
	if s, ok := statuses[code]; ok {
		return s
	}
	return http.StatusConflict
}
