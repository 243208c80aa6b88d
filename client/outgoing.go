package client

import (
	"context"
	"strings"
	"unicode/utf8"

	"parley/content"
	"parley/identity"
)

// An Outgoing is a message that a person wants to send.
type Outgoing struct {
	Text     string    // of one with attachments their caption, which may be empty
	Plain    bool      // shown as it stands; else Markdown
	Reply    MessageID // the message that it answers; zero: none
	Mentions []Mention // in Text, in order; none where Plain

	Attachments []Attachment // that are uploaded already, at most content.MaxAttachments
	ViewOnce    bool         // of one photo, video or voice note

	Sticker *content.Sticker // that the message is: nothing else is given then
	Preview *content.Preview // of a link in Text
	Post    *content.Post    // whose address is in Text
}

// maxForward bounds the rooms of one [Client.Forward].
const maxForward = 20

// Send sends text, in Markdown, to a room. The message is in the outbox, for
// good, before anything is tried. If it can't be sent now the error wraps
// ErrQueued and the cause, and the id is valid all the same: a later
// [Client.Sync] sends it. Errors that leave nothing in the outbox: ErrEmpty,
// ErrTooLong, ErrUnknownRoom, ErrNotMember, and any for a room that the server
// hasn't confirmed yet.
func (c *Client) Send(ctx context.Context, room identity.Room, text string) (MessageID, error) {
	d, err := textDraft(Outgoing{Text: text})
	if err != nil {
		return MessageID{}, err
	}
	return c.send(ctx, room, d)
}

// Post puts a message into the outbox and returns: where Run goes on it is sent at
// once, and shown meanwhile as it is. Errors: as of [Client.Send] those that leave
// nothing in the outbox; ErrUnknownMessage and ErrUnsent for what it answers;
// content.ErrMention; ErrNotJoined for a room that the server hasn't confirmed yet;
// ErrAttachment for attachments that can't be; ErrRequestMedia.
func (c *Client) Post(ctx context.Context, room identity.Room, o Outgoing) (MessageID, error) {
	d, err := textDraft(o)
	if err != nil {
		return MessageID{}, err
	}
	return c.post(ctx, func(t *tx) (MessageID, error) {
		if o.Reply.IsZero() {
			return t.compose(room, d)
		}
		target, err := t.target(o.Reply, false)
		if err != nil {
			return MessageID{}, err
		}
		if target.Room != room {
			return MessageID{}, ErrUnknownMessage
		}
		return t.compose(room, replying(d, target))
	})
}

// Reply answers the message id. Errors as for Send, and ErrUnknownMessage.
func (c *Client) Reply(ctx context.Context, id MessageID, text string) (MessageID, error) {
	d, err := textDraft(Outgoing{Text: text})
	if err != nil {
		return MessageID{}, err
	}
	return c.about(ctx, id, false, func(target *View) draft { return replying(d, target) })
}

// Edit replaces the text of one's own message id. Errors as for Reply, and
// ErrNotYours.
func (c *Client) Edit(ctx context.Context, id MessageID, text string) (MessageID, error) {
	return c.about(ctx, id, true, func(target *View) draft { return editing(Outgoing{Text: text}, target) })
}

// PostEdit is Edit as [Client.Post] is Send. o answers nothing, and has only text:
// attachments stay as they are.
func (c *Client) PostEdit(ctx context.Context, id MessageID, o Outgoing) (MessageID, error) {
	return c.postAbout(ctx, id, true, func(target *View) draft { return editing(o, target) })
}

// Unsend takes back one's own message or reaction id. Errors as for Edit.
func (c *Client) Unsend(ctx context.Context, id MessageID) (MessageID, error) {
	return c.about(ctx, id, true, unsending)
}

// PostUnsend is Unsend as [Client.Post] is Send.
func (c *Client) PostUnsend(ctx context.Context, id MessageID) (MessageID, error) {
	return c.postAbout(ctx, id, true, unsending)
}

// React answers the message id with one emoji, else content.ErrReaction. Errors
// as for Reply.
func (c *Client) React(ctx context.Context, id MessageID, emoji string) (MessageID, error) {
	return c.about(ctx, id, false, func(target *View) draft { return reacting(target, emoji) })
}

