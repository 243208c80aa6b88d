package identity

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"

	"parley/internal/cbor"
)

// codeAlphabet is Crockford's: no I, L, O, U.
var codeAlphabet = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// EnrollmentCode returns the code that a new device shows and an existing device
// approves: 20 characters in groups of four. It is the first 100 bits of a hash
// that binds the account, the device's id and its key, so that nobody in between
// can have another device approved in its place.
func EnrollmentCode(device Device, key PublicKey) string {
	body := cbor.MustMarshal([]any{string(device.Account()), string(device), key[:]})
	sum := sha256.Sum256(statement("enrollment-code", body))
	text := codeAlphabet.EncodeToString(sum[:13])[:20]
	return strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:16], text[16:]}, "-")
}

// NormalizeCode returns a code as a person may type it in the form that
// [EnrollmentCode] gives. What can't be a code comes back as the empty string.
func NormalizeCode(s string) string {
	s = strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(s))
	if len(s) != 20 {
		return ""
	}
	return strings.Join([]string{s[:4], s[4:8], s[8:12], s[12:16], s[16:]}, "-")
}

// SafetyNumber returns 60 digits in groups of five for two people to compare. It
// is the same on both sides, and another one once either list changes.
func SafetyNumber(a, b *DeviceList) string {
	if a.Account > b.Account {
		a, b = b, a
	}
	body := cbor.MustMarshal([]any{a.Hash(), b.Hash()})
	sum := sha256.Sum256(statement("safety-number", body))
	more := sha256.Sum256(append(sum[:], 1))
	digits := make([]string, 0, 12)
	for i := range 12 {
		half := append(sum[:len(sum):len(sum)], more[:]...)[5*i : 5*i+5]
		n := binary.BigEndian.Uint64(append([]byte{0, 0, 0}, half...))
		digits = append(digits, fmt.Sprintf("%05d", n%100000))
	}
	return strings.Join(digits, " ")
}
