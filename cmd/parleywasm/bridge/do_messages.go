package bridge

import (
	"context"

	"parley/client"
	"parley/identity"
)

// Bounds of a page.
const (
	maxPage    = 200 // messages
	maxGone    = 64  // people who aren't members
	quoteRunes = 200
)

// messageCalls lists the methods of this file.
func (c *Core) messageCalls() map[string]call {
	return map[string]call{
		"history":  with(c.History),
		"send":     with(c.Send),
		"edit":     with(c.Edit),
		"unsend":   with(c.Unsend),
		"react":    with(c.React),
		"forward":  with(c.Forward),
		"retry":    with(c.Retry),
		"discard":  with(c.Discard),
		"markRead": with(c.MarkRead),
	}
}

// History returns a part of a conversation. Codes: bad_params, unknown_room,
// unknown_message.
func (c *Core) History(ctx context.Context, p PageOf) (Page, error) {
	cl, room, err := c.in(p.Room)
	if err != nil {
		return Page{}, err
	}
	if p.Limit < 1 || p.Limit > maxPage {
		return Page{}, errBadParams
	}
	of := client.PageOf{Before: p.Before, After: p.After, Limit: p.Limit}
	if p.Around != "" {
		if of.Around, err = client.ParseMessageID(p.Around); err != nil {
			return Page{}, err
		}
	}
	page, err := cl.Page(ctx, room, of)
	if err != nil {
		return Page{}, err
	}
	out := Page{Older: page.Older, Newer: page.Newer}
	for i := range page.Views {
		v := &page.Views[i]
		m := messageOf(v, cl.Account())
		m.Nudges = c.warner.nudgesOf(v, cl.Account())
		if !v.InReplyTo.IsZero() && v.Kind != client.KindNotice {
			m.Reply = quoteOf(v.InReplyTo, page.Quotes[v.InReplyTo])
		}
		out.Messages = append(out.Messages, m)
	}
	out.People, err = gone(ctx, cl, room, out.Messages)
	return out, err
}

// gone returns the people whom some messages of a conversation name and who aren't
// members, at most maxGone; those of the newest messages come first.
func gone(ctx context.Context, cl *client.Client, room identity.Room, messages []Message) ([]Person, error) {
	r, err := cl.Room(ctx, room)
	if err != nil {
		return nil, err
	}
	seen := map[identity.Account]bool{cl.Account(): true}
	for _, a := range r.Accounts {
		seen[a] = true
	}
	var want []identity.Account
	for i := len(messages) - 1; i >= 0 && len(want) < maxGone; i-- {
		for _, a := range named(&messages[i]) {
			if !seen[a] && len(want) < maxGone {
				seen[a] = true
				want = append(want, a)
			}
		}
	}
	if len(want) == 0 {
		return nil, nil
	}
	people, err := cl.Known(ctx, want...)
	var out []Person
	for _, p := range people {
		out = append(out, personOf(p))
	}
	return out, err
}

// named returns the accounts that a message names: its author, whom it is about,
// answers and mentions, and who reacted.
func named(m *Message) []identity.Account {
	uris := []string{m.From}
	if m.Reply != nil {
		uris = append(uris, m.Reply.From)
	}
	for _, s := range m.Mentions {
		uris = append(uris, s.Account)
	}
	for _, r := range m.Reactions {
		uris = append(uris, r.From...)
	}
	var out []identity.Account
	if d, err := identity.ParseDevice(m.Subject); err == nil {
		out = append(out, d.Account())
	} else {
		uris = append(uris, m.Subject)
	}
	for _, uri := range uris {
		if a, err := identity.ParseAccount(uri); err == nil {
			out = append(out, a)
		}
	}
	return out
}

// in returns who is signed in, and a conversation.
func (c *Core) in(uri string) (*client.Client, identity.Room, error) {
	cl, err := c.client()
	if err != nil {
		return nil, "", err
	}
	room, err := identity.ParseRoom(uri)
	if err != nil {
		return nil, "", errBadParams
	}
	return cl, room, nil
}

// about returns who is signed in, and the id of a message.
func (c *Core) about(id string) (*client.Client, client.MessageID, error) {
	cl, err := c.client()
	if err != nil {
		return nil, client.MessageID{}, err
	}
	parsed, err := client.ParseMessageID(id)
	return cl, parsed, err
}

// messageOf returns a line as the page draws it.
func messageOf(v *client.View, own identity.Account) Message {
	m := Message{
		Seq: v.Seq, Part: int(v.Part), From: string(v.From), Own: v.Own(own), AtMS: v.AtMS,
		Kind: string(v.Kind), Text: v.Text, Plain: v.Plain, State: State(v.State), Edited: v.Edited, Unsent: v.Unsent, Blocked: v.Blocked,
		Forwarded: v.Forwarded, ExpiresMS: v.ExpiresMS, TimerS: int(v.TimerS),
	}
	m.setMedia(v.Media)
	if !v.ID.IsZero() {
		m.ID = v.ID.String()
	}
	switch v.Kind {
	case client.KindNotice:
		m.Notice, m.Subject, m.Value, m.Text = v.Text, v.Subject, v.Value, ""
	case client.KindEdit:
		m.Kind = string(client.KindText)
	}
	for _, s := range v.Mentions {
		m.Mentions = append(m.Mentions, Mention{Account: string(s.Account), Start: s.Start, End: s.End})
	}
	for _, emoji := range v.Emojis {
		r := Reaction{Emoji: emoji}
		for _, a := range v.Reactions[emoji] {
			r.From = append(r.From, string(a))
			r.Own = r.Own || a == own
		}
		m.Reactions = append(m.Reactions, r)
	}
	return m
}

