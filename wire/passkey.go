package wire

import "parley/identity"

// MaxPasskey bounds the bytes of a WebAuthn answer, MaxPasskeys the passkeys of an
// account.
const (
	MaxPasskey  = 16 << 10
	MaxPasskeys = 10
)

// A PasskeyUse says what a passkey is asked for.
type PasskeyUse string

// The uses.
const (
	PasskeySignUp PasskeyUse = "sign_up" // make one for an account that is to be made
	PasskeyAdd    PasskeyUse = "add"     // make another one for the session's account
	PasskeyLogin  PasskeyUse = "login"   // prove the account: for enroll and reset
)

// PasskeyOptionsRequest begins with a passkey (W3C WebAuthn Level 3). For
// PasskeyAdd there must be a session of Account.
type PasskeyOptionsRequest struct {
	Account identity.Account `cbor:"account" json:"account"`
	Use     PasskeyUse       `cbor:"use" json:"use"`
}

// PasskeyOptions is what a browser's navigator.credentials is given. It says the
// same of an account that there isn't.
type PasskeyOptions struct {
	Options []byte `cbor:"options" json:"options"` // JSON: PublicKeyCredentialCreationOptionsJSON or …RequestOptionsJSON
	Expires int64  `cbor:"expires" json:"expires"` // Unix milliseconds
}

// AddPasskeyRequest adds a passkey to the session's account. Repeating it adds
// nothing twice.
type AddPasskeyRequest struct {
	Passkey []byte `cbor:"passkey" json:"-"` // JSON: RegistrationResponseJSON, of PasskeyAdd
}

// Passkeys are those of the session's account, the oldest first.
type Passkeys struct {
	Passkeys   []KeptPasskey `cbor:"passkeys" json:"passkeys"`     // at most MaxPasskeys
	Passphrase bool          `cbor:"passphrase" json:"passphrase"` // the account has a login beside them
}

// A KeptPasskey is what the server keeps of a passkey, but for its key.
type KeptPasskey struct {
	ID     []byte `cbor:"id" json:"id"`           // of the credential: 1 to 1,023 bytes
	Name   string `cbor:"name" json:"name"`       // of the device that it was made on: at most 64 bytes, may be empty
	MadeMS int64  `cbor:"made_ms" json:"made_ms"` // Unix milliseconds
	UsedMS int64  `cbor:"used_ms" json:"used_ms"` // Unix milliseconds of the start of the day, UTC, that it last proved the account on; 0: never
	Synced bool   `cbor:"synced" json:"synced"`   // it may be copied to other devices of its owner
}

// RemovePasskeyRequest removes a passkey from the session's account: last_passkey if
// nothing else would prove the account. Removing one that isn't there does nothing.
type RemovePasskeyRequest struct {
	ID []byte `cbor:"id" json:"id"`
}
