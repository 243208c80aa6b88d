package bridge

import (
	"context"
	"errors"

	"parley/client"
	"parley/content"
	"parley/identity"
	"parley/wire"
)

// Error implements error.
func (e *Error) Error() string { return "bridge: " + e.Code }

// Refusals of the core itself.
var (
	errNobody    = &Error{Code: "nobody", Message: "Nobody is signed in here."}
	errSignedIn  = &Error{Code: "signed_in", Message: "Somebody is signed in here already."}
	errBadParams = &Error{Code: "bad_params", Message: "The page asked for something that there isn't."}
	errBadName   = &Error{Code: "bad_name", Message: "A name has 1 to 64 of the letters a to z, digits, dots, hyphens and underscores."}
)

// refusals says what the page gets for an error of the client: the first that
// matches.
var refusals = []struct {
	err  error
	code string
	text string
}{
	{client.ErrEmpty, "empty", "There is nothing to send."},
	{client.ErrTooLong, "too_long", "This is too long."},
	{client.ErrNotText, "not_text", "This isn't text."},
	{client.ErrUnknownRoom, "unknown_room", "This conversation isn't here."},
	{client.ErrUnknownMessage, "unknown_message", "This message isn't here."},
	{client.ErrUnsent, "unknown_message", "This message was taken back."},
	{client.ErrNotYours, "not_yours", "This is somebody else's message."},
	{client.ErrNotMember, "not_member", "You are no longer in this conversation."},
	{client.ErrNoMember, "not_member", "They aren't in this conversation."},
	{client.ErrDirect, "direct", "A conversation of two keeps its two people."},
	{client.ErrRequestPending, "request_pending", "They haven't accepted yet."},
	{client.ErrRequestMedia, "request_pending", "They haven't accepted yet: only text can be sent."},
	{client.ErrOpened, "view_once", "It was viewed already."},
	{client.ErrViewOnce, "view_once", "This can be viewed once, and not passed on."},
	{client.ErrAttachment, "bad_params", "This can't be attached."},
	{client.ErrNoDesk, "no_desk", "Nothing can be reported here."},
	{client.ErrTooMuch, "too_much", "This is too much for one report: choose fewer messages."},
	{client.ErrReport, "bad_params", "This can't be reported so."},
	{client.ErrNotAdmin, "not_admin", "Only an admin of the group can do that."},
	{client.ErrNoRoles, "no_roles", "This group has no roles."},
	{client.ErrTooMany, "too_many", "A group can't have so many people."},
	{client.ErrBlocked, "blocked", "You have blocked them."},
	{client.ErrInGroup, "in_group", "Leave the group first."},
	{client.ErrNoNumber, "no_number", "The number has changed, or isn't known."},
	{client.ErrLastDevice, "last_device", "This is the only device of your account."},
	{client.ErrConfirmReset, "confirm_reset", "Somebody here has a new identity: confirm it first."},
	{client.ErrBadCode, "bad_code", "No device waits with this code."},
	{client.ErrUnknownDevice, "unknown_device", "There is no such device."},
	{client.ErrNoReset, "no_reset", "Your account was not reset."},
	{client.ErrLoggedIn, "signed_in", "Somebody is signed in here already."},
	{client.ErrNoHome, "nobody", "Nobody is signed in here."},
	{client.ErrNotApproved, "nobody", "This device isn't approved yet."},
	{client.ErrQueued, "queued", "It is kept, and is sent as soon as possible."},
	{client.ErrOffline, "offline", "There is no connection to the server."},
	{identity.ErrURI, "bad_name", "This is nobody's name."},
	{content.ErrLimit, "too_long", "This is too long."},
	{content.ErrMalformed, "bad_params", "This isn't what it should be."},
	{content.ErrReaction, "bad_params", "A reaction is one emoji."},
	{content.ErrMention, "bad_params", "A mention isn't where the text has it."},
	{&wire.Error{Code: wire.CodeWrongLogin}, "wrong_passphrase", "The name or the passphrase is wrong."},
	{context.Canceled, "offline", "It was broken off."},
	{context.DeadlineExceeded, "offline", "It took too long."},
}

// errorOf returns what a page gets for err. What isn't known is "failed": its text
// may name keys or people.
func errorOf(err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			return &Error{Code: r.code, Message: r.text}
		}
	}
	var w *wire.Error
	if errors.As(err, &w) {
		code := string(w.Code)
		if w.Code == wire.CodeNotAllowed && w.Reason != "" {
			code = string(w.Reason) // the operator's policy says why
		}
		refused := &Error{Code: code, Message: w.Message, RetryMS: w.RetryAfter}
		if w.Puzzle != nil {
			refused.Captcha = w.Puzzle.Captcha
		}
		return refused
	}
	return &Error{Code: "failed", Message: "That didn't work."}
}