// quoteOf returns what is shown of the message id that another one answers; v is
// nil where it isn't here.
func quoteOf(id client.MessageID, v *client.View) *Quote {
	if v == nil {
		return &Quote{ID: id.String(), Gone: true}
	}
	q := &Quote{ID: id.String(), Seq: v.Seq, From: string(v.From), Text: v.Caption(quoteRunes), Glimpse: glimpseOf(v.Media), Blocked: v.Blocked, Unsent: v.Unsent}
	if v.Media != nil {
		q.Post = postOf(v.Media.Post)
	}
	return q
}

// mentionsOf returns the mentions of a text that a page sends.
func mentionsOf(mentions []Mention) []client.Mention {
	var out []client.Mention
	for _, m := range mentions {
		out = append(out, client.Mention{Account: identity.Account(m.Account), Start: m.Start, End: m.End})
	}
	return out
}

// Send puts a message into the outbox and returns: it is part of the newest page
// from then on, also without a connection. Codes: empty, too_long, not_text,
// bad_params for mentions that aren't in the text and for attachments that can't be,
// unknown_room, unknown_message, not_member, request_pending.
func (c *Core) Send(ctx context.Context, p Send) (Sent, error) {
	cl, room, err := c.in(p.Room)
	if err != nil {
		return Sent{}, err
	}
	o := client.Outgoing{Text: p.Text, Mentions: mentionsOf(p.Mentions), ViewOnce: p.ViewOnce}
	if o.Attachments, err = attachmentsOf(p.Attachments); err != nil {
		return Sent{}, err
	}
	if err := p.inlineTo(&o); err != nil {
		return Sent{}, err
	}
	if p.Reply != "" {
		if o.Reply, err = client.ParseMessageID(p.Reply); err != nil {
			return Sent{}, err
		}
	}
	id, err := cl.Post(ctx, room, o)
	return Sent{ID: id.String()}, err
}

// Edit replaces the text of an own message. Codes as of Send, and not_yours.
func (c *Core) Edit(ctx context.Context, p Edit) (Sent, error) {
	cl, id, err := c.about(p.ID)
	if err != nil {
		return Sent{}, err
	}
	edit, err := cl.PostEdit(ctx, id, client.Outgoing{Text: p.Text, Mentions: mentionsOf(p.Mentions)})
	return Sent{ID: edit.String()}, err
}

// Unsend takes back an own message. Codes: unknown_message, not_yours.
func (c *Core) Unsend(ctx context.Context, p OneMessage) (Nothing, error) {
	cl, id, err := c.about(p.ID)
	if err != nil {
		return Nothing{}, err
	}
	_, err = cl.PostUnsend(ctx, id)
	return Nothing{}, err
}

// React makes an emoji the one reaction of this account to a message, or takes it
// back. Codes: unknown_message, bad_params for what isn't one emoji.
func (c *Core) React(ctx context.Context, p React) (Nothing, error) {
	cl, id, err := c.about(p.ID)
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.PostReaction(ctx, id, p.Emoji)
}

// Forward sends a message's text and attachments to other conversations. Codes as of
// Send, and view_once.
func (c *Core) Forward(ctx context.Context, p Forward) (Nothing, error) {
	cl, id, err := c.about(p.ID)
	if err != nil {
		return Nothing{}, err
	}
	var rooms []identity.Room
	for _, uri := range p.Rooms {
		room, err := identity.ParseRoom(uri)
		if err != nil {
			return Nothing{}, errBadParams
		}
		rooms = append(rooms, room)
	}
	c.mu.Lock()
	if c.info != nil {
		cl.LearnLimits(c.info.Blobs)
	}
	c.mu.Unlock()
	return Nothing{}, cl.Forward(ctx, id, rooms)
}

// Retry has a failed message sent again. Codes: unknown_message.
func (c *Core) Retry(ctx context.Context, p OneMessage) (Nothing, error) {
	cl, id, err := c.about(p.ID)
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.Retry(ctx, id)
}

// Discard takes a failed or queued message out of the outbox. Codes:
// unknown_message.
func (c *Core) Discard(ctx context.Context, p OneMessage) (Nothing, error) {
	cl, id, err := c.about(p.ID)
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.Discard(ctx, id)
}

// MarkRead says that a person has seen a conversation up to a number. Codes:
// unknown_room.
func (c *Core) MarkRead(ctx context.Context, p Read) (Nothing, error) {
	cl, room, err := c.in(p.Room)
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.MarkRead(ctx, room, p.Seq)
}
