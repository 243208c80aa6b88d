package secrettree

import (
	"errors"
	"slices"

	"parley/mls/internal/suite"
	"parley/mls/internal/treemath"
)

// Components is the number of leaves of an exporter tree: one for each value of
// a 16-bit component ID.
const Components = 1 << 16

// Exporter is the exporter tree of one epoch (draft-ietf-mls-extensions-10, Section 4.4):
// as the secret tree, but its leaves are secrets of components, and each can be
// taken once. Its records are the n records of a [Tree]. It is not safe for
// concurrent use.
type Exporter struct{ tree *Tree }

// NewExporter returns the tree with the root secret, which it keeps and erases
// when it is used, and puts its first record.
func NewExporter(s *suite.Suite, secret suite.Secret, put Put) *Exporter {
	return &Exporter{New(s, Components, secret, put)}
}

// OpenExporter returns the tree whose records get reads, as they are needed.
func OpenExporter(s *suite.Suite, get Get) *Exporter {
	return &Exporter{Open(s, Components, get)}
}

// Take returns the secret of a component, HashSize bytes, and forgets it, with
// all that it could be derived from (RFC 9420, Section 9.2). The error is
// [ErrReplayed] if it was taken before, or the tree was never there.
func (e *Exporter) Take(component uint16, put Put) (suite.Secret, error) {
	target := treemath.LeafIndex(component).Node()
	x, secret, err := e.tree.nearest(target)
	if errors.Is(err, ErrState) { // no secret at or above the leaf
		return nil, ErrReplayed
	}
	if err != nil {
		return nil, err
	}
	d := &descent{used: x, left: map[treemath.NodeIndex]suite.Secret{}}
	secret = slices.Clone(e.tree.leafSecret(d, secret, target))
	e.tree.apply(d, put)
	return secret, nil
}

// Delete puts the deletion of every record and erases what is in memory. The
// tree must not be used afterwards.
func (e *Exporter) Delete(put Put) error {
	return e.tree.Delete(put)
}
