package mls

import "parley/mls/public"

// Rules that need what only members have: the group's secrets, or another group
// of theirs. A commit, Welcome or message that breaks one gives a
// [*public.RuleError] with the rule, which wraps the error that [errors.Is]
// matches. The rules that anyone can check are in mls/public.
const (
	// RuleMembershipTag wraps [ErrMembershipTag].
	RuleMembershipTag public.Rule = "6.2-membership-tag"
	// RuleApplicationPublic: application data in a PublicMessage, [ErrMessage].
	RuleApplicationPublic = public.RuleApplicationPublic
	// RuleGroupID wraps [ErrWrongGroup].
	RuleGroupID = public.RuleGroupID
	// RuleEpoch wraps [ErrWrongEpoch]: a commit or proposal of another epoch.
	RuleEpoch = public.RuleEpoch
	// RuleContentEncryption: content that can't be decrypted, [ErrMessage].
	RuleContentEncryption public.Rule = "6.3.1-content-encryption"
	// RuleSenderData: sender data that can't be decrypted, [ErrMessage].
	RuleSenderData public.Rule = "6.3.2-sender-data-encryption"
	// RulePadding: padding that is not zero, [ErrMessage].
	RulePadding public.Rule = "6.3.1-padding"
	// RuleSenderLeaf: a sender that is no member, [ErrMessage].
	RuleSenderLeaf public.Rule = "6.3.2-sender-leaf"
	// RuleMessageSignature: a signature that isn't the sender's, [ErrMessage].
	RuleMessageSignature = public.RuleContentSignature
	// RuleGenerationUsed wraps [ErrReplayed].
	RuleGenerationUsed public.Rule = "9.2-generation-used"
	// RuleGenerationAhead wraps [ErrTooFarAhead].
	RuleGenerationAhead public.Rule = "15.3-generation-too-far-ahead"
	// RulePSKAvailable wraps [ErrPSK].
	RulePSKAvailable public.Rule = "12.4.2-psk-not-available"
	// RuleExternalInit: a KEM output of an external joiner that gives no secret,
	// [ErrPath].
	RuleExternalInit public.Rule = "8.3-external-init-secret"
	// RulePathSecret: a path secret that can't be decrypted, [ErrPath].
	RulePathSecret public.Rule = "7.5-path-secret"
	// RulePathPublicKey: a path secret that gives another key, [ErrPath].
	RulePathPublicKey public.Rule = "7.5-path-secret-public-key"
	// RuleConfirmationTag wraps [ErrConfirmationTag].
	RuleConfirmationTag public.Rule = "12.4.2-confirmation-tag"
)

// Rules for joining by a Welcome.
const (
	// RuleWelcomeRecipient wraps [ErrNotForUs].
	RuleWelcomeRecipient public.Rule = "12.4.3.1-no-entry-for-key-package"
	// RuleWelcomeSecrets: group secrets that can't be decrypted, [ErrWelcome].
	RuleWelcomeSecrets public.Rule = "12.4.3.1-group-secrets"
	// RuleWelcomePSK wraps [ErrPSK].
	RuleWelcomePSK public.Rule = "12.4.3.1-psk-not-available"
	// RuleWelcomeGroupInfo: a GroupInfo that can't be decrypted, [ErrWelcome].
	RuleWelcomeGroupInfo public.Rule = "12.4.3.1-group-info"
	// RuleWelcomeSuite: another suite than the key package's, [ErrWelcome].
	RuleWelcomeSuite public.Rule = "12.4.3.1-cipher-suite"
	// RuleWelcomeGroupID wraps [ErrGroupExists].
	RuleWelcomeGroupID public.Rule = "12.4.3.1-group-id-in-use"
	// RuleWelcomeLeaf: no leaf is that of the key package, [ErrWelcome].
	RuleWelcomeLeaf public.Rule = "12.4.3.1-no-own-leaf"
	// RuleWelcomePath: a path secret that doesn't fit the tree, [ErrWelcome].
	RuleWelcomePath public.Rule = "12.4.3.1-path-secret"
	// RuleWelcomeTag wraps [ErrConfirmationTag].
	RuleWelcomeTag public.Rule = "12.4.3.1-confirmation-tag"
	// RuleLinkedTwice: more than one PSK of usage reinit or branch, [ErrBranch].
	RuleLinkedTwice public.Rule = "12.4.3.1-two-linked-psks"
	// RuleLinkedUnexpected: a PSK of usage reinit or branch, or none, against
	// what was expected: [ErrBranch] or [ErrSuccessor].
	RuleLinkedUnexpected public.Rule = "12.4.3.1-linked-psk-unexpected"
	// RuleLinkedEpoch wraps [ErrBranch] or [ErrSuccessor].
	RuleLinkedEpoch public.Rule = "12.4.3.1-linked-epoch-not-1"
	// RuleSuccessorLink wraps [ErrSuccessor], as those below.
	RuleSuccessorLink    public.Rule = "11.2-psk-not-of-reinit"
	RuleSuccessorContext public.Rule = "11.2-context-not-of-reinit"
	RuleSuccessorMembers public.Rule = "12.4.3.1-reinit-member-missing"
	// RuleBranchContext wraps [ErrBranch], as the one below.
	RuleBranchContext public.Rule = "11.3-parameters"
	RuleBranchMembers public.Rule = "11.3-member-not-of-group"
	// RuleExternalPub: a GroupInfo without a usable external_pub, [ErrWelcome].
	RuleExternalPub public.Rule = "12.4.3.2-no-external-pub"
)

// broken returns the error for a rule, with what callers match.
func broken(rule public.Rule, err error) error { return &public.RuleError{Rule: rule, Err: err} }
