// Package identity says who there is: accounts, devices and rooms by URI, the
// keys that devices sign with, and the signed list of an account's devices.
//
// It is pure: no clock, no network, no files. The forms are those of
// docs/design/0002-identity.md.
package identity

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
)

// ErrURI is returned for an account, device or room URI that is not in its one
// canonical form.
var ErrURI = errors.New("identity: malformed URI")

const (
	scheme        = "mimi://"
	maxName       = 64  // bytes of an account's NAME
	maxDomain     = 253 // bytes
	idSize        = 16  // random bytes of a device or room id
	encodedIDSize = 22  // the same, base64url without padding
)

// An Account is an account's URI: mimi://DOMAIN/u/NAME. NAME is the platform's
// own immutable user id, 1–64 bytes of a-z 0-9 . _ -. Only [NewAccount] and
// [ParseAccount] make valid ones.
type Account string

// A Device is a device's URI: mimi://DOMAIN/d/NAME/DEVICE, where DEVICE is 16
// random bytes in base64url. It is also the identity in the device's MLS
// credential.
type Device string

// A Room is a conversation's URI: mimi://DOMAIN/r/ROOM, where ROOM is 16 random
// bytes in base64url.
type Room string

// NewAccount returns the account of name at domain, or ErrURI.
func NewAccount(domain, name string) (Account, error) {
	if !validDomain(domain) || !ValidName(name) {
		return "", ErrURI
	}
	return Account(scheme + domain + "/u/" + name), nil
}

// ParseAccount returns s as an account, or ErrURI.
func ParseAccount(s string) (Account, error) {
	domain, path, _ := strings.Cut(strings.TrimPrefix(s, scheme), "/u/")
	a, err := NewAccount(domain, path)
	if err != nil || string(a) != s {
		return "", ErrURI
	}
	return a, nil
}

// Domain returns the DOMAIN of a, which must be valid.
func (a Account) Domain() string { return part(string(a), 0) }

// Name returns the NAME of a, which must be valid.
func (a Account) Name() string { return part(string(a), 2) }

// NewDevice returns the device of a whose id is id.
func NewDevice(a Account, id [idSize]byte) Device {
	return Device(scheme + a.Domain() + "/d/" + a.Name() + "/" + base64.RawURLEncoding.EncodeToString(id[:]))
}

// RandomDevice returns a new device of a.
func RandomDevice(a Account) Device { return NewDevice(a, randomID()) }

// ParseDevice returns s as a device, or ErrURI.
func ParseDevice(s string) (Device, error) {
	domain, path, _ := strings.Cut(strings.TrimPrefix(s, scheme), "/d/")
	name, id, _ := strings.Cut(path, "/")
	raw, ok := decodeID(id)
	if !ok || !validDomain(domain) || !ValidName(name) {
		return "", ErrURI
	}
	d := NewDevice(Account(scheme+domain+"/u/"+name), raw)
	if string(d) != s {
		return "", ErrURI
	}
	return d, nil
}

// Account returns the account that d, which must be valid, belongs to.
func (d Device) Account() Account {
	return Account(scheme + part(string(d), 0) + "/u/" + part(string(d), 2))
}

// AppendAccount appends [Device.Account] of d, which must be valid, to b.
func (d Device) AppendAccount(b []byte) []byte {
	b = append(append(b, scheme...), part(string(d), 0)...)
	return append(append(b, "/u/"...), part(string(d), 2)...)
}

// ID returns the DEVICE part of d, which must be valid: 22 characters.
func (d Device) ID() string { return part(string(d), 3) }

// RandomRoom returns a new room at domain, which must be valid.
func RandomRoom(domain string) Room {
	id := randomID()
	return Room(scheme + domain + "/r/" + base64.RawURLEncoding.EncodeToString(id[:]))
}

// ParseRoom returns s as a room, or ErrURI.
func ParseRoom(s string) (Room, error) {
	domain, id, _ := strings.Cut(strings.TrimPrefix(s, scheme), "/r/")
	if _, ok := decodeID(id); !ok || !validDomain(domain) || s != scheme+domain+"/r/"+id {
		return "", ErrURI
	}
	return Room(s), nil
}

// Domain returns the DOMAIN of r, which must be valid.
func (r Room) Domain() string { return part(string(r), 0) }

// ID returns the ROOM part of r, which must be valid: 22 characters.
func (r Room) ID() string { return part(string(r), 2) }

// GroupID returns the id of the MLS group of a generation of r; the first
// generation is 0.
func (r Room) GroupID(generation uint32) []byte {
	return strconv.AppendUint([]byte(string(r)+"#"), uint64(generation), 10)
}

// ParseGroupID is the inverse of [Room.GroupID]. It returns ErrURI for anything
// that GroupID doesn't make.
func ParseGroupID(id []byte) (Room, uint32, error) {
	room, gen, _ := strings.Cut(string(id), "#")
	r, err := ParseRoom(room)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.ParseUint(gen, 10, 32)
	if err != nil || string(r.GroupID(uint32(n))) != string(id) {
		return "", 0, ErrURI
	}
	return r, uint32(n), nil
}

// ValidName reports whether name can be an account's NAME.
func ValidName(name string) bool {
	return 0 < len(name) && len(name) <= maxName && only(name, "._-")
}

func validDomain(domain string) bool {
	return 0 < len(domain) && len(domain) <= maxDomain && only(domain, ".-:") &&
		domain[0] != '.' && domain[0] != '-'
}

// only reports whether s is made of a-z, 0-9 and the characters of extra.
func only(s, extra string) bool {
	for _, c := range []byte(s) {
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte(extra, c) >= 0) {
			return false
		}
	}
	return true
}

// part returns the n-th slash-separated part of uri after its scheme.
func part(uri string, n int) string {
	rest := strings.TrimPrefix(uri, scheme)
	for ; n > 0; n-- {
		_, rest, _ = strings.Cut(rest, "/")
	}
	first, _, _ := strings.Cut(rest, "/")
	return first
}

func decodeID(s string) (id [idSize]byte, ok bool) {
	if len(s) != encodedIDSize {
		return id, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(raw) != idSize {
		return id, false
	}
	return [idSize]byte(raw), true
}

func randomID() (id [idSize]byte) {
	rand.Read(id[:]) // never fails: crypto/rand ends the program instead
	return id
}
