package mls

import (
	"slices"

	"parley/mls/internal/schedule"
	"parley/mls/public"
)

// CreateOptions says what a new group is like. The zero value has no extensions.
type CreateOptions struct {
	Extensions     public.Extensions // of the GroupContext
	LeafExtensions public.Extensions // of our leaf
	// Credential is ours, instead of a basic one.
	Credential *public.Credential
}

// Create makes a group with us as its only member (RFC 9420, Section 11). The
// group id must be one that no other group has; identity is that of a basic
// credential. The Changes are all of the group's records. Errors: [ErrSigner],
// [ErrTooLarge], and those of mls/public about extensions.
func Create(cfg *Config, s *public.Suite, groupID, identity []byte, signer public.SignaturePrivateKey, opts CreateOptions) (*Group, Changes, error) {
	if len(groupID) > MaxData || len(identity) > MaxData {
		return nil, nil, ErrTooLarge
	}
	leaf, priv, err := newLeaf(cfg, s, identity, signer, KeyPackageOptions{
		LeafExtensions: opts.LeafExtensions, GroupExtensions: extensionTypes(opts.Extensions),
		Credential: opts.Credential,
	})
	if err != nil {
		return nil, nil, err
	}
	tree := public.NewTree(s, leaf)
	context := &public.GroupContext{
		Version: public.MLS10, CipherSuite: s.ID(), GroupID: slices.Clone(groupID),
		TreeHash: tree.Hash(), Extensions: opts.Extensions,
	}
	epoch, err := s.RandomSecret(cfg.Rand)
	if err != nil {
		return nil, nil, err
	}
	defer epoch.Erase()
	secrets := schedule.FromEpochSecret(s, epoch)
	tag := secrets.ConfirmationTag(s, nil)
	view, err := public.NewGroupFromTree(cfg.public(), context, tree, tag)
	if err != nil {
		return nil, nil, err
	}
	n := &newGroup{cfg: cfg, signer: signer, public: view, keys: privateKeys{0: priv}, secrets: secrets}
	g, changes := n.start()
	return g, changes, nil
}

func extensionTypes(list public.Extensions) []public.ExtensionType {
	var types []public.ExtensionType
	for _, e := range list {
		types = append(types, e.Type)
	}
	return types
}
