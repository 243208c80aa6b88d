package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/identity"
	"parley/internal/cbor"
	"parley/mls"
	"parley/wire"
)

// A Home says who is logged in where. It is the one record that isn't sealed:
// what is needed to ask for the passphrase.
type Home struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // of this record: 1
	Server  string   // the transport's origin
	Account identity.Account
	Device  identity.Device
}

// ReadHome returns who is logged in, or ErrNoHome.
func ReadHome(ctx context.Context, s Store) (*Home, error) {
	b, err := s.Get(ctx, homeKey)
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, ErrNoHome
	}
	var h Home
	if err := cbor.Unmarshal(b, &h); err != nil {
		return nil, fmt.Errorf("client: record home: %w", err)
	}
	return &h, nil
}

// Open returns the client of a store that somebody has logged in to. It returns
// ErrNoHome, ErrWrongSeal, or, together with a client that can only
// [Client.AwaitApproval], ErrNotApproved.
func Open(ctx context.Context, cfg Config, seal SealKey) (*Client, error) {
	if _, err := ReadHome(ctx, cfg.Store); err != nil {
		return nil, err
	}
	c := newClient(cfg, seal)
	b, err := c.store.get(ctx, selfKey)
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, ErrNoHome
	}
	if err := cbor.Unmarshal(b, &c.self); err != nil {
		return nil, fmt.Errorf("client: record self: %w", err)
	}
	if _, err := identity.NewPrivateKey(c.self.Seed); err != nil {
		return nil, err
	}
	if !c.self.Listed {
		return c, ErrNotApproved
	}
	if err := c.step(ctx, (*tx).adoptUnfranked); err != nil {
		return nil, err
	}
	return c, c.Sweep(ctx)
}

func newClient(cfg Config, seal SealKey) *Client {
	return &Client{cfg: cfg, store: newSealedStore(cfg.Store, seal), cache: map[groupKey]*mls.Group{}, nudged: make(chan struct{}, 1), woken: make(chan struct{}, 1), came: make(chan struct{}, 1)}
}

// SignUp makes a new account with this device as its first. Called again after it
// was cut off, with the same account, it goes on with the same device.
func SignUp(ctx context.Context, cfg Config, seal SealKey, account identity.Account, login []byte) (*Client, error) {
	return SignUpWith(ctx, cfg, seal, account, Proof{Login: login})
}

// SignUpWith is [SignUp] by either proof.
func SignUpWith(ctx context.Context, cfg Config, seal SealKey, account identity.Account, proof Proof) (*Client, error) {
	c, err := begin(ctx, cfg, seal, account)
	if err != nil {
		return nil, err
	}
	list := &identity.DeviceList{
		Account: account, Version: 1, Change: identity.Create,
		At: uint64(c.nowMS()), Devices: []identity.ListedDevice{c.listed()},
	}
	// The list is kept first: repeated, the request has to be the same one.
	signed, err := c.keepRequest(ctx, list.Sign(c.self.Device, c.key()))
	if err != nil {
		return nil, err
	}
	if _, err := callOnce[wire.Empty](ctx, cfg.Transport, wire.OpSignUp, nil, wire.SignUpRequest{Login: proof.Login, Passkey: proof.Passkey, List: *signed}); err != nil {
		return nil, c.giveUp(ctx, err, false)
	}
	return c, c.enter(ctx, []identity.SignedDeviceList{*signed})
}

// Enroll asks for this device to be added to an account. The caller shows
// [Client.Code] and then calls [Client.AwaitApproval]. Called again after it was
// cut off it goes on with the same device and code.
func Enroll(ctx context.Context, cfg Config, seal SealKey, account identity.Account, login []byte) (*Client, error) {
	return EnrollWith(ctx, cfg, seal, account, Proof{Login: login})
}

// EnrollWith is [Enroll] by either proof.
func EnrollWith(ctx context.Context, cfg Config, seal SealKey, account identity.Account, proof Proof) (*Client, error) {
	c, err := begin(ctx, cfg, seal, account)
	if err != nil {
		return nil, err
	}
	request, err := c.enrollRequest(ctx, proof)
	if err != nil {
		return nil, err
	}
	reply, err := callOnce[wire.EnrollReply](ctx, cfg.Transport, wire.OpEnroll, nil, request)
	if err != nil {
		return nil, c.giveUp(ctx, err, true)
	}
	if reply.Listed {
		return c, c.enter(ctx, reply.Lists)
	}
	return c, nil
}

