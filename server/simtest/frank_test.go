package simtest

import (
	"errors"

	"parley/franking"
	"parley/identity"
	"parley/wire"
)

// tagOf is the tag of a message, whose content here is its id.
func tagOf(id []byte) [franking.TagSize]byte { return franking.Tag(id, id) }

// checkFrank checks what a receiver can: that the server signed the message at this
// place, of this sender.
func (s *sim) checkFrank(e *wire.Envelope) error {
	f := e.Franking
	if f == nil {
		return errors.New("there is none")
	}
	key, err := identity.ParsePublicKey(s.franking)
	if err != nil {
		return err
	}
	tag := tagOf(e.ID)
	context := franking.NewContext(f.HubKey, e.Room, e.Generation, e.Sender, e.Epoch, e.Seq, e.AcceptedMS).Marshal()
	proof := franking.Proof{LeafIndex: f.LeafIndex, TreeSize: f.TreeSize, Path: f.Path, Signature: f.Signature}
	return proof.Verify(key, tag[:], f.Frank, context)
}
