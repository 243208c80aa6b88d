package deskapi

// A Category is what a report says it is about.
type Category string

// The categories, as package report has them.
const (
	ChildSafety   Category = "child_safety"
	SelfHarm      Category = "self_harm"
	Terror        Category = "terror"
	SexualContent Category = "sexual_content"
	Harassment    Category = "harassment"
	Scam          Category = "scam"
	OtherCategory Category = "other"
)

// A CaseState says how far a case is.
type CaseState string

// The states. Waiting: a decision waits for its second person.
const (
	CaseOpen    CaseState = "open"
	CaseWaiting CaseState = "waiting"
	CaseDecided CaseState = "decided"
)

// A Verdict is what can be said of evidence.
type Verdict string

// The verdicts, best first.
const (
	Signed     Verdict = "signed"     // signed by a device that the platform lists
	Attested   Verdict = "attested"   // attested by the platform
	NotChecked Verdict = "unverified" // a step failed
)

// A CaseFilter chooses of the queue. What is empty chooses nothing.
type CaseFilter struct {
	State    CaseState `json:"state,omitempty"` // empty: open and waiting
	Category Category  `json:"category,omitempty"`
	Account  string    `json:"account,omitempty"` // reported or reporting
	Mine     bool      `json:"mine,omitempty"`    // claimed by who asks
	Free     bool      `json:"free,omitempty"`    // claimed by nobody
	After    string    `json:"after,omitempty"`   // CaseList.Next
	Limit    int       `json:"limit,omitempty"`   // 1 to 100; 50
}

// A CaseList is a part of the queue.
type CaseList struct {
	Cases []CaseRow `json:"cases"`
	Next  string    `json:"next,omitempty"`
	// Open counts what waits, by category.
	Open map[string]int `json:"open"`
}

// A CaseRow is a case in the queue: no content.
type CaseRow struct {
	ID        string    `json:"id"`
	State     CaseState `json:"state"`
	Category  Category  `json:"category"` // the most urgent of its reports'
	Priority  int       `json:"priority"` // higher first
	Why       []Weight  `json:"why"`      // what priority is the sum of
	Reported  string    `json:"reported"` // account
	Reports   int       `json:"reports"`
	Items     int       `json:"items"` // messages shown by the reports
	Media     int       `json:"media"`
	Verdict   Verdict   `json:"verdict"` // of the weakest item
	OpenedMS  int64     `json:"opened_ms"`
	UpdatedMS int64     `json:"updated_ms"`
	ClaimedBy string    `json:"claimed_by,omitempty"` // a person's id
	Claimer   string    `json:"claimer,omitempty"`    // and name
}

// A Weight is one part of a priority.
type Weight struct {
	Reason WeightReason `json:"reason"`
	Points int          `json:"points"`
}

// A WeightReason is what a weight is for.
type WeightReason string

// The reasons.
const (
	WeightCategory  WeightReason = "category"
	WeightReporter  WeightReason = "reporter" // how often the reporters were right
	WeightReporters WeightReason = "reporters"
	WeightAge       WeightReason = "age"
)

// A CaseID names a case.
type CaseID struct {
	ID string `json:"id"`
}

// A Case is all that the desk has of it.
type Case struct {
	CaseRow
	Room       string     `json:"room"`
	Account    AccountRow `json:"account"` // the reported account's history, by metadata
	ReportList []Report   `json:"report_list"`
	Notes      []Note     `json:"notes"`
	Decisions  []Decision `json:"decisions"`
	// Seen is what this look shows, for NewDecision and Confirmation: "reports.decisions".
	Seen string `json:"seen"`
	// Emptied: what was reported is gone, with time; what was decided stays.
	Emptied bool `json:"emptied,omitempty"`
}

// A Report is one person's report of a case.
type Report struct {
	ID         string     `json:"id"`
	Reporter   AccountRow `json:"reporter"`
	Category   Category   `json:"category"`
	Note       string     `json:"note,omitempty"` // as the reporter wrote it: text, never markup
	AtMS       int64      `json:"at_ms"`          // as the reporter's device says
	ReceivedMS int64      `json:"received_ms"`
	Verdict    Verdict    `json:"verdict"`
	Items      []Item     `json:"items"`
	// Gaps say what lies between the items, in plain words: "3 events not disclosed".
	Gaps []string `json:"gaps,omitempty"`
	// Problem says what is wrong with the report as a whole, in plain words.
	Problem string `json:"problem,omitempty"`
}

// An Item is one message of a report.
type Item struct {
	N           int      `json:"n"` // in its report, from 0
	Sender      string   `json:"sender"`
	Device      string   `json:"device"`
	Seq         int64    `json:"seq"`
	AcceptedMS  int64    `json:"accepted_ms"` // by the server's clock
	Verdict     Verdict  `json:"verdict"`
	Steps       []Step   `json:"steps"`
	Kind        ItemKind `json:"kind"`
	Text        string   `json:"text,omitempty"` // to be shown as text, never as markup
	By          ItemSide `json:"by"`
	Attachments []Media  `json:"attachments"`
	// Before says what is missing between the item before and this one.
	Before string `json:"before,omitempty"`
}

// An ItemSide says whose a message is.
type ItemSide string

// The sides.
const (
	ByReported ItemSide = "reported"
	ByReporter ItemSide = "reporter"
	ByOther    ItemSide = "other"
)

// An ItemKind says what a message is.
type ItemKind string

