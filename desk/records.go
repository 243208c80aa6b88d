package desk

import (
	"parley/desk/deskapi"
	"parley/identity"
	"parley/report"
	"parley/wire"
)

// A caseRecord is a case as it is kept: what is shown of its reports is made from
// them each time.
type caseRecord struct {
	ID        string            `json:"id"`
	State     deskapi.CaseState `json:"state"`
	Category  deskapi.Category  `json:"category"`
	Reported  identity.Account  `json:"reported"`
	Room      identity.Room     `json:"room"`
	Reports   []string          `json:"reports"`   // keys of reportRecords, in the order in which they came
	Reporters []string          `json:"reporters"` // aliases, each once
	Bytes     int               `json:"bytes"`     // of the reports
	Items     int               `json:"items"`
	Media     int               `json:"media"`
	Verdict   deskapi.Verdict   `json:"verdict"`
	Unproven  bool              `json:"unproven,omitempty"` // no report of it proved anything when it came
	OpenedMS  int64             `json:"opened_ms"`
	UpdatedMS int64             `json:"updated_ms"`
	ClaimedBy string            `json:"claimed_by"`
	Notes     []note            `json:"notes"`
	Emptied   bool              `json:"emptied,omitempty"` // its reports are gone, with time
	Decisions []string          `json:"decisions"`
}

type note struct {
	By   string `json:"by"`
	AtMS int64  `json:"at_ms"`
	Text string `json:"text"`
}

// A reportRecord is a report as it came, opened. What it proves is found out again
// whenever it matters: a verdict that is kept could be changed.
type reportRecord struct {
	Key        string           `json:"key"`
	ID         []byte           `json:"id"`
	Case       string           `json:"case"`
	Reporter   identity.Account `json:"reporter"` // by the server's word, and the report's
	ReceivedMS int64            `json:"received_ms"`
	Body       []byte           `json:"body"` // encoded report.Report
	// Disowned lists items whose frank the server says it didn't make; Asked those that
	// it was asked about.
	Disowned []int `json:"disowned,omitempty"`
	Asked    []int `json:"asked,omitempty"`
}

// An accountRecord is what the desk remembers of an account.
type accountRecord struct {
	Account   identity.Account `json:"account"`
	Cases     []string         `json:"cases"` // about it
	Upheld    int              `json:"upheld"`
	Made      int              `json:"made"`             // reports
	Right     int              `json:"right"`            // of these, decided other than by dismissal
	Wrong     int              `json:"wrong"`            // dismissed
	Lately    *tally           `json:"lately,omitempty"` // what its reports weigh by; nil in records of before: see lately
	Decisions []string         `json:"decisions"`
}

// A decisionRecord is a decision as it is kept.
type decisionRecord struct {
	ID       string                `json:"id"`
	Case     string                `json:"case"`
	Account  identity.Account      `json:"account"`
	Kind     deskapi.DecisionKind  `json:"kind"`
	Category deskapi.Category      `json:"category"`
	State    deskapi.DecisionState `json:"state"`
	AtMS     int64                 `json:"at_ms"` // proposed, then made
	Days     int                   `json:"days"`
	UntilMS  int64                 `json:"until_ms"`
	Media    []int                 `json:"media"`
	Blobs    [][]byte              `json:"blobs"`
	By       string                `json:"by"`
	Needs    bool                  `json:"needs"` // a second person
	Second   string                `json:"second"`
	Reasons  *deskapi.Reasons      `json:"reasons"`
	Note     string                `json:"note"`

	Right []string `json:"right,omitempty"` // aliases of the reporters who were counted as right by it

	Statement *deskapi.Statement `json:"statement"`
	Plain     *wire.Statement    `json:"plain"` // what the person reads

	Appeal      string              `json:"appeal"` // id
	AppealState deskapi.AppealState `json:"appeal_state"`
	Salt        []byte              `json:"salt"` // so that the log's hash of it tells nothing
}

// A taskKind is what a task has the server do.
type taskKind string

const (
	taskSanction taskKind = "sanction"
	taskTakeDown taskKind = "take_down"
	taskNotice   taskKind = "notice"
	taskOutcome  taskKind = "outcome" // a notice to a reporter
	taskLift     taskKind = "lift"
	taskRestore  taskKind = "restore"
)

// A task is one request to the server, which is repeated until it is done.
type task struct {
	Key      string           `json:"key"`
	Kind     taskKind         `json:"kind"`
	Decision string           `json:"decision"`
	Account  identity.Account `json:"account"`
	Blob     []byte           `json:"blob,omitempty"`
	Media    int              `json:"media,omitempty"` // which attachment of the case that is
	// Notice and Sanction are bodies of the admin API, as JSON.
	Body []byte `json:"body,omitempty"`
	// Ends: with it the decision, or its reversal, is in force.
	Ends bool `json:"ends,omitempty"`
}

// An appealRecord is an appeal as it is kept.
type appealRecord struct {
	ID       string              `json:"id"`
	Report   []byte              `json:"report"` // report.Appeal.ID, for the answer
	Decision string              `json:"decision"`
	Account  identity.Account    `json:"account"`
	State    deskapi.AppealState `json:"state"`
	AtMS     int64               `json:"at_ms"`
	Text     string              `json:"text"`
	By       string              `json:"by"` // decided it, or proposed its reversal
	Second   string              `json:"second,omitempty"`
	Reply    string              `json:"reply"`
	Salt     []byte              `json:"salt"`
}

// verdictOf says a grade in the API's words.
func verdictOf(g report.Grade) deskapi.Verdict {
	switch g {
	case report.Signed:
		return deskapi.Signed
	case report.Attested:
		return deskapi.Attested
	}
	return deskapi.NotChecked
}

// rank orders verdicts, the weakest first.
func rank(v deskapi.Verdict) int {
	switch v {
	case deskapi.Signed:
		return 2
	case deskapi.Attested:
		return 1
	}
	return 0
}
