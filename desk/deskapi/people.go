package deskapi

// A Role says what a person of the desk may do.
type Role string

// The roles. A reviewer decides; a senior reviewer is also a second person and
// exports; a lead also keeps the staff; an auditor sees the audit log and the
// counts, and no case.
const (
	Reviewer Role = "reviewer"
	Senior   Role = "senior"
	Lead     Role = "lead"
	Auditor  Role = "auditor"
)

// Me is who is signed in.
type Me struct {
	Person Person `json:"person"`
	CSRF   string `json:"csrf,omitempty"` // for the header, where a cookie is used
	Domain string `json:"domain"`         // whose desk it is
	May    []Act  `json:"may"`            // what the role allows
	// Rules say what needs two persons.
	Rules []TwoPersonRule `json:"rules"`
}

// An Act is what a role allows or doesn't.
type Act string

// The acts.
const (
	ActCases   Act = "cases"   // see, claim, note, reveal
	ActDecide  Act = "decide"  // propose and make decisions
	ActSuspend Act = "suspend" // without an end
	ActConfirm Act = "confirm" // be the second person
	ActAppeals Act = "appeals"
	ActExport  Act = "export"
	ActLegal   Act = "legal"
	ActStaff   Act = "staff"
	ActAudit   Act = "audit"
)

// A TwoPersonRule names decisions that need a second person: all of a kind, or
// those of a category.
type TwoPersonRule struct {
	Kind     DecisionKind `json:"kind"`
	Category Category     `json:"category,omitempty"` // empty: every one
	Above    int          `json:"above,omitempty"`    // of removals: more than so many at once
}

// PasskeyOptions are JSON for navigator.credentials, as PublicKeyCredential.parse…
// takes it.
type PasskeyOptions struct {
	Options string `json:"options"`
	State   string `json:"state"` // to be sent back with the answer
}

// A PasskeyAnswer is what navigator.credentials gave, as JSON.
type PasskeyAnswer struct {
	State  string `json:"state"`
	Answer string `json:"answer"`
}

// Invited is who opened a one-time link: its token is the link's fragment.
type Invited struct {
	Token string `json:"token"`
}

// A Registration is an invited person's new passkey.
type Registration struct {
	Token  string `json:"token"`
	State  string `json:"state"`
	Answer string `json:"answer"`
}

// A Person is one of the staff.
type Person struct {
	ID       string `json:"id"` // as the audit log has it
	Name     string `json:"name"`
	Role     Role   `json:"role"`
	Disabled bool   `json:"disabled,omitempty"`
	Invited  bool   `json:"invited,omitempty"` // and hasn't come yet
	SinceMS  int64  `json:"since_ms"`
	SeenMS   int64  `json:"seen_ms,omitempty"`
	// InvitedBy is the name of the lead who invited them; empty: the desk's own machine. Only
	// in the list.
	InvitedBy string `json:"invited_by,omitempty"`
	// SecondFromMS is from when they can be a second person, since a lead gave them the role
	// just now; 0: from now on, if the role can.
	SecondFromMS int64 `json:"second_from_ms,omitempty"`
}

// StaffList is everybody.
type StaffList struct {
	People []Person `json:"people"`
}

// A NewInvite invites. Name: 1 to 64 bytes.
type NewInvite struct {
	Name string `json:"name"`
	Role Role   `json:"role"`
}

// An Invitation is a link that works once, for 24 hours.
type Invitation struct {
	Person Person `json:"person"`
	Link   string `json:"link"`
	EndsMS int64  `json:"ends_ms"`
}

// A StaffChange changes a person's role or shuts the person out; a lead can't do
// either to the last lead.
type StaffChange struct {
	ID       string `json:"id"`
	Role     Role   `json:"role"`
	Disabled bool   `json:"disabled,omitempty"`
}

// A Token is for scripts: shown once.
type Token struct {
	Token  string `json:"token"`
	EndsMS int64  `json:"ends_ms"`
}
