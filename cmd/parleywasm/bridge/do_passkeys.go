package bridge

import (
	"context"

	"parley/client"
	"parley/identity"
	"parley/wire"
)

// passkeyCalls lists the methods of this file.
func (c *Core) passkeyCalls() map[string]call {
	return map[string]call{
		"passkeyOptions": with(c.PasskeyOptions),
		"addPasskey":     with(c.AddPasskey),
	}
}

// PasskeyOptions returns what navigator.credentials is to be given. For "add" the
// name is the own one, whatever is asked. Codes: bad_params, bad_name, nobody,
// offline, sign_up_closed.
func (c *Core) PasskeyOptions(ctx context.Context, p PasskeyUse) (Passkey, error) {
	use := wire.PasskeyUse(p.Use)
	switch use {
	case wire.PasskeyAdd:
		cl, err := c.client()
		if err != nil {
			return Passkey{}, err
		}
		options, err := cl.PasskeyOptions(ctx)
		return Passkey{Options: string(options)}, err
	case wire.PasskeySignUp, wire.PasskeyLogin:
		info, err := c.server(ctx)
		if err != nil {
			return Passkey{}, err
		}
		account, err := identity.NewAccount(info.Domain, p.Name)
		if err != nil {
			return Passkey{}, errBadName
		}
		options, err := client.PasskeyOptions(ctx, c.cfg.Transport, account, use)
		return Passkey{Options: string(options)}, err
	}
	return Passkey{}, errBadParams
}

// AddPasskey adds a passkey to the own account. Codes: nobody, bad_passkey,
// forbidden (there are as many as there can be), offline.
func (c *Core) AddPasskey(ctx context.Context, p PasskeyAnswer) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.AddPasskey(ctx, []byte(p.Passkey))
}

// proof returns what a person proves an account by: the passkey's answer if there
// is one, else the passphrase.
func (c *Core) proof(account identity.Account, passphrase, passkey string) client.Proof {
	if passkey != "" {
		return client.Proof{Passkey: []byte(passkey)}
	}
	return client.Proof{Login: c.cfg.Login(passphrase, account)}
}
