package content

import "fmt"

// Bounds of stickers.
const (
	MaxSticker      = 40 << 10 // bytes of a sticker's picture: a message is at most MaxSize
	MaxStickerSide  = 512      // pixels
	MaxStickerEmoji = 64       // bytes
	MaxPackName     = 64       // bytes
	MaxPackID       = 64       // bytes
	MaxPackStickers = 24
)

// A Sticker is a picture that is all of a message.
type Sticker struct {
	_       struct{} `cbor:",toarray"`
	Picture []byte   // WebP, PNG, GIF or JPEG: at most MaxSticker bytes, MaxStickerSide pixels
	Emoji   string   // what it stands for: one emoji
	Pack    string   // the name of its pack, a line of at most MaxPackName bytes; empty: none
	PackID  string   // at most MaxPackID letters, digits and hyphens; empty: none
}

// Check returns ErrMalformed for a sticker beyond its bounds.
func (s *Sticker) Check() error {
	if !goodPicture(s.Picture, MaxSticker, MaxStickerSide) || !IsEmoji(s.Emoji) || len(s.Emoji) > MaxStickerEmoji {
		return fmt.Errorf("%w: sticker", ErrMalformed)
	}
	return s.CheckPack()
}

// CheckPack is Check of the pack alone.
func (s *Sticker) CheckPack() error {
	if !isLine(s.Pack, MaxPackName) || !IsPackID(s.PackID) && s.PackID != "" {
		return fmt.Errorf("%w: pack of stickers", ErrMalformed)
	}
	return nil
}

// IsPackID reports whether id can name a pack.
func IsPackID(id string) bool {
	for _, c := range []byte(id) {
		if letter := c|0x20 >= 'a' && c|0x20 <= 'z'; !letter && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return id != "" && len(id) <= MaxPackID
}

// A stickerNote is what the picture doesn't say of a sticker.
type stickerNote struct {
	_      struct{} `cbor:",toarray"`
	Emoji  string
	Pack   string
	PackID string
}

// NewSticker returns a message that is a sticker: a choice of the picture and, for who
// can't show it, the emoji (draft-ietf-mimi-content-08, Section 4.4). It returns
// ErrMalformed for what Check refuses.
func NewSticker(ext Extensions, s Sticker) (*Message, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	ext, err := ext.with(keySticker, stickerNote{Emoji: s.Emoji, Pack: s.Pack, PackID: s.PackID})
	if err != nil {
		return nil, err
	}
	kind := PictureKind(s.Picture)
	return newMessage(ext, DispositionRender, MultiPart{ChooseOne, []NestedPart{
		{Disposition: DispositionInline, Body: SinglePart{kind, s.Picture}},
		{Disposition: DispositionRender, Body: SinglePart{TypePlain, []byte(s.Emoji)}},
	}}), nil
}

// Sticker returns the sticker that m is, nil where it isn't one, or one beyond the
// bounds. It shares m's memory.
func (m *Message) Sticker() *Sticker {
	var note stickerNote
	if !m.inline(keySticker, &note) || !m.Replaces.IsZero() || m.Part.Disposition != DispositionRender {
		return nil
	}
	multi, ok := m.Part.Body.(MultiPart)
	if !ok || multi.Semantics != ChooseOne || len(multi.Parts) != 2 {
		return nil
	}
	picture, ok := multi.Parts[0].Body.(SinglePart)
	s := &Sticker{Picture: picture.Content, Emoji: note.Emoji, Pack: note.Pack, PackID: note.PackID}
	if !ok || s.Check() != nil {
		return nil
	}
	if PictureKind(s.Picture) != picture.ContentType {
		return nil // it is called something that it isn't
	}
	return s
}
