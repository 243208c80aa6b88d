package client

import (
	"context"
	"errors"

	"parley/content"
)

// ErrOpened is returned for what was to be viewed once, and was.
var ErrOpened = errors.New("client: it was viewed already")

// OpenOnce says that a message to be viewed once is looked at: what opens its
// attachment is gone from then on, here and on the own other devices, and its author
// hears so, unless the person wants no receipts. Who calls shows it only then: of
// several calls on one device one returns nil, and that call again if it is repeated
// with its key ([WithKey]). Errors: ErrOpened; ErrUnknownMessage, also for one that
// isn't to be viewed once.
//
// Devices that can't hear of each other in time, as each opens it, each show it.
func (c *Client) OpenOnce(ctx context.Context, id MessageID) error {
	err := c.step(ctx, func(t *tx) error {
		_, err := t.once(ctx, func(t *tx) (MessageID, error) { return id, t.openOnce(id) })
		return err
	})
	if err == nil {
		err = c.soon(ctx)
	}
	return err
}

// openOnce is OpenOnce within a step.
func (t *tx) openOnce(id MessageID) error {
	target, err := t.target(id, false)
	if err != nil {
		return err
	}
	if target.Media == nil || !target.Media.ViewOnce || target.Media.Withheld {
		return ErrUnknownMessage
	}
	if target.Media.Opened {
		return ErrOpened
	}
	viewed := content.State{Kind: content.StateViewed, Subject: id.String(), Number: 1}
	if err := t.setState(viewed); err != nil {
		return err
	}
	if err := t.viewed(id); err != nil {
		return err
	}
	return t.tellViewed(target)
}

// viewed takes what opens a message out of it.
func (t *tx) viewed(id MessageID) error {
	key, err := t.get(idKey(id))
	if err != nil || len(key) == 0 {
		return err
	}
	m := new(Message)
	if !isMessageKey(string(key)) {
		return nil
	}
	found, err := t.load(string(key), m)
	if err != nil || !found || m.Media == nil || !m.Media.ViewOnce || m.Media.Opened {
		return err
	}
	m.Media = m.Media.opened(m.Own(t.c.self.Account))
	t.save(string(key), m)
	return nil
}

// viewedElsewhere is viewed for what another own device tells.
func (t *tx) viewedElsewhere(subject string) error {
	id, err := content.ParseMessageID(subject)
	if err != nil {
		return nil // looked at by validState
	}
	return t.viewed(id)
}

// tellViewed tells the author that a message can't be looked at here any more
// (draft-mahy-mimi-message-status-01, Section 3).
func (t *tx) tellViewed(v *View) error {
	r, err := t.room(v.Room)
	if err != nil || r == nil || r.Status != statusActive || len(r.Accounts) > maxReporting {
		return err
	}
	if wanted, err := t.receipts(); err != nil || !wanted {
		return err
	}
	if quiet, err := t.quiet(r); err != nil || quiet {
		return err
	}
	_, err = t.compose(r.Room, func(ext content.Extensions, _ *tx) (*content.Message, error) {
		return content.NewStatus(ext, []content.Report{{ID: v.ID, Status: content.StatusExpired}})
	})
	return err
}
