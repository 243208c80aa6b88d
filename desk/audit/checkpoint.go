package audit

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"parley/internal/cbor"
)

// A Checkpoint is what the log was at a time, signed by the desk: who keeps one
// elsewhere can tell later that nothing up to it was changed or is missing.
type Checkpoint struct {
	Version   int    `json:"v"`
	Origin    string `json:"origin"` // the domain whose desk it is
	Seq       int64  `json:"seq"`    // of the newest line
	Hash      string `json:"hash"`   // of that line, hex
	AtMS      int64  `json:"at_ms"`
	Key       []byte `json:"key"` // Ed25519, 32 bytes
	Signature []byte `json:"sig"`
}

// ErrCheckpoint is returned for bytes that aren't a checkpoint, and for one that the
// key didn't sign.
var ErrCheckpoint = errors.New("audit: not a checkpoint that the key signed")

// checkpointLabel begins what is signed: label || 0x00 || CBOR of the fields.
const checkpointLabel = "parley/audit-checkpoint/v1\x00"

// signedFields is what a checkpoint's signature covers, as a CBOR array.
type signedFields struct {
	_       struct{} `cbor:",toarray"`
	Version int
	Origin  string
	Seq     int64
	Hash    []byte
	AtMS    int64
}

func (c *Checkpoint) signed() ([]byte, error) {
	hash, err := hex.DecodeString(c.Hash)
	if err != nil || len(hash) != 32 {
		return nil, ErrCheckpoint
	}
	body, err := cbor.Marshal(signedFields{Version: c.Version, Origin: c.Origin, Seq: c.Seq, Hash: hash, AtMS: c.AtMS})
	if err != nil {
		return nil, fmt.Errorf("audit: %v", err)
	}
	return append([]byte(checkpointLabel), body...), nil
}

// sign sets key and signature.
func (c *Checkpoint) sign(key ed25519.PrivateKey) error {
	c.Version, c.Key = Version, key.Public().(ed25519.PublicKey)
	message, err := c.signed()
	if err != nil {
		return err
	}
	c.Signature = ed25519.Sign(key, message)
	return nil
}

// Check returns ErrCheckpoint unless key signed c.
func (c *Checkpoint) Check(key ed25519.PublicKey) error {
	message, err := c.signed()
	if err != nil {
		return err
	}
	if len(key) != ed25519.PublicKeySize || c.Version != Version || !bytes.Equal(c.Key, key) || !ed25519.Verify(key, message, c.Signature) {
		return ErrCheckpoint
	}
	return nil
}

// Text returns c as a file's bytes: one line.
func (c *Checkpoint) Text() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(c); err != nil {
		panic("audit: a checkpoint can't be encoded: " + err.Error()) // strings, numbers and bytes always can
	}
	return b.Bytes()
}

// ParseCheckpoint reads what Text wrote. Its signature is for [Checkpoint.Check].
func ParseCheckpoint(text []byte) (*Checkpoint, error) {
	var c Checkpoint
	if len(text) > MaxLine || json.Unmarshal(text, &c) != nil || c.Seq < 1 {
		return nil, ErrCheckpoint
	}
	return &c, nil
}
