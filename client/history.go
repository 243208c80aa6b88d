package client

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"parley/content"
	"parley/identity"
	"parley/wire"
)

// msgKey returns the key of a message. Numbers are inverted, so that listing
// gives the newest first. part tells notices of one commit apart; a person's
// message has 0.
func msgKey(r identity.Room, seq uint64, part uint8) string {
	return fmt.Sprintf("%s%s/%016x-%02x", msgPrefix, r.ID(), math.MaxUint64-seq, math.MaxUint8-part)
}

func idKey(id MessageID) string { return idPrefix + id.String() }

func modKey(target MessageID, seq uint64) string {
	return numKey(modPrefix+target.String()+"/", seq)
}

// free reports whether no message has the number seq in a room. The server gives
// the numbers: one message must not take another's place.
func (t *tx) free(room identity.Room, seq uint64) (bool, error) {
	taken, err := t.get(msgKey(room, seq, 0))
	return taken == nil, err
}

// gatherFree reads at once what free asks of each of some events.
func (t *tx) gatherFree(events []wire.Event) error {
	var messages []*wire.Envelope
	for i := range events {
		if e := &events[i].Envelope; e.Kind == wire.EventMessage && isRoom(string(e.Room)) {
			messages = append(messages, e)
		}
	}
	if len(messages) < 2 {
		return nil
	}
	return gather(t, messages, func(e *wire.Envelope) string { return msgKey(e.Room, e.Seq, 0) })
}

// addMessage keeps a message of a person that has its place in the room, which
// is free.
func (t *tx) addMessage(r *roomRecord, m *Message, feed bool) error {
	key := msgKey(r.Room, m.Seq, 0)
	early, err := t.get(idKey(m.ID))
	if err != nil {
		return err
	}
	if string(early) == earlyMark {
		m.Touched = true
		if err := t.supersedeEarly(m); err != nil {
			return err
		}
	}
	if err := t.schedule(r, m, key); err != nil {
		return err
	}
	if err := t.keepMedia(m); err != nil {
		return err
	}
	t.save(key, m)
	t.put(idKey(m.ID), []byte(key))
	if target := targetOf(m); !target.IsZero() {
		t.put(modKey(target, m.Seq), []byte(key))
		if err := t.touch(target, m); err != nil {
			return err
		}
	}
	if err := t.grown(r, m.Seq); err != nil {
		return err
	}
	if m.Kind != KindUnreadable && m.Seq >= r.SeenSeq { // which has no id that others know
		r.SeenSeq, r.SeenID = m.Seq, m.ID
	}
	if shown(m) {
		if r.LastKey == "" || key < r.LastKey { // numbers are inverted
			r.LastKey = key
		}
		r.ActivityMS = max(r.ActivityMS, m.AtMS)
		if feed && !m.Own(t.c.self.Account) && m.Seq > r.ReadSeq {
			r.Unread++
		}
	}
	if !feed {
		return nil
	}
	n, err := t.count(func(n *counters) *uint64 { return &n.Feed })
	if err != nil {
		return err
	}
	t.put(numKey(feedPrefix, n), []byte(key))
	return nil
}

// targetOf returns the message that m changes, or zero.
func targetOf(m *Message) MessageID {
	switch m.Kind {
	case KindEdit, KindUnsend:
		return m.Replaces
	case KindReaction:
		return m.InReplyTo
	}
	return MessageID{}
}

// silent reports whether messages of a kind are never kept among the others.
func silent(kind Kind) bool {
	switch kind {
	case KindStatus, KindRoom, KindProfile, KindState:
		return true
	}
	return false
}

// shown reports whether m is a line of its own in a conversation.
func shown(m *Message) bool {
	switch m.Kind {
	case KindEdit, KindUnsend, KindReaction:
		return false
	}
	return !silent(m.Kind)
}

// message returns the message that key names: kept, or still in the outbox; nil
// where there is none.
func (t *tx) message(key string) (*Message, error) {
	if strings.HasPrefix(key, outPrefix) {
		var e outEntry
		found, err := t.load(key, &e)
		if err != nil || !found {
			return nil, err
		}
		return &e.Message, nil
	}
	m := new(Message)
	found, err := t.load(key, m)
	if err != nil || !found {
		return nil, err
	}
	return m, nil
}

// byID returns a message by its id, or nil.
func (t *tx) byID(id MessageID) (*Message, error) {
	key, err := t.get(idKey(id))
	if err != nil || key == nil {
		return nil, err
	}
	return t.message(string(key))
}

// earlyMark stands in the place of a message's key where something was said about
// it before it came.
const earlyMark = "-"

