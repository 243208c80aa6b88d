package mls

import (
	"bytes"
	"crypto/hmac"
	"slices"

	"parley/mls/internal/codec"
	"parley/mls/internal/parallel"
	"parley/mls/internal/schedule"
	"parley/mls/internal/suite"
	"parley/mls/public"
)

// welcomeLabel is the label of RFC 9420, Section 12.4.3.1.
const welcomeLabel = "Welcome"

// JoinWelcome joins the group that welcome, an MLSMessage, invites one of the
// given key packages to (RFC 9420, Section 12.4.3.1). signer is the key that
// signed the key package. The Welcome must carry the ratchet tree.
//
// The Changes are all of the group's records. The client writes them in one
// write with the deletion of the used secrets (see [public.PeekWelcome]), unless
// they are of last resort; in that case an Update commit should follow at once.
// That the group is not one that the client is in already is for the client to
// check.
//
// Errors: [ErrNotForUs], [ErrWelcome], [ErrConfirmationTag], [ErrPSK],
// [ErrSigner], [ErrSuite], and those of mls/public about the group's state.
func JoinWelcome(cfg *Config, welcome []byte, secrets []*KeyPackageSecrets, signer public.SignaturePrivateKey) (*Group, Changes, error) {
	return join(cfg, welcome, joinWith{secrets: secrets, signer: signer})
}

// JoinOptions says what a joiner has besides its keys. The zero value is that of
// [JoinWelcome].
type JoinOptions struct {
	// Tree is the ratchet tree, if the Welcome does not carry it
	// (RFC 9420, Section 12.4.3.3). It need not come from a trusted place.
	Tree []byte
	// Old is a group of ours whose resumption PSKs the new one may use, nil if
	// there is none.
	Old *Group
	// Link says how the new group must follow Old: [public.UsageBranch],
	// [public.UsageReInit], or 0 for not at all.
	Link public.ResumptionPSKUsage
	// GroupInfo is shown the GroupInfo of the Welcome when all else was checked:
	// its extensions may have data of components for us
	// (draft-ietf-mls-extensions-10, Section 4.6, [CommitOptions]). It must not change
	// it. An error refuses the join and is returned as it is. Nil accepts all.
	GroupInfo func(*public.GroupInfo) error
}

// JoinWelcomeWith is [JoinWelcome] with options. Further errors: [ErrBranch],
// [ErrSuccessor], [ErrRemoved] if Old removed us.
func JoinWelcomeWith(cfg *Config, welcome []byte, secrets []*KeyPackageSecrets, signer public.SignaturePrivateKey, opts JoinOptions) (*Group, Changes, error) {
	if opts.Link != 0 && opts.Old == nil || opts.Old != nil && opts.Old.removed {
		return nil, nil, ErrRemoved
	}
	return join(cfg, welcome, joinWith{secrets: secrets, signer: signer, tree: opts.Tree, old: opts.Old, link: opts.Link, info: opts.GroupInfo})
}

// joinWith is what a joiner has.
type joinWith struct {
	secrets []*KeyPackageSecrets
	signer  public.SignaturePrivateKey
	tree    []byte // encoded ratchet tree, if the Welcome does not carry it
	old     *Group
	link    public.ResumptionPSKUsage
	info    func(*public.GroupInfo) error
}

