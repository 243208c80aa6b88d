package client

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"parley/identity"
	"parley/internal/cbor"
	"parley/mls"
	"parley/wire"
)

// That somebody types is no message: it is told in a frame of fixed form that the
// server passes on and forgets.
//
//	version 1 byte = 1 | generation 4 | epoch 8 | nonce 12 | AES-256-GCM of
//	( on 1 byte | Unix milliseconds 8 | signature 64 )
//
// The key is the MLS exporter's of the epoch, label "parley typing", so that only
// members can read it; the signature is the device's, so that no member types in
// another's name. Both cover room, generation, epoch and device. A receiver takes
// only frames of the epoch it is in, of a device that has a leaf, younger than
// typingWindow, and newer than the last one of that device: the server can hold one
// back for a while, but never show one again.

const (
	typingVersion = 1
	typingLabel   = "parley typing"
	useTyping     = "typing" // of a device's signature

	typingHeader = 1 + 4 + 8 + 12
	typingPlain  = 1 + 8 + identity.SignatureSize
	typingSize   = typingHeader + typingPlain + 16

	// TypingLasts is how long somebody types after the last word of it.
	TypingLasts   = 6 * time.Second
	typingPause   = 3 * time.Second // between two frames of one's own in a room
	typingTimeout = 5 * time.Second // of sending one
	typingWindow  = 2 * time.Minute // between the sender's clock and one's own
	maxTypists    = 1024            // devices of which the last frame is remembered
)

// A typingClaim is what a frame's key and signature cover.
type typingClaim struct {
	_          struct{} `cbor:",toarray"`
	Room       identity.Room
	Generation uint32
	Epoch      uint64
	Device     identity.Device
	On         bool
	AtMS       uint64
}

// typing is who types, as it was told, and when this device told it. It is in memory
// alone.
type typing struct {
	mu    sync.Mutex // guards what follows
	rooms map[identity.Room][]typist
	heard map[identity.Device]int64   // Unix milliseconds: the newest frame
	told  map[identity.Room]time.Time // the last frame of one's own that said so
	busy  bool                        // one is being sent
}

// A typist types until a time.
type typist struct {
	account identity.Account
	until   time.Time
}

// Typing tells the people in a room that this person types, or has stopped. It
// doesn't wait for the server, and tells it at most every few seconds; it does
// nothing where the person doesn't want it told, or hasn't accepted the conversation.
// Errors: ErrUnknownRoom.
func (c *Client) Typing(ctx context.Context, room identity.Room, on bool) error {
	if !c.typing.due(room, on, c.now()) {
		return nil
	}
	var frame []byte
	err := c.step(ctx, func(t *tx) (err error) {
		frame, err = t.typingFrame(room, on)
		return err
	})
	if err != nil || frame == nil || !c.typing.begin() {
		return err
	}
	go func() {
		defer c.typing.end()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), typingTimeout)
		defer cancel()
		// It may be lost.
		_, _ = call[wire.Empty](ctx, c, wire.OpSignal, wire.SignalRequest{Room: room, Data: frame})
	}()
	return nil
}

// due reports whether a frame is to be sent, and notes that it was.
func (y *typing) due(room identity.Room, on bool, now time.Time) bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	last, told := y.told[room]
	ago := now.Sub(last)
	if on && told && ago < typingPause || !on && (!told || ago > TypingLasts) {
		return false
	}
	if y.told == nil {
		y.told = map[identity.Room]time.Time{}
	}
	if on {
		y.told[room] = now
	} else {
		delete(y.told, room)
	}
	return true
}

func (y *typing) begin() bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	was := y.busy
	y.busy = true
	return !was
}

func (y *typing) end() {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.busy = false
}

// typingFrame returns a frame, or nil where nothing is to be told.
func (t *tx) typingFrame(room identity.Room, on bool) ([]byte, error) {
	r, err := t.room(room)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, ErrUnknownRoom
	}
	told, err := t.tellsTyping(r)
	if err != nil || !told {
		return nil, err
	}
	g, err := t.group(r.group())
	if err != nil || g == nil {
		return nil, err
	}
	claim := typingClaim{
		Room: room, Generation: r.Generation, Epoch: g.Epoch(), Device: t.c.self.Device, On: on, AtMS: uint64(t.c.nowMS()),
	}
	return sealTyping(g, &claim, t.c.key())
}

