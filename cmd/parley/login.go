package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"parley/client"
	"parley/client/nettransport"
	"parley/identity"
	"parley/wire"
)

var loginCommand = command{
	name: "login", usage: "login --server URL [--new | --reset] [--device-name TEXT] NAME",
	summary: "Make this PARLEY_HOME a device of an account.",
	more: `
  --new          sign up: a new account, with this as its first device
  --reset        every device is lost: replace them all by this one. It is a new
                 identity: others have to confirm it, after a delay
  --device-name  how your devices' list calls this one; the server sees it

Without either it asks to be added to an account: it prints a CODE and waits until
a device of the account runs "parley devices approve CODE". Interrupted, it goes
on with the same CODE when it is run again.`,
	run: runLogin,
}

// A loginRequest is a login command line.
type loginRequest struct {
	server, name, device string
	isNew, reset         bool
}

func runLogin(ctx context.Context, p *program, args []string) error {
	var l loginRequest
	fs := newFlags("login")
	fs.StringVar(&l.server, "server", p.getenv("PARLEY_SERVER"), "")
	fs.StringVar(&l.device, "device-name", "terminal", "")
	fs.BoolVar(&l.isNew, "new", false, "")
	fs.BoolVar(&l.reset, "reset", false, "")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	switch {
	case len(rest) != 1:
		return usagef("login needs one name")
	case !identity.ValidName(rest[0]):
		return usagef("%q is not a name: 1 to 64 of a-z 0-9 . _ -", rest[0])
	case l.server == "":
		return usagef("login needs --server")
	case l.isNew && l.reset:
		return usagef("--new and --reset exclude each other")
	case len(l.device) > identity.MaxDeviceName:
		return usagef("the device's name is longer than %d bytes", identity.MaxDeviceName)
	}
	l.name = rest[0]
	return p.login(ctx, l)
}

func (p *program) login(ctx context.Context, l loginRequest) error {
	transport, err := nettransport.New(l.server, nettransport.Options{})
	if err != nil {
		return usagef("--server %q is not the address of a server", l.server)
	}
	info, err := client.Info(ctx, transport)
	if err != nil {
		return err
	}
	account, err := identity.NewAccount(info.Domain, l.name)
	if err != nil {
		return err
	}
	passphrase, err := p.passphrase(ctx, l.isNew)
	if err != nil {
		return err
	}
	store, err := p.openStore(true)
	if err != nil {
		return err
	}
	_, err = client.ReadHome(ctx, store)
	fresh := errors.Is(err, client.ErrNoHome)
	err = p.loginIn(ctx, l, store, account, passphrase)
	err = errors.Join(err, store.Close())
	if _, refused := errors.AsType[*wire.Error](err); refused && fresh {
		p.forget() // nothing came of it: another name or passphrase must not meet its remains
	}
	return err
}

func (p *program) loginIn(ctx context.Context, l loginRequest, store client.Store, account identity.Account, passphrase string) error {
	cfg, err := p.config(store, l.server)
	if err != nil {
		return err
	}
	cfg.DeviceName = l.device
	login, seal := client.DeriveKeys(passphrase, account)
	begin := client.Enroll
	switch {
	case l.isNew:
		begin = client.SignUp
	case l.reset:
		begin = client.Reset
	}
	c, err := begin(ctx, cfg, seal, account, login)
	if errors.Is(err, client.ErrLoggedIn) {
		return p.again(ctx, cfg, seal, account, l.reset)
	}
	if err != nil {
		return err
	}
	if _, err := client.Open(ctx, cfg, seal); errors.Is(err, client.ErrNotApproved) {
		if err := p.awaitApproval(ctx, c); err != nil {
			return err
		}
	}
	p.keepInKeyring(&client.Home{Account: account, Device: c.Device()}, seal)
	return c.Sync(ctx) // publishes key packages, so that others can write
}

// errNotLost is returned for a reset by a device that isn't the only one left.
var errNotLost = errors.New("this device is on the account's list, so nothing is reset: see parley devices remove (not_lost)")

// again is a login to a home that the same device is logged in to already. It
// succeeds if all that was asked for is so.
func (p *program) again(ctx context.Context, cfg client.Config, seal client.SealKey, account identity.Account, reset bool) error {
	home, err := client.ReadHome(ctx, cfg.Store)
	if err != nil {
		return err
	}
	if home.Account != account || home.Server != cfg.Transport.Origin() {
		return client.ErrLoggedIn
	}
	c, err := client.Open(ctx, cfg, seal)
	if err != nil {
		return err
	}
	if err := c.Sync(ctx); err != nil || !reset {
		return err
	}
	devices, err := c.Devices(ctx)
	if err == nil && len(devices) > 1 {
		return errNotLost
	}
	return err
}

// awaitApproval prints the code and waits.
func (p *program) awaitApproval(ctx context.Context, c *client.Client) error {
	if _, err := fmt.Fprintln(p.stdout, c.Code()); err != nil {
		return err
	}
	p.note("waiting: on a device of this account run parley devices approve %s", c.Code())
	return c.AwaitApproval(ctx)
}

// forget removes the store that a failed login made.
func (p *program) forget() {
	dir, err := p.homeDir()
	if err != nil {
		return
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		os.Remove(filepath.Join(dir, storeName+suffix))
	}
	os.Remove(filepath.Join(dir, listName))
}
