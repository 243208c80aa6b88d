package wire

import (
	"parley/identity"
	"parley/internal/cbor"
)

// Uses of statements that devices sign to the server: see
// [identity.PrivateKey.SignStatement].
const (
	UseSession = "session" // a SessionClaim
	UseEnroll  = "enroll"  // an EnrollClaim
)

// SignUpRequest creates a local account with its first device. The server
// answers name_taken if it exists. Repeating the same request succeeds.
type SignUpRequest struct {
	Login   []byte                    `cbor:"login,omitempty" json:"-"`   // 32 bytes, derived from the passphrase; the server keeps a hash
	Passkey []byte                    `cbor:"passkey,omitempty" json:"-"` // or a new passkey: JSON, of PasskeySignUp
	List    identity.SignedDeviceList `cbor:"list" json:"list"`           // version 1
}

// An EnrollClaim is what a new device signs with its own key to ask to be added.
type EnrollClaim struct {
	_            struct{} `cbor:",toarray"`
	Device       identity.Device
	SignatureKey identity.PublicKey
	Suites       []uint16
	Name         string // for people: at most 64 bytes
}

// EnrollRequest asks, with the account's login, that a device be added. It only
// leaves a note for the account's devices: one of them has to approve and sign.
// Repeating it is how the new device learns that it was approved.
type EnrollRequest struct {
	Login       []byte   `cbor:"login,omitempty" json:"-"`
	Passkey     []byte   `cbor:"passkey,omitempty" json:"-"`       // or a passkey's answer: JSON, of PasskeyLogin. Not needed while Claim waits already
	Claim       []byte   `cbor:"claim" json:"claim"`               // CBOR of an EnrollClaim
	Signature   []byte   `cbor:"signature" json:"signature"`       // by the claim's own key, for UseEnroll
	KeyPackages [][]byte `cbor:"key_packages" json:"key_packages"` // MLSMessages of the device: published once it is listed
	LastResort  []byte   `cbor:"last_resort" json:"last_resort"`   // MLSMessage, or empty
}

// EnrollReply says how far an enrollment is.
type EnrollReply struct {
	Listed bool `cbor:"listed" json:"listed"` // the device is on the newest list
	// Lists is the account's chain from version 1, for the device to verify.
	Lists []identity.SignedDeviceList `cbor:"lists" json:"lists"`
}

// ResetRequest puts a list whose change is reset, with the account's login: for
// a person who lost every device. Any device of the list before can cancel it by
// put_device_list for as long as the delay runs. With an empty List.Body nothing
// changes: the reply is the chain that the list has to follow, of the account
// that List.Signer, the new device, names.
type ResetRequest struct {
	Login   []byte                    `cbor:"login,omitempty" json:"-"`
	Passkey []byte                    `cbor:"passkey,omitempty" json:"-"` // or a passkey's answer: JSON, of PasskeyLogin
	List    identity.SignedDeviceList `cbor:"list" json:"list"`
}

// ResetReply is the chain as it is after the request.
type ResetReply struct {
	Lists []identity.SignedDeviceList `cbor:"lists" json:"lists"`
}

// ChallengeRequest begins a session.
type ChallengeRequest struct {
	Device identity.Device `cbor:"device" json:"device"`
}

// A Challenge is answered by [OpenSessionRequest] before Expires. It is given
// for any device, whether there is one or not.
type Challenge struct {
	Nonce   []byte `cbor:"nonce" json:"nonce"`     // 32 bytes, good for one use
	Expires int64  `cbor:"expires" json:"expires"` // Unix milliseconds
}

// A SessionClaim is what the device signs: never the server's bytes alone.
type SessionClaim struct {
	_       struct{} `cbor:",toarray"`
	Origin  string   // scheme://host[:port] that the client connected to
	Device  identity.Device
	Nonce   []byte
	Expires int64
}

// Marshal returns the statement's body.
func (c *SessionClaim) Marshal() []byte { return cbor.MustMarshal(c) }

// OpenSessionRequest proves that the caller is the device.
type OpenSessionRequest struct {
	Claim     []byte `cbor:"claim" json:"claim"`         // CBOR of a SessionClaim
	Signature []byte `cbor:"signature" json:"signature"` // by the device's listed key, for UseSession
}

// A Session is a bearer token, bound to the device and its key, and good at each
// node of the site. It ends at Expires, or when the device leaves its list.
type Session struct {
	Token   []byte `cbor:"token" json:"-"`         // at most MaxTokenSize bytes, which mean nothing to the client: a secret
	Expires int64  `cbor:"expires" json:"expires"` // Unix milliseconds
}

// DeviceListsRequest reads an account's chain, from a version on.
type DeviceListsRequest struct {
	Account identity.Account `cbor:"account" json:"account"`
	From    uint64           `cbor:"from" json:"from"` // the first version wanted; 0 or 1 for all
}

// DeviceLists is a part of a chain, in order. It always holds at least the
// newest list, and at most 100.
type DeviceLists struct {
	Newest uint64                      `cbor:"newest" json:"newest"` // the newest version
	Lists  []identity.SignedDeviceList `cbor:"lists" json:"lists"`
}

// MaxLists bounds the lists of one [DeviceLists].
const MaxLists = 100

// PutDeviceListRequest puts the next version of the session's own account.
type PutDeviceListRequest struct {
	List identity.SignedDeviceList `cbor:"list" json:"list"`
}

// Enrollments are the devices that wait for approval, at most
// [MaxEnrollments].
type Enrollments struct {
	Waiting []Enrollment `cbor:"waiting" json:"waiting"`
}

// MaxEnrollments bounds the devices of one account that wait at once; each waits
// one hour at most.
const MaxEnrollments = 5

// An Enrollment is the signed claim of a device that waits.
type Enrollment struct {
	Claim     []byte `cbor:"claim" json:"claim"`
	Signature []byte `cbor:"signature" json:"signature"`
}
