package deskapi

// A DecisionKind says what is done.
type DecisionKind string

// The decisions.
const (
	Dismiss DecisionKind = "dismiss"
	Warn    DecisionKind = "warn"
	Limit   DecisionKind = "limit"
	Suspend DecisionKind = "suspend"
	Remove  DecisionKind = "remove" // attachments
)

// A DecisionState says how far it is.
type DecisionState string

// The states.
const (
	DecisionProposed DecisionState = "proposed" // waits for the second person
	DecisionRefused  DecisionState = "refused"  // by the second person
	DecisionMade     DecisionState = "made"     // audited; the server is being told
	DecisionEnforced DecisionState = "enforced" // the server has done it
	DecisionReversed DecisionState = "reversed" // by an appeal; the sanction is lifted
)

// A NewDecision is a person's decision of a case.
type NewDecision struct {
	ID   string       `json:"id"` // of the case
	Kind DecisionKind `json:"kind"`
	// Days it holds, of limit and suspend: 1 to 3650; 0: without an end.
	Days int `json:"days,omitempty"`
	// Media are the attachments to remove, by their N.
	Media []int `json:"media,omitempty"`
	// Reasons is not needed for a dismissal.
	Reasons *Reasons `json:"reasons,omitempty"`
	// Note is for colleagues.
	Note string `json:"note,omitempty"`
	// Seen is Case.Seen of the look by which it is decided. 409 stale: there is more by now.
	Seen string `json:"seen"`
}

// A Confirmation is a second person's yes.
type Confirmation struct {
	ID   string `json:"id"`   // of the decision
	Seen string `json:"seen"` // Case.Seen, as of NewDecision
}

// Reasons are what a person of the desk writes of a statement of reasons; the rest
// of the statement is made from the case.
type Reasons struct {
	Ground Ground `json:"ground"`
	// Rule is the law, or the part of the terms, that it rests on: at most 500 bytes.
	Rule    string `json:"rule"`
	RuleURL string `json:"rule_url,omitempty"`
	// Explanation says why it applies: at most 2,000 bytes. The person reads it.
	Explanation string `json:"explanation"`
	// Facts say what happened, without personal data: at most 5,000 bytes. The person reads it.
	Facts string `json:"facts"`
	// Illegal: of what is against the terms, whether it is held to be illegal too.
	Illegal bool `json:"illegal,omitempty"`
	// Category of the statement; empty: by that of the case.
	Category string `json:"category,omitempty"`
	// Language of what was said, as EN, where who decides gives it: nothing is read from it.
	Language string `json:"language,omitempty"`
	// Keywords specify it; at most 8.
	Keywords []string `json:"keywords,omitempty"`
}

// A Ground is what a decision rests on.
type Ground string

// The grounds.
const (
	GroundIllegal Ground = "illegal"
	GroundTerms   Ground = "terms"
)

// A DecisionID names a decision.
type DecisionID struct {
	ID string `json:"id"`
}

// A Decision is what was decided.
type Decision struct {
	ID          string        `json:"id"`
	Case        string        `json:"case"`
	Account     string        `json:"account"`
	Kind        DecisionKind  `json:"kind"`
	Category    Category      `json:"category"`
	State       DecisionState `json:"state"`
	AtMS        int64         `json:"at_ms"`
	UntilMS     int64         `json:"until_ms,omitempty"`
	Media       []int         `json:"media,omitempty"`
	By          string        `json:"by"` // a person's id
	ByName      string        `json:"by_name"`
	NeedsSecond bool          `json:"needs_second,omitempty"`
	Second      string        `json:"second,omitempty"`
	SecondName  string        `json:"second_name,omitempty"`
	Reasons     *Reasons      `json:"reasons,omitempty"`
	Statement   *Statement    `json:"statement,omitempty"`
	Note        string        `json:"note,omitempty"` // for colleagues
	AppealState AppealState   `json:"appeal_state,omitempty"`
	// MayConfirm: who asks may be the second person.
	MayConfirm bool `json:"may_confirm,omitempty"`
}

