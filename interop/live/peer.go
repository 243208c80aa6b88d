package live

import (
	"encoding/base64"
	"fmt"
)

// peer is a client that another implementation runs.
type peer struct {
	node *node
	id   string // in the process
	who  []byte
}

// kind is an implementation: a driver and what is known of it.
type kind struct {
	name   string
	driver string
	// ownKeys: the peer can't be given signature keys.
	ownKeys bool
	// wireIdentity: identities are user:device@domain.
	wireIdentity bool
	// publicOnly: it takes no proposals and commits as PrivateMessage.
	publicOnly bool
}

var (
	tsMLS      = kind{name: "ts-mls", driver: "tsmls.mjs"}
	coreCrypto = kind{name: "core-crypto", driver: "corecrypto.mjs", ownKeys: true, wireIdentity: true, publicOnly: true}
)

// opening is how a client is begun in the peer.
type opening struct {
	Suite     uint16 `json:"suite"`
	Parts     *parts `json:"parts,omitempty"`
	Identity  []byte `json:"identity,omitempty"`
	SignKey   []byte `json:"signKey,omitempty"`
	PublicKey []byte `json:"publicKey,omitempty"`
	GroupID   []byte `json:"groupID,omitempty"`
}

// open begins a client of kind k. Signature keys are ours where the peer takes
// them: ts-mls makes compressed ECDSA keys, which RFC 9420, Section 5.1.1 does
// not allow.
func (k kind) open(n *node, s *suite, id string, who []byte) (*peer, error) {
	p := &peer{node: n, id: id, who: who}
	o, err := k.opening(s, who)
	if err != nil {
		return nil, err
	}
	return p, p.call("open", o, nil)
}

func (k kind) opening(s *suite, who []byte) (*opening, error) {
	o := &opening{Suite: uint16(s.id), Parts: s.parts, Identity: who}
	if k.ownKeys {
		return o, nil
	}
	priv, pub, err := s.signatureKey()
	o.SignKey, o.PublicKey = priv, pub
	return o, err
}

func (p *peer) call(method string, params, result any) error {
	return p.node.call(p.id, method, params, result)
}

func (p *peer) name() string     { return p.id }
func (p *peer) identity() []byte { return p.who }

// reply holds what the methods return; each uses what it needs.
type reply struct {
	KeyPackage    []byte `json:"keyPackage"`
	Message       []byte `json:"message"`
	Data          []byte `json:"data"`
	Commit        []byte `json:"commit"`
	Welcome       []byte `json:"welcome"`
	GroupInfo     []byte `json:"groupInfo"`
	Epoch         uint64 `json:"epoch"`
	Active        string `json:"active"`
	Authenticator []byte `json:"authenticator"`
	Exported      []byte `json:"exported"`
}

func (p *peer) ask(method string, params map[string]any) (r reply, err error) {
	err = p.call(method, params, &r)
	return r, err
}

func (p *peer) keyPackage() ([]byte, error) {
	r, err := p.ask("keyPackage", nil)
	return r.KeyPackage, err
}

func (p *peer) create(groupID []byte) error {
	return p.call("create", map[string]any{"groupID": groupID}, nil)
}

func (p *peer) join(welcome []byte) error {
	return p.call("join", map[string]any{"welcome": welcome}, nil)
}

func (p *peer) joinExternal(groupInfo []byte, resync bool) ([]byte, error) {
	r, err := p.ask("joinExternal", map[string]any{"groupInfo": groupInfo, "resync": resync})
	return r.Commit, err
}

func (p *peer) encrypt(data []byte) ([]byte, error) {
	r, err := p.ask("encrypt", map[string]any{"data": data})
	return r.Message, err
}

func (p *peer) decrypt(message []byte) ([]byte, error) {
	r, err := p.ask("decrypt", map[string]any{"message": message})
	return r.Data, err
}

func (p *peer) commit(c change) (sent, error) {
	if c.extensions != nil {
		return sent{}, errPeerCannot
	}
	r, err := p.ask("commit", c.params())
	return sent{r.Commit, r.Welcome}, err
}

func (p *peer) propose(c change) ([]byte, error) {
	if c.update || c.extensions != nil {
		return nil, errPeerCannot
	}
	r, err := p.ask("propose", c.params())
	return r.Message, err
}

func (c *change) params() map[string]any {
	m := map[string]any{"add": c.add, "remove": c.remove, "psks": c.psks, "update": c.update, "private": c.private}
	if c.reinit != nil {
		m["reinit"] = &opening{Suite: uint16(c.reinit.suite.id), Parts: c.reinit.suite.parts, GroupID: c.reinit.groupID}
	}
	return m
}

func (p *peer) proposeAdd(groupInfo []byte) ([]byte, error) {
	r, err := p.ask("proposeAdd", map[string]any{"groupInfo": groupInfo})
	return r.Message, err
}

func (p *peer) handle(message []byte) error {
	return p.call("handle", map[string]any{"message": message}, nil)
}

func (p *peer) groupInfo() ([]byte, error) {
	r, err := p.ask("groupInfo", nil)
	return r.GroupInfo, err
}

func (p *peer) psk(id, secret []byte) error {
	return p.call("psk", map[string]any{"id": id, "secret": secret}, nil)
}

func (p *peer) suspend(next succession) ([]byte, error) {
	var o opening
	if next.usage == "reinit" {
		fresh, err := tsMLS.opening(next.suite, p.who)
		if err != nil {
			return nil, err
		}
		o = *fresh
	}
	if err := p.call("suspend", o, nil); err != nil {
		return nil, err
	}
	return p.keyPackage()
}

func (p *peer) succeed(next succession, add [][]byte) (sent, error) {
	r, err := p.ask("succeed", map[string]any{"groupID": next.groupID, "usage": next.usage, "add": add})
	return sent{r.Commit, r.Welcome}, err
}

func (p *peer) joinNext(_ succession, welcome []byte) error { return p.join(welcome) }

func (p *peer) state() (state, error) {
	r, err := p.ask("state", nil)
	if err != nil {
		return state{}, err
	}
	return state{
		epoch: r.Epoch, authenticator: base64.StdEncoding.EncodeToString(r.Authenticator),
		exported: base64.StdEncoding.EncodeToString(r.Exported), removed: r.Active == "removedFromGroup",
	}, nil
}

func (p *peer) String() string { return fmt.Sprintf("%s (%s)", p.id, p.who) }
