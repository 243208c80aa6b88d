package content

import (
	"fmt"
	"maps"
	"unicode/utf8"

	"parley/identity"
	"parley/internal/cbor"
)

// The keys of the extensions that we know. Text keys are for private use.
const (
	keySender   = uint64(1)
	keyRoom     = uint64(2)
	keyLastSeen = "parley.seen"
	keyLists    = "parley.lists"
	keyForward  = "parley.forwarded"
)

// Bounds of extensions that we don't know (draft-ietf-mimi-content-08, Section 6.2 and
// draft-ietf-mimi-content-08, Section 6.3).
const (
	maxExtensionDepth = 4         // levels of maps and arrays, the map of extensions counted
	maxKeyInt         = 1<<53 - 1 // of either sign
	maxKeyText        = 255       // bytes
)

// Extensions are what a message says of itself beside its text
// (draft-ietf-mimi-content-08, Section 4.3). Sender and Room are claims, until
// [Message.Check].
type Extensions struct {
	Sender   identity.Account // who wrote it; at most MaxURI bytes, never empty
	Room     identity.Room    // for which room; at most MaxURI bytes, never empty
	LastSeen LastSeen         // what its author had seen; private extension "parley.seen"
	Lists    []ListView       // the device lists its author went by, at most MaxViews; private extension "parley.lists"

	// Forwarded says that the text was somebody's before, and not whose; private
	// extension "parley.forwarded", which is true or missing.
	Forwarded bool

	media *mediaExtension // see NewAttached; private extension "parley.media"

	// Other holds the extensions that we don't know, as they came: an int64,
	// uint64 or string key, and the encoded value.
	Other map[any]cbor.RawMessage
}

// A LastSeen tells the last message that an author had seen in the room, by its
// sequence number (from 1) and its id. The zero LastSeen says nothing.
type LastSeen struct {
	Seq uint64
	ID  MessageID
}

// A ListView tells which device list of an account an author went by, so that a
// receiver who was shown another one finds out.
type ListView struct {
	_       struct{} `cbor:",toarray"`
	Account identity.Account
	Version uint64   // from 1
	Hash    [32]byte // SHA-256 of the list
}

type wireLastSeen struct {
	_   struct{} `cbor:",toarray"`
	Seq uint64
	ID  []byte
}

func (e *Extensions) encode() (map[any]cbor.RawMessage, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	all := maps.Clone(e.Other)
	if all == nil {
		all = map[any]cbor.RawMessage{}
	}
	known := map[any]any{keySender: string(e.Sender), keyRoom: string(e.Room)}
	if e.LastSeen != (LastSeen{}) {
		known[keyLastSeen] = wireLastSeen{Seq: e.LastSeen.Seq, ID: e.LastSeen.ID[:]}
	}
	if len(e.Lists) > 0 {
		known[keyLists] = e.Lists
	}
	if e.Forwarded {
		known[keyForward] = true
	}
	if err := e.encodeMedia(known); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	for key, value := range known {
		raw, err := cbor.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
		}
		all[key] = raw
	}
	return all, nil
}

// decodeExtensions is the reverse of encode. It takes all over.
func decodeExtensions(all map[any]cbor.RawMessage) (Extensions, error) {
	var e Extensions
	if err := take(all, keySender, &e.Sender); err != nil {
		return e, err
	}
	if err := take(all, keyRoom, &e.Room); err != nil {
		return e, err
	}
	if _, ok := all[keyLastSeen]; ok {
		var w wireLastSeen
		if err := take(all, keyLastSeen, &w); err != nil {
			return e, err
		}
		id, err := MessageIDFrom(w.ID)
		if err != nil {
			return e, fmt.Errorf("%w: last seen", ErrMalformed)
		}
		e.LastSeen = LastSeen{Seq: w.Seq, ID: id}
	}
	if _, ok := all[keyLists]; ok {
		if err := take(all, keyLists, &e.Lists); err != nil {
			return e, err
		}
		if len(e.Lists) == 0 {
			return e, fmt.Errorf("%w: no device lists", ErrMalformed)
		}
	}
	if _, ok := all[keyForward]; ok {
		if err := take(all, keyForward, &e.Forwarded); err != nil {
			return e, err
		}
		if !e.Forwarded {
			return e, fmt.Errorf("%w: forwarded", ErrMalformed)
		}
	}
	if err := e.decodeMedia(all); err != nil {
		return e, err
	}
	if len(all) > 0 {
		e.Other = all
	}
	return e, e.check()
}

