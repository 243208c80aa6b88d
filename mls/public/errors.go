package public

import (
	"errors"
	"fmt"
)

// What a caller may match with [errors.Is]. A broken validation rule is a
// [*RuleError] instead.
var (
	// ErrMalformed is a message whose form is wrong: it can't be decoded.
	ErrMalformed = errors.New("mls/public: malformed message")
	// ErrWireFormat is a well-formed MLSMessage of another kind than asked for.
	ErrWireFormat = errors.New("mls/public: wrong wire format")
	// ErrVersion is a protocol version other than mls10.
	ErrVersion = errors.New("mls/public: unsupported protocol version")
	// ErrUnsupportedSuite is a cipher suite that [Config.Suites] lacks.
	ErrUnsupportedSuite = errors.New("mls/public: unsupported cipher suite")
	// ErrUnsupportedProposal is a proposal type that neither this package nor
	// the application ([Config.CustomProposals]) implements.
	ErrUnsupportedProposal = errors.New("mls/public: unsupported proposal type")
	// ErrWrongGroup is a message of another group.
	ErrWrongGroup = errors.New("mls/public: wrong group")
	// ErrWrongEpoch is a message of another epoch than the current one.
	ErrWrongEpoch = errors.New("mls/public: wrong epoch")
	// ErrNotCommit is a message that carries something other than a Commit.
	ErrNotCommit = errors.New("mls/public: not a commit")
	// ErrNotProposal is a message that carries something other than a Proposal.
	ErrNotProposal = errors.New("mls/public: not a proposal")
	// ErrSender is a sender that doesn't exist or may not send this content.
	ErrSender = errors.New("mls/public: sender not allowed")
	// ErrSignature is a signature that doesn't verify.
	ErrSignature = errors.New("mls/public: invalid signature")
	// ErrUnknownProposal is a commit that refers to a proposal never seen.
	ErrUnknownProposal = errors.New("mls/public: unknown proposal reference")
	// ErrTooManyProposals is a proposal that exceeds what is kept of one sender
	// or in one epoch ([Config.MaxProposals]).
	ErrTooManyProposals = errors.New("mls/public: too many proposals in the epoch")
	// ErrNoTree is a GroupInfo without the ratchet_tree extension.
	ErrNoTree = errors.New("mls/public: no ratchet tree")
	// ErrTooLarge is a ratchet tree with more leaves than [Config.MaxLeaves].
	ErrTooLarge = errors.New("mls/public: group too large")
	// ErrStaged is a StagedCommit of another group or of an epoch that ended.
	ErrStaged = errors.New("mls/public: staged commit is out of date")
	// ErrState is a saved state that can't be read back.
	ErrState = errors.New("mls/public: damaged saved state")
	// ErrReInit is any change to a group that a ReInit has shut down.
	ErrReInit = errors.New("mls/public: group is reinitialized")
)

// A RuleError is a well-formed object that breaks a validation rule.
type RuleError struct {
	// Rule names the rule: the section of RFC 9420, a dash, and what is
	// wrong, as in "12.2-remove-committer". The names are listed in rules.go.
	Rule Rule
	// Err is the cause, or nil: errors.Is sees through to it.
	Err error
}

// Error names the rule, and the cause if there is one.
func (e *RuleError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("mls: rule %s: %v", e.Rule, e.Err)
	}
	return "mls: rule " + string(e.Rule)
}

// Unwrap returns the cause.
func (e *RuleError) Unwrap() error { return e.Err }

// broken returns the error for a rule without further cause.
func broken(rule Rule) error { return &RuleError{Rule: rule} }

// RuleOf returns the rule that err says is broken, or "" if it is no RuleError.
func RuleOf(err error) Rule {
	var e *RuleError
	if errors.As(err, &e) {
		return e.Rule
	}
	return ""
}
