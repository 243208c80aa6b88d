package bridge

import (
	"context"
	"encoding/base64"

	"parley/client"
	"parley/identity"
	"parley/wire"
)

// passkeyCalls lists the methods of this file.
func (c *Core) passkeyCalls() map[string]call {
	return map[string]call{
		"passkeyOptions": with(c.PasskeyOptions),
		"addPasskey":     with(c.AddPasskey),
		"passkeys":       without(c.Passkeys),
		"removePasskey":  with(c.RemovePasskey),
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

// Passkeys lists those of the own account. Codes: nobody, offline.
func (c *Core) Passkeys(ctx context.Context) (Passkeys, error) {
	cl, err := c.client()
	if err != nil {
		return Passkeys{}, err
	}
	list, err := cl.Passkeys(ctx)
	if err != nil {
		return Passkeys{}, err
	}
	out := Passkeys{Passphrase: list.Passphrase}
	for _, p := range list.Passkeys {
		out.Passkeys = append(out.Passkeys, KeptPasskey{
			ID: base64.RawURLEncoding.EncodeToString(p.ID), Name: p.Name, MadeMS: p.MadeMS, UsedMS: p.UsedMS, Synced: p.Synced,
		})
	}
	return out, nil
}

// RemovePasskey takes one off the own account. Codes: bad_params, nobody,
// last_passkey (the only one, and no passphrase proves the account), offline.
func (c *Core) RemovePasskey(ctx context.Context, p OnePasskey) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	id, err := base64.RawURLEncoding.DecodeString(p.ID)
	if err != nil {
		return Nothing{}, errBadParams
	}
	return Nothing{}, cl.RemovePasskey(ctx, id)
}

// proof returns what a person proves an account by: the passkey's answer if there
// is one, else the passphrase.
func (c *Core) proof(account identity.Account, passphrase, passkey string) client.Proof {
	if passkey != "" {
		return client.Proof{Passkey: []byte(passkey)}
	}
	return client.Proof{Login: c.cfg.Login(passphrase, account)}
}
