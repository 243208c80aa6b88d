package bridge

import (
	"encoding/base64"
	"encoding/hex"
	"math"
	"strings"

	"parley/client"
	"parley/content"
)

// roles are the words for what an attachment is.
var roles = map[content.Role]string{
	content.RolePhoto: "photo", content.RoleVideo: "video", content.RoleVoice: "voice", content.RoleFile: "file",
}

// setMedia fills in what a message has beside its text.
func (m *Message) setMedia(media *client.Media) {
	if media == nil {
		return
	}
	m.ViewOnce, m.Opened, m.Withheld = media.ViewOnce, media.Opened, media.Withheld
	m.Glimpse = glimpseOf(media)
	m.setInline(media)
	for i := range media.Attachments {
		m.Attachments = append(m.Attachments, attachmentOf(&media.Attachments[i]))
	}
}

// glimpseOf returns what a message has beside its text, in little.
func glimpseOf(media *client.Media) Glimpse {
	g := media.Glimpse()
	return Glimpse{Media: string(g.Kind), MediaCount: g.Count, MediaMS: int(g.DurationMS), MediaName: g.Name, MediaOnce: g.ViewOnce}
}

// attachmentOf returns an attachment as the page draws it.
func attachmentOf(a *client.Attachment) Attachment {
	return Attachment{
		Role: roles[a.Role], Blob: hex.EncodeToString(a.Blob[:]), Key: base64.RawURLEncoding.EncodeToString(a.Key[:]),
		Hash: hex.EncodeToString(a.Hash[:]), Size: a.Size, Sealed: a.Sealed, Type: a.Type, Name: a.Name, Alt: a.Alt,
		Width: int(a.Width), Height: int(a.Height), DurationMS: int(a.DurationMS),
		Thumb: base64.StdEncoding.EncodeToString(a.Thumb), Poster: pictureURL(a.Poster), Wave: base64.StdEncoding.EncodeToString(a.Wave),
	}
}

// attachmentsOf reads those that a page sends, or errBadParams: of names it keeps what
// is a file's, of types what is without parameters.
func attachmentsOf(all []Attachment) ([]client.Attachment, error) {
	if len(all) > content.MaxAttachments {
		return nil, errBadParams
	}
	var out []client.Attachment
	for i := range all {
		a, err := all[i].read()
		if err != nil {
			return nil, errBadParams
		}
		out = append(out, a)
	}
	return out, nil
}

// read is the reverse of attachmentOf. What isn't in bounds is found by who sends it.
func (p *Attachment) read() (a client.Attachment, err error) {
	for role, word := range roles {
		if word == p.Role {
			a.Role = role
		}
	}
	for _, f := range []struct {
		to     []byte
		from   string
		decode func(string) ([]byte, error)
	}{
		{a.Blob[:], p.Blob, hex.DecodeString},
		{a.Hash[:], p.Hash, hex.DecodeString},
		{a.Key[:], p.Key, base64.RawURLEncoding.DecodeString},
	} {
		b, err := f.decode(f.from)
		if err != nil || len(b) != len(f.to) {
			return a, errBadParams
		}
		copy(f.to, b)
	}
	for _, n := range []int{p.Width, p.Height, p.DurationMS} {
		if n < 0 || n > math.MaxInt32 {
			return a, errBadParams
		}
	}
	kind, _, _ := strings.Cut(p.Type, ";")
	a.Type, a.Name, a.Alt = strings.ToLower(strings.TrimSpace(kind)), content.CleanName(p.Name), strings.TrimSpace(p.Alt)
	a.Size, a.Sealed = p.Size, p.Sealed
	a.Width, a.Height, a.DurationMS = uint32(p.Width), uint32(p.Height), uint32(p.DurationMS)
	if a.Thumb, err = base64.StdEncoding.DecodeString(p.Thumb); err != nil {
		return a, errBadParams
	}
	if a.Wave, err = base64.StdEncoding.DecodeString(p.Wave); err != nil {
		return a, errBadParams
	}
	a.Poster, err = pictureIn(p.Poster, content.MaxPoster)
	return a, err
}
