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
		Versions: []public.ProtocolVersion{public.MLS10},
		Extensions: []public.ExtensionType{
			public.AppDataDictionaryExtension, public.SupportedWireFormatsExtension, public.RequiredWireFormatsExtension,
		},
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

// leafExtensions returns the extensions of a leaf: those given, with what they
// don't say themselves of the components and wire formats that we support
// (draft-ietf-mls-extensions-10, Section 5), and GREASE.
func (c *Config) leafExtensions(given public.Extensions) (public.Extensions, error) {
	dict, err := given.Dictionary()
	if err != nil {
		return nil, err
	}
	if dict, err = c.supported(dict); err != nil {
		return nil, err
	}
	list := given.WithDictionary(dict)
	if _, ok := list.Find(public.SupportedWireFormatsExtension); !ok && len(c.WireFormats) > 0 {
		list = append(list, c.WireFormats.Supported())
	}
	return c.greaseExtension(list)
}

// ownExtensions returns the extensions of our leaf that the application gave, to
// be given to another leaf of ours: without what is made anew.
func ownExtensions(leaf *public.LeafNode) public.Extensions {
	list := slices.DeleteFunc(withoutGREASE(leaf.Extensions), func(e public.Extension) bool {
		return e.Type == public.AppDataDictionaryExtension || e.Type == public.SupportedWireFormatsExtension
	})
	dict, _ := leaf.Extensions.Dictionary() // ours has its form
	dict = slices.DeleteFunc(slices.Clone(dict), func(d public.ComponentData) bool {
		return d.ID == public.AppComponents || d.ID == public.SafeAADComponent ||
			slices.Contains(greaseValues[:componentGrease], uint16(d.ID))
	})
	if len(dict) > 0 {
		list = list.WithDictionary(dict)
	}
	return list
}

// supported returns d with the lists of components that we support, those of d
// among them, unless d has them, and GREASE.
func (c *Config) supported(d public.AppDataDictionary) (public.AppDataDictionary, error) {
	known := []public.ComponentID{public.AppComponents, public.SafeAADComponent, public.LastResortComponent}
	for _, id := range slices.Concat(c.Components, c.SafeAAD, componentIDs(d)) {
		if !slices.Contains(known, id) {
			known = append(known, id)
		}
	}
	d, err := c.list(d, public.AppComponents, known)
	if err != nil {
		return nil, err
	}
	if d, err = c.list(d, public.SafeAADComponent, c.SafeAAD); err != nil {
		return nil, err
	}
	return c.greaseDictionary(d)
}

// list returns d in which component id holds components and GREASE, unless it
// holds something already.
func (c *Config) list(d public.AppDataDictionary, id public.ComponentID, components []public.ComponentID) (public.AppDataDictionary, error) {
	if _, given := d.Find(id); given {
		return d, nil
	}
	components, err := greased(c, components, componentGrease)
	if err != nil {
		return nil, err
	}
	return d.With(id, public.Marshal(public.ComponentsList(components))), nil
}

func componentIDs(d public.AppDataDictionary) []public.ComponentID {
	var ids []public.ComponentID
	for i := range d {
		ids = append(ids, d[i].ID)
	}
	return ids
}
