package content

import "fmt"

// maxPostSide bounds the pixels of a post's player.
const maxPostSide = 10_000

// A Post is a post of the platform that the server belongs to, as the sender's server
// resolved it. Nobody vouches for it but the sender: a receiver plays it only if its
// own server names the player.
type Post struct {
	_       struct{} `cbor:",toarray"`
	URL     string   // http or https; the message's text has it
	Title   string   // a line of at most MaxCardLine bytes, not empty
	Author  string   // the same; may be empty
	Picture []byte   // as of a [Preview]
	Player  string   // http or https: what plays it in a frame; empty: nothing
	Width   uint32   // pixels of the player; 0: not said
	Height  uint32
}

// Check returns ErrMalformed for a post beyond its bounds.
func (p *Post) Check() error {
	if !isWebURL(p.URL) || p.Title == "" || !isLine(p.Title, MaxCardLine) || !isLine(p.Author, MaxCardLine) ||
		len(p.Picture) > 0 && !goodPicture(p.Picture, MaxCardPicture, MaxCardSide) ||
		p.Player != "" && !isWebURL(p.Player) || p.Width > maxPostSide || p.Height > maxPostSide {
		return fmt.Errorf("%w: post", ErrMalformed)
	}
	return nil
}

// WithPost returns ext with a post for the message that it is for, whose text must
// have the post's address. It returns ErrMalformed for what Check refuses.
func (e Extensions) WithPost(p Post) (Extensions, error) {
	if err := p.Check(); err != nil {
		return e, err
	}
	return e.with(keyPost, p)
}

// Post returns the post that m's text has the address of; nil where there is none, or
// one beyond the bounds.
func (m *Message) Post() *Post {
	p := new(Post)
	if !m.inline(keyPost, p) || p.Check() != nil || !m.names(p.URL) {
		return nil
	}
	return p
}
