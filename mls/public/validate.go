package public

import (
	"slices"
	"time"
)

// ValidateKeyPackage checks a key package by itself, as one does before storing
// or using it (RFC 9420, Section 10.1), and returns its suite. The group that
// it will join is not known, so that its requirements are not checked. It asks
// CheckLeaf nothing. Errors: [ErrUnsupportedSuite], [*RuleError].
//
// Only here must the leaf's capabilities list the suite. Whoever makes them must
// list all that is supported (RFC 9420, Section 7.2), but to check it is no step
// of RFC 9420, Section 7.3: that a client supports the suite, as
// RFC 9420, Section 11.1 wants, its KeyPackage says by its cipher_suite. Clients
// in use, those of the official vectors among them, leave suite 7 out; a member
// that refused their leaves would part from a group that everyone else follows.
func (c *Config) ValidateKeyPackage(k *KeyPackage) (*Suite, error) {
	s, err := c.suite(k.CipherSuite)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(k.LeafNode.Capabilities.CipherSuites, s.ID()) {
		return nil, broken(RuleLeafSuite)
	}
	return s, c.checkKeyPackage(s, k)
}

// checkKeyPackage takes the steps of RFC 9420, Section 10.1 for suite s.
func (c *Config) checkKeyPackage(s *Suite, k *KeyPackage) error {
	leaf := &k.LeafNode
	switch {
	case k.Version != MLS10:
		return broken(RuleKeyPackageVersion)
	case k.CipherSuite != s.ID():
		return broken(RuleKeyPackageSuite)
	case leaf.Source != SourceKeyPackage:
		return broken(RuleLeafSource)
	case !k.Extensions.unique():
		return broken(RuleDuplicateExtension)
	case !k.Extensions.dictionaryFits():
		return broken(RuleDictionary)
	case string(k.InitKey) == string(leaf.EncryptionKey):
		return broken(RuleKeyPackageInitKey)
	}
	if err := s.CheckHPKEPublicKey(k.InitKey); err != nil {
		return &RuleError{Rule: RuleInitKey, Err: err}
	}
	if err := c.checkLeaf(s, leaf); err != nil {
		return err
	}
	if err := c.checkCurrent(leaf.Lifetime); err != nil {
		return err
	}
	if err := leaf.VerifySignature(s, nil, 0); err != nil {
		return &RuleError{Rule: RuleLeafSignature, Err: err}
	}
	if err := k.VerifySignature(s); err != nil {
		return &RuleError{Rule: RuleKeyPackageSignature, Err: err}
	}
	return nil
}

// checkLeaf checks leaf by itself, its signature and the clock apart
// (RFC 9420, Section 7.2, RFC 9420, Section 7.3).
func (c *Config) checkLeaf(s *Suite, leaf *LeafNode) error {
	switch caps := &leaf.Capabilities; {
	case !slices.Contains(caps.Versions, MLS10):
		return broken(RuleLeafVersion)
	case !caps.SupportsCredential(leaf.Credential.Type):
		return broken(RuleLeafCredential)
	case !leaf.Extensions.unique():
		return broken(RuleDuplicateExtension)
	case !leaf.Extensions.dictionaryFits():
		return broken(RuleDictionary)
	case leaf.Source == SourceCommit && !hashOrEmpty(s, leaf.ParentHash):
		return broken(RuleLeafParentHashLength)
	}
	for i := range leaf.Extensions {
		if !leaf.Capabilities.SupportsExtension(leaf.Extensions[i].Type) {
			return broken(RuleLeafExtension)
		}
	}
	if err := s.CheckHPKEPublicKey(leaf.EncryptionKey); err != nil {
		return &RuleError{Rule: RuleLeafEncryptionKey, Err: err}
	}
	if err := s.CheckSignaturePublicKey(leaf.SignatureKey); err != nil {
		return &RuleError{Rule: RuleLeafSignatureKey, Err: err}
	}
	return c.checkLifetime(leaf)
}

// checkLifetime bounds the total lifetime of a leaf from a key package
// (RFC 9420, Section 7.2).
func (c *Config) checkLifetime(leaf *LeafNode) error {
	if leaf.Source != SourceKeyPackage {
		return nil
	}
	if leaf.Lifetime.NotAfter < leaf.Lifetime.NotBefore {
		return broken(RuleLeafLifetime)
	}
	limit := c.MaxLifetime
	if limit == 0 {
		limit = DefaultMaxLifetime
	}
	if limit > 0 && leaf.Lifetime.NotAfter-leaf.Lifetime.NotBefore > uint64(limit/time.Second) {
		return broken(RuleLeafLifetimeTotal)
	}
	return nil
}

// checkCurrent compares l with the clock, if there is one
// (RFC 9420, Section 7.3).
func (c *Config) checkCurrent(l Lifetime) error {
	if c.Now == nil {
		return nil
	}
	if now := uint64(max(c.Now().Unix(), 0)); now < l.NotBefore || now > l.NotAfter {
		return broken(RuleLeafLifetime)
	}
	return nil
}

func hashOrEmpty(s *Suite, h []byte) bool { return len(h) == 0 || len(h) == s.HashSize() }

