package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"parley/client"
	"parley/client/nettransport"
	"parley/client/sqlitestore"
	"parley/content"
	"parley/identity"
	"parley/report"
	"parley/wire"
)

// sentences are what a person reads for the server's codes. A code that isn't
// here is shown with the server's own sentence.
var sentences = map[wire.Code]string{
	wire.CodeInternal:         "the server failed; nothing was done",
	wire.CodeUnavailable:      "the server can't store anything now: try later",
	wire.CodeBadRequest:       "the server doesn't understand this program",
	wire.CodeUnknownOperation: "the server doesn't know this operation: it may be older than this program",
	wire.CodeTooLarge:         "too large for the server",
	wire.CodeRateLimited:      "too many requests: try later",
	wire.CodeUnauthorized:     "the server doesn't accept this device's session",
	wire.CodeForbidden:        "the server doesn't allow that",
	wire.CodeWrongLogin:       "no such account, or a wrong passphrase",
	wire.CodeNameTaken:        "this name is taken",
	wire.CodeSignUpClosed:     "this server doesn't take new accounts",
	wire.CodeUnknownAccount:   "no such account",
	wire.CodeUnlistedDevice:   "this device is no longer on its account's list",
	wire.CodeNoKeyPackage:     "a device of this account can't be reached yet: it has to come online once",
	wire.CodeUnknownRoom:      "no such conversation",
	wire.CodeNotMember:        "this device is not in the conversation",
	wire.CodeRoleRefused:      "a direct conversation keeps its two people",
	wire.CodeTooManyEnrolling: "too many devices wait for approval already",
	wire.CodeUnknownBlob:      "the server doesn't have this file any more",
	wire.CodeBlobTaken:        "the operator of the server took this file down",
	wire.CodeLimited:          "the operator limited this account: see parley notices",
	wire.CodeSuspended:        "the operator suspended this account: see parley notices",
	wire.CodeRequestPending:   "they haven't accepted yet: until then one message of text is all that can be sent",
	wire.CodeNotAccepting:     "they don't take messages or invitations from this account",
	wire.CodeChallenge:        "that was a lot at once: wait a while",
	wire.CodeBadAnswer:        "that isn't the answer, or it came too late: do again what was refused, and look at the page anew",
	wire.CodeQuota:            "this account keeps as many files at the server as it may",
}

// reasons are what a person reads of why the operator's policy refuses something.
var reasons = map[wire.Reason]string{
	wire.ReasonOwnAge:         "messages aren't available at your age yet",
	wire.ReasonMutualsOnly:    "at your age you can write to people who follow you and whom you follow",
	wire.ReasonGroupSize:      "a group with somebody under 18 has up to 32 people",
	wire.ReasonGroupStrangers: "nobody in the group has accepted you yet: write to one of them first",
}

// An own error is one of this program or its client that has a code, for scripts,
// like those of the server.
type ownError struct {
	err      error
	code     string
	sentence string // empty: as err says
}

