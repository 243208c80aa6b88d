package bridge

// A Phase says what the page shows first.
type Phase string

// The phases.
const (
	PhaseNone    Phase = "none"    // nobody is signed in here
	PhaseWaiting Phase = "waiting" // this device waits for another one of the account: Code is shown
	PhaseReady   Phase = "ready"
	PhaseRemoved Phase = "removed" // this device was taken off the account: SignOut is what is left
)

// Boot says who is here.
type Boot struct {
	Phase   Phase     `json:"phase"`
	Account string    `json:"account,omitempty"` // URI
	Name    string    `json:"name,omitempty"`    // the account's name at its domain
	Device  string    `json:"device,omitempty"`  // URI
	Code    string    `json:"code,omitempty"`    // of PhaseWaiting
	Server  *Server   `json:"server,omitempty"`  // nil while it was never reached
	Online  Connected `json:"online"`
	Wiped   bool      `json:"wiped"` // somebody was signed in here and the browser has deleted what was kept; said once
}

// A Server is what everyone may know of it.
type Server struct {
	Domain     string `json:"domain"`
	SignUpOpen bool   `json:"sign_up_open"`
	Passkeys   bool   `json:"passkeys"`
	PushKey    string `json:"push_key,omitempty"` // base64url: applicationServerKey
	MaxText    int    `json:"max_text"`           // bytes of UTF-8
	MaxMembers int    `json:"max_members"`        // of a group

	Blobs    BlobLimits `json:"blobs"`              // of attachments
	Unfurl   bool       `json:"unfurl"`             // it says what pages say of themselves
	Platform *Platform  `json:"platform,omitempty"` // whose posts it resolves

	BlockList bool `json:"block_list"` // it has a list of bad links, for SetSafety
}

// Connected says whether the server is reached.
type Connected struct {
	State string `json:"state"` // online, connecting, offline
}

// SignUp makes an account. Either Passphrase or Passkey.
type SignUp struct {
	Name       string `json:"name"`
	Passphrase string `json:"passphrase,omitempty"`
	Passkey    string `json:"passkey,omitempty"` // RegistrationResponseJSON
	Display    string `json:"display,omitempty"` // the profile's name
	DeviceName string `json:"device_name"`
}

// EraseAccount proves that it is the account's own person who erases it. Either
// Passphrase or Passkey.
type EraseAccount struct {
	Passphrase string `json:"passphrase,omitempty"`
	Passkey    string `json:"passkey,omitempty"` // AuthenticationResponseJSON
}

// An Export is JSON Lines: each an object whose "kind" says what it is.
type Export struct {
	Lines string `json:"lines"`
}

// SignIn adds this device to an account; then Boot.Phase is PhaseWaiting. With
// Reset it replaces all devices, for a person who lost them.
type SignIn struct {
	Name       string `json:"name"`
	Passphrase string `json:"passphrase,omitempty"`
	Passkey    string `json:"passkey,omitempty"` // AuthenticationResponseJSON
	DeviceName string `json:"device_name"`
	Reset      bool   `json:"reset,omitempty"`
}

// A PasskeyUse says what options are for.
type PasskeyUse struct {
	Name string `json:"name"`
	Use  string `json:"use"` // sign_up, add, login
}

// A Passkey holds what navigator.credentials is given: see
// PublicKeyCredential.parseCreationOptionsFromJSON and its sibling.
type Passkey struct {
	Options string `json:"options"` // JSON
}

// A PasskeyAnswer is what it returned.
type PasskeyAnswer struct {
	Passkey string `json:"passkey"` // JSON
}

// Passkeys are those of the own account, the oldest first. Without Passphrase the
// only one can't be removed.
type Passkeys struct {
	Passkeys   []KeptPasskey `json:"passkeys"`
	Passphrase bool          `json:"passphrase"` // a passphrase proves the account too
}

// A KeptPasskey is one that proves the own account.
type KeptPasskey struct {
	ID     string `json:"id"`      // of the credential, base64url
	Name   string `json:"name"`    // of the device that it was made on, or empty
	MadeMS int64  `json:"made_ms"` // when
	UsedMS int64  `json:"used_ms"` // start of the day that it was last used on to sign in, 0: never
	Synced bool   `json:"synced"`  // it may be on other devices of the person too
}

// OnePasskey is named by its credential's id.
type OnePasskey struct {
	ID string `json:"id"`
}

// A Profile is what contacts see of a person: sealed, in each conversation.
type Profile struct {
	Display string `json:"display"`           // at most 64 bytes; empty: the account's name
	Picture string `json:"picture,omitempty"` // a data: URL of a WebP, JPEG or PNG of at most 12 KiB, square
}

// Settings are shared between the own devices, but for Theme, Language and Notify.
type Settings struct {
	Receipts bool   `json:"receipts"` // read receipts are sent, and shown
	Typing   bool   `json:"typing"`   // sent, and shown
	Theme    string `json:"theme"`    // system, light, dark
	Language string `json:"language"` // a BCP 47 tag of those the page has; empty: the browser's
	Notify   bool   `json:"notify"`   // notifications on this device
	Previews bool   `json:"previews"` // with the text
	Warnings bool   `json:"warnings"` // messages that look like a scam, harassment or blackmail have a hint, on this device
	Links    bool   `json:"links"`    // links that one sends go with a preview, for which the server is asked
}

// Devices are those of the own account, and those that wait to be added.
type Devices struct {
	Devices []OwnDevice     `json:"devices"`
	Waiting []WaitingDevice `json:"waiting"`
	Reset   bool            `json:"reset"` // somebody reset the account and its delay runs: CancelReset
}

// An OwnDevice is a device of the own account.
type OwnDevice struct {
	Device     string `json:"device"` // URI
	Name       string `json:"name"`
	AddedMS    int64  `json:"added_ms"`
	LastSeenMS int64  `json:"last_seen_ms"` // start of the day, 0: not known
	This       bool   `json:"this"`
}

// A WaitingDevice asks to be added: compare Code with what it shows.
type WaitingDevice struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// A Code is what a waiting device shows.
type Code struct {
	Code string `json:"code"`
}

// A Device is named by its URI.
type Device struct {
	Device string `json:"device"`
}

// Storage is what is kept here, in bytes.
type Storage struct {
	Used       int64 `json:"used"`
	Quota      int64 `json:"quota"`
	Persistent bool  `json:"persistent"` // the browser doesn't delete it by itself
	Messages   int   `json:"messages"`
}

// A Subscription is PushSubscription.toJSON.
type Subscription struct {
	Endpoint string `json:"endpoint"`
	Key      string `json:"key"`  // p256dh, base64url
	Auth     string `json:"auth"` // base64url
}

// Healing counts since the account was made on this device.
type Healing struct {
	Refused  map[string]int `json:"refused"` // by code, as in docs/refusals.md
	Rejoined int            `json:"rejoined"`
}
