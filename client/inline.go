package client

import (
	"errors"
	"fmt"
	"strings"

	"parley/content"
)

// inlineOf returns what a message without attachments has beside its text, nil for
// nothing.
func inlineOf(msg *content.Message) *Media {
	m := &Media{Sticker: msg.Sticker(), Preview: msg.Preview(), Post: msg.Post()}
	if m.Sticker == nil && m.Preview == nil && m.Post == nil {
		return nil
	}
	return m
}

// heavy reports whether m has something to look at or hear that isn't only what is
// said of a link.
func (m *Media) heavy() bool {
	return m != nil && (len(m.Attachments) > 0 || m.Sticker != nil)
}

// beside returns m as it stands beside a text that may have changed since: a card goes
// with the address that it is of.
func (m *Media) beside(text string) *Media {
	if m == nil || m.Preview == nil && m.Post == nil {
		return m
	}
	out := *m
	if m.Preview != nil && !content.Names(text, m.Preview.URL) {
		out.Preview = nil
	}
	if m.Post != nil && !content.Names(text, m.Post.URL) {
		out.Post = nil
	}
	return &out
}

// stickerDraft returns what sends o, which is a sticker.
func stickerDraft(o Outgoing) (draft, error) {
	if strings.TrimSpace(o.Text) != "" || o.Preview != nil || o.Post != nil {
		return nil, fmt.Errorf("%w: a sticker goes alone", ErrAttachment)
	}
	if err := o.Sticker.Check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAttachment, err)
	}
	return func(ext content.Extensions, _ *tx) (*content.Message, error) {
		return content.NewSticker(ext, *o.Sticker)
	}, nil
}

// maxCardText bounds the bytes of a text that goes with a card: both must fit into one
// message.
const maxCardText = 16 << 10

// errCard is a card that isn't of an address in its text.
var errCard = errors.New("a card is of an address in the text")

// checkCards checks what o has beside its text: one card, of which a post comes
// first. A longer text goes without.
func checkCards(o Outgoing) (err error) {
	var url string
	switch {
	case o.Post != nil:
		url, err = o.Post.URL, o.Post.Check()
	case o.Preview != nil:
		url, err = o.Preview.URL, o.Preview.Check()
	default:
		return nil
	}
	if err == nil && !content.Names(o.Text, url) {
		err = errCard
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAttachment, err)
	}
	return nil
}

// withCards returns d with what o has beside its text.
func withCards(o Outgoing, d draft) draft {
	if o.Preview == nil && o.Post == nil || len(o.Text) > maxCardText {
		return d
	}
	return func(ext content.Extensions, t *tx) (_ *content.Message, err error) {
		if o.Post != nil {
			if ext, err = ext.WithPost(*o.Post); err != nil {
				return nil, err
			}
		} else if ext, err = ext.WithPreview(*o.Preview); err != nil {
			return nil, err
		}
		return d(ext, t)
	}
}

// inlineMessage returns the message that passes target on, which has no attachments.
func inlineMessage(ext content.Extensions, target *View) (*content.Message, error) {
	d, err := textDraft(Outgoing{
		Text: target.Text, Plain: target.Plain, Sticker: target.Media.Sticker, Preview: target.Media.Preview, Post: target.Media.Post,
	})
	if err != nil {
		return nil, err
	}
	return d(ext, nil)
}
