package safety

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"sort"
	"strings"

	"parley/identity"
)

// Errors of [ParseBlockList].
var (
	ErrBlockList    = errors.New("safety: not a block list")
	ErrBlockListKey = errors.New("safety: the block list isn't signed by its publisher")
	ErrBlockListOld = errors.New("safety: the block list is older than the one that is known")
)

// A BlockList is a signed, versioned list of addresses that mislead or harm. A device fetches
// it whole and looks into it itself: nobody learns what it looks for.
//
// Layout, integers big-endian: "PBL1", version (8 bytes), when it was made (8, Unix
// milliseconds), number of entries (4), the entries, sorted, without repetition, 8 bytes
// each: the first of SHA-256 of an expression; signature (64) of all
// before it (identity.PrivateKey.SignStatement, use "block-list"). An expression is HOST, for a host
// and all below it, or HOST/PATH, for one page, without scheme, port and query; HOST in lower case,
// with punycode resolved; PATH with escapes and dots resolved, without a slash at its end.
type BlockList struct {
	Version uint64
	MadeMS  int64

	entries []byte
}

const (
	blockListMagic = "PBL1"
	blockListUse   = "block-list"
	blockListHead  = len(blockListMagic) + 8 + 8 + 4
	entrySize      = 8
	signatureSize  = 64

	// MaxBlockList bounds a list, in bytes: two million entries.
	MaxBlockList = 16 << 20
	// maxLabels is how many labels of a host are looked at, from its end.
	maxLabels = 6
)

// Expression returns what a list has for HOST or HOST/PATH. ok is false for what is neither.
func Expression(entry string) (expression string, ok bool) {
	if strings.ContainsAny(entry, " \t?#@") || strings.Contains(entry, "://") || strings.HasPrefix(entry, "/") {
		return "", false
	}
	a, ok := parseAddress("https://" + entry)
	if _, port, _ := strings.Cut(entry[:hostEnd(entry)], ":"); !ok || port != "" && entry[0] != '[' {
		return "", false
	}
	host, page := a.expression()
	return host + page, true
}

func hostEnd(entry string) int {
	if i := strings.IndexByte(entry, '/'); i >= 0 {
		return i
	}
	return len(entry)
}

// MakeBlockList returns the list of entries, each as [Expression] takes it, else it is left out, signed
// by key.
func MakeBlockList(hosts []string, version uint64, madeMS int64, key identity.PrivateKey) []byte {
	var entries [][]byte
	for _, h := range hosts {
		if e, ok := Expression(h); ok {
			entries = append(entries, entryOf(e))
		}
	}
	slices.SortFunc(entries, bytes.Compare)
	entries = slices.CompactFunc(entries, bytes.Equal)
	b := binary.BigEndian.AppendUint64([]byte(blockListMagic), version)
	b = binary.BigEndian.AppendUint64(b, uint64(madeMS))
	b = binary.BigEndian.AppendUint32(b, uint32(len(entries)))
	for _, e := range entries {
		b = append(b, e...)
	}
	return append(b, key.SignStatement(blockListUse, b)...)
}

// ParseBlockList reads a list that key signed, of a version of known or above. It keeps
// data. ErrBlockList, ErrBlockListKey, ErrBlockListOld.
func ParseBlockList(data []byte, key identity.PublicKey, known uint64) (*BlockList, error) {
	n := len(data) - blockListHead - signatureSize
	if n < 0 || len(data) > MaxBlockList || n%entrySize != 0 || string(data[:len(blockListMagic)]) != blockListMagic {
		return nil, ErrBlockList
	}
	body, signature := data[:len(data)-signatureSize], data[len(data)-signatureSize:]
	if key.VerifyStatement(blockListUse, body, signature) != nil {
		return nil, ErrBlockListKey
	}
	head := body[len(blockListMagic):]
	l := &BlockList{Version: binary.BigEndian.Uint64(head), MadeMS: int64(binary.BigEndian.Uint64(head[8:])), entries: body[blockListHead:]}
	if int64(binary.BigEndian.Uint32(head[16:]))*entrySize != int64(n) {
		return nil, ErrBlockList
	}
	for i := entrySize; i < n; i += entrySize {
		if bytes.Compare(l.entries[i-entrySize:i], l.entries[i:i+entrySize]) >= 0 {
			return nil, ErrBlockList
		}
	}
	if l.Version < known {
		return nil, ErrBlockListOld
	}
	return l, nil
}

// SeenList is what a device remembers of the newest list that it has taken, so that nobody shows
// it an older one. The zero value has seen none.
type SeenList struct {
	Version uint64 `json:"version"`
	Key     string `json:"key,omitempty"` // of whose list; empty in what was kept before there was one: of whoever is asked for
}

// Take reads a list that key signed, and returns what a device remembers then. Who signs by a new
// key begins anew: s is of no account then. Errors as of [ParseBlockList].
func (s SeenList) Take(data []byte, key identity.PublicKey) (*BlockList, SeenList, error) {
	if s.Key != "" && s.Key != key.String() {
		s = SeenList{}
	}
	l, err := ParseBlockList(data, key, s.Version)
	if err != nil {
		return nil, s, err
	}
	return l, SeenList{Version: l.Version, Key: key.String()}, nil
}

// Len returns the number of entries.
func (l *BlockList) Len() int { return len(l.entries) / entrySize }

// Has reports whether an http or https address is on the list: itself, its host, or a
// host above that. A nil list has none.
func (l *BlockList) Has(target string) bool {
	a, ok := parseAddress(target)
	if l == nil || !ok {
		return false
	}
	host, page := a.expression()
	if page != "" && l.has(host+page) {
		return true
	}
	for skip := strings.Count(host, ".") + 1 - maxLabels; skip > 0 && !a.raw; skip-- {
		_, host, _ = strings.Cut(host, ".")
	}
	for {
		if l.has(host) {
			return true
		}
		_, above, found := strings.Cut(host, ".")
		if !found || a.raw {
			return false
		}
		host = above
	}
}

func (l *BlockList) has(expression string) bool {
	want := entryOf(expression)
	i := sort.Search(l.Len(), func(i int) bool { return bytes.Compare(l.entries[i*entrySize:(i+1)*entrySize], want) >= 0 })
	return i < l.Len() && bytes.Equal(l.entries[i*entrySize:(i+1)*entrySize], want)
}

func entryOf(expression string) []byte {
	sum := sha256.Sum256([]byte(expression))
	return sum[:entrySize]
}