// tellsTyping reports whether typing is told and shown in a room.
func (t *tx) tellsTyping(r *roomRecord) (bool, error) {
	on, err := t.typingOn()
	if err != nil || !on || r.Status != statusActive || len(r.Accounts) > maxReporting {
		return false, err
	}
	quiet, err := t.quiet(r)
	return !quiet, err
}

// sealTyping makes the frame of a claim.
func sealTyping(g *mls.Group, claim *typingClaim, key identity.PrivateKey) ([]byte, error) {
	aead, err := typingKey(g)
	if err != nil {
		return nil, err
	}
	frame := make([]byte, 0, typingSize)
	frame = append(frame, typingVersion)
	frame = binary.BigEndian.AppendUint32(frame, claim.Generation)
	frame = binary.BigEndian.AppendUint64(frame, claim.Epoch)
	frame = frame[:typingHeader]
	rand.Read(frame[typingHeader-12:]) // never fails
	plain := []byte{0}
	if claim.On {
		plain[0] = 1
	}
	plain = binary.BigEndian.AppendUint64(plain, claim.AtMS)
	plain = append(plain, key.SignStatement(useTyping, cbor.MustMarshal(claim))...)
	return aead.Seal(frame, frame[typingHeader-12:], plain, claim.bound()), nil
}

// bound returns what a frame's encryption covers beside itself.
func (c *typingClaim) bound() []byte {
	bare := *c
	bare.On, bare.AtMS = false, 0
	return append([]byte("parley/typing/v1\x00"), cbor.MustMarshal(&bare)...)
}

