package mls

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"parley/mls/internal/codec"
	"parley/mls/internal/secrettree"
	"parley/mls/internal/suite"
	"parley/mls/public"
)

// Past epochs are kept for messages that are still on their way.
const (
	// MaxPastEpochs is how many epochs before the current one can be read.
	MaxPastEpochs = 5
	// MaxPastAge is how long after its end an epoch can be read.
	MaxPastAge = 7 * 24 * time.Hour
)

// sender is what a message shows of who sent it.
type sender struct {
	identity     []byte
	signatureKey public.SignaturePublicKey
}

func (c *Config) senderOf(leaf *public.LeafNode) *sender {
	if leaf == nil {
		return nil
	}
	return &sender{identity: c.identity(&leaf.Credential), signatureKey: leaf.SignatureKey}
}

func (s *sender) equal(o *sender) bool {
	if s == nil || o == nil {
		return s == o
	}
	return string(s.identity) == string(o.identity) && string(s.signatureKey) == string(o.signatureKey)
}

// messageEpoch is what it takes to read application messages of one epoch.
type messageEpoch struct {
	context    *public.GroupContext
	size       uint32       // leaves of the tree
	senderData suite.Secret // sender_data_secret
	tree       *secrettree.Tree
}

// pastEpoch is an epoch that has ended.
type pastEpoch struct {
	messageEpoch
	resumption suite.Secret
	// authenticator is the epoch authenticator; nil in a record of v0.1.0.
	authenticator []byte
	endedAt       time.Time
	// was holds the leaves that the commit at the epoch's end changed, as they
	// were before; nil if blank.
	was map[public.LeafIndex]*sender
}

func (p *pastEpoch) epoch() uint64 { return p.context.Epoch }

// expired reports whether the epoch ended too long ago to be read.
func (p *pastEpoch) expired(now time.Time) bool { return now.Sub(p.endedAt) > MaxPastAge }

// changedSenders returns the senders of old that are others in next.
func (c *Config) changedSenders(old, next *public.Tree) map[public.LeafIndex]*sender {
	was := map[public.LeafIndex]*sender{}
	for _, x := range next.ChangedSince(old) {
		leaf, ok := x.Leaf()
		if !ok {
			continue
		}
		if before := c.senderOf(old.Leaf(leaf)); !before.equal(c.senderOf(next.Leaf(leaf))) {
			was[leaf] = before
		}
	}
	return was
}

// senderAt returns who had leaf in the epoch that is back epochs before the
// current one, 0 being the current one; nil if nobody.
func (g *Group) senderAt(leaf public.LeafIndex, back int) *sender {
	for i := back - 1; i >= 0; i-- {
		if s, changed := g.past[i].was[leaf]; changed {
			return s
		}
	}
	return g.cfg.senderOf(g.public.Tree().Leaf(leaf))
}

// findEpoch returns the epoch with the given number and how far back it is.
// Errors: [ErrFutureEpoch], [ErrEpochGone].
func (g *Group) findEpoch(epoch uint64) (*messageEpoch, int, error) {
	current := g.current.context.Epoch
	if epoch == current {
		return &g.current, 0, nil
	}
	if epoch > current {
		return nil, 0, ErrFutureEpoch
	}
	for i, p := range g.past {
		if p.epoch() == epoch && !p.expired(g.cfg.now()) {
			return &p.messageEpoch, i + 1, nil
		}
	}
	return nil, 0, ErrEpochGone
}

// endEpoch makes the current epoch a past one, the newest. old and next are the
// trees of this epoch and of the one that begins. Secrets that late messages do
// not need are erased.
func (g *Group) endEpoch(old, next *public.Tree, c *Changes) {
	p := &pastEpoch{
		messageEpoch: g.current,
		resumption:   g.secrets.Resumption,
		endedAt:      g.cfg.now(),
		was:          g.cfg.changedSenders(old, next),

		authenticator: slices.Clone(g.secrets.Authenticator),
	}
	g.secrets.SenderData, g.secrets.Resumption = nil, nil
	g.secrets.Erase()
	g.past = append([]*pastEpoch{p}, g.past...)
	c.put(pastKey(p.epoch()), p.marshal())
}

// expire deletes the past epochs that are too many or too old.
func (g *Group) expire(c *Changes) error {
	now := g.cfg.now()
	keep := 0
	for keep < len(g.past) && keep < MaxPastEpochs && !g.past[keep].expired(now) {
		keep++
	}
	if keep == len(g.past) {
		return nil
	}
	for _, p := range g.past[keep:] {
		if err := p.delete(c); err != nil {
			return err
		}
	}
	g.past = slices.Clip(g.past[:keep])
	c.put(stateKey, g.marshalState())
	return nil
}

func (p *pastEpoch) delete(c *Changes) error {
	p.senderData.Erase()
	p.resumption.Erase()
	c.delete(pastKey(p.epoch()))
	return p.tree.Delete(c.under(treePrefix(p.epoch())))
}

func (p *pastEpoch) marshal() []byte {
	w := codec.NewWriter(512)
	w.Uint8(secondVersion)
	w.Vector(public.Marshal(p.context))
	w.Uint32(p.size)
	w.Vector(p.senderData)
	w.Vector(p.resumption)
	w.Uint64(uint64(p.endedAt.Unix()))
	w.Nested(func(w *codec.Writer) {
		for _, leaf := range sortedLeaves(p.was) {
			s := p.was[leaf]
			w.Uint32(uint32(leaf))
			w.Optional(s != nil)
			if s != nil {
				w.Vector(s.identity)
				w.Vector(s.signatureKey)
			}
		}
	})
	w.Vector(p.authenticator)
	return w.Bytes()
}

// parsePast reads what marshal wrote, or returns [ErrState]. The tree is not
// set.
func parsePast(record []byte) (*pastEpoch, error) {
	r := codec.NewReader(slices.Clone(record))
	version := r.Uint8()
	if version != recordVersion && version != secondVersion {
		return nil, ErrState
	}
	context, err := public.Parse[public.GroupContext](r.Vector())
	if err != nil {
		return nil, ErrState
	}
	p := &pastEpoch{was: map[public.LeafIndex]*sender{}}
	p.context = context
	p.size = r.Uint32()
	p.senderData = r.Vector()
	p.resumption = r.Vector()
	p.endedAt = time.Unix(int64(r.Uint64()), 0)
	for in := r.Nested(); !in.Empty(); {
		leaf := public.LeafIndex(in.Uint32())
		p.was[leaf] = nil
		if in.Optional() {
			p.was[leaf] = &sender{identity: in.Vector(), signatureKey: in.Vector()}
		}
	}
	if version == secondVersion {
		p.authenticator = r.Vector()
	}
	if r.Finish() != nil {
		return nil, ErrState
	}
	return p, nil
}

func sortedLeaves(m map[public.LeafIndex]*sender) []public.LeafIndex { return sortedKeys(m) }

// Keys of records.
const stateKey = "g"

// Versions of records. The first was written by v0.1.0; the state, the pending
// commit and past epochs have a second, which says more.
const (
	recordVersion = 1
	secondVersion = 2
)

// firstSecrets is how many secrets of an epoch records of the first version hold.
const firstSecrets = 9

// exporterPrefix begins the keys of the exporter tree of an epoch.
func exporterPrefix(epoch uint64) string { return fmt.Sprintf("x%d/", epoch) }

func pastKey(epoch uint64) string { return fmt.Sprintf("h%d", epoch) }

// treePrefix begins the keys of the secret tree of an epoch.
func treePrefix(epoch uint64) string { return "e" + strconv.FormatUint(epoch, 10) + "/" }
