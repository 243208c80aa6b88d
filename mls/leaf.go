package mls

import (
	"slices"

	"parley/mls/public"
)

// LeafOptions says how our leaf changes when it is renewed. The zero value keeps
// all but its encryption key.
type LeafOptions struct {
	// Signer is a new signature key; nil keeps the old one. From the epoch in
	// which it takes effect the group signs with it, and keeps it in its own
	// records: [Load] needs no other.
	Signer public.SignaturePrivateKey
	// Credential replaces ours, if not nil. It must be of the same client.
	Credential *public.Credential
	// Extensions replaces those of our leaf, if not nil.
	Extensions *public.Extensions
	// Capabilities renews what our leaf lists as supported, from the Config.
	Capabilities bool
}

func (o *LeafOptions) zero() bool {
	return o.Signer == nil && o.Credential == nil && o.Extensions == nil && !o.Capabilities
}

// apply returns leaf with the changes, unsigned, and the key that signs it.
func (o *LeafOptions) apply(cfg *Config, s *public.Suite, leaf public.LeafNode, signer public.SignaturePrivateKey) (public.LeafNode, public.SignaturePrivateKey, error) {
	if o.Signer != nil {
		pub, err := publicSigner(s, o.Signer)
		if err != nil {
			return leaf, nil, err
		}
		leaf.SignatureKey, signer = pub, o.Signer
	}
	if o.Credential != nil {
		leaf.Credential = *o.Credential
	}
	if o.Extensions != nil {
		var err error
		if leaf.Extensions, err = cfg.leafExtensions(*o.Extensions); err != nil {
			return leaf, nil, err
		}
	}
	if o.Capabilities || o.Extensions != nil {
		caps, err := cfg.capabilities(&leaf, leaf.Capabilities.Extensions)
		if err != nil {
			return leaf, nil, err
		}
		leaf.Capabilities = caps
	}
	return leaf, signer, nil
}

// publicSigner returns the public key of signer, or [ErrSigner].
func publicSigner(s *public.Suite, signer public.SignaturePrivateKey) (public.SignaturePublicKey, error) {
	_, pub, err := s.NewSignaturePrivateKey(signer)
	if err != nil {
		return nil, ErrSigner
	}
	return pub, nil
}

// capabilities lists what this implementation and the application support
// (RFC 9420, Section 7.2), with the types that leaf itself uses and those of
// extra, and GREASE.
func (c *Config) capabilities(leaf *public.LeafNode, extra []public.ExtensionType) (public.Capabilities, error) {
	out := public.Capabilities{
		Versions:    []public.ProtocolVersion{public.MLS10},
		Extensions:  []public.ExtensionType{public.AppDataDictionaryExtension},
		Proposals:   c.proposalTypes(),
		Credentials: c.credentialTypes(),
	}
	for _, s := range c.Suites {
		out.CipherSuites = append(out.CipherSuites, s.ID())
	}
	for _, t := range slices.Concat(extensionTypes(leaf.Extensions), extra) {
		if !out.SupportsExtension(t) {
			out.Extensions = append(out.Extensions, t)
		}
	}
	return out, c.greaseCapabilities(&out)
}

// proposalTypes lists the types beyond the default ones that we support.
func (c *Config) proposalTypes() []public.ProposalType {
	types := []public.ProposalType{public.ProposalSelfRemove}
	if c.UpdateComponent != nil {
		types = append(types, public.ProposalAppDataUpdate)
	}
	if c.CheckEphemeral != nil {
		types = append(types, public.ProposalAppEphemeral)
	}
	return append(types, sortedKeys(c.CustomProposals)...)
}

// leafExtensions returns the extensions of a leaf: those given, the dictionary
// that says which components we support (draft-ietf-mls-extensions-10, Section 5)
// unless it is among them, and GREASE.
func (c *Config) leafExtensions(given public.Extensions) (public.Extensions, error) {
	list := slices.Clone(given)
	if _, ok := list.Find(public.AppDataDictionaryExtension); !ok {
		dict, err := c.dictionary()
		if err != nil {
			return nil, err
		}
		list = append(list, dict.Extension())
	}
	return c.greaseExtension(list)
}

// ownExtensions returns the extensions of our leaf that the application gave, to
// be given to another leaf of ours: without those that are made anew.
func ownExtensions(leaf *public.LeafNode) public.Extensions {
	return slices.DeleteFunc(withoutGREASE(leaf.Extensions), func(e public.Extension) bool {
		return e.Type == public.AppDataDictionaryExtension
	})
}

// dictionary returns the components of our leaf.
func (c *Config) dictionary() (public.AppDataDictionary, error) {
	known := []public.ComponentID{public.AppComponents, public.SafeAADComponent, public.LastResortComponent}
	for _, id := range slices.Concat(c.Components, c.SafeAAD) {
		if !slices.Contains(known, id) {
			known = append(known, id)
		}
	}
	known, err := greased(c, known, componentGrease)
	if err != nil {
		return nil, err
	}
	safe, err := greased(c, c.SafeAAD, componentGrease)
	if err != nil {
		return nil, err
	}
	return public.AppDataDictionary{
		{ID: public.AppComponents, Data: public.Marshal(public.ComponentsList(known))},
		{ID: public.SafeAADComponent, Data: public.Marshal(public.ComponentsList(safe))},
	}, nil
}
