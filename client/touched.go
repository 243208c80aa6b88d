package client

import (
	"slices"
	"strings"

	"parley/identity"
	"parley/internal/cbor"
)

// A Touched is what one write has touched, for those who show it.
type Touched struct {
	Rooms []identity.Room // of which something that can be shown may have changed, each once
	Kinds []string        // of the records written: the part of their keys before the first slash, each once
}

// touched returns what changes mean. Rooms without a server of their own are of
// domain.
func touched(domain string, changes []Change) Touched {
	var out Touched
	for _, ch := range changes {
		if kind := kindOfKey(ch.Key); !slices.Contains(out.Kinds, kind) {
			out.Kinds = append(out.Kinds, kind)
		}
		room, ok := roomOf(domain, ch)
		if ok && !slices.Contains(out.Rooms, room) {
			out.Rooms = append(out.Rooms, room)
		}
	}
	return out
}

// shownPrefixes begin the keys of records that name their room, and show.
var shownPrefixes = []string{roomPrefix, rosterPrefix, msgPrefix, pendPrefix, openPrefix, infoPrefix, marksPrefix}

// roomOf returns the room that a change is about.
func roomOf(domain string, ch Change) (identity.Room, bool) {
	for _, prefix := range shownPrefixes {
		if rest, ok := strings.CutPrefix(ch.Key, prefix); ok {
			id, _, _ := strings.Cut(rest, "/")
			room, err := identity.ParseRoom("mimi://" + domain + "/r/" + id)
			return room, err == nil
		}
	}
	if strings.HasPrefix(ch.Key, outPrefix) && ch.Value != nil {
		var e outEntry
		if cbor.UnmarshalOwn(ch.Value, &e) == nil && e.Message.Kind != KindStatus {
			return e.Message.Room, true
		}
	}
	return "", false
}
