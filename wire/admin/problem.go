package admin

// ProblemType is the Content-Type of a [Problem].
const ProblemType = "application/problem+json"

// TypePrefix begins a problem's type; its code follows.
const TypePrefix = "tag:parley,2026:problem/"

// A Code says why a request failed. Codes are wire values: append, never rename.
type Code string

// The codes, with their status.
const (
	CodeBadRequest          Code = "bad_request"          // 400: not what the OpenAPI document says
	CodeUnauthorized        Code = "unauthorized"         // 401: no token, or not one of the file's
	CodeScope               Code = "scope"                // 403: the token isn't for that
	CodeUnknownRoute        Code = "unknown_route"        // 404
	CodeUnknownAccount      Code = "unknown_account"      // 404
	CodeUnknownBlob         Code = "unknown_blob"         // 404
	CodeMethod              Code = "method"               // 405
	CodeConflict            Code = "conflict"             // 409: the decision or notice is there, and says something else; or the first request with this key still runs
	CodeTaken               Code = "taken"                // 410: the blob was taken down
	CodeTooLarge            Code = "too_large"            // 413
	CodeMediaType           Code = "media_type"           // 415: not application/json
	CodeIdempotencyMismatch Code = "idempotency_mismatch" // 422: the key was used with another request
	CodeRateLimited         Code = "rate_limited"         // 429: see Retry-After
	CodeInternal            Code = "internal"             // 500
	CodeUnavailable         Code = "unavailable"          // 503: see Retry-After
)

// A Problem is the answer of a request that failed: RFC 9457, Section 3.1. Detail is
// one plain sentence without anything that the request named.
type Problem struct {
	Type   string `json:"type"`  // TypePrefix and the code
	Title  string `json:"title"` // the same for each problem of a code
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	Code   Code   `json:"code"` // an extension member: Type without its prefix
}

// Error implements error.
func (p *Problem) Error() string { return string(p.Code) + ": " + p.Title }

// Is reports whether target is a *Problem of the same code.
func (p *Problem) Is(target error) bool {
	t, ok := target.(*Problem)
	return ok && t.Code == p.Code
}