// requirements are what a group's extensions ask of each member.
type requirements struct {
	extensions  []ExtensionType
	proposals   []ProposalType
	credentials []CredentialType
	components  ComponentsList // AppComponents
	safeAAD     ComponentsList // SafeAADComponent
	wireFormats WireFormats
}

func (r *requirements) proposal(t ProposalType) bool { return slices.Contains(r.proposals, t) }

// requirements reads the required_capabilities extension
// (RFC 9420, Section 11.1) and adds the types of the extensions in use
// (RFC 9420, Section 13.4), and the components and wire formats that must be
// supported (draft-ietf-mls-extensions-10, Section 5). It fails for repeated types,
// and for extensions that it needs and can't decode.
func (e Extensions) requirements() (requirements, error) {
	var r requirements
	if !e.unique() {
		return r, broken(RuleDuplicateExtension)
	}
	if _, err := e.externalSenders(); err != nil {
		return r, &RuleError{Rule: RuleGroupExtensions, Err: err}
	}
	required, err := e.requiredCapabilities()
	if err != nil {
		return r, &RuleError{Rule: RuleGroupExtensions, Err: err}
	}
	if required != nil {
		r = requirements{extensions: required.Extensions, proposals: required.Proposals, credentials: required.Credentials}
	}
	if r.components, _, err = e.components(AppComponents); err == nil {
		r.safeAAD, _, err = e.components(SafeAADComponent)
	}
	if err == nil {
		r.wireFormats, err = e.wireFormats(RequiredWireFormatsExtension)
	}
	if err != nil {
		return r, &RuleError{Rule: RuleGroupExtensions, Err: err}
	}
	return r, nil
}

// hasComponents checks that leaf supports the components that the group requires
// (draft-ietf-mls-extensions-10, Section 5).
func (r *requirements) hasComponents(leaf *LeafNode) error {
	for id, required := range map[ComponentID]ComponentsList{AppComponents: r.components, SafeAADComponent: r.safeAAD} {
		if len(required) == 0 {
			continue
		}
		has, _, err := leaf.Extensions.components(id)
		if err != nil || !subset(required, has) {
			return &RuleError{Rule: RuleRequiredComponents, Err: err}
		}
	}
	return nil
}

// met checks that leaf supports what the group requires and uses.
func (r *requirements) met(leaf *LeafNode, inUse Extensions) error {
	caps := &leaf.Capabilities
	for _, t := range r.extensions {
		if !caps.SupportsExtension(t) {
			return broken(RuleRequiredCapabilities)
		}
	}
	for _, t := range r.proposals {
		if !caps.SupportsProposal(t) {
			return broken(RuleRequiredCapabilities)
		}
	}
	for _, t := range r.credentials {
		if !caps.SupportsCredential(t) {
			return broken(RuleRequiredCapabilities)
		}
	}
	for i := range inUse {
		if !caps.SupportsExtension(inUse[i].Type) {
			return broken(RuleGroupExtension)
		}
	}
	if err := r.hasWireFormats(leaf); err != nil {
		return err
	}
	return r.hasComponents(leaf)
}

// credentialTypes returns the credential types of the leaves.
func (t *Tree) credentialTypes() []CredentialType {
	var types []CredentialType
	for _, leaf := range t.Leaves() {
		if !slices.Contains(types, leaf.Credential.Type) {
			types = append(types, leaf.Credential.Type)
		}
	}
	return types
}

// supportsCredentials checks that leaf supports all types
// (RFC 9420, Section 7.3).
func (n *LeafNode) supportsCredentials(types []CredentialType) error {
	for _, t := range types {
		if !n.Capabilities.SupportsCredential(t) {
			return broken(RuleCredentialSupport)
		}
	}
	return nil
}

// checkMember checks the leaf at i among the others of t: what the group asks of
// it, and that its keys are its own (RFC 9420, Section 7.3).
func (t *Tree) checkMember(i LeafIndex, r *requirements, inUse Extensions, types []CredentialType) error {
	leaf := t.Leaf(i)
	if err := r.met(leaf, inUse); err != nil {
		return err
	}
	if err := leaf.supportsCredentials(types); err != nil {
		return err
	}
	if j, ok := t.FindSigner(leaf.SignatureKey); ok && (j != i || t.signerAfter(i)) {
		return broken(RuleDuplicateSignature)
	}
	if x, ok := t.FindKey(leaf.EncryptionKey); ok && (x != i.Node() || t.keyAfter(x)) {
		return broken(RuleDuplicateEncryption)
	}
	return nil
}

// signerAfter reports whether a leaf right of i has its signature key.
func (t *Tree) signerAfter(i LeafIndex) bool {
	key := t.leaves[i].node.SignatureKey
	for j := int(i) + 1; j < len(t.signers); j++ {
		if t.signers[j] == t.signers[i] && string(t.leaves[j].node.SignatureKey) == string(key) {
			return true
		}
	}
	return false
}

// keyAfter reports whether a node after x has its encryption key.
func (t *Tree) keyAfter(x NodeIndex) bool {
	key := t.PublicKey(x)
	for y := int(x) + 1; y < len(t.keys); y++ {
		if t.keys[y] == t.keys[x] && string(t.PublicKey(NodeIndex(y))) == string(key) {
			return true
		}
	}
	return false
}
