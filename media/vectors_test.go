package media

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

const vectorsFile = "testdata/vectors.json"

// A vector is one sealing. Its plaintext is what pattern makes of its size. Go
// writes and checks them here, and TypeScript checks them in web/lib/media, by
// sealing and by opening.
type vector struct {
	Size   int64  `json:"size"`
	Key    string `json:"key"`    // all in hexadecimal
	Salt   string `json:"salt"`   // 24 bytes
	Padded int64  `json:"padded"` // bytes
	Sealed int64  `json:"sealed"` // bytes of the blob
	Head   string `json:"head"`   // salt and commitment
	Tail   string `json:"tail"`   // the last 32 bytes of the blob
	Blob   string `json:"blob"`   // SHA-256 of the blob
	Hash   string `json:"hash"`   // SHA-256 of the plaintext
}

func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	data, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(data, &vectors); err != nil || len(vectors) < 8 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for _, want := range vectors {
		got, blob := makeVector(t, want.Size, unhex(t, want.Key), unhex(t, want.Salt))
		if got != want {
			t.Errorf("%d: got %+v, want %+v", want.Size, got, want)
		}
		var out bytes.Buffer
		s := Sealed{
			Key: Key(unhex(t, want.Key)), Blob: [32]byte(unhex(t, want.Blob)), Hash: [32]byte(unhex(t, want.Hash)),
			Size: want.Size, SealedSize: want.Sealed,
		}
		if err := Open(&out, bytes.NewReader(blob), s); err != nil || !bytes.Equal(out.Bytes(), pattern(want.Size)) {
			t.Errorf("%d: Open: %v", want.Size, err)
		}
	}
}

func makeVector(t *testing.T, size int64, key, salt []byte) (vector, []byte) {
	t.Helper()
	var b bytes.Buffer
	s, err := seal(&b, bytes.NewReader(pattern(size)), size, Key(key), (*[SaltSize]byte)(salt))
	if err != nil {
		t.Fatal(err)
	}
	blob := b.Bytes()
	return vector{
		Size: size, Key: hex.EncodeToString(key), Salt: hex.EncodeToString(salt), Padded: PaddedSize(size), Sealed: s.SealedSize,
		Head: hex.EncodeToString(blob[:HeadSize]), Tail: hex.EncodeToString(blob[len(blob)-32:]),
		Blob: hex.EncodeToString(s.Blob[:]), Hash: hex.EncodeToString(s.Hash[:]),
	}, blob
}

func writeVectors(t *testing.T) {
	t.Helper()
	var all []vector
	for _, size := range []int64{0, 1, 5, 16383, 16384, 16385, 32768, 50000, batch*ChunkSize + 1, 1<<20 + 17} {
		key := NewKey()
		salt := NewKey()
		v, _ := makeVector(t, size, key[:], salt[:SaltSize])
		all = append(all, v)
	}
	data, err := json.MarshalIndent(all, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vectorsFile, append(data, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
