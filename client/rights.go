package client

import (
	"context"
	"errors"
	"io"

	"parley/wire"
)

// Export writes everything that the server holds on the account to w: JSON Lines,
// each an object whose "kind" says what it is. What others have of it, and what this
// device has, isn't in it.
func (c *Client) Export(ctx context.Context, w io.Writer) error {
	for after := ""; ; {
		part, err := call[wire.Export](ctx, c, wire.OpAccountExport, wire.ExportRequest{After: after})
		if err != nil {
			return err
		}
		if _, err := w.Write(part.Lines); err != nil {
			return err
		}
		if after = part.Next; after == "" {
			return nil
		}
	}
}

// Erase erases the account at the server for good, with its login or a passkey, after
// having left its groups as far as they can be left now. This device keeps what
// it has, and can't reach the server any more: the caller deletes its home.
func (c *Client) Erase(ctx context.Context, proof Proof) error {
	request := wire.EraseRequest{Account: c.self.Account, Login: proof.Login, Passkey: proof.Passkey, Ask: true}
	if _, err := call[wire.Empty](ctx, c, wire.OpAccountErase, request); err != nil {
		return err
	}
	rooms, err := c.Rooms(ctx)
	if err != nil {
		return err
	}
	for _, r := range rooms {
		if r.Direct || !r.Active {
			continue
		}
		// A group that can't be left now keeps leaves that nobody can read by.
		if err := c.Leave(ctx, r.Room); errors.Is(err, ErrOffline) || ctx.Err() != nil {
			return err
		}
	}
	request.Ask = false
	_, err = call[wire.Empty](ctx, c, wire.OpAccountErase, request)
	return err
}
