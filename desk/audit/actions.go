package audit

// Desk is the actor of what no person did.
const Desk = "desk"

// The actions. Append, never rename: what is counted is counted by them.
const (
	Opened           = "log.opened" // the first line; data: origin, key
	Repaired         = "log.repaired"
	Started          = "desk.started"
	StoreBehind      = "store.behind"    // data: changes that the log tells of and the store lacks: it is from a backup
	ReportReceived   = "report.received" // data: category, verdict
	ReportRefused    = "report.refused"  // data: reason
	CaseListed       = "case.listed"
	CaseOpened       = "case.opened"
	CaseClaimed      = "case.claimed"
	CaseReleased     = "case.released"
	CaseNoted        = "case.noted"
	MediaRevealed    = "media.revealed"
	AccountOpened    = "account.opened"
	DecisionOpened   = "decision.opened"
	DecisionProposed = "decision.proposed" // data: decision, kind, category
	DecisionMade     = "decision.made"     // data: decision, kind, category, ground, after_ms, second
	DecisionRefused  = "decision.refused"
	DecisionEnforced = "decision.enforced"
	DecisionLapsed   = "decision.lapsed" // its time was over before the server could be told
	CaseExported     = "case.exported"   // data: format
	CaseEmptied      = "case.emptied"    // its reports are gone, with time
	AppealReceived   = "appeal.received"
	AppealListed     = "appeal.listed"
	AppealOpened     = "appeal.opened"
	AppealProposed   = "appeal.proposed" // data: decision, kind; a reversal that needs two persons
	AppealRefused    = "appeal.refused"  // by the second person
	AppealDecided    = "appeal.decided"  // data: decision, kind, result; of two persons: proposer
	SanctionLifted   = "sanction.lifted"
	BlobRestored     = "attachment.restored" // data: media
	StaffListed      = "staff.listed"
	StaffInvited     = "staff.invited" // data: role; second_from, where they are no second person before it (ms)
	StaffJoined      = "staff.joined"
	StaffChanged     = "staff.changed" // data: role, disabled, second_from
	SignedIn         = "session.began"
	SignedOut        = "session.ended"
	SignInFailed     = "session.refused"
	TokenMade        = "token.made"
	AuditRead        = "audit.read"
	CountsRead       = "transparency.read"
	LegalListed      = "legal.listed"
	LegalAsked       = "legal.asked"
	LegalAnswered    = "legal.answered"
	Denied           = "access.denied" // data: call
)
