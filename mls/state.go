package mls

import (
	"fmt"
	"slices"

	"parley/mls/internal/codec"
	"parley/mls/internal/secrettree"
	"parley/mls/public"
)

// sortedKeys returns the keys of m in order. They are sorted as int, whatever their
// type: one sort is in the page's core.
func sortedKeys[K ~uint16 | ~uint32 | ~int, V any](m map[K]V) []K {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, int(k))
	}
	slices.Sort(keys)
	out := make([]K, len(keys))
	for i, k := range keys {
		out[i] = K(k)
	}
	return out
}

// publicPrefix begins the keys of the public state: context, tree, proposals.
const publicPrefix = "p/"

// putPublic puts records of the public state.
func (c *Changes) putPublic(records ...public.Record) {
	for _, r := range records {
		c.put(publicPrefix+r.Key, r.Value)
	}
}

// marshalState returns the record of the current epoch's secrets, except for the
// secret tree and the pending commit.
func (g *Group) marshalState() []byte {
	w := codec.NewWriter(2048)
	w.Uint8(secondVersion)
	w.Uint64(g.Epoch())
	w.Uint32(uint32(g.own))
	writeSecrets(w, g.secrets)
	writeKeys(w, g.keys)
	w.Nested(func(w *codec.Writer) {
		for _, p := range g.past {
			w.Uint64(p.epoch())
		}
	})
	if g.rotated {
		w.Vector(g.signer)
	} else {
		w.Vector(nil)
	}
	w.Optional(g.exporter != nil)
	return w.Bytes()
}

// loader reads a group back from its records.
type loader struct {
	cfg     *Config
	records Records
	group   *Group
	past    []uint64
}

// Load reads a group back from the records that Changes wrote. signer is our
// signature key; another gives [ErrSigner]. A group in which our key was changed
// ([LeafOptions.Signer]) has the new one in its records, and signer is not used. It trusts the records, which the
// client seals. Most of the secret tree is read when it is needed, so records
// must stay readable as long as the Group is used, and show all Changes that
// were written.
//
// Errors: [ErrState] if records are missing or damaged, and those of reading.
func Load(cfg *Config, records Records, signer public.SignaturePrivateKey) (*Group, error) {
	l := &loader{cfg: cfg, records: records, group: &Group{cfg: cfg, signer: signer}}
	for _, step := range []func() error{l.public, l.state, l.pastEpochs, l.pending, l.updates} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	leaf := l.group.public.Tree().Leaf(l.group.own)
	if leaf == nil {
		return nil, ErrState
	}
	return l.group, checkSigner(l.group.suite, l.group.signer, leaf)
}

// get returns a copy of a record, or [ErrState] if there is none.
func (l *loader) get(key string) ([]byte, error) {
	record, err := l.records.Get(key)
	if err != nil {
		return nil, err
	}
	if len(record) == 0 || record[0] != recordVersion && record[0] != secondVersion {
		return nil, ErrState
	}
	return slices.Clone(record), nil
}

// public reads what anyone may see.
func (l *loader) public() error {
	var failed error // of reading, which is not damage
	view, err := public.LoadGroup(l.cfg.public(), func(key string) ([]byte, error) {
		value, err := l.records.Get(publicPrefix + key)
		failed = err
		return value, err
	})
	switch {
	case failed != nil:
		return failed
	case err != nil:
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	l.group.public, l.group.suite = view, view.Suite()
	return nil
}

func (l *loader) state() error {
	record, err := l.get(stateKey)
	if err != nil {
		return err
	}
	r := codec.NewReader(record[1:])
	g := l.group
	epoch := r.Uint64()
	g.own = public.LeafIndex(r.Uint32())
	g.secrets = readSecrets(r, record[0])
	g.keys = readKeys(r)
	for in := r.Nested(); !in.Empty(); {
		l.past = append(l.past, in.Uint64())
	}
	if record[0] == secondVersion {
		l.second(r, epoch)
	}
	if r.Finish() != nil || epoch != g.public.Epoch() {
		return ErrState
	}
	size := g.public.Tree().Size()
	g.current = messageEpoch{
		context: g.public.Context(), size: size, senderData: g.secrets.SenderData,
		tree: l.secretTree(epoch, size),
	}
	return nil
}

// second reads what the state says since its second version.
func (l *loader) second(r *codec.Reader, epoch uint64) {
	g := l.group
	if signer := readSigner(r); signer != nil {
		g.signer, g.rotated = signer, true
	}
	if r.Optional() {
		prefix := exporterPrefix(epoch)
		g.exporter = secrettree.OpenExporter(g.suite, func(key string) ([]byte, error) { return l.records.Get(prefix + key) })
	}
}

func (l *loader) updates() error {
	record, err := l.records.Get(updatesKey)
	if err != nil || record == nil {
		return err
	}
	l.group.updates, err = parseUpdates(record)
	return err
}

func (l *loader) secretTree(epoch uint64, size uint32) *secrettree.Tree {
	prefix := treePrefix(epoch)
	return secrettree.Open(l.group.suite, size, func(key string) ([]byte, error) { return l.records.Get(prefix + key) })
}

func (l *loader) pastEpochs() error {
	for _, epoch := range l.past {
		record, err := l.get(pastKey(epoch))
		if err != nil {
			return err
		}
		p, err := parsePast(record)
		if err != nil {
			return err
		}
		p.tree = l.secretTree(epoch, p.size)
		l.group.past = append(l.group.past, p)
	}
	return nil
}

func (l *loader) pending() error {
	record, err := l.records.Get(pendingKey)
	if err != nil || record == nil {
		return err
	}
	l.group.pending, err = parsePending(record)
	return err
}
