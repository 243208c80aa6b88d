package admin

import (
	"parley/identity"
	"parley/wire"
)

// An Account is what the server knows of an account, but for whom it talks to.
type Account struct {
	Account    identity.Account `json:"account"`
	CreatedMS  int64            `json:"created_ms"`
	LastSeenMS int64            `json:"last_seen_ms,omitempty"` // the start of the day, UTC, that a device was last here on
	Devices    []Device         `json:"devices"`
	Standing   wire.Standing    `json:"standing"`
	Sanctions  []Sanction       `json:"sanctions"` // that haven't ended
	Facts      *Facts           `json:"facts,omitempty"`
	Counts     Counts           `json:"counts"`
}

// A Device is one of the newest device list.
type Device struct {
	Device     identity.Device `json:"device"`
	AddedMS    int64           `json:"added_ms"`
	LastSeenMS int64           `json:"last_seen_ms,omitempty"`
}

// Counts are what can be counted without reading anything.
type Counts struct {
	ListVersion uint64 `json:"list_version"` // of the device list: how often devices changed
	Waiting     int    `json:"waiting"`      // reports and appeals of the account in the queue
	BlobBytes   int64  `json:"blob_bytes"`   // of attachments that it keeps
	Notices     int    `json:"notices"`      // that it was given and that are kept
	Accepted    int    `json:"accepted"`     // accounts that it accepted, at most 1,000
	Blocked     int    `json:"blocked"`      // accounts that it blocked, at most 1,000
}

// A SanctionKind is how hard a sanction is.
type SanctionKind string

// The kinds.
const (
	SanctionWarn    SanctionKind = "warn"
	SanctionLimit   SanctionKind = "limit"   // wire.StandingLimited
	SanctionSuspend SanctionKind = "suspend" // wire.StandingSuspended
)

// A SanctionRequest sanctions an account, at once, and gives it the notice of that
// kind whose ID is Decision. Repeating it does nothing; conflict where Decision is of another
// sanction. Of several, the hardest one holds.
type SanctionRequest struct {
	Decision   string          `json:"decision"` // 1 to wire.MaxDecision bytes
	Kind       SanctionKind    `json:"kind"`
	UntilMS    int64           `json:"until_ms,omitempty"` // 0: until it is lifted
	Statement  *wire.Statement `json:"statement,omitempty"`
	Appealable bool            `json:"appealable,omitempty"`
}

// A Sanction is one that was put. Lifting it (DELETE) gives the account the notice
// "restored", whose ID is the decision's followed by ".restored"; to lift one that isn't there does nothing.
type Sanction struct {
	Decision string       `json:"decision"`
	Kind     SanctionKind `json:"kind"`
	FromMS   int64        `json:"from_ms"`
	UntilMS  int64        `json:"until_ms,omitempty"`
}

// MaxSanctions bounds those of an account at once, warnings aside: conflict beyond.
const MaxSanctions = 50

// A NoticeRequest tells an account something: see wire.Notice. Kinds that a
// sanction brings by itself (warning, limited, suspended, restored) are refused here.
type NoticeRequest struct {
	ID         string          `json:"id"` // 1 to wire.MaxDecision bytes; repeating it does nothing
	Kind       wire.NoticeKind `json:"kind"`
	Decision   string          `json:"decision,omitempty"`
	Report     []byte          `json:"report,omitempty"`
	Outcome    wire.Outcome    `json:"outcome,omitempty"`
	Statement  *wire.Statement `json:"statement,omitempty"`
	Appealable bool            `json:"appealable,omitempty"`
}

// A Notice is one as it was given.
type Notice struct {
	N    uint64 `json:"n"`
	ID   string `json:"id"`
	AtMS int64  `json:"at_ms"`
}

// Facts are what the platform says of an account, for the relationship policy. An
// empty field is unknown. Putting them replaces all.
type Facts struct {
	AgeBand AgeBand `json:"age_band,omitempty"`
	Region  string  `json:"region,omitempty"` // ISO 3166-1 alpha-2
}

// An AgeBand is how old somebody is, as far as it matters.
type AgeBand string

// The bands.
const (
	AgeUnknown AgeBand = ""
	AgeUnder16 AgeBand = "under16"
	Age16To17  AgeBand = "16_17"
	AgeAdult   AgeBand = "adult"
)

// MaxRelationships bounds those of one request.
const MaxRelationships = 1000

// Relationships are what the platform says of pairs of accounts; each replaces what
// it said before, in their order: after a problem, send all again. unknown_account if a
// From isn't here.
type Relationships struct {
	Relationships []Relationship `json:"relationships"`
}

// A Relationship is how From stands to To, on the platform.
type Relationship struct {
	From    identity.Account `json:"from"`
	To      identity.Account `json:"to"`
	Follows bool             `json:"follows,omitempty"`
	Contact bool             `json:"contact,omitempty"` // From has To among its contacts
}

// A LegalAccount is what is given to a lawful request: account, devices, dates;
// nothing else, since there is nothing else to give.
type LegalAccount struct {
	Account    identity.Account `json:"account"`
	CreatedMS  int64            `json:"created_ms"`
	LastSeenMS int64            `json:"last_seen_ms,omitempty"`
	Devices    []Device         `json:"devices"`
}
