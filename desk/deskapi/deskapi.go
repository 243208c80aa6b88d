// Package deskapi is what the safety desk's page and scripts say to the desk:
// the calls, their routes, and the JSON that passes. web/lib/desk.ts is made from
// it (go run ./web/build -types).
//
// Each call is one HTTP request below [Prefix]. Fields of the parameter whose JSON
// name stands in the path as {name} go there; of a GET the others go into the
// query, else they are the body, a JSON object. The answer is a JSON object, or an
// [Error] with status 400 to 599. Whoever uses a cookie sends the header
// [CSRFHeader] with each request that isn't a GET; scripts send a staff token as
// "Authorization: Bearer". Times are milliseconds since 1970.
package deskapi

// Prefix is what all routes begin with.
const Prefix = "/desk/v1"

// CSRFHeader carries [Me].CSRF.
const CSRFHeader = "X-Desk-CSRF"

// MaxBody bounds a request's body, in bytes.
const MaxBody = 64 << 10

// Methods are the calls there are.
type Methods interface {
	// Me says who is signed in; 401 unauthenticated where nobody is.
	Me() (Me, error)
	// SignInOptions is for navigator.credentials.get.
	SignInOptions() (PasskeyOptions, error)
	SignIn(PasskeyAnswer) (Me, error)
	SignOut() (Nothing, error)
	// InviteOptions is for navigator.credentials.create: who opened a one-time link.
	InviteOptions(Invited) (PasskeyOptions, error)
	// Register ends an invitation: the passkey is the new person's.
	Register(Registration) (Me, error)

	// Cases is the queue, the most urgent first.
	Cases(CaseFilter) (CaseList, error)
	// Case opens one: a look that is audited.
	Case(CaseID) (Case, error)
	// Claim takes a case, or with Release gives it back. 409 claimed: another's.
	Claim(Claim) (Case, error)
	Note(NewNote) (Case, error)
	// Reveal makes an attachment ready to be shown: audited, fetched, opened and checked.
	Reveal(RevealMedia) (Media, error)
	// Decide makes a decision, or proposes it where two persons are needed.
	Decide(NewDecision) (Decision, error)
	// Confirm is the second person's yes to a proposed decision.
	Confirm(Confirmation) (Decision, error)
	// Refuse is the second person's no.
	Refuse(DecisionID) (Decision, error)
	Decision(DecisionID) (Decision, error)
	// Export gives a case as a file.
	Export(NewExport) (File, error)

	// Account is what the platform and the desk know of an account without content.
	Account(AccountID) (Account, error)

	// Appeals are those that one may decide: never against an own decision.
	Appeals(AppealFilter) (AppealList, error)
	Appeal(AppealID) (Appeal, error)
	// DecideAppeal ends an appeal; the reversal of what two persons decided is proposed.
	DecideAppeal(AppealDecision) (Appeal, error)
	// ConfirmAppeal is the second person's yes to a proposed reversal.
	ConfirmAppeal(AppealID) (Appeal, error)
	// RefuseAppeal is the second person's no: the appeal is open again.
	RefuseAppeal(AppealID) (Appeal, error)

	Staff() (StaffList, error)
	// Invite makes a one-time link.
	Invite(NewInvite) (Invitation, error)
	SetStaff(StaffChange) (Person, error)
	// NewToken makes a token for the own scripts; the one before ends.
	NewToken() (Token, error)

	// Audit is a page of the audit log.
	Audit(AuditFilter) (AuditList, error)
	// AuditCheck verifies the whole of it.
	AuditCheck() (AuditVerdict, error)
	// Checkpoint is the audit log's newest signed head, for keeping elsewhere.
	Checkpoint() (Checkpoint, error)
	// Transparency counts, from the audit log alone.
	Transparency(Period) (Transparency, error)

	LegalRequests() (LegalList, error)
	// Legal asks for a lawful request's answer. The first person's request waits; the
	// same request by a second person gives the file.
	Legal(NewLegal) (Legal, error)
}

// A Route is one call's place.
type Route struct {
	Name   string // of the method in Methods
	Method string // of HTTP
	Path   string // below Prefix
	Public bool   // without a session
}

