package wire

import "parley/identity"

// What the server keeps of safety it can't read: reports and appeals are sealed
// for the operator's safety desk, whose key the server never holds.

// Bounds of reports and notices that are part of the protocol.
const (
	MaxReport   = 1 << 20 // bytes of a sealed report or appeal, at least 1
	MaxNotices  = 100     // that an account has at once: then the oldest goes
	MaxDecision = 64      // bytes of a decision's name: a-z 0-9 . _ -
	MaxDeskKey  = 8 << 10 // bytes of Info.Desk
)

// A ReportKind says what a [ReportRequest] holds.
type ReportKind string

// The kinds.
const (
	ReportReport ReportKind = "report" // of somebody else's messages
	ReportAppeal ReportKind = "appeal" // against a decision on one's own account
)

// ReportRequest leaves a sealed report or appeal for the desk. Repeating it, with
// the same ID, does nothing. The server learns that the account has reported, when,
// and how much; not whom, nor what. rate_limited beyond some in a day, quota where
// too many wait, forbidden where the server has no desk.
type ReportRequest struct {
	ID     []byte     `cbor:"id" json:"id"` // 16 bytes, that of the report
	Kind   ReportKind `cbor:"kind" json:"kind"`
	Sealed []byte     `cbor:"sealed" json:"sealed"` // 1 to MaxReport bytes: HPKE to the key of Info.Desk
}

// NoticesRequest reads what the operator has to say to the session's account.
type NoticesRequest struct {
	After uint64 `cbor:"after,omitempty" json:"after,omitempty"` // the N of the last notice that is known
}

// Notices are in the order of N, at most [MaxNotices]: all there are after
// NoticesRequest.After.
type Notices struct {
	Notices []Notice `cbor:"notices" json:"notices"`
	// Standing is what holds of the account now.
	Standing Standing `cbor:"standing" json:"standing"`
}

// A Standing is what an account may do. The zero value is that of everybody.
type Standing struct {
	State    StandingState `cbor:"state,omitempty" json:"state,omitempty"`
	Decision string        `cbor:"decision,omitempty" json:"decision,omitempty"` // whose notice says why
	UntilMS  int64         `cbor:"until_ms,omitempty" json:"until_ms,omitempty"` // Unix milliseconds; 0: until it is lifted
}

// A StandingState is one of the following; the empty one is good.
type StandingState string

// The states. A limited account writes where it was already: it neither begins
// conversations nor adds people, and uploads nothing. A suspended one reads, leaves,
// blocks, appeals, and takes its data or erases itself: nothing else.
const (
	StandingGood      StandingState = ""
	StandingLimited   StandingState = "limited"
	StandingSuspended StandingState = "suspended"
)

// A NoticeKind says what a [Notice] is about.
type NoticeKind string

// The kinds.
const (
	NoticeOutcome      NoticeKind = "outcome"       // what came of the account's own report: Report, Outcome
	NoticeWarning      NoticeKind = "warning"       // nothing is taken away
	NoticeLimited      NoticeKind = "limited"       // see StandingLimited
	NoticeSuspended    NoticeKind = "suspended"     // see StandingSuspended
	NoticeRemoved      NoticeKind = "removed"       // an attachment was taken down
	NoticeRestored     NoticeKind = "restored"      // Decision holds no more
	NoticeAppealResult NoticeKind = "appeal_result" // what came of an appeal against Decision: Report, Outcome
)

// An Outcome says what came of a report or an appeal. It never says who.
type Outcome string

// The outcomes.
const (
	OutcomeActed    Outcome = "acted"     // of a report: something was done
	OutcomeNoBreach Outcome = "no_breach" // of a report: nothing that breaks the rules was found
	OutcomeUpheld   Outcome = "upheld"    // of an appeal: the decision stays
	OutcomeReversed Outcome = "reversed"  // of an appeal: it doesn't
)

