package franking

import (
	"parley/identity"
	"parley/internal/cbor"
)

// Version is that of [Context] and [KeyStatement].
const Version = 1

// A Context is what the server says of a message: all but HubKey stands in its
// envelope, too.
type Context struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8    // 1
	HubKey     []byte   // 8 bytes: which key the frank is made with
	Room       identity.Room
	Generation uint32
	Sender     identity.Account
	Device     identity.Device // of Sender, whose session sent it
	Epoch      uint64
	Seq        uint64 // its place in the room
	AcceptedMS int64  // Unix milliseconds, by the server's clock
}

// NewContext returns the context of a message that device sent.
func NewContext(hubKey []byte, room identity.Room, generation uint32, device identity.Device, epoch, seq uint64, acceptedMS int64) *Context {
	return &Context{
		Version: Version, HubKey: hubKey, Room: room, Generation: generation,
		Sender: device.Account(), Device: device, Epoch: epoch, Seq: seq, AcceptedMS: acceptedMS,
	}
}

// Marshal returns c's deterministic CBOR.
func (c *Context) Marshal() []byte { return c.Append(make([]byte, 0, 192)) }

// Append is [Context.Marshal] behind b.
func (c *Context) Append(b []byte) []byte {
	b = c.appendRoom(b)
	b = append(cbor.AppendHead(b, cbor.MajorText, uint64(len(c.Sender))), c.Sender...)
	return c.appendDevice(b)
}

// AppendContext is [NewContext] and [Context.Append] in b alone: a server does it for
// each message.
func AppendContext(b, hubKey []byte, room identity.Room, generation uint32, device identity.Device, epoch, seq uint64, acceptedMS int64) []byte {
	c := Context{Version: Version, HubKey: hubKey, Room: room, Generation: generation, Device: device, Epoch: epoch, Seq: seq, AcceptedMS: acceptedMS}
	b = c.appendRoom(b)
	var scratch [128]byte
	sender := device.AppendAccount(scratch[:0])
	b = append(cbor.AppendHead(b, cbor.MajorText, uint64(len(sender))), sender...)
	return c.appendDevice(b)
}

// appendRoom appends what stands before Sender.
func (c *Context) appendRoom(b []byte) []byte {
	b = cbor.AppendHead(b, cbor.MajorArray, 9)
	b = cbor.AppendHead(b, cbor.MajorUint, uint64(c.Version))
	b = append(cbor.AppendHead(b, cbor.MajorBytes, uint64(len(c.HubKey))), c.HubKey...)
	b = append(cbor.AppendHead(b, cbor.MajorText, uint64(len(c.Room))), c.Room...)
	return cbor.AppendHead(b, cbor.MajorUint, uint64(c.Generation))
}

// appendDevice appends what stands behind Sender.
func (c *Context) appendDevice(b []byte) []byte {
	b = append(cbor.AppendHead(b, cbor.MajorText, uint64(len(c.Device))), c.Device...)
	b = cbor.AppendHead(b, cbor.MajorUint, c.Epoch)
	b = cbor.AppendHead(b, cbor.MajorUint, c.Seq)
	if c.AcceptedMS < 0 {
		return cbor.AppendHead(b, cbor.MajorNegative, uint64(-1-c.AcceptedMS))
	}
	return cbor.AppendHead(b, cbor.MajorUint, uint64(c.AcceptedMS))
}

// ParseContext is the inverse of [Context.Marshal]. It judges the version and the
// id's size, and that Device is Sender's: ErrContext.
func ParseContext(data []byte) (*Context, error) {
	var c Context
	if err := cbor.Unmarshal(data, &c); err != nil || c.Version != Version || len(c.HubKey) != IDSize {
		return nil, ErrContext
	}
	if d, err := identity.ParseDevice(string(c.Device)); err != nil || d.Account() != c.Sender {
		return nil, ErrContext
	}
	if _, err := identity.ParseRoom(string(c.Room)); err != nil {
		return nil, ErrContext
	}
	return &c, nil
}