// A Statement is a statement of reasons with the fields of the EU's DSA transparency
// database, as its API takes it.
type Statement struct {
	Visibility         []string `json:"decision_visibility,omitempty"`
	VisibilityOther    string   `json:"decision_visibility_other,omitempty"`
	Monetary           string   `json:"decision_monetary,omitempty"`
	MonetaryOther      string   `json:"decision_monetary_other,omitempty"`
	Provision          string   `json:"decision_provision,omitempty"`
	Account            string   `json:"decision_account,omitempty"`
	AccountType        string   `json:"account_type,omitempty"`
	Ground             string   `json:"decision_ground"`
	GroundURL          string   `json:"decision_ground_reference_url,omitempty"`
	IllegalGround      string   `json:"illegal_content_legal_ground,omitempty"`
	IllegalExplanation string   `json:"illegal_content_explanation,omitempty"`
	TermsGround        string   `json:"incompatible_content_ground,omitempty"`
	TermsExplanation   string   `json:"incompatible_content_explanation,omitempty"`
	TermsIllegal       string   `json:"incompatible_content_illegal,omitempty"`
	ContentType        []string `json:"content_type"`
	ContentTypeOther   string   `json:"content_type_other,omitempty"`
	Category           string   `json:"category"`
	CategoryAddition   []string `json:"category_addition,omitempty"`
	Specification      []string `json:"category_specification,omitempty"`
	SpecificationOther string   `json:"category_specification_other,omitempty"`
	TerritorialScope   []string `json:"territorial_scope,omitempty"`
	ContentLanguage    string   `json:"content_language,omitempty"`
	ContentDate        string   `json:"content_date"` // YYYY-MM-DD
	ApplicationDate    string   `json:"application_date"`
	EndVisibility      string   `json:"end_date_visibility_restriction,omitempty"`
	EndMonetary        string   `json:"end_date_monetary_restriction,omitempty"`
	EndService         string   `json:"end_date_service_restriction,omitempty"`
	EndAccount         string   `json:"end_date_account_restriction,omitempty"`
	Facts              string   `json:"decision_facts"`
	SourceType         string   `json:"source_type"`
	SourceIdentity     string   `json:"source_identity,omitempty"`
	AutomatedDetection string   `json:"automated_detection"`
	AutomatedDecision  string   `json:"automated_decision"`
	PlatformIdentifier string   `json:"puid"`
}

// An AppealState says how far an appeal is.
type AppealState string

// The states. Waiting: what two persons decided is reversed by two, and the second one
// hasn't agreed.
const (
	AppealOpen     AppealState = "open"
	AppealWaiting  AppealState = "waiting"
	AppealUpheld   AppealState = "upheld" // the decision stands
	AppealReversed AppealState = "reversed"
)

// An AppealFilter chooses of the appeals.
type AppealFilter struct {
	State AppealState `json:"state,omitempty"` // empty: open and waiting
}

// An AppealList is those that who asks may decide, the oldest first.
type AppealList struct {
	Appeals []AppealRow `json:"appeals"`
	// Others counts the open ones against the own decisions: somebody else's.
	Others int `json:"others"`
}

// An AppealRow is an appeal in the list.
type AppealRow struct {
	ID       string       `json:"id"`
	Decision string       `json:"decision"`
	Case     string       `json:"case"`
	Account  string       `json:"account"`
	Kind     DecisionKind `json:"kind"`
	Category Category     `json:"category"`
	State    AppealState  `json:"state"`
	AtMS     int64        `json:"at_ms"`
}

// An AppealID names an appeal.
type AppealID struct {
	ID string `json:"id"`
}

// An Appeal is one in full.
type Appeal struct {
	AppealRow
	Text   string   `json:"text"`         // as the person wrote it: text, never markup
	Full   Decision `json:"full"`         // the decision it is against
	By     string   `json:"by,omitempty"` // who decided it, or while it is waiting proposes its reversal
	ByName string   `json:"by_name,omitempty"`
	Reply  string   `json:"reply,omitempty"`
	// NeedsSecond: it is reversed by two persons, since the decision is one of two.
	NeedsSecond bool   `json:"needs_second,omitempty"`
	Second      string `json:"second,omitempty"`
	SecondName  string `json:"second_name,omitempty"`
	// MayConfirm: who asks may be the second person.
	MayConfirm bool `json:"may_confirm,omitempty"`
}

// An AppealDecision ends an appeal, or proposes a reversal that needs two persons.
type AppealDecision struct {
	ID      string `json:"id"`
	Reverse bool   `json:"reverse"` // false: the decision stands
	// Reply is what the person reads: 1 to 2,000 bytes.
	Reply string `json:"reply"`
}
