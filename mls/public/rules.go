package public

// A Rule names a validation rule: the section of RFC 9420, a dash, and what is
// wrong; for a rule of draft-ietf-mls-extensions "mls-extensions-" comes first.
// The names are stable. Rules that need the group's secrets are in package mls.
type Rule string

// Rules for the framing of a message. Each wraps the error that callers match.
const (
	RuleSender            Rule = "6-sender"                            // ErrSender
	RuleApplicationPublic Rule = "6-application-data-not-private"      // ErrWireFormat
	RuleGroupID           Rule = "12.4.2-group-id"                     // ErrWrongGroup
	RuleContentSignature  Rule = "6.1-signature"                       // ErrSignature
	RuleEpoch             Rule = "12.4.2-epoch"                        // ErrWrongEpoch
	RuleUnknownReference  Rule = "12.4-unknown-reference"              // ErrUnknownProposal
	RuleUnknownType       Rule = "12.2-unknown-proposal-type"          // ErrUnsupportedProposal
	RuleAfterReInit       Rule = "12.4.2-commit-after-reinit"          // ErrReInit
	RuleNewMemberAdd      Rule = "12.1.8-new-member-proposes-add-only" // ErrSender
)

// Rules for a leaf by itself.
const (
	RuleLeafSignature        Rule = "7.3-leaf-signature"
	RuleLeafSource           Rule = "7.3-leaf-node-source"
	RuleLeafLifetime         Rule = "7.3-lifetime"
	RuleLeafLifetimeTotal    Rule = "7.2-lifetime-too-long"
	RuleLeafExtension        Rule = "7.3-extension-not-in-capabilities"
	RuleLeafCredential       Rule = "7.2-credential-not-in-capabilities"
	RuleLeafVersion          Rule = "11.1-version-not-in-capabilities"
	RuleLeafSuite            Rule = "11.1-suite-not-in-capabilities"
	RuleLeafEncryptionKey    Rule = "5.1.1-encryption-key"
	RuleLeafSignatureKey     Rule = "5.1.1-signature-key"
	RuleDuplicateExtension   Rule = "13.4-duplicate-extension"
	RuleApplication          Rule = "5.3.1-application" // Config.CheckLeaf refused the credential
	RuleSuccessor            Rule = "5.3.1-credential-replaced"
	RuleExternalSender       Rule = "5.3.1-external-sender" // Config.CheckExternalSender refused one
	RuleLeafParentHashLength Rule = "7.9-parent-hash-length"
)

// Rules for a leaf among the others of its group.
const (
	RuleRequiredCapabilities Rule = "7.3-required-capabilities"
	RuleGroupExtension       Rule = "13.4-group-extension-not-in-capabilities"
	RuleCredentialSupport    Rule = "7.3-credential-not-supported-by-all"
	RuleDuplicateSignature   Rule = "7.3-duplicate-signature-key"
	RuleDuplicateEncryption  Rule = "7.3-duplicate-encryption-key"
)

// Rules for a key package.
const (
	RuleKeyPackageVersion   Rule = "10.1-version"
	RuleKeyPackageSuite     Rule = "10.1-cipher-suite"
	RuleKeyPackageSignature Rule = "10.1-signature"
	RuleKeyPackageInitKey   Rule = "10.1-init-key-is-encryption-key"
	RuleInitKey             Rule = "5.1.1-init-key"
)

// Rules for a ratchet tree.
const (
	RuleParentHash       Rule = "7.9.2-parent-hash"
	RuleUnmergedLeaf     Rule = "12.4.3.1-unmerged-leaf"
	RuleUnmergedGap      Rule = "12.4.3.1-unmerged-leaf-missing-between"
	RuleParentKey        Rule = "5.1.1-parent-encryption-key"
	RuleTreeHash         Rule = "12.4.3.1-tree-hash"
	RuleGroupInfoSigner  Rule = "12.4.3-signer"
	RuleGroupInfoSigned  Rule = "12.4.3-signature"
	RuleGroupInfoContext Rule = "12.4.1-group-info-context"
	RuleGroupInfoTag     Rule = "12.4.1-group-info-confirmation-tag"
	RuleGroupInfoTree    Rule = "12.4.3.3-ratchet-tree"
	RuleExternalPub      Rule = "12.4.3.2-external-pub"
	RuleHashLength       Rule = "8.1-hash-length"
	RuleGroupExtensions  Rule = "12.1.7-malformed-extension"
)

