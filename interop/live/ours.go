package live

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"parley/mls"
	"parley/mls/public"
)

// month is a lifetime that every peer accepts.
const month = 28 * 24 * time.Hour

// ours is a client of package mls. After each change it is loaded again from
// its records, as after a restart.
type ours struct {
	id     string
	who    []byte
	suite  *suite
	signer public.SignaturePrivateKey
	cfg    *mls.Config

	packages  []*mls.KeyPackageSecrets
	proposals [][]byte // references of those received in the epoch
	psks      map[string][]byte
	records   records
	group     *mls.Group
	old       *mls.Group // that the present one follows
}

// records are what a client stores.
type records map[string][]byte

func (r records) Get(key string) ([]byte, error) { return r[key], nil }

// openOurs begins a client of ours, with a fresh signature key.
func openOurs(s *suite, id string, who []byte) (*ours, error) {
	o := &ours{id: id, who: who, psks: map[string][]byte{}, records: records{}}
	o.cfg = &mls.Config{
		Suites:      allOurs(s),
		ExternalPSK: func(id []byte) []byte { return o.psks[string(id)] },
		MaxLifetime: -1, // the bound is for an application to set
		Credentials: []mls.CredentialVerifier{noX509{}},
	}
	return o, o.use(s)
}

// noX509 makes our leaves list X.509 credentials, which the groups of core-crypto
// require of all, and trusts no authority.
type noX509 struct{}

var errNoAuthority = errors.New("live: no authority is trusted")

func (noX509) CredentialType() public.CredentialType { return public.X509Credential }

func (noX509) Identity(*public.Credential) ([]byte, error) { return nil, errNoAuthority }

func (noX509) Verify(*public.Credential, public.SignaturePublicKey, time.Time) error {
	return errNoAuthority
}

// use makes s the suite, with a fresh signature key.
func (o *ours) use(s *suite) (err error) {
	o.suite = s
	o.signer, _, err = s.suite.GenerateSignatureKey(nil)
	return err
}

func (o *ours) name() string     { return o.id }
func (o *ours) identity() []byte { return o.who }

// apply writes changes and reads the group back.
func (o *ours) apply(g *mls.Group, changes mls.Changes) error {
	for _, c := range changes {
		if c.Value == nil {
			delete(o.records, c.Key)
			continue
		}
		o.records[c.Key] = bytes.Clone(c.Value)
	}
	o.group = g
	if g.Removed() {
		return nil
	}
	loaded, err := mls.Load(o.cfg, o.records, o.signer)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	o.group = loaded
	return nil
}

func (o *ours) keyPackage() ([]byte, error) {
	message, secrets, err := mls.NewKeyPackage(o.cfg, o.suite.suite, o.who, o.signer, mls.KeyPackageOptions{Lifetime: month})
	if err != nil {
		return nil, err
	}
	o.packages = append(o.packages, secrets)
	return message, nil
}

func (o *ours) create(groupID []byte) error {
	o.records = records{}
	g, changes, err := mls.Create(o.cfg, o.suite.suite, groupID, o.who, o.signer, mls.CreateOptions{})
	if err != nil {
		return err
	}
	return o.apply(g, changes)
}

func (o *ours) join(welcome []byte) error {
	o.records = records{}
	g, changes, err := mls.JoinWelcome(o.cfg, welcome, o.packages, o.signer)
	if err != nil {
		return err
	}
	return o.apply(g, changes)
}

func (o *ours) joinExternal(groupInfo []byte, resync bool) ([]byte, error) {
	staged, err := mls.JoinExternal(o.cfg, groupInfo, o.who, o.signer, mls.ExternalOptions{Resync: resync})
	if err != nil {
		return nil, err
	}
	o.records = records{}
	g, changes, err := staged.Join()
	if err != nil {
		return nil, err
	}
	return staged.CommitMessage(), o.apply(g, changes)
}

func (o *ours) encrypt(data []byte) ([]byte, error) {
	message, changes, err := o.group.Encrypt(nil, data)
	if err != nil {
		return nil, err
	}
	return message, o.apply(o.group, changes)
}

func (o *ours) decrypt(message []byte) ([]byte, error) {
	m, changes, err := o.group.Decrypt(message)
	if err != nil {
		return nil, err
	}
	return m.Data, o.apply(o.group, changes)
}

func (o *ours) leaf(identity []byte) (public.LeafIndex, error) {
	for _, m := range o.group.Members() {
		if bytes.Equal(m.Identity, identity) {
			return m.Index, nil
		}
	}
	return 0, fmt.Errorf("live: no member %s", identity)
}

// options turns c into ours. Proposals that were made or handled in the epoch are
// committed as well, as the peers do.
func (o *ours) options(c change) (mls.CommitOptions, error) {
	opts := mls.CommitOptions{
		Add: c.add, Update: c.update, ExternalPSKs: c.psks, Proposals: o.proposals, Private: c.private,
	}
	if len(c.add)+len(c.remove)+len(c.psks)+len(o.proposals) == 0 {
		opts.Update = c.reinit == nil
	}
	for _, identity := range c.remove {
		leaf, err := o.leaf(identity)
		if err != nil {
			return opts, err
		}
		opts.Remove = append(opts.Remove, leaf)
	}
	if c.extensions != nil {
		opts.Extensions = &public.Extensions{{Type: public.RequiredCapabilitiesExtension, Data: c.extensions}}
	}
	if c.reinit != nil {
		opts.Values = []public.Proposal{c.reinit.proposal()}
	}
	return opts, nil
}

