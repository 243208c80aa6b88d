package mls

import (
	"bytes"
	"slices"

	"parley/mls/internal/codec"
	"parley/mls/internal/schedule"
	"parley/mls/public"
)

// pendingKey is the key of the record of our pending commit.
const pendingKey = "c"

// pendingCommit is what is needed to merge a commit of ours when it comes back:
// the secrets of the epoch that it begins. The rest is in the commit.
type pendingCommit struct {
	hash    []byte // of the AuthenticatedContent
	keys    privateKeys
	secrets *schedule.Epoch
	signer  public.SignaturePrivateKey // our new signature key; nil if it stays
	private *ownPrivate                // nil for a PublicMessage
}

// ownPrivate is a commit that we sent as PrivateMessage, which we can't decrypt
// when it comes back: its key was used up.
type ownPrivate struct {
	hash    []byte // of the MLSMessage
	content []byte // encoded AuthenticatedContent
}

func newPending(s *public.Suite, c *StagedCommit) *pendingCommit {
	content := public.Marshal(c.public.Content())
	p := &pendingCommit{hash: s.Hash(content), keys: c.keys, secrets: c.secrets.Clone(), signer: slices.Clone(c.signer)}
	if c.public.Content().WireFormat == public.WirePrivateMessage {
		p.private = &ownPrivate{hash: s.Hash(c.message), content: content}
	}
	return p
}

// sent returns the content of message if it is our pending commit, sent as
// PrivateMessage, else nil. p may be nil.
func (p *pendingCommit) sent(s *public.Suite, message []byte) *public.AuthenticatedContent {
	if p == nil || p.private == nil || !bytes.Equal(p.private.hash, s.Hash(message)) {
		return nil
	}
	content, err := public.Parse[public.AuthenticatedContent](p.private.content)
	if err != nil {
		return nil
	}
	return content
}

// is reports whether content is the pending commit. p may be nil.
func (p *pendingCommit) is(s *public.Suite, content *public.AuthenticatedContent) bool {
	return p != nil && bytes.Equal(p.hash, s.Hash(public.Marshal(content)))
}

// resume completes c, which is our pending commit.
func (g *Group) resume(c *StagedCommit) error {
	c.keys, c.secrets, c.signer = g.pending.keys, g.pending.secrets.Clone(), g.pending.signer
	return nil
}

// HasPending reports whether a commit of ours is pending.
func (g *Group) HasPending() bool { return g.pending != nil }

// DropPending forgets our pending commit, if there is one. It must not be called
// for a commit that may still be accepted.
func (g *Group) DropPending() Changes {
	if g.pending == nil {
		return nil
	}
	g.pending.secrets.Erase()
	g.pending.keys.eraseExcept(g.keys)
	g.pending = nil
	return Changes{{Key: pendingKey}}
}

func (p *pendingCommit) marshal() []byte {
	w := codec.NewWriter(1024)
	w.Uint8(secondVersion)
	w.Vector(p.hash)
	writeKeys(w, p.keys)
	writeSecrets(w, p.secrets)
	w.Vector(p.signer)
	w.Optional(p.private != nil)
	if p.private != nil {
		w.Vector(p.private.hash)
		w.Vector(p.private.content)
	}
	return w.Bytes()
}

// parsePending reads what marshal wrote, or returns [ErrState].
func parsePending(record []byte) (*pendingCommit, error) {
	r := codec.NewReader(slices.Clone(record))
	version := r.Uint8()
	if version != recordVersion && version != secondVersion {
		return nil, ErrState
	}
	p := &pendingCommit{hash: r.Vector(), keys: readKeys(r), secrets: readSecrets(r, version)}
	if version == secondVersion {
		p.signer = readSigner(r)
		if r.Optional() {
			p.private = &ownPrivate{hash: r.Vector(), content: r.Vector()}
		}
	}
	if r.Finish() != nil {
		return nil, ErrState
	}
	return p, nil
}

// readSigner reads a signature key, nil if it is empty.
func readSigner(r *codec.Reader) public.SignaturePrivateKey {
	if signer := r.Vector(); len(signer) > 0 {
		return signer
	}
	return nil
}

func writeSecrets(w *codec.Writer, secrets *schedule.Epoch) {
	for _, secret := range secrets.List() {
		w.Vector(*secret)
	}
}

// readSecrets reads what writeSecrets wrote, in a record of the given version.
func readSecrets(r *codec.Reader, version uint8) *schedule.Epoch {
	secrets := &schedule.Epoch{}
	list := secrets.List()
	if version == recordVersion {
		list = list[:firstSecrets]
	}
	for _, secret := range list {
		*secret = r.Vector()
	}
	return secrets
}

func writeKeys(w *codec.Writer, keys privateKeys) {
	w.Nested(func(w *codec.Writer) {
		for _, x := range sortedKeys(keys) {
			w.Uint32(uint32(x))
			w.Vector(keys[x])
		}
	})
}

func readKeys(r *codec.Reader) privateKeys {
	keys := privateKeys{}
	for in := r.Nested(); !in.Empty(); {
		x := public.NodeIndex(in.Uint32())
		keys[x] = in.Vector()
	}
	return keys
}