// join takes the steps of RFC 9420, Section 12.4.3.1 in their order.
func join(cfg *Config, welcome []byte, with joinWith) (*Group, Changes, error) {
	o, err := findWelcome(cfg, welcome, with.secrets)
	if err != nil {
		return nil, nil, err
	}
	if err := o.openSecrets(); err != nil {
		return nil, nil, err
	}
	defer o.erase()
	if err := o.openGroupInfo(with.old); err != nil {
		return nil, nil, err
	}
	if cfg.HasGroup != nil && cfg.HasGroup(o.info.GroupContext.GroupID) {
		return nil, nil, broken(RuleWelcomeGroupID, ErrGroupExists)
	}
	view, err := public.NewGroupFromInfo(cfg.public(), o.info, with.tree)
	if err != nil {
		return nil, nil, err
	}
	n := &newGroup{cfg: cfg, signer: with.signer, public: view}
	if n.own, n.keys, err = o.ownKeys(view.Tree()); err != nil {
		return nil, nil, err
	}
	if err := checkSigner(o.suite, with.signer, &o.keyPackage.LeafNode); err != nil {
		return nil, nil, err
	}
	n.secrets = schedule.New(o.suite, o.group.joiner, o.psk, public.Marshal(view.Context()))
	tag := n.secrets.ConfirmationTag(o.suite, view.Context().ConfirmedTranscriptHash)
	if !hmac.Equal(tag, o.info.ConfirmationTag) {
		return nil, nil, broken(RuleWelcomeTag, ErrConfirmationTag)
	}
	if err := o.checkLink(view, &with); err != nil {
		return nil, nil, err
	}
	if with.info != nil {
		if err := with.info(o.info); err != nil {
			return nil, nil, err
		}
	}
	g, changes := n.start()
	return g, changes, nil
}

// checkSigner returns [ErrSigner] unless signer is the key of leaf.
func checkSigner(s *public.Suite, signer public.SignaturePrivateKey, leaf *public.LeafNode) error {
	_, pub, err := s.NewSignaturePrivateKey(signer)
	if err != nil || !bytes.Equal(pub, leaf.SignatureKey) {
		return ErrSigner
	}
	return nil
}

// openedWelcome is a Welcome as far as it is open.
type openedWelcome struct {
	cfg        *Config
	suite      *public.Suite
	welcome    *public.Welcome
	sealed     *public.HPKECiphertext // our group secrets
	secrets    *KeyPackageSecrets
	keyPackage *public.KeyPackage
	group      groupSecrets
	psk        suite.Secret // psk_secret
	info       *public.GroupInfo
}

// findWelcome finds our entry in the Welcome.
func findWelcome(cfg *Config, welcome []byte, secrets []*KeyPackageSecrets) (*openedWelcome, error) {
	m, err := public.Parse[public.MLSMessage](welcome)
	if err != nil || m.Welcome == nil {
		return nil, ErrWelcome
	}
	s, err := cfg.suite(m.Welcome.CipherSuite)
	if err != nil {
		return nil, err
	}
	for _, k := range secrets {
		kp, err := k.parse()
		if err != nil {
			return nil, err
		}
		ref := s.KeyPackageRef(k.KeyPackage)
		i := slices.IndexFunc(m.Welcome.Secrets, func(e public.EncryptedGroupSecrets) bool {
			return bytes.Equal(e.NewMember, ref)
		})
		if i >= 0 && kp.CipherSuite == s.ID() {
			return &openedWelcome{
				cfg: cfg, suite: s, welcome: m.Welcome, secrets: k, keyPackage: kp,
				sealed: &m.Welcome.Secrets[i].EncryptedGroupSecrets,
			}, nil
		}
	}
	return nil, broken(RuleWelcomeRecipient, ErrNotForUs)
}

// erase overwrites the secrets that joining used.
func (o *openedWelcome) erase() {
	o.group.erase()
	o.psk.Erase()
}

// openSecrets decrypts the group secrets.
func (o *openedWelcome) openSecrets() error {
	b, err := o.suite.DecryptWithLabel(o.secrets.Init, welcomeLabel, o.welcome.EncryptedGroupInfo,
		o.sealed.KEMOutput, o.sealed.Ciphertext)
	if err != nil {
		return broken(RuleWelcomeSecrets, ErrWelcome)
	}
	r := codec.NewReader(b)
	o.group.UnmarshalMLS(r)
	n := o.suite.HashSize()
	if r.Finish() != nil || len(o.group.joiner) != n || o.group.pathSecret != nil && len(o.group.pathSecret) != n {
		return broken(RuleWelcomeSecrets, ErrWelcome)
	}
	return nil
}

