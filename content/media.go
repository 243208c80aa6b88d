package content

import (
	"fmt"

	"parley/internal/cbor"
)

// keyMedia is the private extension of a message with attachments: what their
// external parts don't say.
const keyMedia = "parley.media"

// A mediaExtension is the value of keyMedia, as it is encoded within a byte string: a
// client that doesn't know it needn't look into it.
type mediaExtension struct {
	_        struct{} `cbor:",toarray"`
	ViewOnce bool
	Items    []mediaItem // one for each external part, in order
}

// A mediaItem is what an external part doesn't say of an attachment.
type mediaItem struct {
	_          struct{} `cbor:",toarray"`
	Role       Role
	Key        []byte // 32 bytes
	Hash       []byte // 32 bytes
	Sealed     int64
	Width      uint32
	Height     uint32
	DurationMS uint32
	Thumb      []byte
	Poster     []byte
	Wave       []byte
}

// Attached is what a message has of attachments.
type Attached struct {
	Attachments []Attachment // 1 to MaxAttachments
	ViewOnce    bool         // of one photo, video or voice note: it is gone once it was looked at
}

// NewAttached returns a message with attachments and a caption, which may be without
// content. A client that doesn't know attachments of ours shows the caption and the
// names. It returns ErrMalformed or ErrLimit for what Decode would refuse.
//
// The parts are those of draft-ietf-mimi-content-08, Section 4.5 and
// draft-ietf-mimi-content-08, Section 5.9; keys are in the extension, since no AEAD of
// IANA's says how a blob is sealed.
func NewAttached(ext Extensions, caption SinglePart, a Attached) (*Message, error) {
	if err := a.Check(); err != nil {
		return nil, err
	}
	var parts []NestedPart
	if len(caption.Content) > 0 {
		parts = append(parts, NestedPart{Disposition: DispositionRender, Body: caption})
	}
	media := &mediaExtension{ViewOnce: a.ViewOnce}
	for i := range a.Attachments {
		at := &a.Attachments[i]
		parts = append(parts, NestedPart{Disposition: at.disposition(), Body: at.external()})
		media.Items = append(media.Items, at.item())
	}
	ext.media = media
	m := newMessage(ext, DispositionRender, NullPart{})
	m.Part = parts[0]
	if len(parts) > 1 {
		m.Part = NestedPart{Disposition: DispositionRender, Body: MultiPart{ProcessAll, parts}}
	}
	return m, nil
}

// item returns what goes into the extension.
func (a *Attachment) item() mediaItem {
	return mediaItem{
		Role: a.Role, Key: a.Key[:], Hash: a.Hash[:], Sealed: a.Sealed, Width: a.Width, Height: a.Height,
		DurationMS: a.DurationMS, Thumb: a.Thumb, Poster: a.Poster, Wave: a.Wave,
	}
}

// Attached returns the attachments of m, which share m's memory; none of a message
// without.
func (m *Message) Attached() Attached {
	_, a, err := m.attached()
	if err != nil {
		return Attached{}
	}
	return a
}

// HasAttachments reports whether m has some.
func (m *Message) HasAttachments() bool { return m.Extensions.media != nil }

// attached takes m, which has the extension, apart: the caption, nil where there is
// none, and the attachments. It returns ErrMalformed or ErrLimit for what breaks a
// rule.
func (m *Message) attached() (caption *NestedPart, a Attached, err error) {
	media := m.Extensions.media
	if media == nil {
		return nil, a, nil
	}
	parts := []NestedPart{m.Part}
	if multi, ok := m.Part.Body.(MultiPart); ok {
		if multi.Semantics != ProcessAll || m.Part.Disposition != DispositionRender {
			return nil, a, fmt.Errorf("%w: an album", ErrMalformed)
		}
		parts = multi.Parts
		if _, ok := parts[0].Body.(SinglePart); ok {
			caption, parts = &parts[0], parts[1:]
		}
	}
	if len(parts) != len(media.Items) || len(parts) > MaxAttachments {
		return nil, a, fmt.Errorf("%w: attachments", ErrMalformed)
	}
	if caption != nil && !show(caption).known {
		return nil, a, fmt.Errorf("%w: caption", ErrMalformed)
	}
	a = Attached{ViewOnce: media.ViewOnce, Attachments: make([]Attachment, len(parts))}
	for i := range parts {
		if err := a.Attachments[i].take(&parts[i], &media.Items[i]); err != nil {
			return nil, Attached{}, err
		}
	}
	return caption, a, a.Check()
}

// take is the reverse of external and item.
func (a *Attachment) take(p *NestedPart, item *mediaItem) error {
	e, ok := p.Body.(ExternalPart)
	if !ok || len(item.Key) != len(a.Key) || len(item.Hash) != len(a.Hash) {
		return fmt.Errorf("%w: attachment", ErrMalformed)
	}
	a.Role, a.Key, a.Hash, a.Sealed = item.Role, [32]byte(item.Key), [32]byte(item.Hash), item.Sealed
	a.Width, a.Height, a.DurationMS = item.Width, item.Height, item.DurationMS
	a.Thumb, a.Poster, a.Wave = item.Thumb, item.Poster, item.Wave
	if p.Disposition != a.disposition() {
		return fmt.Errorf("%w: disposition of an attachment", ErrMalformed)
	}
	return a.takeExternal(&e)
}

// Check checks each attachment, and all of them together. It returns ErrMalformed or
// ErrLimit.
func (a *Attached) Check() error {
	if len(a.Attachments) == 0 || len(a.Attachments) > MaxAttachments {
		return fmt.Errorf("%w: attachments", ErrLimit)
	}
	blobs := map[[32]byte]bool{}
	posters := 0
	for i := range a.Attachments {
		at := &a.Attachments[i]
		if err := at.Check(); err != nil {
			return err
		}
		if blobs[at.Blob] {
			return fmt.Errorf("%w: an attachment twice", ErrMalformed) // perhaps under another key
		}
		blobs[at.Blob] = true
		posters += len(at.Poster)
	}
	if posters > MaxPosters {
		return fmt.Errorf("%w: posters", ErrLimit)
	}
	if a.ViewOnce && (len(a.Attachments) > 1 || a.Attachments[0].Role == RoleFile) {
		return fmt.Errorf("%w: an attachment to be viewed once", ErrMalformed)
	}
	return nil
}

// encodeMedia puts the extension among the known ones.
func (e *Extensions) encodeMedia(known map[any]any) error {
	if e.media == nil {
		return nil
	}
	data, err := cbor.Marshal(e.media)
	known[keyMedia] = data
	return err
}

// decodeMedia takes the extension over.
func (e *Extensions) decodeMedia(all map[any]cbor.RawMessage) error {
	if _, ok := all[keyMedia]; !ok {
		return nil
	}
	var data []byte
	if err := take(all, keyMedia, &data); err != nil {
		return err
	}
	e.media = new(mediaExtension)
	return unmarshal(data, e.media)
}
