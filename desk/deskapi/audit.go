package deskapi

// An AuditFilter chooses lines of the audit log.
type AuditFilter struct {
	Before int64  `json:"before,omitempty"` // lines before this one; 0: the newest
	Actor  string `json:"actor,omitempty"`
	Action string `json:"action,omitempty"`
	Limit  int    `json:"limit,omitempty"` // 1 to 200; 100
}

// An AuditList is a part of the log, the newest line first.
type AuditList struct {
	Lines []AuditLine `json:"lines"`
	// Next is AuditFilter.Before of what is older; 0: nothing is. Where few lines are chosen
	// there may be fewer than Limit, or none, and a Next all the same.
	Next int64 `json:"next,omitempty"`
	// Broken says where and how this part of the log doesn't hold together; empty: it does.
	Broken string `json:"broken,omitempty"`
}

// An AuditVerdict is what can be said of the whole log, from its first line on.
type AuditVerdict struct {
	Lines  int64  `json:"lines"`            // that hold together
	Head   string `json:"head"`             // hash of the last of them
	Broken string `json:"broken,omitempty"` // where and how it doesn't; empty: it does
}

// An AuditLine is one line of the log.
type AuditLine struct {
	Seq     int64             `json:"seq"`
	AtMS    int64             `json:"at_ms"`
	Actor   string            `json:"actor"` // a person's id, or "desk"
	Name    string            `json:"name,omitempty"`
	Action  string            `json:"action"`
	Subject string            `json:"subject"`
	Data    map[string]string `json:"data,omitempty"`
	Hash    string            `json:"hash"`
}

// A Checkpoint is the log's head, signed.
type Checkpoint struct {
	Seq       int64  `json:"seq"`
	Hash      string `json:"hash"`
	AtMS      int64  `json:"at_ms"`
	Text      string `json:"text"` // the file to keep
	KeyBase64 string `json:"key"`
}

// A Period chooses lines by date, YYYY-MM-DD in UTC; Until isn't part of it.
type Period struct {
	From  string `json:"from,omitempty"`
	Until string `json:"until,omitempty"`
}

// Transparency counts what the audit log says happened in a period.
type Transparency struct {
	From      string         `json:"from,omitempty"`
	Until     string         `json:"until,omitempty"`
	Lines     int64          `json:"lines"`     // of the log that were counted
	Head      string         `json:"head"`      // hash of the last line read
	Reports   map[string]int `json:"reports"`   // by category
	Decisions map[string]int `json:"decisions"` // by kind
	ByGround  map[string]int `json:"by_ground"` // decisions other than dismissals
	// Table counts decisions by "category/kind".
	Table     map[string]int `json:"table"`
	Appeals   map[string]int `json:"appeals"`   // received, upheld, reversed
	Legal     map[string]int `json:"legal"`     // received, answered
	Looks     map[string]int `json:"looks"`     // cases opened, attachments revealed, exports
	MedianMS  int64          `json:"median_ms"` // from a case's first report to its decision
	Automated int            `json:"automated"` // decisions that no person made: none
}

// A LegalList is the lawful requests, the newest first.
type LegalList struct {
	Requests []Legal `json:"requests"`
}

// A NewLegal asks for what the platform has of an account.
type NewLegal struct {
	Account string `json:"account"`
	Order   string `json:"order"` // the order's own number: 1 to 128 bytes
}

// A Legal is a lawful request.
type Legal struct {
	ID         string `json:"id"`
	Account    string `json:"account"`
	Order      string `json:"order"`
	AtMS       int64  `json:"at_ms"`
	By         string `json:"by"`
	ByName     string `json:"by_name"`
	Second     string `json:"second,omitempty"`
	SecondName string `json:"second_name,omitempty"`
	// File is the answer, for the second person: account, devices, dates.
	File *File `json:"file,omitempty"`
}
