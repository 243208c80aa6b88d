package client

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/content"
	"parley/identity"
	"parley/wire"
)

// An Attachment is a photo, video, voice note or file of a message.
type Attachment = content.Attachment

// Media is what a message has beside its text. It is never changed: what changes a
// message gives it another one.
type Media struct {
	Attachments []Attachment `cbor:"1,keyasint,omitempty"`
	ViewOnce    bool         `cbor:"2,keyasint,omitempty"` // it is gone once it was looked at
	Opened      bool         `cbor:"3,keyasint,omitempty"` // of a ViewOnce one: it was, here or on another own device, or is one's own. Attachments only say what they were

	Sticker *content.Sticker `cbor:"4,keyasint,omitempty"` // that the message is, inline
	Preview *content.Preview `cbor:"5,keyasint,omitempty"` // of a link in its text
	Post    *content.Post    `cbor:"6,keyasint,omitempty"` // whose address is in its text

	// Withheld is set where a stranger's message isn't to show what it has until its
	// conversation is accepted. It isn't kept.
	Withheld bool `cbor:"-"`

	// Release, of a message that is on its way, names the blobs that it gives up.
	Release [][]byte `cbor:"9,keyasint,omitempty"`

	// From, of a message that is on its way, is the room that its blobs are forwarded from.
	From identity.Room `cbor:"10,keyasint,omitempty"`

	was *Glimpse // what it was, where Attachments aren't to be seen
}

// How long a blob is kept for those who haven't read a message that disappears, or
// opened one that is viewed once.
const (
	unreadFor = 30 * 24 * time.Hour
	onceFor   = 14 * 24 * time.Hour
)

// mediaOf returns what a message has beside its text, nil for nothing.
func mediaOf(msg *content.Message) *Media {
	if !msg.HasAttachments() {
		return inlineOf(msg)
	}
	a := msg.Attached()
	return &Media{Attachments: a.Attachments, ViewOnce: a.ViewOnce}
}

// opened returns m as it is once it was looked at: what it was, and for its author's
// devices which blob that is. What opens it is gone.
func (m *Media) opened(own bool) *Media {
	out := &Media{ViewOnce: true, Opened: true}
	for i := range m.Attachments {
		a := Attachment{Role: m.Attachments[i].Role, DurationMS: m.Attachments[i].DurationMS}
		if own {
			a.Blob = m.Attachments[i].Blob
		}
		out.Attachments = append(out.Attachments, a)
	}
	return out
}

// seen returns m as it is shown.
func (m *Media) seen(withheld bool) *Media {
	if m == nil || !m.Opened && !withheld {
		return m
	}
	if !m.heavy() {
		return nil // what a stranger says of a link isn't shown
	}
	g := m.Glimpse()
	return &Media{ViewOnce: m.ViewOnce, Opened: m.Opened, Withheld: withheld, was: &g}
}

// showMedia has m show what it has beside its text as [Media.seen] does.
func (t *tx) showMedia(m *Message) error {
	if m.Media == nil {
		return nil
	}
	facts, err := t.factsOf(m.Room)
	if err == nil {
		m.Media = m.Media.seen(facts.withheld)
	}
	return err
}

// blobs returns the names of the blobs of m.
func (m *Media) blobs() (out [][]byte) {
	if m == nil {
		return nil
	}
	for i := range m.Attachments {
		if blob := m.Attachments[i].Blob; blob != [32]byte{} {
			out = append(out, slices.Clone(blob[:]))
		}
	}
	return out
}

// release returns the blobs that a message gives up.
func (m *Media) release() [][]byte {
	if m == nil {
		return nil
	}
	return m.Release
}

// blobsUntil returns until when the blobs of m are needed, Unix milliseconds; 0: as
// long as the server keeps any.
func (m *Message) blobsUntil() int64 {
	switch {
	case m.Media == nil || m.Media.blobs() == nil:
		return 0
	case m.Media.ViewOnce:
		return m.AtMS + onceFor.Milliseconds()
	case m.TimerS > 0:
		return m.AtMS + int64(m.TimerS)*1000 + unreadFor.Milliseconds()
	}
	return 0
}

// A MediaKind is an enumerated word for what a message has beside its text.
type MediaKind string

// The kinds.
const (
	MediaPhoto  MediaKind = "photo"
	MediaPhotos MediaKind = "photos"
	MediaVideo  MediaKind = "video"
	MediaVideos MediaKind = "videos"
	MediaVoice  MediaKind = "voice"
	MediaFile   MediaKind = "file"
	MediaFiles  MediaKind = "files"
	MediaAlbum  MediaKind = "album" // of several kinds

	MediaSticker MediaKind = "sticker"
	MediaPost    MediaKind = "post"
)

// A Glimpse says in little what a message has beside its text.
type Glimpse struct {
	Kind       MediaKind // empty: nothing
	Count      int       // of attachments
	DurationMS uint32    // of one video or voice note
	Name       string    // of one file; of a sticker its emoji, of a post its title
	ViewOnce   bool
}