// Reset replaces all devices of an account by this one, for a person who lost
// them. It is a new identity: contacts' clients wait for the delay, and for their
// people to confirm.
func Reset(ctx context.Context, cfg Config, seal SealKey, account identity.Account, login []byte) (*Client, error) {
	return ResetWith(ctx, cfg, seal, account, Proof{Login: login})
}

// ResetWith is [Reset] by either proof: one answer of a passkey does for both of its
// requests.
func ResetWith(ctx context.Context, cfg Config, seal SealKey, account identity.Account, proof Proof) (*Client, error) {
	c, err := begin(ctx, cfg, seal, account)
	if err != nil {
		return nil, err
	}
	// Without a body it only asks for the chain; the signer names the account.
	ask := wire.ResetRequest{Login: proof.Login, Passkey: proof.Passkey, List: identity.SignedDeviceList{Signer: c.self.Device}}
	reply, err := callOnce[wire.ResetReply](ctx, cfg.Transport, wire.OpReset, nil, ask)
	if err != nil {
		return nil, c.giveUp(ctx, err, false)
	}
	var chain identity.Chain
	if err := chain.Extend(account, reply.Lists); err != nil {
		return nil, err
	}
	if !chain.Current.Lists(c.self.Device, c.key().Public()) {
		list := chain.Current.Next(identity.Reset, uint64(c.nowMS()))
		list.Devices, list.RecoveryKey = []identity.ListedDevice{c.listed()}, nil
		reply, err = callOnce[wire.ResetReply](ctx, cfg.Transport, wire.OpReset, nil,
			wire.ResetRequest{Login: proof.Login, Passkey: proof.Passkey, List: list.Sign(c.self.Device, c.key())})
		if err != nil {
			return nil, err
		}
	}
	return c, c.enter(ctx, reply.Lists)
}

// Code returns what a person compares before an existing device approves this
// one: see [identity.EnrollmentCode].
func (c *Client) Code() string { return identity.EnrollmentCode(c.self.Device, c.key().Public()) }

// AwaitApproval waits until an existing device has approved this one. Without a
// connection it goes on trying. It ends with ctx.
func (c *Client) AwaitApproval(ctx context.Context) error {
	var request wire.EnrollRequest
	b, err := c.store.get(ctx, enrollKey)
	if err != nil {
		return err
	}
	if b == nil {
		return ErrNoHome
	}
	if err := cbor.Unmarshal(b, &request); err != nil {
		return fmt.Errorf("client: record enroll: %w", err)
	}
	for {
		reply, err := callOnce[wire.EnrollReply](ctx, c.cfg.Transport, wire.OpEnroll, nil, request)
		if err == nil && reply.Listed {
			return c.enter(ctx, reply.Lists)
		}
		if err != nil && !mayPass(err) {
			return err
		}
		if err := sleep(ctx, time.Second); err != nil {
			return err
		}
	}
}

// begin makes the device of a login, or finds the one that an interrupted login
// to the same account left.
func begin(ctx context.Context, cfg Config, seal SealKey, account identity.Account) (*Client, error) {
	c, err := Open(ctx, cfg, seal)
	switch {
	case err == nil:
		return nil, ErrLoggedIn
	case errors.Is(err, ErrNotApproved) && c.self.Account == account:
		return c, nil
	case errors.Is(err, ErrWrongSeal):
		if h, herr := ReadHome(ctx, cfg.Store); herr != nil || h.Account == account {
			return nil, err
		}
		return nil, ErrLoggedIn
	case err != nil && !errors.Is(err, ErrNoHome) && !errors.Is(err, ErrNotApproved):
		return nil, err
	}
	c = newClient(cfg, seal)
	c.self = self{Version: 1, Account: account, Device: identity.RandomDevice(account), Seed: identity.GenerateKey().Seed()}
	home := Home{Version: 1, Server: cfg.Transport.Origin(), Account: account, Device: c.self.Device}
	return c, c.step(ctx, func(t *tx) error {
		t.del(enrollKey)
		t.del(signUpKey)
		t.save(homeKey, &home)
		t.save(selfKey, &c.self)
		t.put(adoptedKey, []byte{1})
		t.put(frankedKey, marked)
		return nil
	})
}

