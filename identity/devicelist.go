package identity

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"parley/internal/cbor"
)

// Errors of device lists.
var (
	// ErrList is returned, wrapped with the reason, for a list that breaks a
	// rule by itself or against the one before it.
	ErrList = errors.New("identity: bad device list")
	// ErrFork is returned when two different lists claim one version, or a list
	// doesn't follow from the one that the caller has pinned.
	ErrFork = errors.New("identity: forked device list")
	// ErrRollback is returned for a chain that ends before the pinned version.
	ErrRollback = errors.New("identity: rolled-back device list")
)

// Limits of a device list.
const (
	MaxDevices    = 10      // devices of one account
	MaxDeviceName = 64      // bytes of UTF-8
	maxSuites     = 16      // suites of one device
	maxListSize   = 8 << 10 // bytes of an encoded, signed list
)

// useDeviceList names the signatures of device lists.
const useDeviceList = "device-list"

// A Change says how a list differs from the one before it.
type Change string

// The kinds of change. Wire values.
const (
	Create Change = "create" // version 1: one device, signed by itself
	Add    Change = "add"    // one device more
	Remove Change = "remove" // one or more devices fewer
	Rotate Change = "rotate" // one device has another key
	Reset  Change = "reset"  // a new identity: one new device, signed by itself
	Cancel Change = "cancel" // undoes the reset right before it: the devices are those before the reset
)

// A ListedDevice is one device of a [DeviceList].
type ListedDevice struct {
	_            struct{}  `cbor:",toarray"`
	Device       Device    // of the list's account
	SignatureKey PublicKey // in its MLS leaves, and for its sessions
	Suites       []uint16  // MLS cipher suites it can use, best first, 1–16
	Name         string    // for people: at most 64 bytes, may be empty
	AddedAt      uint64    // Unix milliseconds, as its adder's clock said
}

// A DeviceList is one version of an account's list of devices.
type DeviceList struct {
	_            struct{} `cbor:",toarray"`
	Account      Account
	Version      uint64 // 1 first, without gaps
	PreviousHash []byte // [DeviceList.Hash] of the version before; empty for version 1
	RecoveryKey  []byte // an Ed25519 public key, or empty where the account has none
	Change       Change
	At           uint64         // Unix milliseconds, as the signer's clock said: for people only
	Devices      []ListedDevice // 1–[MaxDevices], no device or key twice
}

// A SignedDeviceList is a list as it is stored and sent.
type SignedDeviceList struct {
	_         struct{} `cbor:",toarray"`
	Body      []byte   // deterministic CBOR of a DeviceList
	Signer    Device   // who signed, or empty for the recovery key
	Signature []byte   // 64 bytes
}

// Find returns the entry of device.
func (l *DeviceList) Find(device Device) (ListedDevice, bool) {
	for _, d := range l.Devices {
		if d.Device == device {
			return d, true
		}
	}
	return ListedDevice{}, false
}

// Lists reports whether device is on the list with exactly this key.
func (l *DeviceList) Lists(device Device, key PublicKey) bool {
	d, ok := l.Find(device)
	return ok && d.SignatureKey == key
}

// Hash returns what the next version names as PreviousHash: 32 bytes, SHA-256 of
// what is signed.
func (l *DeviceList) Hash() []byte {
	sum := sha256.Sum256(statement(useDeviceList, cbor.MustMarshal(l)))
	return sum[:]
}

// Sign returns l signed by signer's key.
func (l *DeviceList) Sign(signer Device, key PrivateKey) SignedDeviceList {
	body := cbor.MustMarshal(l)
	return SignedDeviceList{Body: body, Signer: signer, Signature: key.SignStatement(useDeviceList, body)}
}

// Next returns an unsigned list that follows l, with the devices of l copied and
// change set; the caller edits and signs it.
func (l *DeviceList) Next(change Change, atMillis uint64) *DeviceList {
	return &DeviceList{
		Account: l.Account, Version: l.Version + 1, PreviousHash: l.Hash(), RecoveryKey: slices.Clone(l.RecoveryKey),
		Change: change, At: atMillis, Devices: slices.Clone(l.Devices),
	}
}

// Parse decodes the body and checks everything but the signature and the place
// in the chain. It returns ErrList.
func (s *SignedDeviceList) Parse() (*DeviceList, error) {
	if len(s.Body) > maxListSize {
		return nil, badList("too large")
	}
	var l DeviceList
	if err := cbor.Unmarshal(s.Body, &l); err != nil {
		return nil, badList("encoding")
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	return &l, nil
}

// check applies the rules that a list obeys by itself.
func (l *DeviceList) check() error {
	if _, err := ParseAccount(string(l.Account)); err != nil {
		return badList("account")
	}
	if len(l.Devices) == 0 || len(l.Devices) > MaxDevices {
		return badList("number of devices")
	}
	if len(l.RecoveryKey) != 0 {
		if _, err := ParsePublicKey(l.RecoveryKey); err != nil {
			return badList("recovery key")
		}
	}
	ids, keys := map[Device]bool{}, map[PublicKey]bool{}
	for _, d := range l.Devices {
		if err := d.check(l.Account); err != nil {
			return err
		}
		if ids[d.Device] || keys[d.SignatureKey] {
			return badList("a device or key twice")
		}
		ids[d.Device], keys[d.SignatureKey] = true, true
	}
	return nil
}

func (d *ListedDevice) check(account Account) error {
	if dev, err := ParseDevice(string(d.Device)); err != nil || dev.Account() != account {
		return badList("device")
	}
	if _, err := ParsePublicKey(d.SignatureKey[:]); err != nil {
		return badList("signature key")
	}
	if len(d.Suites) == 0 || len(d.Suites) > maxSuites {
		return badList("suites")
	}
	if len(d.Name) > MaxDeviceName {
		return badList("device name")
	}
	return nil
}

// equal reports whether both entries are the same in every field.
func (d *ListedDevice) equal(o *ListedDevice) bool {
	return bytes.Equal(cbor.MustMarshal(d), cbor.MustMarshal(o))
}

func badList(reason string) error { return fmt.Errorf("%w: %s", ErrList, reason) }
