package bridge

import (
	"encoding/base64"
	"strings"

	"parley/client"
	"parley/content"
)

// A StickerPack is some stickers that the own devices keep.
type StickerPack struct {
	ID       string        `json:"id"`   // "favourites": the single ones that a person keeps
	Name     string        `json:"name"` // at most 64 bytes; of the favourites empty
	Stickers []PackSticker `json:"stickers"`
}

// A PackSticker is one of a pack.
type PackSticker struct {
	ID    string `json:"id"` // within its pack; given by the core
	Emoji string `json:"emoji"`
	Data  string `json:"data"` // data: URL of a WebP, PNG, GIF or JPEG of at most 40 KiB and 512 pixels
}

// Stickers are the packs of the own devices, the favourites first.
type Stickers struct {
	Packs []StickerPack `json:"packs"`
}

// A PackID names a pack.
type PackID struct {
	ID string `json:"id"`
}

// A Link is an address that a person is about to send.
type Link struct {
	URL string `json:"url"`
}

// A Platform is the one whose posts the server resolves.
type Platform struct {
	Name    string   `json:"name"`
	Hosts   []string `json:"hosts"`   // HOST or HOST:PORT of its posts
	Players []string `json:"players"` // what the address of a player begins with
}

// inlineURL returns a picture as a data: URL; "" for none.
func inlineURL(b []byte) string {
	kind := content.PictureKind(b)
	if kind == "" {
		return ""
	}
	return "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(b)
}

// inlinePicture is the reverse of inlineURL, or errBadParams.
func inlinePicture(url string, most int) ([]byte, error) {
	if url == "" {
		return nil, nil
	}
	head, data, ok := strings.Cut(url, ";base64,")
	if !ok || len(data) > base64.StdEncoding.EncodedLen(most) {
		return nil, errBadParams
	}
	b, err := base64.StdEncoding.DecodeString(data)
	if err != nil || head != "data:"+content.PictureKind(b) {
		return nil, errBadParams
	}
	return b, nil
}

// setInline fills in what a message has inline beside its text.
func (m *Message) setInline(media *client.Media) {
	if s := media.Sticker; s != nil {
		m.Sticker = &Sticker{Data: inlineURL(s.Picture), Emoji: s.Emoji, Pack: s.Pack, PackID: s.PackID}
	}
	if p := media.Preview; p != nil {
		m.Preview = &LinkPreview{URL: p.URL, Title: p.Title, Description: p.Description, Site: p.Site, Picture: inlineURL(p.Picture)}
	}
	m.Post = postOf(media.Post)
}

// postOf returns a post as the page draws it, nil for none.
func postOf(p *content.Post) *Post {
	if p == nil {
		return nil
	}
	return &Post{URL: p.URL, Title: p.Title, Author: p.Author, Poster: inlineURL(p.Picture), Player: p.Player, Width: int(p.Width), Height: int(p.Height)}
}

// inlineTo puts what a page sends beside a text into what is sent. What isn't in
// bounds is found by who sends it.
func (p *Send) inlineTo(o *client.Outgoing) (err error) {
	if s := p.Sticker; s != nil {
		if o.Sticker, err = stickerOf(s); err != nil {
			return err
		}
	}
	if v := p.Preview; v != nil {
		o.Preview = &content.Preview{URL: v.URL, Title: card(v.Title), Description: card(v.Description), Site: card(v.Site)}
		if o.Preview.Picture, err = inlinePicture(v.Picture, content.MaxCardPicture); err != nil {
			return err
		}
	}
	if v := p.Post; v != nil {
		if v.Width < 0 || v.Height < 0 {
			return errBadParams
		}
		o.Post = &content.Post{URL: v.URL, Title: card(v.Title), Author: card(v.Author), Player: v.Player, Width: uint32(v.Width), Height: uint32(v.Height)}
		o.Post.Picture, err = inlinePicture(v.Poster, content.MaxCardPicture)
	}
	return err
}

// card returns a line of a card as it is sent.
func card(text string) string { return content.CleanLine(text, content.MaxCardLine) }

func stickerOf(s *Sticker) (*content.Sticker, error) {
	picture, err := inlinePicture(s.Data, content.MaxSticker)
	return &content.Sticker{Picture: picture, Emoji: s.Emoji, Pack: content.CleanLine(s.Pack, content.MaxPackName), PackID: s.PackID}, err
}
