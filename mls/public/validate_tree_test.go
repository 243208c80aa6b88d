package public

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
)

// TestVerifyLeaves: of several bad leaves the first decides the error, and the
// application is asked about the leaves before it, in their order, on one core
// and on many (RFC 9420, Section 7.3).
func TestVerifyLeaves(t *testing.T) {
	forged := func(i LeafIndex) func(*Tree) {
		return func(tree *Tree) {
			leaf := tree.Leaf(i).Clone()
			leaf.Signature[1] ^= 1
			tree.setLeaf(i, newLeafRecord(leaf))
		}
	}
	unversioned := func(tree *Tree) {
		leaf := tree.Leaf(20).Clone()
		leaf.Capabilities.Versions = nil
		tree.setLeaf(20, newLeafRecord(leaf))
	}
	for name, test := range map[string]struct {
		changes []func(*Tree)
		want    Rule
		asked   int
	}{
		"two forged":       {[]func(*Tree){forged(30), forged(9)}, RuleLeafSignature, 9},
		"the last forged":  {[]func(*Tree){forged(39)}, RuleLeafSignature, 39},
		"malformed before": {[]func(*Tree){forged(30), unversioned}, RuleLeafVersion, 20},
		"forged before":    {[]func(*Tree){forged(9), unversioned}, RuleLeafSignature, 9},
		"all good":         {nil, "", 40},
	} {
		for _, cores := range []int{1, 4} {
			t.Run(fmt.Sprintf("%s/cores=%d", name, cores), func(t *testing.T) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
				w := newWorldOf(t, X25519(), 40)
				var asked []LeafIndex
				w.cfg.CheckLeaf = func(leaf LeafView, _ *LeafNode) error {
					asked = append(asked, leaf.Index)
					return nil
				}
				tree := w.group.tree.Clone()
				for _, change := range test.changes {
					change(tree)
				}
				rule := Rule("")
				if got, ok := errors.AsType[*RuleError](w.cfg.checkLeaves(tree, w.group.context)); ok {
					rule = got.Rule
				}
				if rule != test.want {
					t.Errorf("rule = %q, want %q", rule, test.want)
				}
				if len(asked) != test.asked || !slices.IsSorted(asked) {
					t.Errorf("asked about %v, want the first %d", asked, test.asked)
				}
			})
		}
	}
}
