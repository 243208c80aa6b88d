package public

import (
	"bytes"
	"fmt"

	"parley/mls/internal/codec"
	"parley/mls/internal/treemath"
)

// stateVersion begins every saved record.
const stateVersion = 1

// Keys of records. A node's record is "node/" and its index as eight
// hexadecimal digits.
const (
	groupKey     = "group"     // context, confirmation tag, ReInit, tree size
	proposalsKey = "proposals" // those kept in the epoch
)

func nodeKey(x NodeIndex) string { return fmt.Sprintf("node/%08x", uint32(x)) }

// A Record is a part of a group's saved state. Keys are relative to the group.
type Record struct {
	Key   string
	Value []byte // nil deletes the record
}

// Records returns the whole state in small records: one for the epoch, one for
// the proposals kept, one for each node. [LoadGroup] reads them back.
func (g *Group) Records() []Record {
	records := []Record{
		{groupKey, encodeEpoch(g.context, g.tag, g.reinit, g.tree.Size())},
		g.ProposalsRecord(),
	}
	for x := range NodeIndex(len(g.tree.hashes)) {
		if !g.tree.blank(x) {
			records = append(records, g.tree.nodeRecord(x))
		}
	}
	return records
}

// ProposalsRecord returns the record that AddProposal and ReceiveProposal
// change.
func (g *Group) ProposalsRecord() Record {
	var w codec.Writer
	w.Uint8(stateVersion)
	g.marshalProposals(&w)
	return Record{proposalsKey, w.Bytes()}
}

// Records returns the records that merging the commit changes: those of the
// nodes that differ, and the one for the epoch. Proposals are dropped.
func (c *StagedCommit) Records() []Record {
	records := []Record{
		{groupKey, encodeEpoch(c.context, c.tag, c.ReInit, c.tree.Size())},
		{proposalsKey, nil},
	}
	for _, x := range c.tree.ChangedSince(c.baseTree) {
		records = append(records, c.tree.nodeRecord(x))
	}
	return records
}

// nodeRecord returns the record of node x, which deletes if x is blank or
// outside the tree.
func (t *Tree) nodeRecord(x NodeIndex) Record {
	if int(x) >= len(t.keys) || t.blank(x) {
		return Record{Key: nodeKey(x)}
	}
	var w codec.Writer
	w.Uint8(stateVersion)
	t.marshalNode(&w, x)
	return Record{nodeKey(x), w.Bytes()}
}

// encodeEpoch encodes the record of an epoch.
func encodeEpoch(context *GroupContext, tag []byte, reinit *ReInit, size uint32) []byte {
	var w codec.Writer
	w.Uint8(stateVersion)
	marshalEpoch(&w, context, tag, reinit)
	w.Uint32(size)
	return w.Bytes()
}

func marshalEpoch(w *codec.Writer, context *GroupContext, tag []byte, reinit *ReInit) {
	context.MarshalMLS(w)
	w.Vector(tag)
	w.Optional(reinit != nil)
	if reinit != nil {
		WriteProposal(w, reinit)
	}
}

// An epochState is what the record of an epoch holds, the tree apart.
type epochState struct {
	context *GroupContext
	tag     []byte
	reinit  *ReInit
}

func (e *epochState) unmarshal(r *codec.Reader) {
	e.context = new(GroupContext)
	e.context.UnmarshalMLS(r)
	e.tag = r.Vector()
	if !r.Optional() {
		return
	}
	var ok bool
	if e.reinit, ok = ReadProposal(r).(*ReInit); !ok {
		r.Fail(ErrState)
	}
}

// marshalProposals writes the proposals kept, in the order of their arrival.
func (g *Group) marshalProposals(w *codec.Writer) {
	writeList(w, g.arrived, func(w *codec.Writer, ref string) {
		p := g.proposals[ref]
		w.Vector([]byte(ref))
		p.Sender.MarshalMLS(w)
		WriteProposal(w, p.Proposal)
	})
}

