// Package wire is the API between client and server: operations, their bodies,
// error codes and limits. Both sides import it; it imports neither.
//
// An operation is a pair of bodies. It travels as
//
//	POST /v1/OPERATION            body: CBOR of the request; answer: CBOR of the reply
//	Authorization: Bearer TOKEN   where the operation needs a session
//
// or, the same, as a frame of the WebSocket /v1/stream (see [Frame]). A failed
// operation answers an [Error] with the HTTP status that belongs to its code.
// With "Accept: application/json" a reply is JSON, for debugging.
//
// Bodies are CBOR maps with the names given here. A reader ignores fields that
// it doesn't know; a field is never given another meaning.
package wire

import "parley/internal/cbor"

// Paths and types of the HTTP binding.
const (
	PathPrefix  = "/v1/"       // followed by an [Operation]
	StreamPath  = "/v1/stream" // the WebSocket
	ContentType = "application/cbor"
)

// An Operation is the name of one request.
type Operation string

// The operations. Those under "session" need a bearer token; the others prove
// themselves by what is in their body.
const (
	OpInfo        Operation = "info"         // InfoRequest → Info
	OpSignUp      Operation = "sign_up"      // SignUpRequest → Empty
	OpEnroll      Operation = "enroll"       // EnrollRequest → EnrollReply
	OpReset       Operation = "reset"        // ResetRequest → ResetReply
	OpChallenge   Operation = "challenge"    // ChallengeRequest → Challenge
	OpOpenSession Operation = "open_session" // OpenSessionRequest → Session
	// PasskeyOptionsRequest → PasskeyOptions
	OpPasskeyOptions Operation = "passkey_options"

	// With a session:
	OpDeviceLists        Operation = "device_lists"         // DeviceListsRequest → DeviceLists
	OpPutDeviceList      Operation = "put_device_list"      // PutDeviceListRequest → Empty
	OpEnrollments        Operation = "enrollments"          // Empty → Enrollments
	OpPublishKeyPackages Operation = "publish_key_packages" // PublishKeyPackagesRequest → KeyPackageCount
	OpKeyPackageCount    Operation = "key_package_count"    // Empty → KeyPackageCount
	OpClaimKeyPackages   Operation = "claim_key_packages"   // ClaimKeyPackagesRequest → ClaimedKeyPackages
	OpOpenRoom           Operation = "open_room"            // OpenRoomRequest → OpenRoomReply
	OpSend               Operation = "send"                 // SendRequest → SendReply
	OpCommit             Operation = "commit"               // CommitRequest → CommitReply
	OpGroupInfo          Operation = "group_info"           // GroupInfoRequest → GroupInfo
	OpRead               Operation = "read"                 // ReadRequest → ReadReply
	OpAcknowledge        Operation = "acknowledge"          // AcknowledgeRequest → Empty
	OpLeave              Operation = "leave"                // LeaveRequest → LeaveReply
	OpRelate             Operation = "relate"               // RelateRequest → Empty
	OpRelations          Operation = "relations"            // RelationsRequest → Relations
	OpSignal             Operation = "signal"               // SignalRequest → Empty
	OpDeviceActivity     Operation = "device_activity"      // Empty → DeviceActivity
	OpSubscribePush      Operation = "subscribe_push"       // SubscribePushRequest → Empty
	OpUnsubscribePush    Operation = "unsubscribe_push"     // Empty → Empty
	OpAddPasskey         Operation = "add_passkey"          // AddPasskeyRequest → Empty
	OpPasskeys           Operation = "passkeys"             // Empty → Passkeys
	OpRemovePasskey      Operation = "remove_passkey"       // RemovePasskeyRequest → Empty
	OpUnfurl             Operation = "unfurl"               // UnfurlRequest → Unfurled
	OpResolvePost        Operation = "resolve_post"         // ResolvePostRequest → ResolvedPost
	OpAnswerChallenge    Operation = "answer_challenge"     // AnswerChallengeRequest → Empty
	OpReport             Operation = "report"               // ReportRequest → Empty
	OpNotices            Operation = "notices"              // NoticesRequest → Notices
	OpAccountExport      Operation = "account_export"       // ExportRequest → Export
	OpAccountErase       Operation = "account_erase"        // EraseRequest → Empty
)

