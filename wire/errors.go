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
)

// An Error is the answer of a failed operation. Message is one plain sentence
// for a person, without names, keys or texts.
type Error struct {
	Code       Code      `cbor:"code" json:"code"`
	Message    string    `cbor:"message" json:"message"`
	RetryAfter int64     `cbor:"retry_after,omitempty" json:"retry_after,omitempty"` // milliseconds, with rate_limited and unavailable
	Winner     *Envelope `cbor:"winner,omitempty" json:"winner,omitempty"`           // with stale_epoch
	Generation uint32    `cbor:"generation,omitempty" json:"generation,omitempty"`   // with generation_closed and generation_taken
}

// Error implements error.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Is reports whether target is an *Error of the same code, so that
// errors.Is(err, &wire.Error{Code: c}) works.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Refuse returns an Error of code with a fixed message.
func Refuse(code Code, message string) *Error { return &Error{Code: code, Message: message} }