// keptProposal is an entry of what marshalProposals writes.
type keptProposal struct {
	ref string
	CommittedProposal
}

func readProposals(r *codec.Reader) []keptProposal {
	var list []keptProposal
	for in := r.Nested(); !in.Empty(); {
		p := keptProposal{ref: string(in.Vector())}
		p.ByReference = true
		before := len(in.Rest())
		p.Sender.UnmarshalMLS(in)
		p.Proposal = ReadProposal(in)
		p.size = before - len(in.Rest())
		list = append(list, p)
	}
	return list
}

// openRecord returns a Reader of a copy of a record, past its version.
func openRecord(b []byte) *codec.Reader {
	r := codec.NewReader(bytes.Clone(b))
	if v := r.Uint8(); v != stateVersion {
		r.Fail(invalidValue{"state version", uint64(v)})
	}
	return r
}

// LoadGroup reads a group back from its records. get returns the value of a
// key, nil if there is none. The state is trusted, except that the tree must
// have the hash in the context. It keeps cfg.
// Errors: those of get, [ErrState], [ErrUnsupportedSuite].
func LoadGroup(cfg *Config, get func(key string) ([]byte, error)) (*Group, error) {
	value, err := get(groupKey)
	if err != nil {
		return nil, err
	}
	r := openRecord(value)
	var e epochState
	e.unmarshal(r)
	size := r.Uint32()
	if err := r.Finish(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	if size > cfg.maxLeaves() || size != treemath.Size(size) {
		return nil, ErrState
	}
	proposals, err := loadProposals(get)
	if err != nil {
		return nil, err
	}
	nodes, err := loadNodes(get, size)
	if err != nil {
		return nil, err
	}
	return restore(cfg, e, proposals, nodes)
}

func loadProposals(get func(key string) ([]byte, error)) ([]keptProposal, error) {
	value, err := get(proposalsKey)
	if err != nil {
		return nil, err
	}
	if value == nil {
		return nil, nil
	}
	r := openRecord(value)
	proposals := readProposals(r)
	if err := r.Finish(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	return proposals, nil
}

func loadNodes(get func(key string) ([]byte, error), size uint32) ([]node, error) {
	nodes := make([]node, treemath.Width(size))
	for x := range nodes {
		value, err := get(nodeKey(NodeIndex(x)))
		if err != nil {
			return nil, err
		}
		if value == nil {
			continue
		}
		r := openRecord(value)
		nodes[x] = readNode(r, NodeIndex(x))
		if err := r.Finish(); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrState, err)
		}
	}
	return nodes, nil
}

// restore builds the group of e, with a tree of nodes.
func restore(cfg *Config, e epochState, proposals []keptProposal, nodes []node) (*Group, error) {
	s, err := cfg.suite(e.context.CipherSuite)
	if err != nil {
		return nil, err
	}
	t := assembleTree(s, nodes)
	if !bytes.Equal(t.Hash(), e.context.TreeHash) {
		return nil, ErrState
	}
	g := newGroup(cfg, e.context, t, e.tag)
	g.reinit = e.reinit
	for _, p := range proposals {
		g.keepProposal(p.ref, p.CommittedProposal)
	}
	return g, nil
}

// Marshal returns the whole state as one value.
func (g *Group) Marshal() []byte {
	var w codec.Writer
	w.Uint8(stateVersion)
	marshalEpoch(&w, g.context, g.tag, g.reinit)
	g.marshalProposals(&w)
	g.tree.MarshalMLS(&w)
	return w.Bytes()
}

// UnmarshalGroup reads back what [Group.Marshal] returned. It keeps cfg, and
// trusts b as [LoadGroup] does. Errors: [ErrState], [ErrUnsupportedSuite].
func UnmarshalGroup(cfg *Config, b []byte) (*Group, error) {
	r := openRecord(b)
	var e epochState
	e.unmarshal(r)
	proposals := readProposals(r)
	nodes := readNodes(r, cfg.maxLeaves())
	if err := r.Finish(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	return restore(cfg, e, proposals, nodes)
}
