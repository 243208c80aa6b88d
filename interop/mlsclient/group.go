package mlsclient

import (
	"errors"

	"parley/mls"
	"parley/mls/public"
)

// CreateGroup makes a group with one member.
func (s *Server) CreateGroup(r *CreateGroupRequest) (*StateResponse, error) {
	c, err := s.client(r.Suite, r.Identity)
	if err != nil {
		return nil, err
	}
	c.encrypt = r.EncryptHandshake
	g, changes, err := mls.Create(c.cfg, c.suite, r.GroupID, c.identity, c.signer, mls.CreateOptions{})
	if err != nil {
		return nil, err
	}
	id, _, err := s.enter(c, g, changes)
	return &StateResponse{id}, err
}

// CreateKeyPackage makes a key package with fresh keys, which it tells: this is
// a test.
func (s *Server) CreateKeyPackage(r *CreateKeyPackageRequest) (*CreateKeyPackageResponse, error) {
	c, err := s.client(r.Suite, r.Identity)
	if err != nil {
		return nil, err
	}
	message, secrets, err := c.keyPackage()
	if err != nil {
		return nil, err
	}
	id := s.id()
	s.transactions[id] = c
	return &CreateKeyPackageResponse{id, message, secrets.Init, secrets.Leaf, c.signer}, nil
}

// transaction returns and forgets one.
func (s *Server) transaction(id uint32) (*client, error) {
	c, ok := s.transactions[id]
	if !ok {
		return nil, errID
	}
	delete(s.transactions, id)
	return c, nil
}

// JoinGroup joins by a Welcome for a key package made before.
func (s *Server) JoinGroup(r *JoinGroupRequest) (*EpochResponse, error) {
	c, err := s.transaction(r.TransactionID)
	if err != nil {
		return nil, err
	}
	c.encrypt = r.EncryptHandshake
	if len(r.RatchetTree) > 0 {
		return nil, errLater
	}
	g, changes, err := mls.JoinWelcome(c.cfg, r.Welcome, c.packages, c.signer)
	if err != nil {
		return nil, err
	}
	return s.entered(c, g, changes)
}

func (s *Server) entered(c *client, g *mls.Group, changes mls.Changes) (*EpochResponse, error) {
	id, st, err := s.enter(c, g, changes)
	if err != nil {
		return nil, err
	}
	return &EpochResponse{id, st.group.EpochAuthenticator()}, nil
}

// ExternalJoin joins by an external commit, which others accept.
func (s *Server) ExternalJoin(r *ExternalJoinRequest) (*ExternalJoinResponse, error) {
	info, err := public.ParseGroupInfo(r.GroupInfo)
	if err != nil {
		return nil, err
	}
	c, err := s.client(uint32(info.GroupContext.CipherSuite), r.Identity)
	if err != nil {
		return nil, err
	}
	c.encrypt = r.EncryptHandshake
	if len(r.PSKs) > 0 || len(r.RatchetTree) > 0 {
		return nil, errLater
	}
	staged, err := mls.JoinExternal(c.cfg, r.GroupInfo, c.identity, c.signer, mls.ExternalOptions{Resync: r.RemovePrior})
	if err != nil {
		return nil, err
	}
	g, changes, err := staged.Join()
	if err != nil {
		return nil, err
	}
	entered, err := s.entered(c, g, changes)
	if err != nil {
		return nil, err
	}
	return &ExternalJoinResponse{entered.StateID, staged.CommitMessage(), entered.EpochAuthenticator}, nil
}

// errLater is a call that package mls has nothing for.
var errLater = errors.New("not implemented")

// GroupInfo returns a GroupInfo by which others can join.
func (s *Server) GroupInfo(r *GroupInfoRequest) (*GroupInfoResponse, error) {
	st, err := s.state(r.StateID)
	if err != nil {
		return nil, err
	}
	if r.ExternalTree {
		return nil, errLater
	}
	info, err := st.group.GroupInfo()
	return &GroupInfoResponse{GroupInfo: info}, err
}

// StateAuth returns the epoch authenticator.
func (s *Server) StateAuth(r *StateRequest) (*StateAuthResponse, error) {
	st, err := s.state(r.StateID)
	if err != nil {
		return nil, err
	}
	return &StateAuthResponse{st.group.EpochAuthenticator()}, nil
}

// Export returns an exported secret.
func (s *Server) Export(r *ExportRequest) (*ExportResponse, error) {
	st, err := s.state(r.StateID)
	if err != nil {
		return nil, err
	}
	secret, err := st.group.Export(r.Label, r.Context, int(r.KeyLength))
	return &ExportResponse{secret}, err
}

// Protect encrypts application data.
func (s *Server) Protect(r *ProtectRequest) (*ProtectResponse, error) {
	st, err := s.state(r.StateID)
	if err != nil {
		return nil, err
	}
	message, changes, err := st.group.Encrypt(r.AuthenticatedData, r.Plaintext)
	if err != nil {
		return nil, err
	}
	return &ProtectResponse{message}, st.apply(changes)
}

// Unprotect decrypts application data.
func (s *Server) Unprotect(r *UnprotectRequest) (*UnprotectResponse, error) {
	st, err := s.state(r.StateID)
	if err != nil {
		return nil, err
	}
	m, changes, err := st.group.Decrypt(r.Ciphertext)
	if err != nil {
		return nil, err
	}
	return &UnprotectResponse{m.AuthenticatedData, m.Data}, st.apply(changes)
}

// StorePSK gives a client an external pre-shared key.
func (s *Server) StorePSK(r *StorePSKRequest) (*Empty, error) {
	c, ok := s.transactions[r.ID]
	if st := s.states[r.ID]; st != nil {
		c, ok = st.client, true
	}
	if !ok {
		return nil, errID
	}
	c.psks[string(r.PSKID)] = r.Secret
	return new(Empty), nil
}
