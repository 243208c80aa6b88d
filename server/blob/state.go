package blob

import (
	"bytes"
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"errors"
	"hash"
	"io"
	"os"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
)

// Layout of a state: see the package's comment.
const (
	headSize  = 512
	hashState = 108 // bytes of the state of SHA-256, as crypto/sha256 writes it
	slotBody  = 8 + 8 + 1 + hashState
	slotSize  = slotBody + sha256.Size
	slotSpace = 512
)

var errState = errors.New("blob: the state of an upload can't be read")

// A head is what is known of an upload from its begin on.
type head struct {
	_         struct{} `cbor:",toarray"`
	Version   uint8    // 1
	Account   identity.Account
	Size      int64
	ExpiresMS int64
}

// A mark is how far an upload is durable.
type mark struct {
	seq    uint64 // of the slot
	offset int64
	done   bool
	sum    hash.Hash // of the bytes before offset
}

// clone returns a mark whose sum goes its own way.
func (m *mark) clone() (mark, error) {
	sum, err := m.sum.(hash.Cloner).Clone()
	if err != nil {
		return mark{}, err
	}
	next := *m
	next.sum = sum
	return next, nil
}

// appendHead returns the head of u as it is written.
func appendHead(u *server.Upload) ([]byte, error) {
	body := cbor.MustMarshal(head{Version: 1, Account: u.Account, Size: u.Size, ExpiresMS: u.ExpiresMS})
	if len(body) > headSize-2 {
		return nil, errState
	}
	b := binary.BigEndian.AppendUint16(make([]byte, 0, headSize), uint16(len(body)))
	return append(b, body...)[:headSize], nil
}

func readHead(b []byte) (h head, err error) {
	n := 0
	if len(b) >= 2 {
		n = int(binary.BigEndian.Uint16(b))
	}
	if n == 0 || n > len(b)-2 {
		return h, errState
	}
	if err := cbor.Unmarshal(b[2:2+n], &h); err != nil || h.Version != 1 || h.Size < 1 {
		return h, errState
	}
	return h, nil
}

// appendSlot returns m as it is written.
func appendSlot(b []byte, m *mark) ([]byte, error) {
	begin := len(b)
	b = binary.BigEndian.AppendUint64(b, m.seq)
	b = binary.BigEndian.AppendUint64(b, uint64(m.offset))
	if m.done {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	b, err := m.sum.(encoding.BinaryAppender).AppendBinary(b)
	if err != nil || len(b)-begin != slotBody {
		return nil, errState
	}
	sum := sha256.Sum256(b[begin:])
	return append(b, sum[:]...), nil
}

// readSlot reads a slot, or returns false if it isn't whole.
func readSlot(b []byte) (m mark, ok bool) {
	if len(b) < slotSize {
		return m, false
	}
	sum := sha256.Sum256(b[:slotBody])
	if !bytes.Equal(sum[:], b[slotBody:slotSize]) {
		return m, false
	}
	m.seq, m.offset = binary.BigEndian.Uint64(b), int64(binary.BigEndian.Uint64(b[8:]))
	m.done, m.sum = b[16] == 1, sha256.New()
	if m.sum.(encoding.BinaryUnmarshaler).UnmarshalBinary(b[17:slotBody]) != nil {
		return m, false
	}
	return m, true
}

// slotAt is where the slot of a sequence number is.
func slotAt(seq uint64) int64 { return headSize + int64(seq%2)*slotSpace }

// readState reads a state: its head and the newest of its slots.
func readState(path string) (h head, m mark, err error) {
	f, err := os.Open(path)
	if err != nil {
		return h, m, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, headSize+2*slotSpace))
	if err != nil {
		return h, m, err
	}
	if len(b) < headSize {
		return h, m, errState
	}
	if h, err = readHead(b[:headSize]); err != nil {
		return h, m, err
	}
	found := false
	for seq := range uint64(2) {
		s, ok := readSlot(b[min(slotAt(seq), int64(len(b))):])
		if ok && s.offset <= h.Size && (!found || s.seq > m.seq) {
			m, found = s, true
		}
	}
	if !found {
		return h, m, errState
	}
	return h, m, nil
}
