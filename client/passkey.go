package client

import (
	"context"

	"parley/identity"
	"parley/wire"
)

// A Proof is what a person proves an account by: one of the two.
type Proof struct {
	Login   []byte // of [DeriveKeys]
	Passkey []byte // JSON: what navigator.credentials answered to [PasskeyOptions]
}

// PasskeyOptions returns what navigator.credentials is to be given, as JSON, to make
// an account's first passkey (wire.PasskeySignUp) or to prove an account by one
// (wire.PasskeyLogin). It tells nobody whether there is such an account.
func PasskeyOptions(ctx context.Context, t Transport, account identity.Account, use wire.PasskeyUse) ([]byte, error) {
	o, err := callOnce[wire.PasskeyOptions](ctx, t, wire.OpPasskeyOptions, nil, wire.PasskeyOptionsRequest{Account: account, Use: use})
	if err != nil {
		return nil, err
	}
	return o.Options, nil
}

// PasskeyOptions returns what navigator.credentials is to be given to make another
// passkey of this account.
func (c *Client) PasskeyOptions(ctx context.Context) ([]byte, error) {
	o, err := call[wire.PasskeyOptions](ctx, c, wire.OpPasskeyOptions, wire.PasskeyOptionsRequest{Account: c.self.Account, Use: wire.PasskeyAdd})
	if err != nil {
		return nil, err
	}
	return o.Options, nil
}

// Passkeys returns the passkeys of this account, the oldest first, and whether a
// passphrase proves it too: as the server says.
func (c *Client) Passkeys(ctx context.Context) (*wire.Passkeys, error) {
	list, err := call[wire.Passkeys](ctx, c, wire.OpPasskeys, wire.Empty{})
	if err != nil {
		return nil, err
	}
	list.Passkeys = list.Passkeys[:min(len(list.Passkeys), wire.MaxPasskeys)]
	return list, nil
}

// RemovePasskey removes the passkey of a credential's id from this account. The last
// one of an account that no passphrase proves is refused: last_passkey.
func (c *Client) RemovePasskey(ctx context.Context, id []byte) error {
	_, err := call[wire.Empty](ctx, c, wire.OpRemovePasskey, wire.RemovePasskeyRequest{ID: id})
	return err
}

// AddPasskey adds the passkey that was made by [Client.PasskeyOptions] to this
// account.
func (c *Client) AddPasskey(ctx context.Context, answer []byte) error {
	_, err := call[wire.Empty](ctx, c, wire.OpAddPasskey, wire.AddPasskeyRequest{Passkey: answer})
	return err
}
