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
}

func newPending(s *public.Suite, c *StagedCommit) *pendingCommit {
	return &pendingCommit{hash: s.Hash(public.Marshal(c.public.Content())), keys: c.keys, secrets: c.secrets.Clone()}
}

// is reports whether content is the pending commit. p may be nil.
func (p *pendingCommit) is(s *public.Suite, content *public.AuthenticatedContent) bool {
	return p != nil && bytes.Equal(p.hash, s.Hash(public.Marshal(content)))
}

// resume completes c, which is our pending commit.
func (g *Group) resume(c *StagedCommit) error {
	c.keys, c.secrets = g.pending.keys, g.pending.secrets.Clone()
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
	w.Uint8(recordVersion)
	w.Vector(p.hash)
	writeKeys(w, p.keys)
	for _, secret := range p.secrets.List() {
		w.Vector(*secret)
	}
	return w.Bytes()
}

// parsePending reads what marshal wrote, or returns [ErrState].
func parsePending(record []byte) (*pendingCommit, error) {
	r := codec.NewReader(slices.Clone(record))
	if r.Uint8() != recordVersion {
		return nil, ErrState
	}
	p := &pendingCommit{hash: r.Vector(), keys: readKeys(r), secrets: &schedule.Epoch{}}
	for _, secret := range p.secrets.List() {
		*secret = r.Vector()
	}
	if r.Finish() != nil {
		return nil, ErrState
	}
	return p, nil
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
