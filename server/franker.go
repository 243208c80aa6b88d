package server

import (
	"parley/franking"
	"parley/wire"
)

// A Stamp has a message franked by the batch that stores it. The zero Stamp
// leaves it unfranked.
type Stamp struct {
	By  Franker
	Tag [franking.TagSize]byte // the sender's
}

// A Stamped is a message of a batch with its stamp, and the memory for its frank.
type Stamped struct {
	Stamp
	Envelope *wire.Envelope // with its Seq

	franking wire.Franking
	frank    [franking.FrankSize]byte
	path     [maxHeight * franking.HashSize]byte
}

// A Franker stamps what is stored together. A store calls it by [FrankAll].
type Franker interface {
	// Frank sets Franking of each envelope of batch, which isn't empty, and which may
	// lack ID and Message. What it sets may be in batch: it is good until that is
	// used again. It waits for nothing, and may be called from several goroutines.
	Frank(batch []Stamped)
}

// FrankAll franks the messages of a batch. A store calls it once they have their
// seqs, before it writes them, and writes what it sets with them. It may use batch
// again once that is encoded.
func FrankAll(batch []Stamped) {
	for len(batch) > 0 {
		n := 1
		for n < len(batch) && batch[n].By == batch[0].By {
			n++
		}
		if by := batch[0].By; by != nil {
			by.Frank(batch[:n])
		}
		batch = batch[n:]
	}
}
