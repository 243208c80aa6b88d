package content

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// TypeProfile is the media type of what a person tells of itself in a conversation.
const TypeProfile = "application/vnd.parley.profile+cbor"

// MaxDisplay bounds the bytes of a person's name.
const MaxDisplay = 64

// A Profile is what contacts see of a person.
type Profile struct {
	_       struct{} `cbor:",toarray"`
	Display string   // at most MaxDisplay bytes; empty: the account's name
	Picture []byte   // see [CheckPicture]; empty: none
}

// NewProfile returns the message that tells p to a conversation. It is no line. It
// returns ErrLimit or ErrMalformed for what Profile would refuse.
func NewProfile(ext Extensions, p Profile) (*Message, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	return newTyped(ext, TypeProfile, p)
}

// Profile returns what m tells of its sender, or nil if it is of another type. It
// returns ErrMalformed or ErrLimit for what can't be read.
func (m *Message) Profile() (*Profile, error) {
	var p Profile
	if ok, err := m.typed(TypeProfile, &p); !ok || err != nil {
		return nil, err
	}
	return &p, p.Check()
}

// Check returns ErrLimit or ErrMalformed for a profile beyond its bounds.
func (p *Profile) Check() error {
	if len(p.Display) > MaxDisplay {
		return fmt.Errorf("%w: display name", ErrLimit)
	}
	if !utf8.ValidString(p.Display) {
		return fmt.Errorf("%w: display name", ErrMalformed)
	}
	return CheckPicture(p.Picture)
}

// PictureType returns the media type of a picture by its first bytes: WebP, JPEG or
// PNG; "" for anything else.
func PictureType(b []byte) string {
	switch {
	case len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		return "image/webp"
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		return "image/jpeg"
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png"
	}
	return ""
}

// CheckPicture returns ErrLimit for a picture of more than MaxPicture bytes and
// ErrMalformed for what doesn't begin as a WebP, JPEG or PNG. No bytes are no
// picture, and in order.
func CheckPicture(b []byte) error {
	if len(b) > MaxPicture {
		return fmt.Errorf("%w: picture", ErrLimit)
	}
	if len(b) > 0 && PictureType(b) == "" {
		return fmt.Errorf("%w: picture", ErrMalformed)
	}
	return nil
}
