package secrettree

import (
	"math"
	"slices"

	"parley/mls/internal/suite"
	"parley/mls/internal/treemath"
)

// leafState is both ratchets of one leaf.
type leafState struct {
	ratchets [2]ratchet // by Kind
}

// ratchet is a sender ratchet (RFC 9420, Section 9.1).
type ratchet struct {
	next   uint32       // generation that secret belongs to
	secret suite.Secret // ratchet_secret_[leaf]_[next]
	kept   []uint32     // skipped generations below next, ascending, at most MaxSkip back
}

// leaf returns the state of l, nil if its ratchets have not begun.
func (t *Tree) leaf(l treemath.LeafIndex) (*leafState, error) {
	if state, ok := t.leaves[l]; ok {
		return state, nil
	}
	record, err := t.get(leafKey(l))
	if err != nil || record == nil {
		return nil, err
	}
	state, err := decodeLeaf(record, t.suite.HashSize())
	if err != nil {
		return nil, err
	}
	t.leaves[l] = state
	return state, nil
}

// Use is a key that the tree gives out, and what using it does to the tree.
// Until Commit, nothing changes.
type Use struct {
	Key Key

	tree  *Tree
	leaf  treemath.LeafIndex
	kind  Kind
	begun *descent // nil if the leaf's ratchets had begun
	state *leafState
	fresh ratchet // what becomes of the ratchet
	keep  []Key   // skipped keys to keep
}

// Next returns the key of the next message that leaf l sends, and commits its
// use: the key is handed out once. Errors: [ErrLeaf], [ErrExhausted],
// [ErrState], and those of reading records.
func (t *Tree) Next(l treemath.LeafIndex, kind Kind, put Put) (Key, error) {
	state, begun, err := t.begin(l)
	if err != nil {
		return Key{}, err
	}
	if state.ratchets[kind].next == math.MaxUint32 {
		return Key{}, ErrExhausted
	}
	u := &Use{tree: t, leaf: l, kind: kind, begun: begun, state: state}
	u.advance(state.ratchets[kind].next)
	u.Commit(put)
	return u.Key, nil
}

// Find returns the key of generation of leaf l, for a message that is not
// authenticated yet; after it is, the caller calls [Use.Commit].
//
// Errors: [ErrReplayed], [ErrTooFarAhead], [ErrLeaf], [ErrState], and those of
// reading records.
func (t *Tree) Find(l treemath.LeafIndex, kind Kind, generation uint32) (*Use, error) {
	state, begun, err := t.begin(l)
	if err != nil {
		return nil, err
	}
	u := &Use{tree: t, leaf: l, kind: kind, begun: begun, state: state}
	r := &state.ratchets[kind]
	if generation < r.next {
		return u, u.recall(generation)
	}
	if generation == math.MaxUint32 || generation-r.next > MaxSkip {
		return nil, ErrTooFarAhead
	}
	u.advance(generation)
	return u, nil
}

// begin returns the state of l, with its descent if that is not applied yet.
func (t *Tree) begin(l treemath.LeafIndex) (*leafState, *descent, error) {
	if uint64(l) >= uint64(t.size) {
		return nil, nil, ErrLeaf
	}
	state, err := t.leaf(l)
	if err != nil || state != nil {
		return state, nil, err
	}
	return t.descend(l)
}

// recall fills u with the kept key of generation.
func (u *Use) recall(generation uint32) error {
	r := u.state.ratchets[u.kind]
	i, ok := slices.BinarySearch(r.kept, generation)
	if !ok {
		return ErrReplayed
	}
	key, err := u.tree.recallKey(keptKey(u.leaf, u.kind, generation))
	if err != nil {
		return err
	}
	key.Generation = generation
	u.Key = key
	u.fresh = ratchet{next: r.next, secret: r.secret, kept: slices.Delete(slices.Clone(r.kept), i, i+1)}
	return nil
}

// recallKey reads a kept key from memory or its record.
func (t *Tree) recallKey(name string) (Key, error) {
	both, ok := t.kept[name]
	if !ok {
		record, err := t.get(name)
		if err != nil {
			return Key{}, err
		}
		if both, err = decodeSecret(record, t.suite.KeySize()+t.suite.NonceSize()); err != nil {
			return Key{}, err
		}
	}
	n := t.suite.KeySize()
	return Key{Key: slices.Clone(both[:n]), Nonce: slices.Clone(both[n:])}, nil
}

// advance steps the ratchet to generation, which is not below its next, and
// past it (RFC 9420, Section 9.1).
func (u *Use) advance(generation uint32) {
	old := u.state.ratchets[u.kind]
	u.fresh = ratchet{next: old.next, secret: slices.Clone(old.secret), kept: slices.Clone(old.kept)}
	for u.fresh.next < generation {
		u.keep = append(u.keep, u.fresh.step(u.tree.suite))
	}
	u.Key = u.fresh.step(u.tree.suite)
}

// step returns the key of the current generation and moves to the next.
func (r *ratchet) step(s *suite.Suite) Key {
	d := s.Derive(r.secret)
	k := Key{
		Generation: r.next,
		Nonce:      d.TreeSecret("nonce", r.next, s.NonceSize()),
		Key:        d.TreeSecret("key", r.next, s.KeySize()),
	}
	next := d.TreeSecret("secret", r.next, s.HashSize())
	d.End()
	r.secret.Erase()
	r.secret = next
	r.next++
	return k
}

// Commit makes the use part of the tree and puts the changed records: the key
// can't be had again. It is called at most once, before any other change of the
// tree. u.Key stays valid; its owner erases it.
func (u *Use) Commit(put Put) {
	t := u.tree
	if u.begun != nil {
		t.apply(u.begun, put)
	}
	t.leaves[u.leaf] = u.state
	r := &u.state.ratchets[u.kind]
	if u.fresh.next != r.next {
		r.secret.Erase()
	} else {
		t.forget(u.leaf, u.kind, u.Key.Generation, put)
	}
	*r = u.fresh
	for i := range u.keep {
		t.remember(u.leaf, u.kind, &u.keep[i], put)
		r.kept = append(r.kept, u.keep[i].Generation)
	}
	for len(r.kept) > 0 && r.next-1-r.kept[0] > MaxSkip {
		t.forget(u.leaf, u.kind, r.kept[0], put)
		r.kept = r.kept[1:]
	}
	put(leafKey(u.leaf), encodeLeaf(u.state))
}

func (t *Tree) remember(l treemath.LeafIndex, kind Kind, k *Key, put Put) {
	name := keptKey(l, kind, k.Generation)
	both := slices.Concat(k.Key, k.Nonce)
	k.Erase()
	t.kept[name] = both
	put(name, encodeSecret(both))
}

func (t *Tree) forget(l treemath.LeafIndex, kind Kind, generation uint32, put Put) {
	name := keptKey(l, kind, generation)
	t.kept[name].Erase()
	delete(t.kept, name)
	put(name, nil)
}
