package wire

import "parley/identity"

// MaxSignal bounds the bytes of a signal, MaxSignals those that wait for one
// device: what comes beside them is lost.
const (
	MaxSignal  = 256
	MaxSignals = 16
)

// SignalRequest passes a few sealed bytes to the devices of a room that are
// connected now: that somebody types. Nothing of it is stored or acknowledged by
// anyone; it may be lost, or come twice. Only from a device with a leaf in the room.
type SignalRequest struct {
	Room identity.Room `cbor:"room" json:"room"`
	Data []byte        `cbor:"data" json:"data"` // 1 to MaxSignal bytes, which the server can't read
}

// A Signal is what comes of a SignalRequest, to all other devices of the room.
type Signal struct {
	Room   identity.Room   `cbor:"room" json:"room"`
	Sender identity.Device `cbor:"sender" json:"sender"` // whose session sent it, as the server says
	Data   []byte          `cbor:"data" json:"data"`
}
