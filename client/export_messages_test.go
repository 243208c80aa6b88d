package client

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"parley/identity"
	"parley/wire"
)

// Hear takes in signals as a push brings them.
func (c *Client) Hear(ctx context.Context, signals ...wire.Signal) { c.heedSignals(ctx, signals) }

// TellsTyping reports whether a frame is on its way.
func (c *Client) TellsTyping() bool {
	c.typing.mu.Lock()
	defer c.typing.mu.Unlock()
	return c.typing.busy
}

// ForgeTyping makes a frame that says that device types, under the key of the room
// that c is in and the signature of c.
func (c *Client) ForgeTyping(ctx context.Context, room identity.Room, device identity.Device, ms int64) (frame []byte, err error) {
	err = c.step(ctx, func(t *tx) error {
		r, g, err := t.ready(room)
		if err != nil {
			return err
		}
		claim := typingClaim{Room: room, Generation: r.Generation, Epoch: g.Epoch(), Device: device, On: true, AtMS: uint64(ms)}
		frame, err = sealTyping(g, &claim, c.key())
		return err
	})
	return frame, err
}

// FillRoom keeps n messages in a room, from the number after its last one, as if
// they had come from somebody: the i-th says text(i).
func (c *Client) FillRoom(ctx context.Context, room identity.Room, from identity.Account, n int, text func(int) string) error {
	for done := 0; done < n; {
		some := min(512, n-done)
		err := c.step(ctx, func(t *tx) error {
			r, err := t.room(room)
			if err != nil {
				return err
			}
			for i := range some {
				seq := r.SeenSeq + 1
				m := &Message{
					Version: messageVersion, ID: fakeID(room, seq), Room: room, From: from, AtMS: int64(seq) * 1000, Seq: seq,
					Kind: KindText, Text: text(done + i), State: StateReceived,
				}
				r.LastSeq = seq
				if err := t.addMessage(r, m, false); err != nil {
					return err
				}
			}
			t.saveRoom(r)
			return nil
		})
		if err != nil {
			return err
		}
		done += some
	}
	return nil
}

func fakeID(room identity.Room, seq uint64) MessageID {
	id := MessageID(sha256.Sum256(binary.BigEndian.AppendUint64([]byte(room), seq)))
	id[0] = 1
	return id
}

// FillRooms makes n rooms with a message each, as if this account were in them.
func (c *Client) FillRooms(ctx context.Context, like identity.Room, n int) error {
	for i := range n {
		room := identity.RandomRoom(like.Domain())
		err := c.step(ctx, func(t *tx) error {
			r, err := t.room(like)
			if err != nil {
				return err
			}
			r.Room, r.stored, r.SeenSeq, r.LastSeq, r.LastKey = room, nil, 0, 0, ""
			t.saveRoom(r)
			return nil
		})
		if err != nil {
			return err
		}
		if err := c.FillRoom(ctx, room, c.self.Account, 1, func(int) string { return fmt.Sprint("room ", i) }); err != nil {
			return err
		}
	}
	return nil
}

// Holds returns the keys of the messages, entries and blocks whose value holds text.
func (c *Client) Holds(ctx context.Context, text string) (keys []string, err error) {
	err = c.step(ctx, func(t *tx) error {
		keys = nil
		for _, prefix := range []string{msgPrefix, wordsPrefix, outPrefix, modPrefix} {
			records, err := t.stored(prefix)
			if err != nil {
				return err
			}
			for _, rec := range records {
				if containsFold(string(rec.Value), text) {
					keys = append(keys, rec.Key)
				}
			}
		}
		return nil
	})
	return keys, err
}

func containsFold(s, text string) bool {
	_, _, ok := findFolded(s, fold(text))
	return ok
}

// FlushAll sends what is in the outbox, as Run does when it is nudged.
func (c *Client) FlushAll(ctx context.Context) error {
	c.netMu.Lock()
	defer c.netMu.Unlock()
	return c.flush(ctx)
}

// Pushed takes in what a stream brought.
func (c *Client) Pushed(ctx context.Context, push *wire.ReadReply) error { return c.pushed(ctx, push) }

// Chores does what follows from it.
func (c *Client) Chores(ctx context.Context) { c.chores(ctx) }

// Cursor returns the position up to which the mailbox is processed.
func (c *Client) Cursor(ctx context.Context) uint64 {
	after, _ := c.cursor(ctx)
	return after
}

// LateIn has a message come in the place of the one with the number seq, as what is
// behind its acknowledgement does.
func (c *Client) LateIn(ctx context.Context, room identity.Room, seq uint64) error {
	return c.step(ctx, func(t *tx) error {
		r, err := t.room(room)
		if err != nil {
			return err
		}
		return t.grown(r, seq)
	})
}

// EraseAt erases the messages of a room with the numbers from first to last.
func (c *Client) EraseAt(ctx context.Context, room identity.Room, first, last uint64) error {
	return c.step(ctx, func(t *tx) error {
		for seq := first; seq <= last; seq++ {
			key := msgKey(room, seq, 0)
			m, err := t.message(key)
			if err != nil {
				return err
			}
			if m == nil {
				continue
			}
			if err := t.erase(key, m); err != nil {
				return err
			}
		}
		return nil
	})
}