// take decodes the value of key into v and removes it from all.
func take(all map[any]cbor.RawMessage, key, v any) error {
	raw, ok := all[key]
	if !ok {
		return fmt.Errorf("%w: extension %v is missing", ErrMalformed, key)
	}
	delete(all, key)
	return unmarshal(raw, v)
}

// check holds e against the limits, whether it came or is to be sent.
func (e *Extensions) check() error {
	for _, uri := range []string{string(e.Sender), string(e.Room)} {
		if uri == "" || !utf8.ValidString(uri) {
			return fmt.Errorf("%w: sender or room", ErrMalformed)
		}
		if len(uri) > MaxURI {
			return fmt.Errorf("%w: sender or room", ErrLimit)
		}
	}
	if e.LastSeen != (LastSeen{}) && (e.LastSeen.Seq == 0 || e.LastSeen.ID[0] != hashSHA256) {
		return fmt.Errorf("%w: last seen", ErrMalformed)
	}
	if err := checkViews(e.Lists); err != nil {
		return err
	}
	for key, value := range e.Other {
		if err := checkOther(key, value); err != nil {
			return err
		}
	}
	return nil
}

func checkViews(views []ListView) error {
	if len(views) > MaxViews {
		return fmt.Errorf("%w: device lists", ErrLimit)
	}
	for _, v := range views {
		if v.Version == 0 || v.Account == "" || len(v.Account) > MaxURI || !utf8.ValidString(string(v.Account)) {
			return fmt.Errorf("%w: device list", ErrMalformed)
		}
	}
	return nil
}

// checkOther checks one extension that we don't know.
func checkOther(key any, value cbor.RawMessage) error {
	switch key {
	case keySender, keyRoom, keyLastSeen, keyLists, keyForward, keyMedia, uint64(0):
		return fmt.Errorf("%w: extension key", ErrMalformed)
	}
	if err := checkKey(key); err != nil {
		return err
	}
	if s, ok := key.(string); ok && (s == "" || len(s) > maxKeyText) {
		return fmt.Errorf("%w: extension key", ErrMalformed)
	}
	var v any
	if err := unmarshal(value, &v); err != nil {
		return err
	}
	return checkValue(v, maxExtensionDepth-1)
}

// checkKey checks the key of a map of extensions or within one.
func checkKey(key any) error {
	switch k := key.(type) {
	case string:
		if utf8.ValidString(k) {
			return nil
		}
	case uint64:
		if k <= maxKeyInt {
			return nil
		}
	case int64:
		if k < 0 && k >= -maxKeyInt { // CBOR has one encoding of 5: the uint64
			return nil
		}
	}
	return fmt.Errorf("%w: map key", ErrMalformed)
}

// checkValue checks the keys in v and that v has at most levels levels.
func checkValue(v any, levels int) error {
	switch v := v.(type) {
	case []any:
		if levels == 0 {
			return fmt.Errorf("%w: depth of an extension", ErrLimit)
		}
		for _, item := range v {
			if err := checkValue(item, levels-1); err != nil {
				return err
			}
		}
	case map[any]any:
		if levels == 0 {
			return fmt.Errorf("%w: depth of an extension", ErrLimit)
		}
		for key, item := range v {
			if err := checkKey(key); err != nil {
				return err
			}
			if err := checkValue(item, levels-1); err != nil {
				return err
			}
		}
	}
	return nil
}
