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
