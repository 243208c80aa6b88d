package treemath_test

import (
	"slices"
	"testing"

	"parley/mls/internal/suite"
	"parley/mls/internal/treemath"
	"parley/mls/mlstest"
)

// treeMath is a case of tree-math.json.
type treeMath struct {
	Leaves  uint32 `json:"n_leaves"`
	Nodes   uint32 `json:"n_nodes"`
	Root    treemath.NodeIndex
	Left    []*treemath.NodeIndex
	Right   []*treemath.NodeIndex
	Parent  []*treemath.NodeIndex
	Sibling []*treemath.NodeIndex
}

// TestTreeMath runs the vectors of RFC 9420, Section 4.1.
func TestTreeMath(t *testing.T) {
	mlstest.Each(t, "tree-math.json", func(t *testing.T, _ *suite.Suite, c treeMath) {
		if got := treemath.Width(c.Leaves); got != c.Nodes {
			t.Errorf("Width: got %d, want %d", got, c.Nodes)
		}
		if got := treemath.Root(c.Leaves); got != c.Root {
			t.Errorf("Root: got %d, want %d", got, c.Root)
		}
		for i := range c.Nodes {
			checkNode(t, c, treemath.NodeIndex(i))
		}
	})
}

func checkNode(t *testing.T, c treeMath, x treemath.NodeIndex) {
	check := func(name string, got treemath.NodeIndex, ok bool, want *treemath.NodeIndex) {
		if ok != (want != nil) || ok && got != *want {
			t.Errorf("%s(%d): got %d, %v, want %v", name, x, got, ok, want)
		}
	}
	got, ok := x.Left()
	check("Left", got, ok, c.Left[x])
	got, ok = x.Right()
	check("Right", got, ok, c.Right[x])
	got, ok = x.Parent(c.Leaves)
	check("Parent", got, ok, c.Parent[x])
	got, ok = x.Sibling(c.Leaves)
	check("Sibling", got, ok, c.Sibling[x])
}

// TestPaths is about RFC 9420, Section 4.1.2.
func TestPaths(t *testing.T) {
	if got, want := treemath.NodeIndex(4).DirectPath(8), []treemath.NodeIndex{5, 3, 7}; !slices.Equal(got, want) {
		t.Errorf("DirectPath: got %v, want %v", got, want)
	}
	if got, want := treemath.NodeIndex(4).Copath(8), []treemath.NodeIndex{6, 1, 11}; !slices.Equal(got, want) {
		t.Errorf("Copath: got %v, want %v", got, want)
	}
	if got := treemath.NodeIndex(0).DirectPath(1); len(got) != 0 {
		t.Errorf("DirectPath of a root: got %v", got)
	}
}

// TestCommonAncestor compares with the definition.
func TestCommonAncestor(t *testing.T) {
	const leaves = 16
	self := func(x treemath.NodeIndex) []treemath.NodeIndex {
		return append([]treemath.NodeIndex{x}, x.DirectPath(leaves)...)
	}
	for x := range treemath.NodeIndex(treemath.Width(leaves)) {
		for y := range treemath.NodeIndex(treemath.Width(leaves)) {
			up := self(y)
			i := slices.IndexFunc(self(x), func(a treemath.NodeIndex) bool { return slices.Contains(up, a) })
			want := self(x)[i]
			if got := treemath.CommonAncestor(x, y); got != want {
				t.Errorf("CommonAncestor(%d, %d): got %d, want %d", x, y, got, want)
			}
			if got := x.Covers(y); got != (want == x) {
				t.Errorf("Covers(%d, %d): got %v", x, y, got)
			}
		}
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[uint32]uint32{0: 1, 1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 1 << 31: 1 << 31, 1<<31 - 1: 1 << 31} {
		if got := treemath.Size(n); got != want {
			t.Errorf("Size(%d): got %d, want %d", n, got, want)
		}
	}
}