// The kinds.
const (
	ItemText     ItemKind = "text"
	ItemMedia    ItemKind = "media"
	ItemSticker  ItemKind = "sticker"
	ItemPost     ItemKind = "post"
	ItemReaction ItemKind = "reaction"
	ItemEdit     ItemKind = "edit"
	ItemUnsend   ItemKind = "unsend"
	ItemOther    ItemKind = "other"
)

// A Step is one check of an item, in order.
type Step struct {
	Name string `json:"name"` // a plain sentence
	OK   bool   `json:"ok"`
	// Skipped: the report has nothing that the step could look at.
	Skipped bool   `json:"skipped,omitempty"`
	Why     string `json:"why,omitempty"` // where it isn't ok
}

// Media is an attachment, of which nothing is shown before it is revealed.
type Media struct {
	N      int    `json:"n"` // in the case: for RevealMedia and URL
	Type   string `json:"type"`
	Name   string `json:"name,omitempty"`
	Size   int64  `json:"size"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
	MS     int64  `json:"ms,omitempty"` // of a video or a voice message
	Alt    string `json:"alt,omitempty"`
	Once   bool   `json:"once,omitempty"` // to be viewed once
	SHA256 string `json:"sha256"`         // of what was sent, as the message says
	Blob   string `json:"blob"`
	Gone   bool   `json:"gone,omitempty"`  // the server has it no more
	Shown  bool   `json:"shown,omitempty"` // who asks has revealed it
	// URL gives the bytes once it is revealed: an image that the desk has decoded by
	// its committed type and drawn again, or a video or audio file as it is.
	URL     string `json:"url,omitempty"`
	Removed bool   `json:"removed,omitempty"` // by a decision of the case, and not given back: who hears an appeal may reveal it still
	// Closed says why the desk doesn't show such a file at all; empty: it does.
	Closed string `json:"closed,omitempty"`
}

// RevealMedia asks for one attachment.
type RevealMedia struct {
	ID    string `json:"id"` // of the case
	Media int    `json:"media"`
}

// A Claim takes a case.
type Claim struct {
	ID      string `json:"id"`
	Release bool   `json:"release,omitempty"`
}

// A NewNote is for colleagues. Text: 1 to 4,000 bytes.
type NewNote struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// A Note is a colleague's.
type Note struct {
	By   string `json:"by"`
	Name string `json:"name"`
	AtMS int64  `json:"at_ms"`
	Text string `json:"text"`
}

// An AccountID names an account by its URI, escaped in the path.
type AccountID struct {
	Account string `json:"account"`
}

// An AccountRow is an account beside a case.
type AccountRow struct {
	Account     string `json:"account"`
	CreatedMS   int64  `json:"created_ms,omitempty"`
	Devices     int    `json:"devices,omitempty"`
	LastSeenMS  int64  `json:"last_seen_ms,omitempty"`
	Suspended   bool   `json:"suspended,omitempty"`
	Limited     bool   `json:"limited,omitempty"`
	AgeBand     string `json:"age_band,omitempty"`
	Reported    int    `json:"reported"`     // cases about it
	Upheld      int    `json:"upheld"`       // of these, decided other than by dismissal
	ReportsMade int    `json:"reports_made"` // by it
	RightMade   int    `json:"right_made"`   // of these, decided other than by dismissal
	Unknown     bool   `json:"unknown,omitempty"`
	// Stale: the server couldn't be asked; dates are missing.
	Stale bool `json:"stale,omitempty"`
}

// An Account is its history.
type Account struct {
	AccountRow
	Sanctions []Sanction `json:"sanctions"` // that hold now, as the server says
	Cases     []CaseRow  `json:"cases"`
	Decisions []Decision `json:"decisions"`
}

// A Sanction is what holds against an account.
type Sanction struct {
	Decision string       `json:"decision"`
	Kind     DecisionKind `json:"kind"`
	AtMS     int64        `json:"at_ms"`
	UntilMS  int64        `json:"until_ms,omitempty"` // 0: without an end
}

// A File is what an export gives.
type File struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Base64 string `json:"base64"`
	SHA256 string `json:"sha256"`
}

// A NewExport asks for a case as a file.
type NewExport struct {
	ID     string       `json:"id"`
	Format ExportFormat `json:"format"`
	// Incident is the kind of incident, of a cybertip: empty: by what is in the case.
	Incident Incident `json:"incident,omitempty"`
}

// An Incident is one of the kinds that the CyberTipline has.
type Incident string

// The incidents.
const (
	IncidentMaterial    Incident = "Child Pornography (possession, manufacture, and distribution)"
	IncidentTrafficking Incident = "Child Sex Trafficking"
	IncidentTourism     Incident = "Child Sex Tourism"
	IncidentMolestation Incident = "Child Sexual Molestation"
	IncidentDomain      Incident = "Misleading Domain Name"
	IncidentWords       Incident = "Misleading Words or Digital Images on the Internet"
	IncidentEnticement  Incident = "Online Enticement of Children for Sexual Acts"
	IncidentUnsolicited Incident = "Unsolicited Obscene Material Sent to a Child"
)

// An ExportFormat is a file's kind.
type ExportFormat string

// The formats.
const (
	ExportReport    ExportFormat = "report"    // for parley verify-report
	ExportCyberTip  ExportFormat = "cybertip"  // XML; never sent anywhere by the desk
	ExportStatement ExportFormat = "statement" // JSON of the newest decision's statement of reasons
)
