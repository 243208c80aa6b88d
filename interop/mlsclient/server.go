package mlsclient

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"time"

	"parley/mls"
	"parley/mls/public"
)

// Server answers for our implementation. Its groups live in memory and are
// loaded again from their records after each call that changes them. Its methods
// are the calls of the service; they are called one at a time.
type Server struct {
	name   string
	suites []*public.Suite

	mu           sync.Mutex // held during a call; guards all below
	nextID       uint32
	states       map[uint32]*state
	transactions map[uint32]*client
	reinits      map[uint32]*reinit
	signers      map[uint32]*externalSigner
}

// New returns a server with the given name that speaks suites, the preferred one
// first.
func New(name string, suites []*public.Suite) *Server {
	return &Server{
		name: name, suites: suites,
		states: map[uint32]*state{}, transactions: map[uint32]*client{},
		reinits: map[uint32]*reinit{}, signers: map[uint32]*externalSigner{},
	}
}

// errID is a call with an identifier that is not, or no longer, in use.
var errID = errors.New("no such identifier")

// id returns a number that nothing of the server has.
func (s *Server) id() uint32 {
	s.nextID++
	return s.nextID
}

func (s *Server) suite(id uint32) (*public.Suite, error) {
	for _, suite := range s.suites {
		if uint32(suite.ID()) == id {
			return suite, nil
		}
	}
	return nil, mls.ErrSuite
}

// Name returns the human-readable name of the implementation.
func (s *Server) Name(*Empty) (*NameResponse, error) { return &NameResponse{Name: s.name}, nil }

// SupportedCiphersuites lists the numbers of the suites.
func (s *Server) SupportedCiphersuites(*Empty) (*SuitesResponse, error) {
	r := new(SuitesResponse)
	for _, suite := range s.suites {
		r.Suites = append(r.Suites, uint32(suite.ID()))
	}
	return r, nil
}

// Free forgets a state.
func (s *Server) Free(r *StateRequest) (*Empty, error) {
	if _, err := s.state(r.StateID); err != nil {
		return nil, err
	}
	delete(s.states, r.StateID)
	return new(Empty), nil
}

// client is one identity with its keys, in a group or about to join one.
type client struct {
	identity []byte
	suite    *public.Suite
	signer   public.SignaturePrivateKey
	cfg      *mls.Config
	encrypt  bool // handshakes as PrivateMessage
	psks     map[string][]byte
	packages []*mls.KeyPackageSecrets
}

// lifetime of key packages.
const lifetime = 28 * 24 * time.Hour

// client makes one; encrypt says whether its handshakes are PrivateMessages.
func (s *Server) client(suite uint32, identity []byte, encrypt bool) (*client, error) {
	chosen, err := s.suite(suite)
	if err != nil {
		return nil, err
	}
	c := &client{identity: identity, suite: chosen, encrypt: encrypt, psks: map[string][]byte{}}
	c.cfg = &mls.Config{
		Suites:            s.suites,
		ExternalPSK:       func(id []byte) []byte { return c.psks[string(id)] },
		MaxLifetime:       -1, // the other implementations choose theirs
		PrivateHandshakes: encrypt,
	}
	c.signer, _, err = chosen.GenerateSignatureKey(nil)
	return c, err
}

// config returns c's configuration; externalTree leaves the tree out of Welcomes
// and GroupInfos.
func (c *client) config(externalTree bool) *mls.Config {
	if !externalTree {
		return c.cfg
	}
	cfg := *c.cfg
	cfg.TreeOutOfBand = true
	return &cfg
}

// keyPackage makes a key package for c.
func (c *client) keyPackage() (message []byte, secrets *mls.KeyPackageSecrets, err error) {
	message, secrets, err = mls.NewKeyPackage(c.cfg, c.suite, c.identity, c.signer, mls.KeyPackageOptions{Lifetime: lifetime})
	if err == nil {
		c.packages = append(c.packages, secrets)
	}
	return message, secrets, err
}

// state is a group as c holds it.
type state struct {
	*client
	group   *mls.Group
	records records
	sent    []byte            // our commit that is not handled yet
	own     map[string][]byte // references of our proposals of the epoch, by message
}

// records are what is stored of a group.
type records map[string][]byte

func (r records) Get(key string) ([]byte, error) { return r[key], nil }

func (s *Server) state(id uint32) (*state, error) {
	st, ok := s.states[id]
	if !ok {
		return nil, errID
	}
	return st, nil
}

// enter begins a state of c in g, and returns its identifier.
func (s *Server) enter(c *client, g *mls.Group, changes mls.Changes) (uint32, *state, error) {
	st := &state{client: c, group: g, records: records{}, own: map[string][]byte{}}
	if err := st.apply(changes); err != nil {
		return 0, nil, err
	}
	id := s.id()
	s.states[id] = st
	return id, st, nil
}

// apply writes changes and reads the group back.
func (st *state) apply(changes mls.Changes) error {
	for _, c := range changes {
		if c.Value == nil {
			delete(st.records, c.Key)
			continue
		}
		st.records[c.Key] = bytes.Clone(c.Value)
	}
	if st.group.Removed() {
		return nil
	}
	g, err := st.load(false)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	st.group = g
	return nil
}

// load reads the group, which with externalTree tells no tree.
func (st *state) load(externalTree bool) (*mls.Group, error) {
	return mls.Load(st.config(externalTree), st.records, st.signer)
}
