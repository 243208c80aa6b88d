package client

import (
	"context"
	"errors"
	"slices"

	"parley/identity"
	"parley/internal/cbor"
	"parley/wire"
)

// A DeviceInfo is a device of the own account.
type DeviceInfo struct {
	Device  identity.Device
	Name    string
	AddedMS int64 // Unix milliseconds, as its adder's clock said
	This    bool  // it is the one that runs
}

// A WaitingDevice asks to be added. Name is its own word; Code is what a person
// compares with what that device shows.
type WaitingDevice struct {
	Code string
	Name string
}

// Devices returns the devices of the own account that count, after reading the
// newest list if the server can be reached.
func (c *Client) Devices(ctx context.Context) ([]DeviceInfo, error) {
	if err := c.refresh(ctx, c.self.Account); err != nil && !errors.Is(err, ErrOffline) {
		return nil, err
	}
	list, err := c.ownList(ctx)
	if err != nil {
		return nil, err
	}
	var out []DeviceInfo
	for _, d := range list.Devices {
		out = append(out, DeviceInfo{d.Device, d.Name, int64(d.AddedAt), d.Device == c.self.Device})
	}
	return out, nil
}

// ownList returns the effective list of the own account.
func (c *Client) ownList(ctx context.Context) (*identity.DeviceList, error) {
	var list *identity.DeviceList
	err := c.step(ctx, func(t *tx) error {
		own, err := t.contact(c.self.Account)
		if err == nil {
			list = c.effective(own)
		}
		return err
	})
	return list, err
}

// Waiting returns the devices that ask to be added. A claim that isn't signed by
// the key it names is left out.
func (c *Client) Waiting(ctx context.Context) ([]WaitingDevice, error) {
	claims, err := c.claims(ctx)
	var out []WaitingDevice
	for _, claim := range claims {
		out = append(out, WaitingDevice{identity.EnrollmentCode(claim.Device, claim.SignatureKey), claim.Name})
	}
	return out, err
}

func (c *Client) claims(ctx context.Context) ([]wire.EnrollClaim, error) {
	reply, err := call[wire.Enrollments](ctx, c, wire.OpEnrollments, wire.Empty{})
	if err != nil {
		return nil, err
	}
	var out []wire.EnrollClaim
	for _, e := range reply.Waiting {
		var claim wire.EnrollClaim
		if cbor.Unmarshal(e.Claim, &claim) != nil || claim.Device.Account() != c.self.Account {
			continue
		}
		if claim.SignatureKey.VerifyStatement(wire.UseEnroll, e.Claim, e.Signature) == nil {
			out = append(out, claim)
		}
	}
	return out, nil
}

// Approve adds the device that shows code to the account, and to every room that
// this device is in. The code binds the device's id and key: the server can't
// put another one in its place. It returns ErrBadCode.
func (c *Client) Approve(ctx context.Context, code string) error {
	code = identity.NormalizeCode(code)
	claims, err := c.claims(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(claims, func(claim wire.EnrollClaim) bool {
		return code != "" && identity.EnrollmentCode(claim.Device, claim.SignatureKey) == code
	})
	if i < 0 {
		return ErrBadCode
	}
	claim := claims[i]
	err = c.putList(ctx, func(list *identity.DeviceList) (*identity.DeviceList, error) {
		if list.Lists(claim.Device, claim.SignatureKey) {
			return nil, nil
		}
		next := list.Next(identity.Add, uint64(c.nowMS()))
		next.Devices = append(next.Devices, identity.ListedDevice{
			Device: claim.Device, SignatureKey: claim.SignatureKey, Suites: claim.Suites, Name: claim.Name, AddedAt: uint64(c.nowMS()),
		})
		return next, nil
	})
	if err != nil {
		return err
	}
	if err := c.step(ctx, func(t *tx) error { t.shareAll(); return nil }); err != nil {
		return err
	}
	return c.Sync(ctx)
}

// RemoveDevice takes a device off the account's list and out of every room. id is
// its URI or the last part of it. It returns ErrUnknownDevice.
func (c *Client) RemoveDevice(ctx context.Context, id string) error {
	err := c.putList(ctx, func(list *identity.DeviceList) (*identity.DeviceList, error) {
		next := list.Next(identity.Remove, uint64(c.nowMS()))
		next.Devices = slices.DeleteFunc(next.Devices, func(d identity.ListedDevice) bool {
			return string(d.Device) == id || d.Device.ID() == id
		})
		if len(next.Devices) == len(list.Devices) {
			return nil, ErrUnknownDevice
		}
		if len(next.Devices) == 0 {
			return nil, ErrLastDevice
		}
		return next, nil
	})
	if err != nil {
		return err
	}
	return c.Sync(ctx)
}

// CancelReset undoes a reset of the own account while its delay runs. It returns
// ErrNoReset.
func (c *Client) CancelReset(ctx context.Context) error {
	if err := c.refresh(ctx, c.self.Account); err != nil {
		return err
	}
	var signed identity.SignedDeviceList
	err := c.step(ctx, func(t *tx) error {
		own, err := t.contact(c.self.Account)
		if err != nil {
			return err
		}
		if own.ResetSeenMS == 0 || own.Chain.Current.Change != identity.Reset || own.Chain.Previous == nil {
			return ErrNoReset
		}
		next := own.Chain.Current.Next(identity.Cancel, uint64(c.nowMS()))
		next.Devices = slices.Clone(own.Chain.Previous.Devices)
		next.RecoveryKey = slices.Clone(own.Chain.Previous.RecoveryKey)
		signed = next.Sign(c.self.Device, c.key())
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := call[wire.Empty](ctx, c, wire.OpPutDeviceList, wire.PutDeviceListRequest{List: signed}); err != nil {
		return err
	}
	return c.refresh(ctx, c.self.Account)
}

// putList puts the next list of the own account, made from the newest one. Where
// somebody was faster it is made again. edit returns nil for nothing to do.
func (c *Client) putList(ctx context.Context, edit func(*identity.DeviceList) (*identity.DeviceList, error)) error {
	for range maxTries {
		if err := c.refresh(ctx, c.self.Account); err != nil {
			return err
		}
		list, err := c.ownList(ctx)
		if err != nil {
			return err
		}
		next, err := edit(list)
		if err != nil || next == nil {
			return err
		}
		_, err = call[wire.Empty](ctx, c, wire.OpPutDeviceList, wire.PutDeviceListRequest{List: next.Sign(c.self.Device, c.key())})
		if errors.Is(err, &wire.Error{Code: wire.CodeStaleDeviceList}) {
			continue
		}
		if err != nil {
			return err
		}
		return c.refresh(ctx, c.self.Account)
	}
	return wire.Refuse(wire.CodeStaleDeviceList, "the device list goes on changing")
}
