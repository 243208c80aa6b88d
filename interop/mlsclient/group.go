package mlsclient

import (
	"parley/mls"
	"parley/mls/public"
)

// CreateGroup makes a group with one member.
func (s *Server) CreateGroup(r *CreateGroupRequest) (*StateResponse, error) {
	c, err := s.client(r.Suite, r.Identity, r.EncryptHandshake)
	if err != nil {
		return nil, err
	}
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
	c, err := s.client(r.Suite, r.Identity, false)
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

// transaction returns and forgets one, whose client now knows whether handshakes
// are encrypted.
func (s *Server) transaction(id uint32, encrypt bool) (*client, error) {
	c, ok := s.transactions[id]
	if !ok {
		return nil, errID
	}
	delete(s.transactions, id)
	c.encrypt, c.cfg.PrivateHandshakes = encrypt, encrypt
	return c, nil
}

// JoinGroup joins by a Welcome for a key package made before.
func (s *Server) JoinGroup(r *JoinGroupRequest) (*EpochResponse, error) {
	c, err := s.transaction(r.TransactionID, r.EncryptHandshake)
	if err != nil {
		return nil, err
	}
	return s.join(c, r.Welcome, mls.JoinOptions{Tree: r.RatchetTree})
}

func (s *Server) join(c *client, welcome []byte, opts mls.JoinOptions) (*EpochResponse, error) {
	g, changes, err := mls.JoinWelcomeWith(c.cfg, welcome, c.packages, c.signer, opts)
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
	c, err := s.client(uint32(info.GroupContext.CipherSuite), r.Identity, r.EncryptHandshake)
	if err != nil {
		return nil, err
	}
	opts := mls.ExternalOptions{Resync: r.RemovePrior, Tree: r.RatchetTree}
	for _, psk := range r.PSKs {
		c.psks[string(psk.ID)] = psk.Secret
		opts.PSKs = append(opts.PSKs, public.PreSharedKeyID{Type: public.ExternalPSK, ID: psk.ID})
	}
	staged, err := mls.JoinExternal(c.cfg, r.GroupInfo, c.identity, c.signer, opts)
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

// GroupInfo returns a GroupInfo by which others can join.
func (s *Server) GroupInfo(r *GroupInfoRequest) (*GroupInfoResponse, error) {
	st, err := s.state(r.StateID)
	if err != nil {
		return nil, err
	}
	g, err := st.load(r.ExternalTree)
	if err != nil {
		return nil, err
	}
	response := new(GroupInfoResponse)
	if r.ExternalTree {
		response.RatchetTree = g.RatchetTree()
	}
	response.GroupInfo, err = g.GroupInfo()
	return response, err
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
