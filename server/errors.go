package server

import (
	"context"
	"errors"
	"time"

	"parley/identity"
	"parley/wire"
)

// What a client is told to wait.
const (
	retryAfter = 5 * time.Second        // while nothing can be stored
	busyAfter  = 250 * time.Millisecond // while too much waits to be stored; at most twice that
)

// AsWire returns what a client is told of err: err itself if it is a
// *[wire.Error]; unavailable where the store takes nothing now, or has too much to do; else internal,
// whose cause is for the operator's log alone. nil for nil.
func AsWire(err error) *wire.Error {
	var refusal *wire.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refusal):
		return refusal
	case errors.Is(err, ErrBusy):
		return unavailable("The server has too much to do now.", busyAfter)
	case errors.Is(err, ErrUnavailable), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		e := wire.Refuse(wire.CodeUnavailable, "The server can't store anything now.")
		e.RetryAfter = retryAfter.Milliseconds()
		return e
	}
	return wire.Refuse(wire.CodeInternal, "The server failed.")
}

// Refusals that several operations share.
var (
	errUnauthorized   = wire.Refuse(wire.CodeUnauthorized, "There is no such session, or it has ended.")
	errWrongLogin     = wire.Refuse(wire.CodeWrongLogin, "There is no such account, or the passphrase is wrong.")
	errUnknownAccount = wire.Refuse(wire.CodeUnknownAccount, "There is no such account.")
	errUnlisted       = wire.Refuse(wire.CodeUnlistedDevice, "The device is not on its account's device list.")
	errUnknownRoom    = wire.Refuse(wire.CodeUnknownRoom, "There is no such room for this account.")
	errNotMember      = wire.Refuse(wire.CodeNotMember, "This device isn't in the room.")
	errBusy           = &wire.Error{Code: wire.CodeUnavailable, Message: "Too much changed meanwhile; try again.", RetryAfter: 100}
)

func badRequest(message string) error { return wire.Refuse(wire.CodeBadRequest, message) }

func tooLarge(message string) error { return wire.Refuse(wire.CodeTooLarge, message) }

// badList says which rule of identity.Chain a list breaks: the reasons are
// identity's own words.
func badList(err error) error {
	if errors.Is(err, identity.ErrFork) {
		return wire.Refuse(wire.CodeStaleDeviceList, "Another device list has this version.")
	}
	return wire.Refuse(wire.CodeBadDeviceList, "The device list is refused: "+err.Error()+".")
}
