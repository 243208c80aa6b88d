package pgstore

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
)

// A key is a column of type uuid: the first 16 bytes of a SHA-256.
type key [16]byte

// UUIDValue implements [pgtype.UUIDValuer].
func (k key) UUIDValue() (pgtype.UUID, error) { return pgtype.UUID{Bytes: k, Valid: true}, nil }

// ScanUUID implements [pgtype.UUIDScanner].
func (k *key) ScanUUID(v pgtype.UUID) error {
	*k = v.Bytes
	return nil
}

func (k key) compare(o key) int { return bytes.Compare(k[:], o[:]) }

func hashKey(text string) (k key) {
	sum := sha256.Sum256([]byte(text))
	copy(k[:], sum[:])
	return k
}

func mailboxKey(a identity.Account) key { return hashKey(string(a)) }

func roomKey(r identity.Room) key { return hashKey(string(r)) }

func setKey(set []identity.Account) (k key) {
	h := sha256.New()
	for _, a := range set {
		h.Write(append([]byte(a), 0))
	}
	copy(k[:], h.Sum(nil))
	return k
}

// mailboxKeys returns the keys of accounts, in their order.
func mailboxKeys(accounts []identity.Account) []key {
	keys := make([]key, len(accounts))
	for i, a := range accounts {
		keys[i] = mailboxKey(a)
	}
	return keys
}

// sorted returns keys in order, each once: the order in which rows are locked.
func sorted(keys []key) []key {
	slices.SortFunc(keys, key.compare)
	return slices.Compact(keys)
}

// weekMS is how long receipts share a partition.
const weekMS = 7 * dayMS

const dayMS = 24 * 3600 * 1000

func nowMS() int64 { return time.Now().UnixMilli() }

func week(ms int64) int32 { return int32(max(ms, 0) / weekMS) }

// weeks returns the weeks in which the receipt of an operation of ms is looked
// for: for at least 7 days, and though another node's clock is ahead.
func weeks(ms int64) []int32 { return []int32{week(ms) - 1, week(ms), week(ms) + 1} }

// decode reads a stored value.
func decode[T any](value []byte) (*T, error) {
	var v T
	if err := cbor.UnmarshalLenient(value, &v); err != nil {
		return nil, errCorrupt
	}
	return &v, nil
}

// decodeLeaves reads grp.pending; nil for null.
func decodeLeaves(value []byte) ([]server.Leaf, error) {
	if value == nil {
		return nil, nil
	}
	l, err := decode[[]server.Leaf](value)
	if err != nil {
		return nil, err
	}
	return *l, nil
}

func encodeLeaves(leaves []server.Leaf) []byte {
	if len(leaves) == 0 {
		return nil
	}
	return cbor.MustMarshal(leaves)
}
