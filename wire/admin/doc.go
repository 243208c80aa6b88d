// Package admin is the API between the server and who runs the platform: the
// safety desk, and the platform's own systems. It is JSON over HTTP under
// [Prefix], on a listener of its own.
//
//	Authorization: Bearer TOKEN   one of the server's tokens file; each has scopes
//	Idempotency-Key: "KEY"        1 to 128 printable characters, may come with a POST: within a day, repeating it with
//	                              the same body gives the same answer, with another one idempotency_mismatch
//	after, limit                  of a list: Next of the page before, and how many at most
//
// A request that fails answers a [Problem] (RFC 9457, application/problem+json).
// RateLimit and RateLimit-Policy say what a token may still do.
//
// There is no route for what people write: the server can't read it. What the desk
// knows of it was sealed for the desk by who reported it.
//
// Bytes are base64, as encoding/json has it, and times are Unix
// milliseconds. Fields that aren't known are refused in requests and ignored in answers.
package admin

// Prefix begins the path of each route.
const Prefix = "/admin/v1"

// A Scope is something that a token may be for.
type Scope string

// The scopes.
const (
	ScopeReports   Scope = "reports"   // take sealed reports and appeals
	ScopeAccounts  Scope = "accounts"  // see what is known of an account: dates, devices, counts
	ScopeSanctions Scope = "sanctions" // warn, limit, suspend, lift
	ScopeNotices   Scope = "notices"   // tell an account something
	ScopeBlobs     Scope = "blobs"     // fetch sealed attachments, take them down and give them back
	ScopeFranks    Scope = "franks"    // have franks checked
	ScopeDeskKey   Scope = "desk_key"  // say what reports are sealed to
	ScopePlatform  Scope = "platform"  // put facts and relationships
	ScopeLegal     Scope = "legal"     // account, devices, dates
)

// Scopes are all there are, in the order of their names.
var Scopes = []Scope{
	ScopeAccounts, ScopeBlobs, ScopeDeskKey, ScopeFranks, ScopeLegal, ScopeNotices, ScopePlatform, ScopeReports, ScopeSanctions,
}

// A Route is one request that there is. Pattern is a path below [Prefix] as
// net/http has it: {account} is an account's URI, escaped as one segment.
//
// Two more need no token: GET /openapi.json, the OpenAPI 3.1 document of the others,
// and GET /health.
type Route struct {
	Method  string
	Pattern string
	Scope   Scope
	Name    string // operationId of the OpenAPI document
	Body    any    // zero value of the request's body; nil: none
	Reply   any    // zero value of the answer's; nil: none (204), or bytes
}

// Routes are all there are.
var Routes = []Route{
	{"GET", "/reports", ScopeReports, "listReports", nil, Reports{}},
	{"DELETE", "/reports/{report}", ScopeReports, "acknowledgeReport", nil, nil},
	{"GET", "/accounts/{account}", ScopeAccounts, "getAccount", nil, Account{}},
	{"POST", "/accounts/{account}/sanctions", ScopeSanctions, "sanctionAccount", SanctionRequest{}, Sanction{}},
	{"DELETE", "/accounts/{account}/sanctions/{decision}", ScopeSanctions, "liftSanction", nil, nil},
	{"POST", "/accounts/{account}/notices", ScopeNotices, "giveNotice", NoticeRequest{}, Notice{}},
	{"PUT", "/accounts/{account}/facts", ScopePlatform, "putFacts", Facts{}, nil},
	{"PUT", "/relationships", ScopePlatform, "putRelationships", Relationships{}, nil},
	{"GET", "/blobs/{blob}", ScopeBlobs, "getBlob", nil, nil},
	{"POST", "/blobs/{blob}/take-down", ScopeBlobs, "takeDownBlob", TakeDownRequest{}, TakeDown{}},
	{"POST", "/blobs/{blob}/restore", ScopeBlobs, "restoreBlob", RestoreRequest{}, Restore{}},
	{"POST", "/franks/verify", ScopeFranks, "verifyFrank", FrankRequest{}, FrankVerdict{}},
	{"GET", "/franking-keys", ScopeFranks, "listFrankingKeys", nil, FrankingKeys{}},
	{"PUT", "/desk-key", ScopeDeskKey, "putDeskKey", DeskKey{}, nil},
	{"GET", "/legal/accounts/{account}", ScopeLegal, "getLegalAccount", nil, LegalAccount{}},
}
