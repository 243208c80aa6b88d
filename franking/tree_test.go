package franking_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"parley/franking"
	"parley/identity"
)

// split is the largest power of two below n.
func split(n int) int {
	k := 1
	for 2*k < n {
		k *= 2
	}
	return k
}

// mth is the tree's hash as RFC 9162, Section 2.1.1 defines it, from above.
func mth(leaves []franking.Hash) franking.Hash {
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := split(len(leaves))
	left, right := mth(leaves[:k]), mth(leaves[k:])
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

// path is an inclusion proof as RFC 9162, Section 2.1.3.1 defines it.
func path(m int, leaves []franking.Hash) (p []byte) {
	if len(leaves) == 1 {
		return nil
	}
	k := split(len(leaves))
	if m < k {
		right := mth(leaves[k:])
		return append(path(m, leaves[:k]), right[:]...)
	}
	left := mth(leaves[:k])
	return append(path(m-k, leaves[k:]), left[:]...)
}

func leaves(n int) (l []franking.Hash) {
	for i := range n {
		l = append(l, franking.LeafHash([]byte("tag"), []byte("frank"), fmt.Append(nil, i)))
	}
	return l
}

func TestLeafHash(t *testing.T) {
	want := sha256.Sum256([]byte("\x00tagfrankcontext"))
	if got := franking.LeafHash([]byte("tag"), []byte("frank"), []byte("context")); got != want {
		t.Errorf("LeafHash = %x; want %x", got, want)
	}
}

// TestTree: root and paths are those of the definition, and each path leads to the
// root from its own place, by RFC 9162, Section 2.1.3.2, and from no other.
func TestTree(t *testing.T) {
	for n := 1; n <= 70; n++ {
		l := leaves(n)
		root, paths := franking.Tree(l)
		if want := mth(l); root != want {
			t.Fatalf("the root of %d is %x; want %x", n, root, want)
		}
		for i := range l {
			if got, want := string(paths[i]), string(path(i, l)); got != want {
				t.Fatalf("path %d of %d is %x; want %x", i, n, got, want)
			}
			for j := range n + 1 {
				p := franking.Proof{LeafIndex: uint64(j), TreeSize: uint64(n), Path: paths[i]}
				got, err := p.Root(l[i])
				if ok := err == nil && got == root; ok != (i == j) {
					t.Fatalf("leaf %d of %d is shown to be in place %d: %t", i, n, j, ok)
				}
			}
		}
	}
}

func TestProof(t *testing.T) {
	key, other := identity.GenerateKey(), identity.GenerateKey()
	tag, frank, ctx := []byte("tag"), []byte("frank"), []byte("2")
	l := leaves(5)
	root, paths := franking.Tree(l)
	good := franking.Proof{LeafIndex: 2, TreeSize: 5, Path: paths[2], Signature: franking.SignBatch(key, 5, root)}
	if err := good.Verify(key.Public(), tag, frank, ctx); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(p *franking.Proof)
		want   error
	}{
		"another place":    {func(p *franking.Proof) { p.LeafIndex = 3 }, franking.ErrSignature},
		"outside":          {func(p *franking.Proof) { p.LeafIndex = 5 }, franking.ErrPath},
		"another size":     {func(p *franking.Proof) { p.TreeSize = 6 }, franking.ErrSignature},
		"no size":          {func(p *franking.Proof) { p.TreeSize = 0 }, franking.ErrPath},
		"a huge size":      {func(p *franking.Proof) { p.TreeSize = 1 << 63 }, franking.ErrPath},
		"a short path":     {func(p *franking.Proof) { p.Path = p.Path[32:] }, franking.ErrPath},
		"a long path":      {func(p *franking.Proof) { p.Path = append(p.Path[:96:96], p.Path...) }, franking.ErrPath},
		"a broken path":    {func(p *franking.Proof) { p.Path = p.Path[1:] }, franking.ErrPath},
		"another's batch":  {func(p *franking.Proof) { p.Signature = franking.SignBatch(other, 5, root) }, franking.ErrSignature},
		"no signature":     {func(p *franking.Proof) { p.Signature = nil }, franking.ErrSignature},
		"a signed leaf":    {func(p *franking.Proof) { p.Signature = franking.SignBatch(key, 1, l[2]) }, franking.ErrSignature},
		"raw signed bytes": {func(p *franking.Proof) { p.Signature = key.SignStatement("x", root[:]) }, franking.ErrSignature},
	} {
		p := good
		c.change(&p)
		if err := p.Verify(key.Public(), tag, frank, ctx); !errors.Is(err, c.want) {
			t.Errorf("%s: %v; want %v", name, err, c.want)
		}
	}
	for name, err := range map[string]error{
		"another tag":     good.Verify(key.Public(), []byte("gat"), frank, ctx),
		"another frank":   good.Verify(key.Public(), tag, []byte("knarf"), ctx),
		"another context": good.Verify(key.Public(), tag, frank, []byte("3")),
		"another key":     good.Verify(other.Public(), tag, frank, ctx),
	} {
		if !errors.Is(err, franking.ErrSignature) {
			t.Errorf("%s: %v; want ErrSignature", name, err)
		}
	}
}