// touch notes on the message target that by edits it, takes it back or reacts to
// it: those of which nothing is noted are shown without looking for more.
func (t *tx) touch(target MessageID, by *Message) error {
	key, err := t.get(idKey(target))
	switch {
	case err != nil:
		return err
	case key == nil:
		t.put(idKey(target), []byte(earlyMark))
		return nil
	case strings.HasPrefix(string(key), outPrefix):
		var e outEntry
		found, err := t.load(string(key), &e)
		if err == nil && found && !e.Message.Touched {
			e.Message.Touched = true
			t.save(string(key), &e)
		}
		return err
	}
	m := new(Message)
	found, err := t.load(string(key), m)
	if err != nil || !found {
		return err
	}
	theirs := by.Kind != KindReaction && by.Room == m.Room && by.From == m.From
	if !m.Touched || theirs && by.Seq > 0 {
		m.Touched = true
		if theirs && by.Seq > 0 {
			t.supersede(m, by)
		}
		t.save(string(key), m)
	}
	if !theirs {
		return nil
	}
	if err := t.supersedeEdits(m, by); err != nil {
		return err
	}
	return t.unindex(m) // its text is another one now
}

// supersede takes out of m what by, a later word of its author, leaves of it: the text
// that it had is only among the evidence then, until its time is over.
func (t *tx) supersede(m, by *Message) {
	if by.Kind == KindUnsend && m.Media != nil {
		t.unrefer(m)
		m.Media = nil // what opens it is gone for good
	}
	if by.Kind == KindUnsend || m.Kind == KindText || m.Kind == KindEdit {
		m.Text = ""
	}
}

// supersedeEarly is supersede for a message of which something was said before it came.
func (t *tx) supersedeEarly(m *Message) error {
	mods, err := t.list(modPrefix + m.ID.String() + "/")
	if err != nil {
		return err
	}
	for _, mod := range mods {
		by, err := t.message(string(mod.Value))
		if err != nil {
			return err
		}
		if by != nil && by.Seq > 0 && by.Kind != KindReaction && by.Room == m.Room && by.From == m.From {
			t.supersede(m, by)
		}
	}
	return nil
}

// supersedeEdits is supersede for the earlier edits of m, and for by itself where m has a
// later word of its author.
func (t *tx) supersedeEdits(m, by *Message) error {
	mods, err := t.list(modPrefix + m.ID.String() + "/")
	if err != nil || by.Seq == 0 {
		return err
	}
	for _, mod := range mods {
		other, err := t.message(string(mod.Value))
		if err != nil {
			return err
		}
		if other == nil || other.Seq == 0 || other.Seq == by.Seq || other.Room != m.Room || other.From != m.From || other.Kind == KindReaction {
			continue
		}
		older, newer := other, by
		if other.Seq > by.Seq {
			older, newer = by, other
		}
		if older.Kind == KindEdit && older.Text != "" {
			t.supersede(older, newer)
			t.save(msgKey(m.Room, older.Seq, 0), older)
		}
	}
	return nil
}

// view applies to m what has been said about it since.
func (t *tx) view(m *Message) (*View, error) {
	v := &View{Message: *m, raw: m.Text}
	if m.Kind == KindNotice || m.ID.IsZero() {
		return v, nil
	}
	if m.Touched {
		if err := t.applyMods(v); err != nil {
			return nil, err
		}
	}
	facts, err := t.factsOf(m.Room)
	if err != nil {
		return nil, err
	}
	if v.Blocked, err = facts.shunnedIn(t, m.From); err != nil {
		return nil, err
	}
	v.Text = v.raw
	v.Media = v.Media.seen(facts.withheld).beside(v.raw)
	if v.Unsent {
		v.Media = nil
	}
	if (v.Kind == KindText || v.Kind == KindEdit) && !v.Plain {
		v.Text, v.Mentions = content.DecodeMentions(v.raw, facts.name)
	}
	if v.State == StateDelivered && v.Seq <= facts.readBy {
		v.State = StateRead
	}
	return v, nil
}

// applyMods applies what has been said about a message, in the room's order.
func (t *tx) applyMods(v *View) error {
	mods, err := t.list(modPrefix + v.ID.String() + "/")
	if err != nil {
		return err
	}
	for _, mod := range mods {
		by, err := t.message(string(mod.Value))
		if err != nil {
			return err
		}
		if by == nil || by.Room != v.Room || by.State == stateDiscarded {
			continue
		}
		if err := t.modify(v, by); err != nil {
			return err
		}
	}
	return nil
}

// modify applies one edit, unsend or reaction. Only an author edits and unsends.
func (t *tx) modify(v *View, by *Message) error {
	switch by.Kind {
	case KindEdit:
		if by.From == v.From && !v.Unsent && v.Kind == KindText {
			v.raw, v.Plain, v.Edited = by.Text, by.Plain, true
		}
	case KindUnsend:
		if by.From == v.From {
			v.raw, v.Unsent = "", true
		}
	case KindReaction:
		gone, err := t.unsent(by)
		if err != nil || gone {
			return err
		}
		facts, err := t.factsOf(v.Room)
		if err != nil {
			return err
		}
		if shunned, err := facts.shunnedIn(t, by.From); err != nil || shunned {
			return err
		}
		if v.Reactions == nil {
			v.Reactions = map[string][]identity.Account{}
		}
		if v.Reactions[by.Text] == nil {
			v.Emojis = append(v.Emojis, by.Text)
		}
		if !slices.Contains(v.Reactions[by.Text], by.From) {
			v.Reactions[by.Text] = append(v.Reactions[by.Text], by.From)
		}
		if by.From == t.c.self.Account {
			v.mine = append(v.mine, by)
		}
	}
	return nil
}

