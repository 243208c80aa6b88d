package client

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"parley/identity"
	"parley/internal/cbor"
)

// A PageOf asks for a part of a conversation: the Limit lines before number
// Before, or after After, or around message Around; or, where none of them is
// given, the newest. At most one of them is given.
type PageOf struct {
	Before uint64
	After  uint64
	Around MessageID
	Limit  int // from 1
}

// A Page is a part of a conversation, oldest first. What is in the outbox stands at
// the end of the newest page, beyond its limit. Lines of one number (the notices of
// one commit) are never parted.
type Page struct {
	Views []View
	Older bool // there is more before
	Newer bool // there is more after

	// Quotes are the messages that those of Views answer, as they stand now. What
	// isn't here is missing.
	Quotes map[MessageID]*View
}

// Page returns a part of a room with edits, unsends and reactions applied.
// Errors: ErrUnknownRoom; ErrUnknownMessage for Around.
func (c *Client) Page(ctx context.Context, room identity.Room, of PageOf) (*Page, error) {
	var p *Page
	err := c.look(ctx, func(t *tx) (err error) {
		p, err = t.page(room, of)
		return err
	})
	return p, err
}

// A line is a record that is shown as a line of its own, at its place.
type line struct {
	message *Message
	part    uint8
}

func (t *tx) page(room identity.Room, of PageOf) (*Page, error) {
	r, err := t.room(room)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, ErrUnknownRoom
	}
	p := new(Page)
	var lines []line
	if waits, err := t.waits(r); err != nil || waits {
		if err == nil {
			lines, err = t.linesFolded(r)
		}
		if err != nil {
			return nil, err
		}
		return p, t.fill(p, room, lines)
	}
	switch {
	case !of.Around.IsZero():
		lines, err = t.linesAround(r, of, p)
	case of.After != 0:
		p.Older = true
		lines, p.Newer, err = t.linesAfter(r, of.After, of.Limit)
	default:
		p.Newer = of.Before != 0
		lines, p.Older, err = t.linesBefore(room, of.Before, of.Limit)
	}
	if err != nil {
		return nil, err
	}
	return p, t.fill(p, room, lines)
}

// fill makes views of lines, and adds the outbox to the newest page.
func (t *tx) fill(p *Page, room identity.Room, lines []line) error {
	for _, l := range lines {
		v, err := t.view(l.message)
		if err != nil {
			return err
		}
		v.Part = l.part
		p.Views = append(p.Views, *v)
	}
	if !p.Newer {
		queued, err := t.queuedViews(room)
		if err != nil {
			return err
		}
		p.Views = append(p.Views, queued...)
	}
	return t.quote(p, room)
}

// quote finds the messages that those of a page answer.
func (t *tx) quote(p *Page, room identity.Room) error {
	p.Quotes = map[MessageID]*View{}
	for i := range p.Views {
		v := &p.Views[i]
		if v.InReplyTo.IsZero() || v.Kind == KindNotice || p.Quotes[v.InReplyTo] != nil {
			continue
		}
		m, err := t.byID(v.InReplyTo)
		if err != nil {
			return err
		}
		if m == nil || m.Room != room || t.gone(m) || m.State == stateDiscarded || !shown(m) {
			continue
		}
		q, err := t.view(m)
		if err != nil {
			return err
		}
		p.Quotes[v.InReplyTo] = q.folded()
	}
	return nil
}

// linesAround returns the lines around a message, about half of them before it.
func (t *tx) linesAround(r *roomRecord, of PageOf, p *Page) (lines []line, err error) {
	m, err := t.byID(of.Around)
	if err == nil && m != nil && m.Kind == KindEdit {
		m, err = t.byID(m.Replaces)
	}
	if err != nil {
		return nil, err
	}
	if m == nil || m.Room != r.Room || t.gone(m) {
		return nil, ErrUnknownMessage
	}
	if m.Seq == 0 {
		lines, p.Older, err = t.linesBefore(r.Room, 0, of.Limit)
		return lines, err
	}
	half := max(1, of.Limit/2)
	if lines, p.Older, err = t.linesBefore(r.Room, m.Seq+1, half); err != nil {
		return nil, err
	}
	var after []line
	after, p.Newer, err = t.linesAfter(r, m.Seq, max(1, of.Limit-half))
	return append(lines, after...), err
}

