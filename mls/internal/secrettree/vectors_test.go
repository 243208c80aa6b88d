package secrettree_test

import (
	"bytes"
	"testing"

	"parley/mls/internal/secrettree"
	"parley/mls/internal/suite"
	"parley/mls/internal/treemath"
	"parley/mls/mlstest"
)

// secretTree is a case of secret-tree.json.
type secretTree struct {
	SenderData struct {
		Secret                 mlstest.Hex `json:"sender_data_secret"`
		Ciphertext, Key, Nonce mlstest.Hex
	} `json:"sender_data"`
	EncryptionSecret mlstest.Hex `json:"encryption_secret"`
	Leaves           [][]struct {
		Generation       uint32
		HandshakeKey     mlstest.Hex `json:"handshake_key"`
		HandshakeNonce   mlstest.Hex `json:"handshake_nonce"`
		ApplicationKey   mlstest.Hex `json:"application_key"`
		ApplicationNonce mlstest.Hex `json:"application_nonce"`
	}
}

// TestSecretTree runs the vectors of RFC 9420, Section 9,
// RFC 9420, Section 9.1 and RFC 9420, Section 6.3.2.
func TestSecretTree(t *testing.T) {
	mlstest.Each(t, "secret-tree.json", func(t *testing.T, s *suite.Suite, c secretTree) {
		key, nonce := secrettree.SenderDataKey(s, suite.Secret(c.SenderData.Secret), c.SenderData.Ciphertext)
		if !bytes.Equal(key, c.SenderData.Key) || !bytes.Equal(nonce, c.SenderData.Nonce) {
			t.Errorf("sender data: got %x, %x", []byte(key), []byte(nonce))
		}
		checkLeaves(t, s, c)
	})
}

func checkLeaves(t *testing.T, s *suite.Suite, c secretTree) {
	records := map[string][]byte{}
	tree := secrettree.New(s, treemath.Size(uint32(len(c.Leaves))), suite.Secret(c.EncryptionSecret), putInto(records))
	check := func(leaf int, kind secrettree.Kind, generation uint32, key, nonce mlstest.Hex) {
		u, err := tree.Find(treemath.LeafIndex(leaf), kind, generation)
		if err != nil {
			t.Fatal(err)
		}
		u.Commit(putInto(records))
		if !bytes.Equal(u.Key.Key, key) || !bytes.Equal(u.Key.Nonce, nonce) {
			t.Errorf("leaf %d, ratchet %d, generation %d: got %x, %x, want %x, %x",
				leaf, kind, generation, []byte(u.Key.Key), []byte(u.Key.Nonce), key, nonce)
		}
	}
	for i, leaf := range c.Leaves {
		for _, g := range leaf {
			check(i, secrettree.Handshake, g.Generation, g.HandshakeKey, g.HandshakeNonce)
			check(i, secrettree.Application, g.Generation, g.ApplicationKey, g.ApplicationNonce)
		}
	}
}

func putInto(records map[string][]byte) secrettree.Put {
	return func(key string, value []byte) {
		if value == nil {
			delete(records, key)
			return
		}
		records[key] = bytes.Clone(value)
	}
}