// unsent reports whether m was taken back by its author.
func (t *tx) unsent(m *Message) (bool, error) {
	if !m.Touched {
		return false, nil
	}
	mods, err := t.list(modPrefix + m.ID.String() + "/")
	if err != nil {
		return false, err
	}
	for _, mod := range mods { // what else was said about it doesn't matter
		by, err := t.message(string(mod.Value))
		if err != nil {
			return false, err
		}
		if by != nil && by.Kind == KindUnsend && by.From == m.From && by.Room == m.Room && by.State != stateDiscarded {
			return true, nil
		}
	}
	return false, nil
}

// History returns at most limit messages of a room, oldest first: those before
// the number before, or, where it is 0, the newest, and after them the outbox.
// Edits, unsends and reactions are applied, not listed. See [Client.Page].
func (c *Client) History(ctx context.Context, room identity.Room, before uint64, limit int) ([]View, error) {
	var out []View
	err := c.step(ctx, func(t *tx) error {
		p, err := t.page(room, PageOf{Before: before, Limit: limit})
		if err != nil {
			return err
		}
		out = p.Views
		return nil
	})
	return out, err
}

// Lookup returns one message as it stands now, or ErrUnknownMessage.
func (c *Client) Lookup(ctx context.Context, id MessageID) (*View, error) {
	var v *View
	err := c.step(ctx, func(t *tx) error {
		m, err := t.byID(id)
		if err != nil {
			return err
		}
		if m == nil {
			return ErrUnknownMessage
		}
		v, err = t.view(m)
		return err
	})
	return v, err
}

// NewMessages returns, in order of arrival, at most limit messages that
// [Client.MarkPrinted] has not been told of, and the number to tell it. They are
// those of others and of the account's other devices; not this device's own, and
// no notices.
func (c *Client) NewMessages(ctx context.Context, limit int) (msgs []Message, upTo uint64, err error) {
	err = c.step(ctx, func(t *tx) error {
		msgs, upTo = nil, 0
		records, err := t.c.store.list(ctx, feedPrefix, "", limit)
		if err != nil {
			return err
		}
		for _, rec := range records {
			m, err := t.message(string(rec.Value))
			if err != nil {
				return err
			}
			if m != nil && !m.superseded() {
				if err := t.showMedia(m); err != nil {
					return err
				}
				msgs = append(msgs, *m)
			}
			if upTo, err = strconv.ParseUint(strings.TrimPrefix(rec.Key, feedPrefix), 16, 64); err != nil {
				return err
			}
		}
		return nil
	})
	return msgs, upTo, err
}

// superseded reports whether nothing is left of what m said, for a later word of its
// author.
func (m *Message) superseded() bool {
	return (m.Kind == KindText || m.Kind == KindEdit) && m.Text == "" && m.Media == nil && (m.Touched || m.Kind == KindEdit)
}

// MarkPrinted says that the messages up to a number of [Client.NewMessages] need
// not be returned again.
func (c *Client) MarkPrinted(ctx context.Context, upTo uint64) error {
	return c.step(ctx, func(t *tx) error {
		records, err := t.c.store.Store.List(ctx, feedPrefix, "", 4096)
		if err != nil {
			return err
		}
		for _, rec := range records {
			if rec.Key <= numKey(feedPrefix, upTo) {
				t.del(rec.Key)
			}
		}
		return nil
	})
}

// Refusals returns what this device refused from others, oldest first.
func (c *Client) Refusals(ctx context.Context) ([]Refusal, error) {
	var out []Refusal
	err := c.step(ctx, func(t *tx) error {
		out = nil
		records, err := t.list(refusedPrefix)
		if err != nil {
			return err
		}
		for _, rec := range records {
			var r Refusal
			if _, err := t.load(rec.Key, &r); err != nil {
				return err
			}
			out = append(out, r)
		}
		return nil
	})
	return out, err
}

// maxRefusals bounds the refusals that are kept: the oldest go.
const maxRefusals = 1000

// refuse remembers that something wasn't accepted.
func (t *tx) refuse(r Refusal) error {
	r.AtMS = t.c.nowMS()
	n, err := t.count(func(n *counters) *uint64 { return &n.Refused })
	if err != nil {
		return err
	}
	t.save(numKey(refusedPrefix, n), &r)
	if err := t.countRefusal(r.Code); err != nil {
		return err
	}
	if n > maxRefusals {
		t.del(numKey(refusedPrefix, n-maxRefusals))
	}
	t.c.log(t.ctx, "refused", "code", r.Code, "seq", r.Seq)
	return nil
}