// ownErrors are matched in order.
var ownErrors = []ownError{
	{client.ErrOffline, "offline", "no connection to the server"},
	{client.ErrWrongSeal, "wrong_passphrase", "wrong passphrase"},
	{client.ErrNoHome, "not_logged_in", "nobody is logged in here: see parley login"},
	{client.ErrNotApproved, "not_approved", "this device is not approved yet: run parley login again"},
	{client.ErrLoggedIn, "logged_in", "somebody is logged in here already: set PARLEY_HOME to another directory"},
	{client.ErrUnknownRoom, "unknown_room", "no such conversation"},
	{client.ErrUnknownMessage, "unknown_message", "no such message"},
	{client.ErrOpened, "opened", "it was to be viewed once, and was"},
	{client.ErrUnknownDevice, "unknown_device", "no such device"},
	{client.ErrNotYours, "not_yours", "not your own message"},
	{client.ErrNotMember, "not_member", "you are no longer in this conversation"},
	{client.ErrNotJoined, "not_joined", "this device is not in the conversation yet: another device of this account has to add it"},
	{client.ErrNoMember, "no_member", "this account is not in the conversation"},
	{client.ErrDirect, "role_refused", "a direct conversation keeps its two people"},
	{client.ErrNotAdmin, "not_admin", "only an admin of the group may do that"},
	{client.ErrNoRoles, "no_roles", "this group has no roles"},
	{client.ErrTooMany, "too_many", "too many people for a group"},
	{client.ErrInGroup, "in_group", "leave the group first"},
	{client.ErrRequestPending, "request_pending", "they haven't accepted yet: one message is all that can be sent"},
	{client.ErrNoDesk, "no_desk", "this server has no safety desk: nothing can be reported here"},
	{client.ErrDeskAway, "no_desk", "the server names no safety desk any more"},
	{client.ErrReport, "bad_report", "this can't be reported so"},
	{client.ErrTooMuch, "too_much", "too much for one report: choose fewer messages"},
	{report.ErrDeskExpired, "desk_expired", "the safety desk's key is past its time: the operator has to exchange it"},
	{report.ErrDeskKey, "desk_key", "what the server says of its safety desk isn't in order: nothing is sent to it"},
	{report.ErrDeskChanged, "desk_changed", "the server names another safety desk than before: nothing is sent to it"},
	{client.ErrBlocked, "blocked", "you have blocked them"},
	{client.ErrNoNumber, "no_number", "there is no safety number of them yet, or it is another one"},
	{client.ErrConfirmReset, "confirm_reset", "a contact's account was reset: see parley safety, then parley confirm"},
	{client.ErrNoReset, "no_reset", "this account was not reset"},
	{client.ErrBadCode, "bad_code", "no device waits with this code"},
	{client.ErrUnsent, "unsent", "this message was taken back"},
	{client.ErrStrangers, "unknown_state", "this device fell behind here, and waits for someone it knows to vouch for the conversation's state"},
	{client.ErrBroken, "broken_room", "the other side broke this conversation, and there is nobody else in it"},
	{client.ErrLastDevice, "last_device", "an account's last device can't be removed"},
	{client.ErrNotText, "not_text", "the text is not valid UTF-8"},
	{client.ErrTooLong, "too_long", fmt.Sprintf("the text is too long: at most %d KiB of UTF-8", client.MaxText>>10)},
	{client.ErrEmpty, "empty", "the text is empty"},
	{client.ErrNoBlobs, "no_files", "this server takes no files"},
	{client.ErrViewOnce, "view_once", "this can be looked at once, and not be passed on"},
	{client.ErrLargeFile, "too_large", "the file is larger than the server takes"},
	{client.ErrBadBlob, "bad_file", "the file isn't what its sender named: nothing is kept of it"},
	{client.ErrWrongUpload, "bad_file", "the server has another file than was sent"},
	{client.ErrAttachment, "bad_file", "this can't be sent as a file"},
	{client.ErrRequestMedia, "request_pending", "they haven't accepted yet: files can be sent when they have"},
	{content.ErrReaction, "bad_reaction", "a reaction is one emoji"},
	{identity.ErrURI, "bad_name", "not a name of an account"},
	{identity.ErrFork, "forked_list", "the server shows a false list of somebody's devices: see parley refused"},
	{identity.ErrList, "bad_device_list", ""},
	{identity.ErrRollback, "rolled_back_list", "the server shows an old list of somebody's devices: see parley refused"},
	{nettransport.ErrServer, "bad_server", "not the address of a server"},
	{sqlitestore.ErrFull, "disk_full", "the disk is full"},
	{sqlitestore.ErrReadOnly, "read_only", "PARLEY_HOME can't be written to"},
	{sqlitestore.ErrBusy, "busy", "another program keeps PARLEY_HOME locked"},
	{sqlitestore.ErrCorrupt, "damaged", "PARLEY_HOME is damaged"},
	{sqlitestore.ErrNotOurs, "not_ours", "PARLEY_HOME holds something else"},
	{sqlitestore.ErrNewer, "newer", "PARLEY_HOME was made by a newer version of this program"},
	{sqlitestore.ErrInaccessible, "inaccessible", "PARLEY_HOME can't be read or written"},
	{errHome, "inaccessible", ""},
	{syscall.ENOSPC, "disk_full", "the disk is full"},
	{syscall.EFBIG, "disk_full", "the disk is full"},
	{syscall.EDQUOT, "disk_full", "the disk is full"},
	{syscall.EPIPE, "output_closed", "nobody reads the output any more"},
	{fs.ErrPermission, "no_permission", ""},
	{context.Canceled, "interrupted", "interrupted"},
	{context.DeadlineExceeded, "timeout", "it took too long"},
}

// explain returns one plain sentence for err, with its code in brackets at the
// end where it has one.
func explain(err error) string {
	if u, ok := errors.AsType[*usageError](err); ok {
		return u.text
	}
	sentence, code := reason(err)
	if page := captchaPage(captchaOf(err)); page != "" {
		sentence = captchaSentence(page, errors.Is(err, client.ErrQueued))
	}
	if errors.Is(err, client.ErrQueued) {
		what := "message"
		if h, ok := errors.AsType[*handed](err); ok {
			what = h.what
		}
		return "the " + what + " is kept and will be sent later: " + sentence + " (" + code + ")"
	}
	if code == "" {
		return sentence
	}
	return sentence + " (" + code + ")"
}

// reason returns the sentence and the code of err.
func reason(err error) (sentence, code string) {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		sentence = sentences[e.Code]
		if e.Reason != "" && e.Code == wire.CodeNotAllowed {
			sentence = reasons[e.Reason]
		}
		if sentence == "" {
			sentence = "the server says: " + e.Message
		}
		return sentence, string(e.Code)
	}
	for _, own := range ownErrors {
		if !errors.Is(err, own.err) {
			continue
		}
		if own.sentence == "" {
			return plain(err), own.code
		}
		return own.sentence, own.code
	}
	if errors.Is(err, client.ErrQueued) {
		return "not yet sent", "queued"
	}
	return plain(err), ""
}

// plain returns the text of err without the names of packages before it.
func plain(err error) string {
	text := err.Error()
	for {
		name, rest, ok := strings.Cut(text, ": ")
		if !ok || !slices.Contains(packages, name) {
			return text
		}
		text = rest
	}
}

// packages are the names that our errors begin with.
var packages = []string{"client", "content", "identity", "mls", "nettransport", "pebblestore", "pgstore", "hints", "server", "sqlitestore", "wire"}
