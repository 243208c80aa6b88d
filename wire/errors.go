package wire

// A Code says why an operation failed. Codes are wire values: append, never
// rename.
type Code string

// The codes.
const (
	CodeInternal         Code = "internal"           // the server's fault; nothing was done
	CodeUnavailable      Code = "unavailable"        // the server can't store now (shutting down, disk full); try later
	CodeBadRequest       Code = "bad_request"        // not a body of this operation
	CodeUnknownOperation Code = "unknown_operation"  // no such operation
	CodeTooLarge         Code = "too_large"          // a limit of Info.Limits
	CodeRateLimited      Code = "rate_limited"       // wait RetryAfter milliseconds
	CodeUnauthorized     Code = "unauthorized"       // no session, or an expired one: open one and try again
	CodeForbidden        Code = "forbidden"          // this session may not do that
	CodeWrongLogin       Code = "wrong_login"        // no such account, or not its login key
	CodeNameTaken        Code = "name_taken"         // sign_up: the account exists
	CodeSignUpClosed     Code = "sign_up_closed"     // sign_up: the operator closed it
	CodeUnknownAccount   Code = "unknown_account"    // no such account
	CodeBadDeviceList    Code = "bad_device_list"    // breaks a rule of identity.Chain
	CodeStaleDeviceList  Code = "stale_device_list"  // another list has this version: read it first
	CodeUnlistedDevice   Code = "unlisted_device"    // the device is not on its account's newest list
	CodeBadKeyPackage    Code = "bad_key_package"    // doesn't parse, verify or match its device
	CodeNoKeyPackage     Code = "no_key_package"     // a device of the account has none, not even a last resort
	CodeUnknownRoom      Code = "unknown_room"       // no such room, or the session's account isn't in it
	CodeNotMember        Code = "not_member"         // the device has no leaf in the room
	CodeStaleEpoch       Code = "stale_epoch"        // made for an epoch that ended: Error.Winner is the commit that ended it
	CodeFutureEpoch      Code = "future_epoch"       // made for an epoch that hasn't begun
	CodeBadCommit        Code = "bad_commit"         // breaks a rule that the public group shows
	CodeBadGroupInfo     Code = "bad_group_info"     // doesn't agree with the commit
	CodeBadWelcome       Code = "bad_welcome"        // doesn't fit what the commit adds
	CodeBadMessage       Code = "bad_message"        // not a PrivateMessage of application data of this room
	CodeRemovalPending   Code = "removal_pending"    // a leaf's device left its list: commit its Remove first
	CodeGenerationClosed Code = "generation_closed"  // the room has a newer generation: Error.Generation
	CodeGenerationTaken  Code = "generation_taken"   // open_room: somebody opened this generation first
	CodeRoleRefused      Code = "role_refused"       // a direct room keeps its two accounts
	CodeTooManyEnrolling Code = "too_many_enrolling" // the account has too many devices waiting for approval
	CodeNotAccepting     Code = "not_accepting"      // the other person doesn't take messages, or additions to groups, from this account
	CodeBadPasskey       Code = "bad_passkey"        // not an answer to these options, or not one of the account's passkeys
	CodeUnknownBlob      Code = "unknown_blob"       // no such blob or upload, or nothing in this room refers to it
	CodeBlobTaken        Code = "blob_taken"         // the operator took the blob down
	CodeQuota            Code = "quota"              // the account keeps as much as it may
	CodeNoPreview        Code = "no_preview"         // nothing is to be had of this address, or the server doesn't look
	CodeLastPasskey      Code = "last_passkey"       // remove_passkey: nothing else would prove the account
	CodeLimited          Code = "limited"            // the operator limited the account: Error.Decision names the notice
	CodeSuspended        Code = "suspended"          // the operator suspended the account: likewise
	CodeRequestPending   Code = "request_pending"    // they haven't accepted yet: one message of text is all that is taken
	CodeNotAllowed       Code = "not_allowed"        // the operator's policy doesn't let this account: Error.Reason
	CodeChallenge        Code = "challenge_required" // Error.Puzzle has to be solved first
	CodeBadAnswer        Code = "bad_answer"         // answer_challenge: wrong, late, another's or used
)

// An Error is the answer of a failed operation. Message is one plain sentence
// for a person, without names, keys or texts.
type Error struct {
	Code       Code      `cbor:"code" json:"code"`
	Message    string    `cbor:"message" json:"message"`
	RetryAfter int64     `cbor:"retry_after,omitempty" json:"retry_after,omitempty"` // milliseconds, with rate_limited and unavailable
	Winner     *Envelope `cbor:"winner,omitempty" json:"winner,omitempty"`           // with stale_epoch
	Generation uint32    `cbor:"generation,omitempty" json:"generation,omitempty"`   // with generation_closed and generation_taken
	Reason     Reason    `cbor:"reason,omitempty" json:"reason,omitempty"`           // with not_allowed and request_pending
	Puzzle     *Puzzle   `cbor:"puzzle,omitempty" json:"puzzle,omitempty"`           // with challenge_required
	Decision   string    `cbor:"decision,omitempty" json:"decision,omitempty"`       // with limited and suspended
}

// Error implements error.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Is reports whether target is an *Error of the same code, so that
// errors.Is(err, &wire.Error{Code: c}) works.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// A Reason says in one word why the operator's policy refuses something, so that a
// client can say it in its person's language. It is never about the other person:
// that they can't be reached is not_accepting, whatever the reason. Reasons are wire
// values: append, never rename.
type Reason string

// The reasons.
const (
	ReasonOwnAge         Reason = "own_age"         // messages aren't for people of this account's age
	ReasonMutualsOnly    Reason = "mutuals_only"    // this account exchanges messages with people who follow each other
	ReasonGroupSize      Reason = "group_size"      // the group would be larger than some in it may be in
	ReasonGroupStrangers Reason = "group_strangers" // nobody in the group has accepted this account
	ReasonOperator       Reason = "operator"        // a rule of the operator's own
	ReasonMedia          Reason = "media"           // with request_pending: attachments have to wait
)

// Refuse returns an Error of code with a fixed message.
func Refuse(code Code, message string) *Error { return &Error{Code: code, Message: message} }
