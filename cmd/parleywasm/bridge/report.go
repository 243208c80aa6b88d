package bridge

// A ReportCategory says what a report is about.
type ReportCategory string

// The categories.
const (
	CategoryHarassment    ReportCategory = "harassment"
	CategorySexualContent ReportCategory = "sexual_content"
	CategoryChildSafety   ReportCategory = "child_safety"
	CategoryTerror        ReportCategory = "terror"
	CategoryScam          ReportCategory = "scam"
	CategorySelfHarm      ReportCategory = "self_harm"
	CategoryOther         ReportCategory = "other"
)

// Reporting says whether and how long something can be reported.
type Reporting struct {
	Desk bool `json:"desk"` // the server has a safety desk
	Days int  `json:"days"` // for how long this device keeps what it takes to report a message, whatever became of it
	Note int  `json:"note"` // bytes of a note or an appeal, at most
}

// A Report is what a person hands to the safety desk. With Whole it is all of the
// conversation that can be shown to be theirs, else what Messages names: a preview adds
// their edits, and the end of those taken back. SendReport names all of the preview's
// messages, without Whole: it adds nothing, so that no more leaves than was seen.
type Report struct {
	Room     string         `json:"room"`
	About    string         `json:"about,omitempty"` // account; empty: who wrote the first of Messages, or the other one of two
	Messages []string       `json:"messages"`        // ids
	Whole    bool           `json:"whole,omitempty"`
	Category ReportCategory `json:"category"`
	Note     string         `json:"note"`
	Block    bool           `json:"block,omitempty"` // block About as well
}

// A ReportedMessage is one as it was sent, though it may have been edited, taken
// back or viewed since, or have disappeared.
type ReportedMessage struct {
	ID          string       `json:"id"`
	From        string       `json:"from"` // account
	AtMS        int64        `json:"at_ms"`
	Kind        string       `json:"kind"` // text, edit, unsend, reaction, room, profile, unknown
	Text        string       `json:"text"`
	Replaces    string       `json:"replaces,omitempty"` // of an edit or unsend: the id of the message
	Attachments []Attachment `json:"attachments"`        // the desk can open them
	Media       Glimpse      `json:"media"`
}

// Reportables are the messages of a conversation that can be reported, oldest first;
// at most 1,000 of the newest.
type Reportables struct {
	Messages []ReportedMessage `json:"messages"`
	People   []Person          `json:"people"` // who wrote them
}

// A ReportPreview is all that would leave, and to whom.
type ReportPreview struct {
	Desk     string            `json:"desk"`  // the domain whose desk reads it
	About    Person            `json:"about"` // isn't told by whom
	Messages []ReportedMessage `json:"messages"`
	Missing  int               `json:"missing"` // chosen ones that can't be shown to be theirs any more, or that there is no room for: they don't leave
	People   []Person          `json:"people"`  // who wrote them
	Lists    []string          `json:"lists"`   // accounts whose list of devices leaves, with the devices' names
	Signed   int               `json:"signed"`  // messages with which their conversation, its rules and the writer's place in it leave
	Bytes    int               `json:"bytes"`
}

// An OperatorNotice is something that the operator says to the own account.
type OperatorNotice struct {
	N          uint64         `json:"n"`    // growing
	Kind       string         `json:"kind"` // outcome, warning, limited, suspended, removed, restored, appeal_result
	AtMS       int64          `json:"at_ms"`
	Read       bool           `json:"read"`
	Decision   string         `json:"decision,omitempty"` // what an appeal names
	Outcome    string         `json:"outcome,omitempty"`  // of a report: acted, no_breach; of an appeal: upheld, reversed
	Statement  *Statement     `json:"statement,omitempty"`
	UntilMS    int64          `json:"until_ms,omitempty"` // of limited and suspended; 0: until it is lifted
	Appealable bool           `json:"appealable,omitempty"`
	Appealed   bool           `json:"appealed,omitempty"` // from this device
	About      string         `json:"about,omitempty"`    // of an outcome: the account that this device reported
	Category   ReportCategory `json:"category,omitempty"` // likewise
}

// A Statement is a statement of reasons, in the operator's words.
type Statement struct {
	Ground             string   `json:"ground"` // illegal_content, incompatible_content
	GroundReference    string   `json:"ground_reference"`
	Explanation        string   `json:"explanation"`
	Facts              string   `json:"facts"`
	Category           string   `json:"category"`
	Territories        []string `json:"territories"`
	Source             string   `json:"source"` // report, own_initiative, order
	AutomatedDetection bool     `json:"automated_detection"`
	AutomatedDecision  bool     `json:"automated_decision"`
	Redress            string   `json:"redress"`
}

// A SentReport is a report or appeal of this device's.
type SentReport struct {
	ID       string         `json:"id"`      // hexadecimal
	Kind     string         `json:"kind"`    // report, appeal
	State    string         `json:"state"`   // waits, sent, refused
	Problem  string         `json:"problem"` // why it waits or was refused: a code, no_desk, desk_changed; or empty
	About    string         `json:"about,omitempty"`
	Category ReportCategory `json:"category,omitempty"`
	Messages int            `json:"messages"`
	Decision string         `json:"decision,omitempty"` // of an appeal
	AtMS     int64          `json:"at_ms"`
}

// Notices are what the operator has said, the newest first, what this device has
// handed to the desk, the oldest first, and what holds of the account now.
type Notices struct {
	State    string           `json:"state"` // empty: in good standing; limited, suspended
	Decision string           `json:"decision,omitempty"`
	UntilMS  int64            `json:"until_ms,omitempty"`
	Unread   int              `json:"unread"`
	Notices  []OperatorNotice `json:"notices"`
	Reports  []SentReport     `json:"reports"`
	People   []Person         `json:"people"` // whom they name
}

// ReadNotices says that the notices up to number N were read.
type ReadNotices struct {
	N uint64 `json:"n"`
}

// An Appeal asks that a decision be looked at again, by somebody else.
type Appeal struct {
	Decision string `json:"decision"`
	Text     string `json:"text"`
}
