package mls

import "errors"

// What a caller may match with [errors.Is]. A commit or object that breaks a
// rule of RFC 9420 that anyone can check gives the errors of mls/public.
var (
	// ErrMessage is a message that is not what a member of this group could
	// have sent: malformed, altered, or under other keys.
	ErrMessage = errors.New("mls: bad message")
	// ErrNotApplication is a message that carries a proposal or a commit.
	ErrNotApplication = errors.New("mls: not an application message")
	// ErrWrongGroup is a message of another group.
	ErrWrongGroup = errors.New("mls: wrong group")
	// ErrFutureEpoch is a message of an epoch that this member has not
	// reached: commits are missing.
	ErrFutureEpoch = errors.New("mls: message of a future epoch")
	// ErrEpochGone is a message of an epoch whose keys are deleted, or that
	// ended before this member joined.
	ErrEpochGone = errors.New("mls: keys of the epoch are gone")
	// ErrWrongEpoch is a commit or proposal of another epoch than the current.
	ErrWrongEpoch = errors.New("mls: wrong epoch")
	// ErrReplayed is a message whose key was used before.
	ErrReplayed = errors.New("mls: message key already used")
	// ErrTooFarAhead is a message that would skip more than 1,000 others of
	// its sender.
	ErrTooFarAhead = errors.New("mls: message too far ahead")
	// ErrOwnMessage is a message that this member sent.
	ErrOwnMessage = errors.New("mls: own message")
	// ErrTooLarge is data that exceeds [MaxData].
	ErrTooLarge = errors.New("mls: data too large")
	// ErrMembershipTag is a message whose sender is not proven to be a member.
	ErrMembershipTag = errors.New("mls: bad membership tag")
	// ErrConfirmationTag is a commit or a GroupInfo whose author has other
	// secrets than it should lead to.
	ErrConfirmationTag = errors.New("mls: bad confirmation tag")
	// ErrPath is a commit whose encrypted path secrets are wrong for us.
	ErrPath = errors.New("mls: bad path secret")
	// ErrPSK is a pre-shared key that this member does not have, or may not use.
	ErrPSK = errors.New("mls: pre-shared key not available")
	// ErrProposal is a proposal of a type that members don't send like that.
	ErrProposal = errors.New("mls: not a proposal to be made like that")
	// ErrProposals is application data while there are proposals that should be
	// committed first ([CommitOptions.Received]).
	ErrProposals = errors.New("mls: proposals must be committed first")
	// ErrTooManyUpdates is one more Update proposal of ours than makes sense in
	// one epoch.
	ErrTooManyUpdates = errors.New("mls: too many own updates in the epoch")
	// ErrOwnUpdate is a commit of an Update proposal of ours whose keys are gone.
	ErrOwnUpdate = errors.New("mls: keys of the own update are gone")
	// ErrFork is an epoch authenticator of another history of the group.
	ErrFork = errors.New("mls: the group has forked")
	// ErrExported is a component whose secret of this epoch was exported before.
	ErrExported = errors.New("mls: component secret already exported")
	// ErrPendingCommit is a commit while another of ours is pending.
	ErrPendingCommit = errors.New("mls: a commit is pending")
	// ErrOwnCommit is our own commit whose secrets are gone, as after
	// [Group.DropPending].
	ErrOwnCommit = errors.New("mls: own commit is no longer pending")
	// ErrStaged is a StagedCommit of another group, or of an epoch that ended.
	ErrStaged = errors.New("mls: staged commit is out of date")
	// ErrRemoved is any operation on a group that removed this member.
	ErrRemoved = errors.New("mls: removed from the group")
	// ErrNotForUs is a Welcome for none of the key packages given.
	ErrNotForUs = errors.New("mls: welcome is for another key package")
	// ErrWelcome is a Welcome that can't be opened or contradicts itself.
	ErrWelcome = errors.New("mls: bad welcome")
	// ErrBranch is a Welcome to a group that does not continue the old one as
	// it claims.
	ErrBranch = errors.New("mls: not a branch of the group")
	// ErrSuccessor is a Welcome to a group that does not follow the old one as
	// its ReInit says, or an old group without one.
	ErrSuccessor = errors.New("mls: not the successor of the group")
	// ErrGroupExists is a Welcome to a group with the id of one that the client
	// is in.
	ErrGroupExists = errors.New("mls: already in a group with that id")
	// ErrSigner is a signature key that is not that of this member.
	ErrSigner = errors.New("mls: wrong signature key")
	// ErrSuite is a cipher suite that [Config.Suites] lacks.
	ErrSuite = errors.New("mls: unsupported cipher suite")
	// ErrState is a record that is missing or damaged.
	ErrState = errors.New("mls: damaged state")
)