// giveUp empties the store of a login that the server refused for its name or
// passphrase, which the records are sealed with: else no other could follow. A
// device that waits for its approval is kept, unless it is that device's own
// request (enrolling) that is refused. It returns the refusal.
func (c *Client) giveUp(ctx context.Context, refusal error, enrolling bool) error {
	final := false
	for _, code := range []wire.Code{wire.CodeWrongLogin, wire.CodeBadPasskey, wire.CodeNameTaken, wire.CodeSignUpClosed, wire.CodeForbidden} {
		final = final || errors.Is(refusal, &wire.Error{Code: code})
	}
	if !final {
		return refusal
	}
	err := c.step(ctx, func(t *tx) error {
		waits, err := t.get(enrollKey)
		if err != nil {
			return err
		}
		if waits != nil && !enrolling { // the device of an earlier login goes on waiting for its approval
			t.del(signUpKey)
			return nil
		}
		for after := ""; ; {
			records, err := c.store.Store.List(ctx, "", after, 256)
			if err != nil || len(records) == 0 {
				return err
			}
			for _, r := range records {
				t.del(r.Key)
			}
			after = records[len(records)-1].Key
		}
	})
	if err != nil {
		return err
	}
	return refusal
}

// keepRequest stores the signed list of a sign-up, or returns the one that is
// stored already.
func (c *Client) keepRequest(ctx context.Context, list identity.SignedDeviceList) (*identity.SignedDeviceList, error) {
	kept := new(identity.SignedDeviceList)
	return kept, c.step(ctx, func(t *tx) error {
		found, err := t.load(signUpKey, kept)
		if err != nil || found {
			return err
		}
		*kept = list
		t.save(signUpKey, kept)
		return nil
	})
}

// enrollRequest returns the request of this device, made once and kept with the
// secrets of its key packages. A passkey's answer isn't kept: it counts once, and the
// server doesn't ask for another while the device waits.
func (c *Client) enrollRequest(ctx context.Context, proof Proof) (*wire.EnrollRequest, error) {
	request := new(wire.EnrollRequest)
	defer func() { request.Passkey = proof.Passkey }()
	return request, c.step(ctx, func(t *tx) error {
		found, err := t.load(enrollKey, request)
		if err != nil || found {
			return err
		}
		claim := wire.EnrollClaim{Device: c.self.Device, SignatureKey: c.key().Public(), Suites: c.suiteIDs(), Name: c.cfg.DeviceName}
		request.Login, request.Claim = proof.Login, cbor.MustMarshal(&claim)
		request.Signature = c.key().SignStatement(wire.UseEnroll, request.Claim)
		request.KeyPackages, err = t.newKeyPackages(enrollKeyPackages, false)
		if err != nil {
			return err
		}
		last, err := t.newKeyPackages(1, true)
		if err != nil {
			return err
		}
		request.LastResort = last[0]
		t.save(enrollKey, request)
		return nil
	})
}

// enter finishes a login: the lists must hold this device.
func (c *Client) enter(ctx context.Context, lists []identity.SignedDeviceList) error {
	me := c.self
	me.Listed = true
	err := c.step(ctx, func(t *tx) error {
		own := contact{Version: 1, Account: me.Account}
		if err := own.Chain.Extend(me.Account, lists); err != nil {
			return err
		}
		if own.Chain.Current == nil || !own.Chain.Current.Lists(me.Device, c.key().Public()) {
			return ErrNotApproved
		}
		t.saveContact(&own)
		t.save(selfKey, &me)
		if len(own.Chain.Current.Devices) > 1 {
			t.put(unheardKey, []byte{1})
		}
		t.del(enrollKey)
		t.del(signUpKey)
		return nil
	})
	if err == nil {
		c.self = me
	}
	return err
}

// listed is this device's entry in a device list.
func (c *Client) listed() identity.ListedDevice {
	return identity.ListedDevice{
		Device: c.self.Device, SignatureKey: c.key().Public(), Suites: c.suiteIDs(),
		Name: c.cfg.DeviceName, AddedAt: uint64(c.nowMS()),
	}
}

func (c *Client) suiteIDs() []uint16 {
	ids := make([]uint16, len(c.cfg.Suites))
	for i, s := range c.cfg.Suites {
		ids[i] = uint16(s.ID())
	}
	return ids
}

// mayPass reports whether the same request may succeed later.
func mayPass(err error) bool {
	for _, code := range []wire.Code{wire.CodeUnavailable, wire.CodeRateLimited, wire.CodeInternal} {
		if errors.Is(err, &wire.Error{Code: code}) {
			return true
		}
	}
	return errors.Is(err, ErrOffline)
}

// sleep waits for d or the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