// NeedsSession reports whether o is refused without a session.
func (o Operation) NeedsSession() bool {
	switch o {
	case OpInfo, OpSignUp, OpEnroll, OpReset, OpChallenge, OpOpenSession, OpPasskeyOptions:
		return false
	}
	return true
}

// Empty is a body without fields.
type Empty struct{}

// InfoRequest asks what the server is.
type InfoRequest struct{}

// Info says what the server is. It is the same for everyone.
type Info struct {
	Domain      string   `cbor:"domain" json:"domain"`   // of its accounts and rooms
	Version     string   `cbor:"version" json:"version"` // of the program, for people
	SignUpOpen  bool     `cbor:"sign_up_open" json:"sign_up_open"`
	Suites      []uint16 `cbor:"suites" json:"suites"`             // MLS cipher suites it takes, best first
	FrankingKey []byte   `cbor:"franking_key" json:"franking_key"` // Ed25519, 32 bytes: what new rooms pin
	// FrankingKeys are the statements (franking.KeyStatement) that lead from each key
	// that rooms have pinned to FrankingKey, the first key's own at the beginning.
	FrankingKeys [][]byte `cbor:"franking_keys,omitempty" json:"franking_keys,omitempty"`

	PushKey  []byte     `cbor:"push_key,omitempty" json:"push_key,omitempty"` // VAPID's P-256 point, 65 bytes; empty: no Web Push
	Passkeys bool       `cbor:"passkeys,omitempty" json:"passkeys,omitempty"` // accounts can be proved by a passkey
	Limits   Limits     `cbor:"limits" json:"limits"`
	Blobs    BlobLimits `cbor:"blobs" json:"blobs"`                           // of attachments
	Unfurl   bool       `cbor:"unfurl,omitempty" json:"unfurl,omitempty"`     // it says what pages say of themselves
	Platform *Platform  `cbor:"platform,omitempty" json:"platform,omitempty"` // whose posts it resolves; nil: none
	Desk     []byte     `cbor:"desk,omitempty" json:"desk,omitempty"`         // report.DeskKey: what reports are sealed to; empty: there is no desk
	// BlockListKey checks what is published at BlockListPath: Ed25519, 32 bytes; empty:
	// there is no list.
	BlockListKey []byte `cbor:"block_list_key,omitempty" json:"block_list_key,omitempty"`
	EvidenceMS   int64  `cbor:"evidence_ms,omitempty" json:"evidence_ms,omitempty"` // how long devices keep what can be reported, and the server what was released; 0: 14 days
}

// Limits are what the server refuses to exceed. Sizes are in bytes.
type Limits struct {
	Message     int `cbor:"message" json:"message"`           // one PrivateMessage
	Commit      int `cbor:"commit" json:"commit"`             // a commit operation's body
	KeyPackages int `cbor:"key_packages" json:"key_packages"` // kept for one device
	Members     int `cbor:"members" json:"members"`           // accounts of a room
}

// DefaultLimits are the limits of a server that isn't configured otherwise.
var DefaultLimits = Limits{Message: 256 << 10, Commit: 8 << 20, KeyPackages: 100, Members: 1000}

// Bounds that are part of the protocol, not configuration.
const (
	IDSize         = 16      // bytes of a client-chosen id that makes an operation idempotent
	LoginSize      = 32      // bytes of the login key that a client derives from the passphrase
	NonceSize      = 32      // bytes of a challenge
	MaxTokenSize   = 256     // bytes of a session token, at most
	MaxBody        = 9 << 20 // bytes of any request body
	MaxReadEvents  = 500     // events of one read
	MaxReadBytes   = 4 << 20 // bytes of events of one read, unless the first alone is larger
	MaxReadWait    = 30_000  // milliseconds that a read may wait
	IdempotentDays = 7       // how long the server remembers an id
)

// Marshal encodes a body.
func Marshal(v any) ([]byte, error) { return cbor.Marshal(v) }

// Unmarshal decodes a body. It ignores unknown fields.
func Unmarshal(data []byte, v any) error { return cbor.UnmarshalLenient(data, v) }
