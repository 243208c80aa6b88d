package load

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"slices"

	"parley/franking"
	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/wire"
)

// A Room is a group of devices, of which the first sends.
type Room struct {
	Members []*Device
	room    identity.Room
	group   *mls.Group // the sender's
}

// OpenRoom opens a room of devices that have sessions, as clients do: each but the
// first publishes a key package, which the first claims and adds.
func OpenRoom(ctx context.Context, kind wire.Kind, members ...*Device) (*Room, error) {
	sender := members[0]
	r := &Room{Members: members, room: identity.RandomRoom(sender.info.Domain)}
	ext := wire.RoomExtension{Version: 1, Mode: wire.ModePrivate, Kind: kind, FrankingKey: sender.info.FrankingKey}
	var err error
	r.group, _, err = mls.Create(groupConfig, suite, r.room.GroupID(0), []byte(sender.device), sender.signer,
		mls.CreateOptions{Extensions: public.Extensions{{Type: roomType, Data: ext.Marshal()}}})
	if err != nil {
		return nil, err
	}
	first, err := r.group.GroupInfo()
	if err != nil {
		return nil, err
	}
	accounts := []identity.Account{sender.device.Account()}
	var add [][]byte
	for _, m := range members[1:] {
		k, err := m.claimedBy(ctx, sender)
		if err != nil {
			return nil, err
		}
		add, accounts = append(add, k), append(accounts, m.device.Account())
	}
	slices.Sort(accounts)
	staged, _, err := r.group.Commit(mls.CommitOptions{Add: add})
	if err != nil {
		return nil, err
	}
	reply, err := call[wire.OpenRoomReply](ctx, sender, wire.OpOpenRoom, wire.OpenRoomRequest{
		ID: randomID(), Room: r.room, Accounts: accounts, GroupInfo: first,
		Commit: staged.CommitMessage(), Welcome: staged.Welcome(), Next: staged.GroupInfo(),
	})
	if err != nil {
		return nil, err
	}
	if !reply.Created {
		return nil, errors.New("load: the server has such a room already")
	}
	_, err = r.group.Merge(staged)
	return r, err
}

// claimedBy publishes a key package of d and returns it as the server gives it to
// another device.
func (d *Device) claimedBy(ctx context.Context, other *Device) ([]byte, error) {
	kp, _, err := mls.NewKeyPackage(groupConfig, suite, []byte(d.device), d.signer,
		mls.KeyPackageOptions{GroupExtensions: []public.ExtensionType{roomType}})
	if err != nil {
		return nil, err
	}
	if _, err := call[wire.KeyPackageCount](ctx, d, wire.OpPublishKeyPackages, wire.PublishKeyPackagesRequest{KeyPackages: [][]byte{kp}}); err != nil {
		return nil, err
	}
	claimed, err := call[wire.ClaimedKeyPackages](ctx, other, wire.OpClaimKeyPackages,
		wire.ClaimKeyPackagesRequest{Account: d.device.Account(), Suites: []uint16{uint16(suite.ID())}})
	if err != nil {
		return nil, err
	}
	if len(claimed.KeyPackages) != 1 {
		return nil, errors.New("load: the server doesn't give the key package that was published")
	}
	return claimed.KeyPackages[0].KeyPackage, nil
}

// A template is a request as a whole WebSocket frame, in which only number and id
// change.
type template struct {
	frame  []byte
	number int // where the request's number is: 8 bytes
	id     int // where the id is
}

// firstNumber is the number of a lane's first request: large enough to be of eight
// bytes in CBOR, as all after it.
const firstNumber = 1 << 32

// framing is what MLS adds to the application data before it pads: the signature
// and two lengths (RFC 9420, Section 6.3.1), with these sizes.
const framing = 2 + 2 + 64

// Messages makes n messages of the room's epoch, with a tag that has the server frank
// them or, as those of version 0.1.0, without. size is what the padded content of each
// has: a text of size less 68 bytes.
func (r *Room) Messages(n, size int, tagged bool) ([]template, error) {
	all := make([]template, n)
	for i := range all {
		text := make([]byte, max(size-framing, 0))
		rand.Read(text)
		var tag []byte
		if tagged {
			tag = franking.AAD(franking.Tag(randomID(), text))
		}
		m, _, err := r.group.Encrypt(tag, text)
		if err != nil {
			return nil, err
		}
		if all[i], err = newTemplate(r.room, m); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func newTemplate(room identity.Room, message []byte) (template, error) {
	id := randomID()
	body, err := wire.Marshal(wire.SendRequest{ID: id, Room: room, Message: message})
	if err != nil {
		return template{}, err
	}
	const mark = firstNumber + 0x1234567
	payload, err := wire.Marshal(wire.Frame{N: mark, Op: wire.OpSend, Body: body})
	if err != nil {
		return template{}, err
	}
	t := template{frame: appendFrame(nil, opBinary, payload)}
	t.number = bytes.Index(t.frame, []byte{0, 0, 0, 1, 0x01, 0x23, 0x45, 0x67})
	t.id = bytes.Index(t.frame, id)
	if t.number < 0 || t.id < 0 {
		return template{}, errors.New("load: the request isn't encoded as expected")
	}
	return t, nil
}

func randomID() []byte {
	id := make([]byte, wire.IDSize)
	rand.Read(id)
	return id
}
