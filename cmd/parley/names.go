package main

import (
	"parley/client"
	"parley/identity"
)

// checkNames refuses what can't be an account: a NAME or a mimi:// URI.
func checkNames(names ...string) error {
	for _, n := range names {
		if _, err := identity.ParseAccount(n); err != nil && !identity.ValidName(n) {
			return usagef("%q is not a name of an account", n)
		}
	}
	return nil
}

// parseRoom returns the room that s names: its URI, or its ID at own's domain.
func parseRoom(s string, own identity.Account) (identity.Room, error) {
	if r, err := identity.ParseRoom(s); err == nil {
		return r, nil
	}
	r, err := identity.ParseRoom("mimi://" + own.Domain() + "/r/" + s)
	if err != nil {
		return "", usagef("%q is not a room: see parley rooms", s)
	}
	return r, nil
}

// parseMessage returns the message id that s is.
func parseMessage(s string) (client.MessageID, error) {
	id, err := client.ParseMessageID(s)
	if err != nil {
		return id, usagef("%q is not the id of a message", s)
	}
	return id, nil
}

// shortName is how an account is written for own's side: its NAME at the same
// domain, else its URI. Commands take either.
func shortName(a, own identity.Account) string {
	if a.Domain() == own.Domain() {
		return a.Name()
	}
	return string(a)
}
