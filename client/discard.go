package client

import (
	"context"
	"slices"
	"strings"
)

// Retry has a message that failed tried again. One that waits is only hurried; of
// one that was sent nothing is left to do. Errors: ErrUnknownMessage.
func (c *Client) Retry(ctx context.Context, id MessageID) error {
	_, err := c.post(ctx, func(t *tx) (MessageID, error) {
		key, e, err := t.entry(id)
		if err != nil || e == nil || e.Message.State != StateFailed {
			return id, err
		}
		e.Message.State, e.Message.AtMS, e.Attempt = StateQueued, t.c.nowMS(), attempt{ID: newID()}
		t.save(key, e)
		return id, nil
	})
	return err
}

// Discard takes a message that failed, or waits, out of the outbox. If it was on
// its way by then, and arrives, it is shown as sent after all: that is what it is.
// Errors: ErrUnknownMessage, also for a message that was sent.
func (c *Client) Discard(ctx context.Context, id MessageID) error {
	return c.step(ctx, func(t *tx) error {
		key, e, err := t.entry(id)
		if err != nil {
			return err
		}
		if e == nil {
			return ErrUnknownMessage
		}
		if len(e.Attempt.Bytes) == 0 || e.Message.State == StateFailed {
			return t.dropEntry(key, &e.Message)
		}
		e.Message.State, e.Message.AtMS = stateDiscarded, t.c.nowMS()
		t.save(key, e)
		return nil
	})
}

// entry returns a message of the outbox, nil for one that was sent.
func (t *tx) entry(id MessageID) (string, *outEntry, error) {
	key, err := t.get(idKey(id))
	if err != nil {
		return "", nil, err
	}
	if len(key) == 0 || string(key) == earlyMark {
		return "", nil, ErrUnknownMessage
	}
	if !strings.HasPrefix(string(key), outPrefix) {
		return "", nil, nil
	}
	e := new(outEntry)
	found, err := t.load(string(key), e)
	if err == nil && (!found || e.Message.State == stateDiscarded) {
		err = ErrUnknownMessage
	}
	return string(key), e, err
}

// dropEntry deletes an entry of the outbox, and what was to change it.
func (t *tx) dropEntry(key string, m *Message) error {
	if target := targetOf(m); !target.IsZero() {
		mods, err := t.list(modPrefix + target.String() + "/")
		if err != nil {
			return err
		}
		i := slices.IndexFunc(mods, func(mod Record) bool { return string(mod.Value) == key })
		if i >= 0 {
			t.del(mods[i].Key)
		}
	}
	return t.erase(key, m)
}

// discardedFor is how long an entry that was discarded is kept, should it turn out
// to have been on its way.
const discardedFor = 60 * 60 * 1000 // ms

// dropDiscarded deletes what was discarded long enough ago.
func (t *tx) dropDiscarded() error {
	entries, err := t.outbox()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Message.State == stateDiscarded && t.c.nowMS()-e.Message.AtMS > discardedFor {
			if err := t.dropEntry(e.key, &e.Message); err != nil {
				return err
			}
		}
	}
	return nil
}