// Routes lists every route there is, but for MediaPath.
var Routes = []Route{
	{Name: "Me", Method: "GET", Path: "/me"},
	{Name: "SignInOptions", Method: "POST", Path: "/session/options", Public: true},
	{Name: "SignIn", Method: "POST", Path: "/session", Public: true},
	{Name: "SignOut", Method: "DELETE", Path: "/session"},
	{Name: "InviteOptions", Method: "POST", Path: "/invites/options", Public: true},
	{Name: "Register", Method: "POST", Path: "/invites/register", Public: true},
	{Name: "Cases", Method: "GET", Path: "/cases"},
	{Name: "Case", Method: "GET", Path: "/cases/{id}"},
	{Name: "Claim", Method: "POST", Path: "/cases/{id}/claim"},
	{Name: "Note", Method: "POST", Path: "/cases/{id}/note"},
	{Name: "Reveal", Method: "POST", Path: "/cases/{id}/reveal"},
	{Name: "Decide", Method: "POST", Path: "/cases/{id}/decide"},
	{Name: "Export", Method: "POST", Path: "/cases/{id}/export"},
	{Name: "Decision", Method: "GET", Path: "/decisions/{id}"},
	{Name: "Confirm", Method: "POST", Path: "/decisions/{id}/confirm"},
	{Name: "Refuse", Method: "POST", Path: "/decisions/{id}/refuse"},
	{Name: "Account", Method: "GET", Path: "/accounts/{account}"},
	{Name: "Appeals", Method: "GET", Path: "/appeals"},
	{Name: "Appeal", Method: "GET", Path: "/appeals/{id}"},
	{Name: "DecideAppeal", Method: "POST", Path: "/appeals/{id}/decide"},
	{Name: "ConfirmAppeal", Method: "POST", Path: "/appeals/{id}/confirm"},
	{Name: "RefuseAppeal", Method: "POST", Path: "/appeals/{id}/refuse"},
	{Name: "Staff", Method: "GET", Path: "/staff"},
	{Name: "Invite", Method: "POST", Path: "/staff/invites"},
	{Name: "SetStaff", Method: "POST", Path: "/staff/{id}"},
	{Name: "NewToken", Method: "POST", Path: "/tokens"},
	{Name: "Audit", Method: "GET", Path: "/audit"},
	{Name: "AuditCheck", Method: "GET", Path: "/audit/check"},
	{Name: "Checkpoint", Method: "GET", Path: "/audit/checkpoint"},
	{Name: "Transparency", Method: "GET", Path: "/transparency"},
	{Name: "LegalRequests", Method: "GET", Path: "/legal"},
	{Name: "Legal", Method: "POST", Path: "/legal"},
}

// MediaPath gives the bytes of an attachment that its person has revealed, as its
// committed type: [Media].URL. For img, video and audio elements.
const MediaPath = "/cases/{id}/media/{n}"

// Nothing is an answer without a value.
type Nothing struct{}

// An Error is a refusal.
type Error struct {
	Code ErrorCode `json:"code"`
	// Message is a plain sentence for a person of the desk.
	Message string `json:"message"`
}

// An ErrorCode says why, for programs.
type ErrorCode string

// The codes. Append, never rename.
const (
	Unauthenticated ErrorCode = "unauthenticated"  // 401: sign in
	Forbidden       ErrorCode = "forbidden"        // 403: the role doesn't allow it
	OwnDecision     ErrorCode = "own_decision"     // 403: somebody else has to look at it
	TooNew          ErrorCode = "too_new"          // 403: who a lead let in just now is no second person
	NotFound        ErrorCode = "not_found"        // 404
	Invalid         ErrorCode = "invalid"          // 400
	Claimed         ErrorCode = "claimed"          // 409: another's case
	Closed          ErrorCode = "closed"           // 409: it was decided
	Stale           ErrorCode = "stale"            // 409: there is evidence that who asks hasn't seen
	Unverified      ErrorCode = "unverified"       // 409: no evidence that checks, so nothing but a dismissal
	NotRevealed     ErrorCode = "not_revealed"     // 403: reveal it first
	Unavailable     ErrorCode = "unavailable"      // 502: the server doesn't answer
	MediaDamaged    ErrorCode = "media_damaged"    // 422: it isn't what the message says it is
	MediaUnknown    ErrorCode = "media_unknown"    // 415: a type that the desk doesn't show
	TooMany         ErrorCode = "too_many"         // 429
	Internal        ErrorCode = "internal"         // 500
	AuditFailed     ErrorCode = "audit_unwritable" // 503: nothing happens without the audit log
)

// Error implements error.
func (e *Error) Error() string { return "desk: " + string(e.Code) + ": " + e.Message }

// Status is the HTTP status of a code.
func (c ErrorCode) Status() int {
	switch c {
	case Unauthenticated:
		return 401
	case Forbidden, OwnDecision, TooNew, NotRevealed:
		return 403
	case NotFound:
		return 404
	case Claimed, Closed, Stale, Unverified:
		return 409
	case MediaUnknown:
		return 415
	case MediaDamaged:
		return 422
	case TooMany:
		return 429
	case Unavailable:
		return 502
	case AuditFailed:
		return 503
	case Internal:
		return 500
	}
	return 400
}