// Glimpse returns what m is in little.
func (m *Media) Glimpse() Glimpse {
	switch {
	case m == nil:
		return Glimpse{}
	case m.was != nil:
		return *m.was
	case m.Sticker != nil:
		return Glimpse{Kind: MediaSticker, Name: m.Sticker.Emoji}
	case m.Post != nil:
		return Glimpse{Kind: MediaPost, Name: m.Post.Title}
	case len(m.Attachments) == 0:
		return Glimpse{}
	}
	g := Glimpse{Count: len(m.Attachments), ViewOnce: m.ViewOnce, Kind: MediaAlbum}
	first := &m.Attachments[0]
	if slices.ContainsFunc(m.Attachments, func(a Attachment) bool { return a.Role != first.Role }) {
		return g
	}
	several := len(m.Attachments) > 1
	switch first.Role {
	case content.RolePhoto:
		g.Kind = oneOf(several, MediaPhotos, MediaPhoto)
	case content.RoleVideo:
		g.Kind = oneOf(several, MediaVideos, MediaVideo)
	case content.RoleVoice:
		g.Kind = MediaVoice
	case content.RoleFile:
		g.Kind = oneOf(several, MediaFiles, MediaFile)
	}
	if !several {
		g.DurationMS, g.Name = first.DurationMS, first.Name
	}
	return g
}

func oneOf(several bool, many, one MediaKind) MediaKind {
	if several {
		return many
	}
	return one
}

// String returns g in plain English, empty for nothing.
func (g Glimpse) String() string {
	var s string
	switch g.Kind {
	case MediaPhoto:
		s = "Photo"
	case MediaPhotos:
		s = fmt.Sprintf("%d photos", g.Count)
	case MediaVideo:
		s = "Video"
	case MediaVideos:
		s = fmt.Sprintf("%d videos", g.Count)
	case MediaVoice:
		s = "Voice message"
	case MediaFile:
		if s = g.Name; s == "" {
			s = "File"
		}
	case MediaFiles:
		s = fmt.Sprintf("%d files", g.Count)
	case MediaAlbum:
		s = fmt.Sprintf("%d attachments", g.Count)
	case MediaSticker:
		s = "Sticker " + g.Name
	case MediaPost:
		s = g.Name
	}
	if g.DurationMS > 0 {
		seconds := (g.DurationMS + 500) / 1000
		s += fmt.Sprintf(" (%d:%02d)", seconds/60, seconds%60)
	}
	if g.ViewOnce && s != "" {
		s += ", to be viewed once"
	}
	return s
}

// queued returns m as it is kept of a message that waits to be sent and gives up some
// blobs; nil for nothing. The message's content has the whole: what is to be viewed
// once can't be looked at by its author's devices.
func (m *Media) queued(release [][]byte) *Media {
	if m != nil && m.ViewOnce {
		m = m.opened(true)
	}
	if len(release) == 0 {
		return m
	}
	if m == nil {
		m = new(Media)
	}
	m.Release = release
	return m
}

// sent returns m as it is kept of a message that was sent.
func (m *Media) sent() *Media {
	switch {
	case m == nil:
	case len(m.Release) > 0:
		return nil // what gives up blobs has none
	case m.From != "":
		kept := *m
		kept.From = ""
		return &kept
	}
	return m
}

// from returns where a message's blobs are forwarded from, if they are.
func (m *Media) from() identity.Room {
	if m == nil {
		return ""
	}
	return m.From
}

// attachedDraft returns what sends o, which has attachments.
func attachedDraft(o Outgoing) (draft, error) {
	if o.Text != "" {
		if err := checkText(o.Text); err != nil && err != ErrEmpty {
			return nil, err
		}
	}
	if strings.TrimSpace(o.Text) == "" {
		o.Text = ""
	}
	if !o.Plain {
		text, err := content.EncodeMentions(o.Text, o.Mentions)
		if err != nil {
			return nil, err
		}
		o.Text = text
	}
	a := content.Attached{Attachments: o.Attachments, ViewOnce: o.ViewOnce}
	if err := a.Check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAttachment, err)
	}
	return func(ext content.Extensions, _ *tx) (*content.Message, error) { return attachedMessage(ext, o) }, nil
}

// attachedMessage returns the message that o is. Its text has its mentions already.
func attachedMessage(ext content.Extensions, o Outgoing) (*content.Message, error) {
	caption := content.SinglePart{ContentType: content.TypeMarkdown, Content: []byte(o.Text)}
	if o.Plain {
		caption.ContentType = content.TypePlain
	}
	return content.NewAttached(ext, caption, content.Attached{Attachments: o.Attachments, ViewOnce: o.ViewOnce})
}

// takeMedia takes over what a message that came has beside its text.
func (t *tx) takeMedia(kept *Message, msg *content.Message) error {
	if kept.Kind != KindText {
		return nil
	}
	kept.Media = mediaOf(msg)
	if kept.Media == nil || !kept.Media.ViewOnce {
		return nil
	}
	own := kept.Own(t.c.self.Account)
	seen, err := t.number(content.StateViewed, kept.ID.String())
	if err == nil && (own || seen > 0) {
		kept.Media = kept.Media.opened(own)
	}
	return err
}

// LearnLimits tells the client what its server has said that it takes of attachments:
// see [Info].
func (c *Client) LearnLimits(l wire.BlobLimits) { c.limits.Store(&l) }

// maxForward returns to how many rooms a message is forwarded at once, at most.
func (c *Client) maxForward() int {
	if l := c.limits.Load(); l != nil && l.Forward > 0 {
		return l.Forward
	}
	return maxForward
}