func (s *succession) proposal() *public.ReInit {
	return &public.ReInit{GroupID: s.groupID, Version: public.MLS10, CipherSuite: s.suite.id}
}

func (o *ours) commit(c change) (sent, error) {
	opts, err := o.options(c)
	if err != nil {
		return sent{}, err
	}
	staged, changes, err := o.group.Commit(opts)
	if err != nil {
		return sent{}, err
	}
	if err := o.apply(o.group, changes); err != nil {
		return sent{}, err
	}
	out := sent{staged.CommitMessage(), staged.Welcome()}
	return out, o.follow(out.commit) // it comes back, after a restart
}

func (o *ours) propose(c change) ([]byte, error) {
	opts := mls.ProposeOptions{Private: c.private}
	message, ref, changes, err := o.proposeOne(c, opts)
	if err != nil {
		return nil, err
	}
	o.proposals = append(o.proposals, ref)
	return message, o.apply(o.group, changes)
}

func (o *ours) proposeOne(c change, opts mls.ProposeOptions) (message, ref []byte, changes mls.Changes, err error) {
	var p public.Proposal
	switch {
	case c.update:
		return o.group.ProposeUpdate(mls.LeafOptions{}, opts)
	case len(c.psks) == 1:
		p, err = o.group.NewPSK(public.PreSharedKeyID{Type: public.ExternalPSK, ID: c.psks[0]})
	case len(c.add) == 1:
		var k *public.KeyPackage
		if k, err = public.ParseKeyPackage(c.add[0]); err == nil {
			p = &public.Add{KeyPackage: *k}
		}
	case len(c.remove) == 1:
		var leaf public.LeafIndex
		leaf, err = o.leaf(c.remove[0])
		p = &public.Remove{Removed: leaf}
	default:
		err = errWeCannot
	}
	if err != nil {
		return nil, nil, nil, err
	}
	return o.group.Propose(p, opts)
}

func (o *ours) proposeAdd(groupInfo []byte) ([]byte, error) {
	info, err := public.ParseGroupInfo(groupInfo)
	if err != nil {
		return nil, err
	}
	kp, err := o.keyPackage()
	if err != nil {
		return nil, err
	}
	outside := public.OutsideProposal{Suite: o.suite.suite, GroupID: info.GroupContext.GroupID, Epoch: info.GroupContext.Epoch}
	return outside.NewMember(kp, o.signer)
}

func (o *ours) handle(message []byte) error {
	m, err := public.Parse[public.MLSMessage](message)
	if err != nil {
		return err
	}
	if contentType(m) == public.ContentProposal {
		ref, changes, err := o.group.ReceiveProposal(message)
		if err != nil {
			return err
		}
		o.proposals = append(o.proposals, ref)
		return o.apply(o.group, changes)
	}
	return o.follow(message)
}

// contentType returns what m carries, as far as it shows.
func contentType(m *public.MLSMessage) public.ContentType {
	switch {
	case m.PublicMessage != nil:
		return m.PublicMessage.Content.ContentType
	case m.PrivateMessage != nil:
		return m.PrivateMessage.ContentType
	}
	return 0
}

// follow merges a commit.
func (o *ours) follow(commit []byte) error {
	staged, err := o.group.Stage(commit)
	if err != nil {
		return err
	}
	changes, err := o.group.Merge(staged)
	if err != nil {
		return err
	}
	o.proposals = nil
	return o.apply(o.group, changes)
}

func (o *ours) groupInfo() ([]byte, error) { return o.group.GroupInfo() }

func (o *ours) psk(id, secret []byte) error {
	o.psks[string(id)] = secret
	return nil
}

func (o *ours) suspend(next succession) ([]byte, error) {
	o.old = o.group
	if next.usage == "reinit" {
		if err := o.use(next.suite); err != nil {
			return nil, err
		}
	}
	return o.keyPackage()
}

func (o *ours) succeed(next succession, add [][]byte) (sent, error) {
	var staged *mls.StagedCommit
	var err error
	if next.usage == "reinit" {
		staged, err = mls.Successor(o.cfg, o.old, mls.SuccessorOptions{Add: add, Signer: o.signer})
	} else {
		staged, err = mls.Branch(o.cfg, o.old, o.old.Epoch(), next.groupID, mls.BranchOptions{Add: add})
	}
	if err != nil {
		return sent{}, err
	}
	o.records = records{}
	g, changes, err := staged.Join()
	if err != nil {
		return sent{}, err
	}
	return sent{staged.CommitMessage(), staged.Welcome()}, o.apply(g, changes)
}

func (o *ours) joinNext(next succession, welcome []byte) error {
	join := mls.JoinBranch
	if next.usage == "reinit" {
		join = mls.JoinSuccessor
	}
	g, changes, err := join(o.cfg, o.old, welcome, o.packages, o.signer)
	if err != nil {
		return err
	}
	o.records = records{}
	return o.apply(g, changes)
}

func (o *ours) state() (state, error) {
	if o.group.Removed() {
		return state{removed: true}, nil
	}
	exported, err := o.group.Export("exporter", nil, 32)
	return state{
		epoch:         o.group.Epoch(),
		authenticator: base64.StdEncoding.EncodeToString(o.group.EpochAuthenticator()),
		exported:      base64.StdEncoding.EncodeToString(exported),
	}, err
}
