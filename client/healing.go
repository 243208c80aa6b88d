package client

import (
	"context"

	"parley/identity"
	"parley/wire"
)

// Healing counts, since the account was made on this device, what couldn't be read
// at once.
type Healing struct {
	_        struct{}       `cbor:",toarray"`
	Refused  map[string]int // by code, as in docs/refusals.md
	Rejoined int            // how often this device came back into a room after a fault
}

// maxRefusalCodes bounds the codes that are counted. They are enumerated.
const maxRefusalCodes = 64

// counted changes the counts.
func (t *tx) counted(change func(*Healing)) error {
	h := Healing{}
	if _, err := t.load(healingKey, &h); err != nil {
		return err
	}
	if h.Refused == nil {
		h.Refused = map[string]int{}
	}
	change(&h)
	t.save(healingKey, &h)
	return nil
}

// countRefusal counts one refusal.
func (t *tx) countRefusal(code string) error {
	return t.counted(func(h *Healing) {
		if _, known := h.Refused[code]; known || len(h.Refused) < maxRefusalCodes {
			h.Refused[code]++
		}
	})
}

// Healing returns the counts.
func (c *Client) Healing(ctx context.Context) (Healing, error) {
	var h Healing
	err := c.step(ctx, func(t *tx) error {
		h = Healing{}
		_, err := t.load(healingKey, &h)
		return err
	})
	return h, err
}

// DeviceActivity returns on which day each of the own devices was last here: Unix
// milliseconds of its start. It returns ErrOffline, or a refusal of a server that
// doesn't keep it.
func (c *Client) DeviceActivity(ctx context.Context) (map[identity.Device]int64, error) {
	reply, err := call[wire.DeviceActivity](ctx, c, wire.OpDeviceActivity, wire.Empty{})
	if err != nil {
		return nil, err
	}
	out := map[identity.Device]int64{}
	for _, d := range reply.Devices {
		out[d.Device] = d.DayMS
	}
	return out, nil
}

// ResetRuns reports whether somebody has reset the own account, and one of its
// devices from before can still cancel that: see [Client.CancelReset].
func (c *Client) ResetRuns(ctx context.Context) (bool, error) {
	runs := false
	err := c.step(ctx, func(t *tx) error {
		own, err := t.contact(c.self.Account)
		runs = err == nil && own.ResetSeenMS != 0 && !c.resetFinal(own) && own.Chain.Current.Change == identity.Reset
		return err
	})
	return runs, err
}

// maxKept bounds what [Client.Keep] keeps under one name, in bytes.
const maxKept = 4096

// Keep keeps something of this device alone for whoever shows it, sealed as all
// else; Kept returns it, nil if there is nothing. name is at most 32 bytes of a to z.
func (c *Client) Keep(ctx context.Context, name string, value []byte) error {
	if len(value) > maxKept {
		return ErrTooLong
	}
	return c.step(ctx, func(t *tx) error {
		t.put(keptPrefix+name, value)
		return nil
	})
}

// Kept returns what Keep has kept.
func (c *Client) Kept(ctx context.Context, name string) (value []byte, err error) {
	err = c.step(ctx, func(t *tx) (err error) {
		value, err = t.get(keptPrefix + name)
		return err
	})
	return value, err
}

// Compared says that the safety number of an account, as it is now, was compared, or
// that it no longer counts.
func (c *Client) Compared(ctx context.Context, name string, yes bool) error {
	number := ""
	a, err := c.Resolve(name)
	if err == nil && yes {
		err = c.step(ctx, func(t *tx) (err error) {
			number, err = t.safetyNumber(a)
			return err
		})
		if err == nil && number == "" {
			err = ErrNoNumber
		}
	}
	if err != nil {
		return err
	}
	return c.Verify(ctx, name, number)
}