// PostReaction makes emoji the one reaction of this account to the message id, and
// takes back those it had; with an empty emoji it only takes back. It does nothing
// where that is how it is. Errors as for [Client.React], as Post.
func (c *Client) PostReaction(ctx context.Context, id MessageID, emoji string) error {
	if emoji != "" && !content.IsEmoji(emoji) {
		return content.ErrReaction
	}
	_, err := c.post(ctx, func(t *tx) (MessageID, error) {
		target, err := t.target(id, false)
		if err != nil {
			return MessageID{}, err
		}
		has := false
		for _, mine := range target.mine {
			if mine.Text == emoji {
				has = true
				continue
			}
			if _, err := t.compose(target.Room, unsending(&View{Message: *mine})); err != nil {
				return MessageID{}, err
			}
		}
		if has || emoji == "" {
			return MessageID{}, nil
		}
		return t.compose(target.Room, reacting(target, emoji))
	})
	return err
}

// Forward posts a message's text and attachments to other rooms, at most 20 or what
// the server bounds them to, without saying whose it was; mentions become plain names,
// and attachments stay the blobs that they are. Nothing is sent if it can't be sent to
// one of them. Errors as for Post; ErrTooLong for more rooms; ErrUnknownMessage for
// what has nothing to pass on; ErrViewOnce.
func (c *Client) Forward(ctx context.Context, id MessageID, rooms []identity.Room) error {
	if len(rooms) > c.maxForward() {
		return ErrTooLong
	}
	_, err := c.post(ctx, func(t *tx) (MessageID, error) {
		target, err := t.target(id, false)
		if err != nil {
			return MessageID{}, err
		}
		if target.Kind != KindText && target.Kind != KindEdit {
			return MessageID{}, ErrUnknownMessage
		}
		if m := target.Media; m != nil && m.ViewOnce {
			return MessageID{}, ErrViewOnce
		} else if m != nil && m.Withheld {
			return MessageID{}, ErrUnknownMessage
		}
		for _, room := range rooms {
			id, err := t.compose(room, forwarding(target))
			if err != nil {
				return MessageID{}, err
			}
			if err := t.forwardedFrom(id, target); err != nil {
				return MessageID{}, err
			}
		}
		return MessageID{}, nil
	})
	return err
}

// forwardedFrom notes in what waits to be sent where its blobs are from.
func (t *tx) forwardedFrom(id MessageID, target *View) error {
	if len(target.Media.blobs()) == 0 {
		return nil
	}
	key, e, err := t.entry(id)
	if err != nil || e == nil {
		return err
	}
	e.Message.Media.From = target.Room
	t.save(key, e)
	return nil
}

// textDraft returns what sends o, without what it answers.
func textDraft(o Outgoing) (draft, error) {
	if len(o.Attachments) > 0 || o.ViewOnce {
		return attachedDraft(o)
	}
	if o.Sticker != nil {
		return stickerDraft(o)
	}
	if err := checkText(o.Text); err != nil {
		return nil, err
	}
	if err := checkCards(o); err != nil {
		return nil, err
	}
	if o.Plain {
		return withCards(o, func(ext content.Extensions, _ *tx) (*content.Message, error) {
			return content.NewPlain(ext, o.Text), nil
		}), nil
	}
	text, err := content.EncodeMentions(o.Text, o.Mentions)
	if err != nil {
		return nil, err
	}
	return withCards(o, func(ext content.Extensions, _ *tx) (*content.Message, error) {
		return content.NewText(ext, text), nil
	}), nil
}

func replying(d draft, target *View) draft {
	return func(ext content.Extensions, t *tx) (*content.Message, error) {
		m, err := d(ext, t)
		if err == nil {
			m.InReplyTo = first(&target.Message)
		}
		return m, err
	}
}

// editing replaces the text of target. A caption may become empty.
func editing(o Outgoing, target *View) draft {
	return func(ext content.Extensions, t *tx) (*content.Message, error) {
		if target.Media != nil && target.Media.Sticker != nil {
			return nil, ErrUnknownMessage // it has no text
		}
		if target.Media != nil && len(target.Media.Attachments) > 0 && strings.TrimSpace(o.Text) == "" {
			m := content.NewText(ext, "")
			m.Replaces, m.InReplyTo = first(&target.Message), target.InReplyTo
			return m, nil
		}
		d, err := textDraft(Outgoing{Text: o.Text, Plain: o.Plain, Mentions: o.Mentions})
		if err != nil {
			return nil, err
		}
		m, err := d(ext, t)
		if err == nil {
			m.Replaces, m.InReplyTo = first(&target.Message), target.InReplyTo
		}
		return m, err
	}
}

