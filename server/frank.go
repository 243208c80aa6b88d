package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"runtime"
	"sync"
	"sync/atomic"

	"parley/franking"
	"parley/identity"
	"parley/wire"
)

// MaxTree is how many messages one signature covers at most: a path has no more
// than five hashes then, and the signature is a small part of what each costs. A
// larger tree saves less than its longer paths cost on their way.
const (
	MaxTree   = 1 << maxHeight
	maxHeight = 5
)

// A franker is a [Franker] with the keys of a time. It doesn't change.
type franker struct {
	hub         []byte
	id          []byte // 8 bytes
	key         identity.PrivateKey
	from, until int64 // Unix milliseconds: when these are the keys
}

var _ Franker = (*franker)(nil)

// alone is how many trees are made by the caller alone.
const alone = 4

// Frank implements [Franker]: as few trees as there can be, all about as large.
// Others help with many of them, since the caller keeps everyone waiting meanwhile.
func (f *franker) Frank(batch []Stamped) {
	trees := (len(batch) + MaxTree - 1) / MaxTree
	var next atomic.Int64
	var left sync.WaitGroup // trees, not helpers: one that comes late isn't waited for
	left.Add(trees)
	work := func() {
		mac := hmac.New(sha256.New, f.hub)
		for i := int(next.Add(1)) - 1; i < trees; i = int(next.Add(1)) - 1 {
			f.tree(mac, batch[i*len(batch)/trees:(i+1)*len(batch)/trees])
			left.Done()
		}
	}
	for range min(trees/alone, runtime.GOMAXPROCS(0)-1) {
		go work()
	}
	work()
	left.Wait()
}

// tree franks what is signed together, in batch's own memory. mac is of the hub
// key.
func (f *franker) tree(mac hash.Hash, batch []Stamped) {
	var leaves [MaxTree]franking.Hash
	var paths [MaxTree][]byte
	scratch := make([]byte, 0, contextSize)
	for i := range batch {
		m := &batch[i]
		e := m.Envelope
		scratch = franking.AppendContext(scratch[:0], f.id, e.Room, e.Generation, e.Sender, e.Epoch, e.Seq, e.AcceptedMS)
		mac.Reset()
		mac.Write(m.Tag[:])
		mac.Write(scratch)
		mac.Sum(m.frank[:0])
		leaves[i] = franking.LeafHash(m.Tag[:], m.frank[:], scratch)
		paths[i] = m.path[:0]
	}
	n := len(batch)
	root := franking.Grow(leaves[:n], paths[:n])
	signature := franking.SignBatch(f.key, uint64(n), root)
	for i := range batch {
		m := &batch[i]
		m.franking = wire.Franking{
			HubKey: f.id, Frank: m.frank[:], LeafIndex: uint64(i), TreeSize: uint64(n),
			Path: paths[i], Signature: signature,
		}
		m.Envelope.Franking = &m.franking
	}
}

// contextSize is what most contexts have room in, in bytes.
const contextSize = 320
