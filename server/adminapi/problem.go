package adminapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"parley/server"
	"parley/wire"
	"parley/wire/admin"
)

// A kind of problem: RFC 9457, Section 3.1.
type kind struct {
	status int
	title  string
}

// kinds is the one table from code to status and title.
var kinds = map[admin.Code]kind{
	admin.CodeBadRequest:          {http.StatusBadRequest, "The request isn't as the API has it."},
	admin.CodeUnauthorized:        {http.StatusUnauthorized, "There is no token, or not one that counts."},
	admin.CodeScope:               {http.StatusForbidden, "The token isn't for that."},
	admin.CodeUnknownRoute:        {http.StatusNotFound, "There is no such route."},
	admin.CodeUnknownAccount:      {http.StatusNotFound, "There is no such account."},
	admin.CodeUnknownBlob:         {http.StatusNotFound, "There is no such attachment."},
	admin.CodeMethod:              {http.StatusMethodNotAllowed, "The route has other methods."},
	admin.CodeConflict:            {http.StatusConflict, "It is there already, and says something else; or it is being done."},
	admin.CodeTaken:               {http.StatusGone, "The attachment was taken down, and its bytes are gone."},
	admin.CodeTooLarge:            {http.StatusRequestEntityTooLarge, "The body is too large."},
	admin.CodeMediaType:           {http.StatusUnsupportedMediaType, "The body isn't JSON."},
	admin.CodeIdempotencyMismatch: {http.StatusUnprocessableEntity, "The Idempotency-Key came with another request."},
	admin.CodeRateLimited:         {http.StatusTooManyRequests, "Too many requests; wait a little."},
	admin.CodeInternal:            {http.StatusInternalServerError, "The server failed."},
	admin.CodeUnavailable:         {http.StatusServiceUnavailable, "The server can't store anything now."},
}

func problem(code admin.Code, detail string) *admin.Problem {
	k := kinds[code]
	return &admin.Problem{Type: admin.TypePrefix + string(code), Title: k.title, Status: k.status, Detail: detail, Code: code}
}

// A waiting is a refusal with how long to wait.
type waiting struct {
	*admin.Problem
	wait time.Duration
}

func limited(wait time.Duration) error { return &waiting{problem(admin.CodeRateLimited, ""), wait} }

// Unwrap gives the problem to callers that match it.
func (w *waiting) Unwrap() error { return w.Problem }

// codes says which problem one of the server's refusals is.
var codes = map[wire.Code]admin.Code{
	wire.CodeBadRequest:     admin.CodeBadRequest,
	wire.CodeTooLarge:       admin.CodeTooLarge,
	wire.CodeUnknownAccount: admin.CodeUnknownAccount,
	wire.CodeUnknownBlob:    admin.CodeUnknownBlob,
	wire.CodeRateLimited:    admin.CodeRateLimited,
	wire.CodeUnavailable:    admin.CodeUnavailable,
}

// asProblem returns what is told of err. The cause of internal is for the log alone.
func (a *API) asProblem(err error) error {
	var told *admin.Problem
	var refusal *wire.Error
	switch {
	case errors.As(err, &told):
		return err
	case errors.Is(err, server.ErrOtherRequest):
		return problem(admin.CodeIdempotencyMismatch, "")
	case errors.Is(err, server.ErrRunning), errors.Is(err, server.ErrExists), errors.Is(err, server.ErrTooMany):
		return problem(admin.CodeConflict, "")
	case errors.Is(err, server.ErrFacts):
		return problem(admin.CodeBadRequest, "There is no such fact or relationship.")
	case errors.As(err, &refusal):
		if code, ok := codes[refusal.Code]; ok {
			p := problem(code, refusal.Message) // the server's own words: they name nothing
			if refusal.RetryAfter > 0 {
				return &waiting{p, time.Duration(refusal.RetryAfter) * time.Millisecond}
			}
			return p
		}
	}
	if told := server.AsWire(err); told.Code == wire.CodeUnavailable {
		return &waiting{problem(admin.CodeUnavailable, ""), time.Duration(told.RetryAfter) * time.Millisecond}
	}
	a.opts.Logger.Error("admin request failed", "error", err)
	return problem(admin.CodeInternal, "")
}

// refuse writes a problem and returns its status.
func (a *API) refuse(w http.ResponseWriter, err error) int {
	var p *admin.Problem
	if !errors.As(err, &p) {
		p = problem(admin.CodeInternal, "")
	}
	var wait *waiting
	if errors.As(err, &wait) {
		w.Header().Set("Retry-After", strconv.FormatInt(seconds(wait.wait), 10))
	}
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	body, _ := json.Marshal(p) // five plain fields
	writeJSON(w, p.Status, admin.ProblemType, body)
	return p.Status
}

// seconds rounds up, to 1 at least.
func seconds(d time.Duration) int64 { return max(1, int64((d+time.Second-1)/time.Second)) }