func unsending(target *View) draft {
	return func(ext content.Extensions, _ *tx) (*content.Message, error) {
		if target.Kind == KindReaction {
			return content.NewUnreact(ext, target.ID, target.InReplyTo), nil
		}
		return content.NewUnsend(ext, first(&target.Message), target.InReplyTo), nil
	}
}

func reacting(target *View, emoji string) draft {
	return func(ext content.Extensions, _ *tx) (*content.Message, error) {
		return content.NewReaction(ext, first(&target.Message), emoji)
	}
}

func forwarding(target *View) draft {
	return func(ext content.Extensions, _ *tx) (*content.Message, error) {
		ext.Forwarded = true
		if m := target.Media; m != nil && len(m.Attachments) == 0 {
			return inlineMessage(ext, target)
		}
		if target.Media != nil {
			return attachedMessage(ext, Outgoing{Text: target.Text, Plain: target.Plain, Attachments: target.Media.Attachments})
		}
		if target.Plain {
			return content.NewPlain(ext, target.Text), nil
		}
		return content.NewText(ext, target.Text), nil
	}
}

// first returns the id of the first version of m.
func first(m *Message) MessageID {
	if m.Kind == KindEdit {
		return m.Replaces
	}
	return m.ID
}

func checkText(text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return ErrEmpty
	case len(text) > MaxText:
		return ErrTooLong
	case !utf8.ValidString(text):
		return ErrNotText
	}
	return nil
}

// target returns a message that is to be answered or changed.
func (t *tx) target(id MessageID, own bool) (*View, error) {
	m, err := t.byID(id)
	if err != nil {
		return nil, err
	}
	if m == nil || t.gone(m) || m.State == stateDiscarded {
		return nil, ErrUnknownMessage
	}
	target, err := t.view(m)
	switch {
	case err != nil:
		return nil, err
	case own && !target.Own(t.c.self.Account):
		return nil, ErrNotYours
	case target.Kind == KindNotice || target.Kind == KindUnsend:
		return nil, ErrUnknownMessage
	case target.Unsent:
		return nil, ErrUnsent
	}
	return target, nil
}

// about sends a message that refers to another one.
func (c *Client) about(ctx context.Context, id MessageID, own bool, compose func(*View) draft) (MessageID, error) {
	var target *View
	err := c.step(ctx, func(t *tx) (err error) {
		target, err = t.target(id, own)
		return err
	})
	if err != nil {
		return MessageID{}, err
	}
	return c.send(ctx, target.Room, compose(target))
}

// postAbout is about without waiting.
func (c *Client) postAbout(ctx context.Context, id MessageID, own bool, compose func(*View) draft) (MessageID, error) {
	return c.post(ctx, func(t *tx) (MessageID, error) {
		target, err := t.target(id, own)
		if err != nil {
			return MessageID{}, err
		}
		return t.compose(target.Room, compose(target))
	})
}

// post runs compose, which puts messages into the outbox, and has them sent.
func (c *Client) post(ctx context.Context, compose func(*tx) (MessageID, error)) (id MessageID, err error) {
	err = c.step(ctx, func(t *tx) (err error) {
		id, err = t.once(ctx, compose)
		return err
	})
	if err != nil {
		return MessageID{}, err
	}
	c.nudge()
	return id, nil
}

// nudge has Run send at once what was put into the outbox.
func (c *Client) nudge() {
	select {
	case c.nudged <- struct{}{}:
	default:
	}
}

// limitLife gives a message that is to be sent the time after which it disappears:
// the room's, or that of what it changes. target is that, or zero.
func (t *tx) limitLife(r *roomRecord, m *content.Message, s *content.Summary) (target MessageID, err error) {
	var seconds uint32
	switch s.Kind {
	case KindText:
		seconds, err = t.timer(r)
	case KindEdit, KindUnsend, KindReaction:
		target = s.Replaces
		if s.Kind == KindReaction {
			target = s.InReplyTo
		}
		var about *Message
		about, err = t.byID(target)
		if about != nil && s.Kind != KindUnsend {
			seconds = about.TimerS
		}
	}
	if seconds > 0 {
		m.Expires = &content.Expiration{Relative: true, Seconds: min(max(seconds, minTimer), maxTimer)}
	}
	return target, err
}