// openGroupInfo looks up the pre-shared keys and decrypts the GroupInfo.
func (o *openedWelcome) openGroupInfo(old *Group) error {
	if _, ok := linkedPSK(o.group.psks); !ok {
		return broken(RuleLinkedTwice, ErrBranch)
	}
	var err error
	if o.psk, err = o.cfg.pskSecret(o.suite, o.group.psks, old); err != nil {
		return broken(RuleWelcomePSK, err)
	}
	secret := schedule.Welcome(o.suite, o.group.joiner, o.psk)
	defer secret.Erase()
	key, nonce := schedule.WelcomeKey(o.suite, secret)
	defer key.Erase()
	b, err := o.suite.Open(key, nonce, nil, o.welcome.EncryptedGroupInfo)
	if err != nil {
		return broken(RuleWelcomeGroupInfo, ErrWelcome)
	}
	if o.info, err = public.Parse[public.GroupInfo](b); err != nil {
		return broken(RuleWelcomeGroupInfo, ErrWelcome)
	}
	if o.info.GroupContext.CipherSuite != o.suite.ID() {
		return broken(RuleWelcomeSuite, ErrWelcome)
	}
	return nil
}

// ownKeys finds our leaf and derives the keys that we have from the start.
func (o *openedWelcome) ownKeys(tree *public.Tree) (public.LeafIndex, privateKeys, error) {
	own, ok := tree.FindSigner(o.keyPackage.LeafNode.SignatureKey)
	if !ok || !tree.Leaf(own).Equal(&o.keyPackage.LeafNode) {
		return 0, nil, broken(RuleWelcomeLeaf, ErrWelcome)
	}
	keys := privateKeys{own.Node(): slices.Clone(o.secrets.Leaf)}
	if o.group.pathSecret == nil {
		return own, keys, nil
	}
	var above []public.PathNode
	for _, at := range tree.FilteredDirectPath(o.info.Signer) {
		if at.Node.Covers(own.Node()) {
			above = append(above, at)
		}
	}
	if len(above) == 0 {
		return 0, nil, broken(RuleWelcomePath, ErrWelcome)
	}
	steps, commit, err := climb(o.suite, above, o.group.pathSecret)
	if err != nil {
		return 0, nil, broken(RuleWelcomePath, ErrWelcome)
	}
	commit.Erase()
	for _, step := range steps {
		if !bytes.Equal(step.pub, tree.PublicKey(step.Node)) {
			return 0, nil, broken(RuleWelcomePath, ErrWelcome)
		}
		keys[step.Node] = step.priv
		step.secret.Erase()
	}
	return own, keys, nil
}

// makeWelcome returns the Welcome for the new members of a commit of ours
// (RFC 9420, Section 12.4.3.1).
func makeWelcome(s *public.Suite, w welcomeParts) (*public.Welcome, error) {
	secret := schedule.Welcome(s, w.joiner, w.psk)
	defer secret.Erase()
	key, nonce := schedule.WelcomeKey(s, secret)
	sealed, err := s.Seal(key, nonce, nil, public.Marshal(w.info))
	if err != nil {
		return nil, err
	}
	out := &public.Welcome{CipherSuite: s.ID(), EncryptedGroupInfo: sealed}
	out.Secrets = make([]public.EncryptedGroupSecrets, len(w.added))
	_, err = parallel.Do(len(w.added), func(i int) error {
		added := &w.added[i]
		secrets := groupSecrets{joiner: w.joiner, psks: w.psks}
		if w.path != nil {
			secrets.pathSecret = w.path.secretFor(added.Index)
		}
		kem, ct, err := s.EncryptWithLabel(added.KeyPackage.InitKey, welcomeLabel, sealed, public.Marshal(&secrets))
		out.Secrets[i] = public.EncryptedGroupSecrets{
			NewMember:             added.Ref,
			EncryptedGroupSecrets: public.HPKECiphertext{KEMOutput: kem, Ciphertext: ct},
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// welcomeParts is what a Welcome is made of.
type welcomeParts struct {
	joiner suite.Secret // joiner_secret
	psk    suite.Secret // psk_secret
	psks   []public.PreSharedKeyID
	info   *public.GroupInfo
	path   *newPath // nil if the commit has none
	added  []public.AddedMember
}