// Rules for proposals.
const (
	RuleUpdateKey             Rule = "7.3-update-same-encryption-key"
	RuleUpdateSender          Rule = "12.1.2-update-sender"
	RuleRemoveBlank           Rule = "12.1.3-remove-blank-leaf"
	RulePSKNonce              Rule = "12.1.4-psk-nonce"
	RulePSKUsage              Rule = "12.1.4-psk-usage"
	RuleReInitVersion         Rule = "12.1.5-reinit-version"
	RuleExternalProposal      Rule = "12.1.8-external-proposal-type"
	RuleUpdateCommitter       Rule = "12.2-update-by-committer"
	RuleRemoveCommitter       Rule = "12.2-remove-committer"
	RuleLeafTwice             Rule = "12.2-leaf-changed-twice"
	RuleDuplicateAdd          Rule = "12.2-add-duplicate-signature-key"
	RuleDuplicatePSK          Rule = "12.2-duplicate-psk"
	RuleMultipleExtensions    Rule = "12.2-multiple-group-context-extensions"
	RuleReInitAlone           Rule = "12.2-reinit-with-others"
	RuleExternalInitByMember  Rule = "12.2-external-init-by-member"
	RuleExternalInitCount     Rule = "12.2-external-init-count"
	RuleExternalRemoves       Rule = "12.2-external-removes"
	RuleExternalOther         Rule = "12.2-external-other-proposal"
	RuleExternalReference     Rule = "12.4.3.2-external-reference"
	RuleExternalInitKEMOutput Rule = "8.3-external-init-kem-output"
	RuleExternalPath          Rule = "12.4.3.2-path-required"
	RuleExternalPrivate       Rule = "12.1.8-external-proposal-not-public"
	RuleProposalSupport       Rule = "12.2-proposal-type-not-supported-by-all"
)

// Rules of draft-ietf-mls-extensions-10 (SelfRemove, AppDataUpdate, AppEphemeral,
// SafeAAD, components).
const (
	RuleSelfRemoveValue     Rule = "mls-extensions-6.3-self-remove-by-value"
	RuleSelfRemovePrivate   Rule = "mls-extensions-6.3-self-remove-not-public"
	RuleSelfRemoveTwice     Rule = "mls-extensions-6.3-self-remove-twice"
	RuleUnknownComponent    Rule = "mls-extensions-4.7-unknown-component"
	RuleComponentTwice      Rule = "mls-extensions-4.7-update-and-remove"
	RuleComponentAbsent     Rule = "mls-extensions-4.7-remove-absent"
	RuleComponentUpdate     Rule = "mls-extensions-4.7-update-refused"
	RuleDictionaryReplaced  Rule = "mls-extensions-4.7-dictionary-replaced"
	RuleEphemeral           Rule = "mls-extensions-4.8-ephemeral-refused"
	RuleSafeAAD             Rule = "mls-extensions-4.9-safe-aad"
	RuleDictionary          Rule = "mls-extensions-4.6-dictionary-form"
	RuleRequiredWireFormats Rule = "mls-extensions-5-required-wire-format"
	RuleRequiredComponents  Rule = "mls-extensions-5-required-component"
)

// Rules for a commit and its path.
const (
	RulePathRequired    Rule = "12.4-path-required"
	RulePathLength      Rule = "7.6-path-length"
	RulePathCiphertexts Rule = "7.6-ciphertext-count"
	RulePathCiphertext  Rule = "7.6-ciphertext-form"
	RulePathKey         Rule = "5.1.1-path-encryption-key"
	RulePathSameLeafKey Rule = "12.4.2-path-same-leaf-key"
	RulePathKeyReuse    Rule = "12.4.2-path-key-reuse"
	RulePathParentHash  Rule = "7.5-path-parent-hash"
)