// linesBefore returns at most limit lines with numbers below before, or the newest
// where it is 0, oldest first, and whether there are more before them.
func (t *tx) linesBefore(room identity.Room, before uint64, limit int) (lines []line, more bool, err error) {
	after := ""
	if before != 0 {
		after = msgKey(room, before, 0)
	}
	err = t.scan(room, after, limit+1, func(l line) bool {
		if n := len(lines); n >= limit && lines[n-1].message.Seq != l.message.Seq {
			more = true
			return false
		}
		lines = append(lines, l)
		return true
	})
	slices.Reverse(lines)
	return lines, more, err
}

// linesAfter returns at most limit lines with numbers above after, oldest first,
// and whether there are more after them. The store lists from the newest on: it is
// asked for spans of numbers that grow until they hold enough.
func (t *tx) linesAfter(r *roomRecord, after uint64, limit int) (lines []line, more bool, err error) {
	last := max(r.LastSeq, r.SeenSeq)
	for span := uint64(limit + limit/2 + 16); after < last; span *= 2 {
		upTo := last
		if last-after > span {
			upTo = after + span
		}
		var found []line
		err := t.scan(r.Room, msgKey(r.Room, upTo+1, 0), int(min(span, 128)), func(l line) bool {
			if l.message.Seq <= after {
				return false
			}
			found = append(found, l)
			return l.message.Seq > after+1 || l.part > 0 // a message stands behind the notices of its number
		})
		if err != nil {
			return nil, false, err
		}
		slices.Reverse(found)
		lines, after = append(lines, found...), upTo
		if len(lines) > limit {
			break
		}
	}
	cut := limit
	for cut > 0 && cut < len(lines) && lines[cut].message.Seq == lines[cut-1].message.Seq {
		cut++
	}
	if cut < len(lines) {
		return lines[:cut], true, nil
	}
	return lines, after < last, nil
}

// scan calls yield with the lines of a room behind a key, newest first, until it
// returns false. want is about how many are needed. Of what the step itself has done
// only deletions are seen.
func (t *tx) scan(room identity.Room, after string, want int, yield func(line) bool) error {
	prefix := msgPrefix + room.ID() + "/"
	for want = min(max(want, 16), 256); ; {
		records, err := t.records(prefix, after, want)
		if err != nil {
			return err
		}
		for _, rec := range records {
			after = rec.Key
			if i, put := t.at[rec.Key]; put && t.changes[i].Value == nil {
				continue
			}
			m := new(Message)
			if err := cbor.UnmarshalOwn(rec.Value, m); err != nil {
				return t.fail(fmt.Errorf("client: record msg: %w", err))
			}
			if !shown(m) || t.gone(m) {
				continue
			}
			_, part, err := placeOf(rec.Key)
			if err != nil {
				return t.fail(err)
			}
			if !yield(line{m, part}) {
				return nil
			}
		}
		if len(records) < want {
			return nil
		}
	}
}

// records returns the next want messages behind a key, as the store has them.
func (t *tx) records(prefix, after string, want int) ([]Record, error) {
	t.reading(prefix)
	if after == "" {
		return t.newest(prefix, want)
	}
	records, err := t.c.store.list(t.ctx, prefix, after, want)
	return records, t.fail(err)
}

// placeOf returns the number and part that a message's key holds: see msgKey.
func placeOf(key string) (seq uint64, part uint8, err error) {
	const size = 16 + 1 + 2
	if len(key) < size {
		return 0, 0, errMessageKey
	}
	tail := key[len(key)-size:]
	n, err := strconv.ParseUint(tail[:16], 16, 64)
	if err != nil {
		return 0, 0, errMessageKey
	}
	p, err := strconv.ParseUint(tail[17:], 16, 8)
	if err != nil {
		return 0, 0, errMessageKey
	}
	return math.MaxUint64 - n, math.MaxUint8 - uint8(p), nil
}

var errMessageKey = fmt.Errorf("client: the key of a message is malformed")

// queuedViews returns what is in the outbox of a room and shows.
func (t *tx) queuedViews(room identity.Room) ([]View, error) {
	entries, err := t.outbox()
	if err != nil {
		return nil, err
	}
	var out []View
	for _, e := range entries {
		if e.Message.Room != room || !shown(&e.Message) || e.Message.State == stateDiscarded {
			continue
		}
		v, err := t.view(&e.Message)
		if err != nil {
			return nil, err
		}
		out = append(out, *v)
	}
	return out, nil
}