// typingKey returns the key of an epoch's frames.
func typingKey(g *mls.Group) (cipher.AEAD, error) {
	secret, err := g.Export(typingLabel, nil, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// heedSignals takes in frames that the server passed on. What isn't in order is
// passed over: it says nothing that could be told.
func (c *Client) heedSignals(ctx context.Context, signals []wire.Signal) {
	for _, s := range signals[:min(len(signals), wire.MaxSignals)] {
		if c.heedNotices(&s) {
			continue
		}
		var claim *typingClaim
		err := c.step(ctx, func(t *tx) (err error) {
			claim, err = t.openTyping(&s)
			return err
		})
		if err == nil && claim != nil {
			c.heardTyping(claim)
		}
	}
}

// openTyping returns what a frame says, or nil for one that isn't in order or isn't
// to be shown.
func (t *tx) openTyping(s *wire.Signal) (*typingClaim, error) {
	device, err := identity.ParseDevice(string(s.Sender))
	if err != nil || len(s.Data) != typingSize || s.Data[0] != typingVersion || device.Account() == t.c.self.Account {
		return nil, nil
	}
	r, err := t.room(s.Room)
	if err != nil || r == nil {
		return nil, err
	}
	if shunned, err := t.shunned(r, device.Account()); err != nil || shunned {
		return nil, err
	}
	if shown, err := t.tellsTyping(r); err != nil || !shown {
		return nil, err
	}
	g, err := t.group(r.group())
	if err != nil || g == nil {
		return nil, err
	}
	claim := &typingClaim{
		Room: r.Room, Generation: binary.BigEndian.Uint32(s.Data[1:]), Epoch: binary.BigEndian.Uint64(s.Data[5:]), Device: device,
	}
	if claim.Generation != r.Generation || claim.Epoch != g.Epoch() {
		return nil, nil
	}
	ms, err := members(g)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(ms, func(m member) bool { return m.device == device })
	if i < 0 {
		return nil, nil
	}
	return claim.open(g, s.Data, ms[i].key)
}

// open decrypts a frame into its claim, and checks whose it is.
func (c *typingClaim) open(g *mls.Group, frame []byte, key identity.PublicKey) (*typingClaim, error) {
	aead, err := typingKey(g)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, frame[typingHeader-12:typingHeader], frame[typingHeader:], c.bound())
	if err != nil || len(plain) != typingPlain || plain[0] > 1 {
		return nil, nil
	}
	c.On, c.AtMS = plain[0] == 1, binary.BigEndian.Uint64(plain[1:])
	if key.VerifyStatement(useTyping, cbor.MustMarshal(c), plain[9:]) != nil {
		return nil, nil
	}
	return c, nil
}

// heardTyping takes in a claim that is in order, if it is new.
func (c *Client) heardTyping(claim *typingClaim) {
	now := c.now()
	y := &c.typing
	y.mu.Lock()
	defer y.mu.Unlock()
	age := now.Sub(time.UnixMilli(int64(min(claim.AtMS, 1<<52))))
	if age > typingWindow || age < -typingWindow || int64(claim.AtMS) <= y.heard[claim.Device] {
		return
	}
	if y.heard == nil || len(y.heard) >= maxTypists {
		y.forgetOld(now)
	}
	if len(y.heard) >= maxTypists {
		return // more than anybody can watch: none of those known is forgotten for it
	}
	y.heard[claim.Device] = int64(claim.AtMS)
	until := now
	if claim.On {
		until = now.Add(TypingLasts)
		time.AfterFunc(TypingLasts+100*time.Millisecond, func() { c.typingEnds(claim.Room) })
	}
	c.setTypist(claim.Room, claim.Device.Account(), until)
}

// forgetOld forgets the frames that are too old to be taken again.
func (y *typing) forgetOld(now time.Time) {
	kept := map[identity.Device]int64{}
	for device, ms := range y.heard {
		if now.Sub(time.UnixMilli(ms)) <= typingWindow {
			kept[device] = ms
		}
	}
	y.heard = kept
}

// setTypist notes until when an account types, and tells if that changes who does.
// typing.mu is held.
func (c *Client) setTypist(room identity.Room, a identity.Account, until time.Time) {
	y, now := &c.typing, c.now()
	list := slices.Clone(y.rooms[room])
	i := slices.IndexFunc(list, func(p typist) bool { return p.account == a })
	switch {
	case i >= 0:
		list[i].until = until
	case until.After(now):
		list = append(list, typist{a, until})
	default:
		return
	}
	c.tellTypists(room, list, now)
}

// tellTypists drops who has ended, and tells if anybody began or ended. typing.mu is
// held.
func (c *Client) tellTypists(room identity.Room, list []typist, now time.Time) {
	y := &c.typing
	list = slices.DeleteFunc(list, func(p typist) bool { return !p.until.After(now) })
	same := slices.EqualFunc(list, y.rooms[room], func(a, b typist) bool { return a.account == b.account })
	if y.rooms == nil {
		y.rooms = map[identity.Room][]typist{}
	}
	y.rooms[room] = list
	if len(list) == 0 {
		delete(y.rooms, room)
	}
	if same || c.cfg.Typing == nil {
		return
	}
	accounts := make([]identity.Account, len(list))
	for i, p := range list {
		accounts[i] = p.account
	}
	c.cfg.Typing(room, accounts)
}

// typingEnds looks whether somebody's time is over.
func (c *Client) typingEnds(room identity.Room) {
	c.typing.mu.Lock()
	defer c.typing.mu.Unlock()
	c.tellTypists(room, slices.Clone(c.typing.rooms[room]), c.now())
}

// wrote ends the typing of an account whose message has come, or was sent.
func (c *Client) wrote(room identity.Room, a identity.Account) {
	c.typing.mu.Lock()
	defer c.typing.mu.Unlock()
	if a == c.self.Account {
		delete(c.typing.told, room)
		return
	}
	c.setTypist(room, a, c.now())
}

// Typists returns who types in each room now.
func (c *Client) Typists() map[identity.Room][]identity.Account {
	c.typing.mu.Lock()
	defer c.typing.mu.Unlock()
	out := map[identity.Room][]identity.Account{}
	now := c.now()
	for room, list := range c.typing.rooms {
		for _, p := range list {
			if p.until.After(now) {
				out[room] = append(out[room], p.account)
			}
		}
	}
	return out
}
