package bridge

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"parley/client"
	"parley/identity"
	"parley/wire"
)

// accountCalls lists the methods of this file.
func (c *Core) accountCalls() map[string]call {
	return map[string]call{
		"boot":    without(c.Boot),
		"signUp":  with(c.SignUp),
		"signIn":  with(c.SignIn),
		"signOut": without(c.SignOut),
		"storage": without(c.Storage),

		"exportAccount": without(c.ExportAccount),
		"eraseAccount":  with(c.EraseAccount),
	}
}

// Boot says who is here.
func (c *Core) Boot(context.Context) (Boot, error) { return c.boot(), nil }

func (c *Core) boot() Boot {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := Boot{Phase: c.phase, Online: Connected{State: c.state}}
	if c.info != nil {
		b.Server = serverOf(c.info)
	}
	cl := c.now.client
	if cl == nil || c.phase == PhaseNone {
		return b
	}
	b.Account, b.Name, b.Device = string(cl.Account()), cl.Account().Name(), string(cl.Device())
	if c.phase == PhaseWaiting {
		b.Code = cl.Code()
	}
	return b
}

func serverOf(info *wire.Info) *Server {
	var platform *Platform
	if p := info.Platform; p != nil {
		platform = &Platform{Name: p.Name, Hosts: p.Hosts, Players: p.Players}
	}
	return &Server{
		Unfurl: info.Unfurl, Platform: platform, BlockList: len(info.BlockListKey) > 0,
		Domain: info.Domain, SignUpOpen: info.SignUpOpen, Passkeys: info.Passkeys,
		PushKey: base64.RawURLEncoding.EncodeToString(info.PushKey),
		MaxText: client.MaxText, MaxMembers: min(info.Limits.Members, maxGroup),
		Blobs: BlobLimits{Size: info.Blobs.Size, Part: info.Blobs.Part, Forward: info.Blobs.Forward},
	}
}

// maxGroup is how many people a group of this page has at most.
const maxGroup = 32

// SignUp makes an account with this device as its first. Codes: signed_in,
// bad_name, name_taken, sign_up_closed, offline, bad_passkey.
func (c *Core) SignUp(ctx context.Context, p SignUp) (Boot, error) {
	return c.login(ctx, p.Name, p.DeviceName, func(cfg client.Config, seal client.SealKey, account identity.Account) (*client.Client, error) {
		return client.SignUpWith(ctx, cfg, seal, account, c.proof(account, p.Passphrase, p.Passkey))
	})
}

// SignIn adds this device to an account. It waits for its approval then, unless
// the account was reset to it. Codes: signed_in, bad_name, wrong_passphrase,
// too_many_enrolling, offline, bad_passkey.
func (c *Core) SignIn(ctx context.Context, p SignIn) (Boot, error) {
	return c.login(ctx, p.Name, p.DeviceName, func(cfg client.Config, seal client.SealKey, account identity.Account) (*client.Client, error) {
		proof := c.proof(account, p.Passphrase, p.Passkey)
		if p.Reset {
			return client.ResetWith(ctx, cfg, seal, account, proof)
		}
		return client.EnrollWith(ctx, cfg, seal, account, proof)
	})
}

// login has enter make a client, for the account called name, and runs it.
func (c *Core) login(ctx context.Context, name, device string, enter func(client.Config, client.SealKey, identity.Account) (*client.Client, error)) (Boot, error) {
	c.life.Lock()
	defer c.life.Unlock()
	if c.now.client != nil {
		return Boot{}, errSignedIn
	}
	info, err := c.server(ctx)
	if err != nil {
		return Boot{}, err
	}
	account, err := identity.NewAccount(info.Domain, name)
	if err != nil {
		return Boot{}, errBadName
	}
	seal, err := client.SealedByStore(ctx, c.now.store)
	if err != nil {
		return Boot{}, err
	}
	cl, err := enter(c.clientConfig(device), seal, account)
	if err != nil {
		return Boot{}, err
	}
	phase := PhaseReady
	if _, err := client.Open(ctx, c.clientConfig(device), seal); errors.Is(err, client.ErrNotApproved) {
		phase = PhaseWaiting
	}
	if phase == PhaseReady { // what others need to write to this device is at the server before anybody is told
		first, cancel := context.WithTimeout(ctx, firstSync)
		_ = cl.Sync(first) // what couldn't be done is done later
		cancel()
	}
	c.begin(cl, phase)
	return c.boot(), nil
}

// firstSync bounds how long a sign-up waits for its first exchange with the server.
const firstSync = 10 * time.Second

// leaveTime bounds how long SignOut tries to tell the server.
const leaveTime = 10 * time.Second

// SignOut ends this device: it is taken off the account's list if that can be
// done, and everything here is erased whether it could or not.
func (c *Core) SignOut(ctx context.Context) (Boot, error) {
	c.life.Lock()
	defer c.life.Unlock()
	if cl := c.now.client; cl != nil {
		if c.Phase() == PhaseReady {
			leave, cancel := context.WithTimeout(ctx, leaveTime)
			_ = cl.RemoveDevice(leave, string(cl.Device())) // the last one stays, and so does one without a connection
			cancel()
		}
		c.end()
	}
	return c.forget(ctx)
}

// ExportAccount returns everything that the server holds on the account. Codes: nobody, offline.
func (c *Core) ExportAccount(ctx context.Context) (Export, error) {
	cl, err := c.client()
	if err != nil {
		return Export{}, err
	}
	var lines strings.Builder
	err = cl.Export(ctx, &lines)
	return Export{Lines: lines.String()}, err
}

// EraseAccount erases the account at the server, and everything here. Codes: nobody,
// wrong_passphrase, bad_passkey, offline: then nothing here is erased.
func (c *Core) EraseAccount(ctx context.Context, p EraseAccount) (Boot, error) {
	c.life.Lock()
	defer c.life.Unlock()
	cl, err := c.client()
	if err != nil {
		return Boot{}, err
	}
	if err := cl.Erase(ctx, c.proof(cl.Account(), p.Passphrase, p.Passkey)); err != nil {
		return Boot{}, err
	}
	c.end()
	return c.forget(ctx)
}

// forget erases everything here, with life held and nobody running.
func (c *Core) forget(ctx context.Context) (Boot, error) {
	if err := c.now.store.Close(); err != nil {
		return Boot{}, err
	}
	if err := c.cfg.Erase(ctx); err != nil {
		return Boot{}, err
	}
	if err := c.reopen(ctx); err != nil {
		return Boot{}, err
	}
	return c.boot(), nil
}

// Storage says what is kept here.
func (c *Core) Storage(ctx context.Context) (Storage, error) {
	var s Storage
	if c.cfg.Used != nil {
		var err error
		if s, err = c.cfg.Used(ctx); err != nil {
			return Storage{}, err
		}
	}
	if cl, err := c.client(); err == nil {
		if s.Messages, err = cl.CountMessages(ctx); err != nil {
			return Storage{}, err
		}
	}
	return s, nil
}