// A Notice is one thing that the operator says to one account. When there is a new
// one, or the standing has changed, the account's connected devices get a [Signal]
// without room and sender whose data are [SignalNotices].
type Notice struct {
	N          uint64     `cbor:"n" json:"n"`   // from 1, growing: one sequence for each account
	ID         string     `cbor:"id" json:"id"` // of the desk: 1 to MaxDecision bytes
	Kind       NoticeKind `cbor:"kind" json:"kind"`
	AtMS       int64      `cbor:"at_ms" json:"at_ms"`                           // Unix milliseconds
	Decision   string     `cbor:"decision,omitempty" json:"decision,omitempty"` // what it tells of, and what an appeal names
	Report     []byte     `cbor:"report,omitempty" json:"report,omitempty"`     // 16 bytes: the account's own report or appeal
	Outcome    Outcome    `cbor:"outcome,omitempty" json:"outcome,omitempty"`
	Statement  *Statement `cbor:"statement,omitempty" json:"statement,omitempty"`
	UntilMS    int64      `cbor:"until_ms,omitempty" json:"until_ms,omitempty"`     // of limited and suspended; 0: until it is lifted
	Appealable bool       `cbor:"appealable,omitempty" json:"appealable,omitempty"` // an appeal that names Decision is heard
}

// A Statement is a statement of reasons: the fields of the EU's DSA transparency
// database that concern the person, in plain words. Texts have at most 4 KiB.
type Statement struct {
	Ground             string   `cbor:"ground" json:"ground"`                                         // illegal_content | incompatible_content
	GroundReference    string   `cbor:"ground_reference,omitempty" json:"ground_reference,omitempty"` // the law, or the clause of the terms
	Explanation        string   `cbor:"explanation,omitempty" json:"explanation,omitempty"`           // why it falls under that
	Facts              string   `cbor:"facts,omitempty" json:"facts,omitempty"`                       // and circumstances that the decision relied on; never who reported
	Category           string   `cbor:"category,omitempty" json:"category,omitempty"`                 // report.Category
	Territories        []string `cbor:"territories,omitempty" json:"territories,omitempty"`           // ISO 3166-1 alpha-2; none: everywhere
	Source             string   `cbor:"source,omitempty" json:"source,omitempty"`                     // report | own_initiative | order
	AutomatedDetection bool     `cbor:"automated_detection,omitempty" json:"automated_detection,omitempty"`
	AutomatedDecision  bool     `cbor:"automated_decision,omitempty" json:"automated_decision,omitempty"`
	Redress            string   `cbor:"redress,omitempty" json:"redress,omitempty"` // what can be done about it
}

// SignalNotices is the data of the signal that the server itself sends: ask for
// [Notices].
const SignalNotices = "notices"

// ExportRequest reads everything that the server holds on the session's account,
// in parts.
type ExportRequest struct {
	After string `cbor:"after,omitempty" json:"after,omitempty"` // Export.Next of the part before
}

// An Export is a part of that: JSON Lines, each line an object whose "kind" says
// what it is. Bytes are base64, times Unix milliseconds.
type Export struct {
	Lines []byte `cbor:"lines" json:"lines"`
	Next  string `cbor:"next,omitempty" json:"next,omitempty"` // empty: that was all
}

// EraseRequest erases the session's account for good, with its login: records,
// mailbox, key packages, attachments that nobody else refers to. Its name can't be
// signed up again for a while. When it has returned, the session has ended.
type EraseRequest struct {
	Account identity.Account `cbor:"account" json:"account"` // the session's own: a guard against a slip
	Login   []byte           `cbor:"login,omitempty" json:"-"`
	Passkey []byte           `cbor:"passkey,omitempty" json:"-"` // or a passkey's answer: JSON, of PasskeyLogin

	Ask bool `cbor:"ask,omitempty" json:"ask,omitempty"` // only whether the proof is right: nothing is erased yet
}
