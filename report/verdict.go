package report

import (
	"parley/content"
	"parley/franking"
	"parley/identity"
)

// Keys are what a report is judged by. They come from the platform's published
// list or from who asks, never from what is judged.
type Keys struct {
	Domain   string         // of the platform
	Franking []franking.Key // that signed batches, then or now: at most 64
}

// A Grade is how far a message is proven. Wire values, for JSON.
type Grade string

// The grades, best first.
const (
	// Signed by a device that the platform lists: the sender's device signed it, and
	// the platform lists the device and took the message. (Until there is a key log
	// the platform could list a device that isn't the person's.)
	Signed Grade = "signed"
	// Attested by the platform: it took this message from this account, at this time and
	// place.
	Attested Grade = "attested"
	// NotVerified: a step failed, and nothing is proven.
	NotVerified Grade = "not_verified"
)

// String says the grade in words.
func (g Grade) String() string {
	switch g {
	case Signed:
		return "signed by a device that the platform lists"
	case Attested:
		return "attested by the platform"
	}
	return "not verified"
}

// A Result is how a step ended.
type Result string

// The results.
const (
	OK      Result = "ok"
	Failed  Result = "failed"
	Skipped Result = "skipped" // nothing was enclosed to check
)

// A Step is one thing that was checked.
type Step struct {
	Number int    `json:"number"` // from 1, as docs/report-format.md numbers them
	Name   string `json:"name"`
	Result Result `json:"result"`
	Why    string `json:"why"` // what was found, without content of a message
}

// An ItemVerdict is what can be said of one item. Where the grade is NotVerified
// the other fields are only what the item claims.
type ItemVerdict struct {
	Grade      Grade             `json:"grade"`
	Steps      []Step            `json:"steps"`
	Failed     int               `json:"failed"` // the number of the first step that failed, or 0
	Sender     identity.Account  `json:"sender"`
	Device     identity.Device   `json:"device"`
	Room       identity.Room     `json:"room"`
	Generation uint32            `json:"generation"`
	Epoch      uint64            `json:"epoch"`
	Seq        uint64            `json:"seq"`         // its place in the room, by the server
	AcceptedMS int64             `json:"accepted_ms"` // Unix milliseconds, by the server's clock
	ID         content.MessageID `json:"id"`
	SeenSeq    uint64            `json:"seen_seq"` // the newest that its sender had seen, by its own word; 0: none
	Tag        []byte            `json:"-"`        // 32 bytes, for the platform's own check of the frank
}

// A Gap is a stretch of the room that the report doesn't disclose.
type Gap struct {
	After  uint64 `json:"after"`  // the seq before
	Before uint64 `json:"before"` // the seq behind
	Events uint64 `json:"events"` // how many aren't disclosed: messages, receipts, changes of members
}

// A Verdict is what can be said of a report.
type Verdict struct {
	Grade Grade         `json:"grade"` // the lowest of the items'; NotVerified without one of the reported account
	Why   string        `json:"why"`
	Items []ItemVerdict `json:"items"` // as in the report
	Order []int         `json:"order"` // indices of Items by seq
	Gaps  []Gap         `json:"gaps"`

	// SeenOrder is Order by what the senders themselves had seen, and where that is the same
	// by seq; Conflicts are where the two, or the times, contradict each other.
	SeenOrder []int      `json:"seen_order"`
	Conflicts []Conflict `json:"conflicts"`
}

// A Conflict is something that can't be as it stands.
type Conflict struct {
	Item int    `json:"item"` // index into Items
	Why  string `json:"why"`
}
