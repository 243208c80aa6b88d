package franking

import (
	"parley/identity"
	"parley/internal/cbor"
)

// A Proof shows that a leaf is in a signed batch.
type Proof struct {
	LeafIndex uint64 // below TreeSize
	TreeSize  uint64 // at least 1
	Path      []byte // hashes of 32 bytes each, the lowest first
	Signature []byte // 64 bytes, over size and root
}

// Verify checks that tag, frank and context, an encoded [Context], are in a batch
// that key signed. It returns ErrPath or ErrSignature.
func (p *Proof) Verify(key identity.PublicKey, tag, frank, context []byte) error {
	root, err := p.Root(LeafHash(tag, frank, context))
	if err != nil {
		return err
	}
	return VerifyBatch(key, p.TreeSize, root, p.Signature)
}

// Root returns the root of the tree that has leaf in p's place. It returns ErrPath
// unless the path has the length that the place asks for. A root says nothing until
// [VerifyBatch].
//
// The steps are those of RFC 9162, Section 2.1.3.2.
func (p *Proof) Root(leaf Hash) (root Hash, err error) {
	fn, sn, path := p.LeafIndex, p.TreeSize-1, p.Path
	if p.LeafIndex >= p.TreeSize || len(path)%HashSize != 0 {
		return root, ErrPath
	}
	for ; len(path) > 0; path = path[HashSize:] {
		if sn == 0 {
			return root, ErrPath
		}
		beside := Hash(path)
		if fn&1 == 1 || fn == sn {
			leaf = nodeHash(&beside, &leaf)
			for fn&1 == 0 && fn != 0 {
				fn, sn = fn>>1, sn>>1
			}
		} else {
			leaf = nodeHash(&leaf, &beside)
		}
		fn, sn = fn>>1, sn>>1
	}
	if sn != 0 {
		return root, ErrPath
	}
	return leaf, nil
}

// useBatch is the use of a batch's signature.
const useBatch = "frank-batch"

// A batch is what is signed.
type batch struct {
	_    struct{} `cbor:",toarray"`
	Size uint64
	Root []byte // 32 bytes
}

func (b *batch) marshal() []byte { return cbor.MustMarshal(b) }

// SignBatch signs a tree's size and root.
func SignBatch(key identity.PrivateKey, size uint64, root Hash) []byte {
	return key.SignStatement(useBatch, (&batch{Size: size, Root: root[:]}).marshal())
}

// VerifyBatch checks a signature of [SignBatch]. It returns ErrSignature.
func VerifyBatch(key identity.PublicKey, size uint64, root Hash, signature []byte) error {
	if key.VerifyStatement(useBatch, (&batch{Size: size, Root: root[:]}).marshal(), signature) != nil {
		return ErrSignature
	}
	return nil
}
