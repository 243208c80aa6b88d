package content

import "fmt"

// Bounds of previews of links and of posts.
const (
	MaxCardLine    = 1200     // bytes of each of their lines
	MaxCardPicture = 32 << 10 // bytes of their picture
	MaxCardSide    = 1024     // pixels of it
)

// A Preview is what the sender of a link found at it. Nobody vouches for it but the
// sender: the receiver fetches nothing.
type Preview struct {
	_           struct{} `cbor:",toarray"`
	URL         string   // http or https; the message's text has it
	Title       string   // lines of at most MaxCardLine bytes; any may be empty
	Description string
	Site        string
	Picture     []byte // WebP, JPEG, PNG or GIF: at most MaxCardPicture bytes, MaxCardSide pixels; empty: none
}

// Check returns ErrMalformed for a preview beyond its bounds, or without anything to
// show.
func (p *Preview) Check() error {
	if !isWebURL(p.URL) || !isLine(p.Title, MaxCardLine) || !isLine(p.Description, MaxCardLine) || !isLine(p.Site, MaxCardLine) ||
		len(p.Picture) > 0 && !goodPicture(p.Picture, MaxCardPicture, MaxCardSide) || p.Title == "" && p.Description == "" && len(p.Picture) == 0 {
		return fmt.Errorf("%w: preview", ErrMalformed)
	}
	return nil
}

// WithPreview returns ext with the preview of a link for the message that it is for,
// whose text must have the link. It returns ErrMalformed for what Check refuses.
func (e Extensions) WithPreview(p Preview) (Extensions, error) {
	if err := p.Check(); err != nil {
		return e, err
	}
	return e.with(keyPreview, p)
}

// Preview returns the preview of a link in m's text; nil where there is none, or one
// beyond the bounds, or of another link.
func (m *Message) Preview() *Preview {
	p := new(Preview)
	if !m.inline(keyPreview, p) || p.Check() != nil || !m.names(p.URL) {
		return nil
	}
	return p
}

// names reports whether m is a text that has the address u.
func (m *Message) names(u string) bool {
	shown := show(&m.Part)
	return shown.known && m.Part.Disposition != DispositionReaction && Names(shown.text, u)
}
