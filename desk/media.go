package desk

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"time"

	"golang.org/x/image/webp"

	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/media"
)

// Bounds of what is fetched and decoded.
const (
	maxImageBytes  = 24 << 20
	maxMediaBytes  = 128 << 20  // of a video or a voice message
	maxPixels      = 40_000_000 // of an image: some 15 bytes each while it is decoded, one image at a time
	revealLife     = 15 * time.Minute
	blobTime       = 2 * time.Minute
	jpegQuality    = 90
	sealedOverhead = 1 << 20
)

// A Picture is an attachment ready to be shown.
type Picture struct {
	Type string // its committed type; of an image that was drawn again image/png or image/jpeg
	Data []byte
}

// reveal says that a person may see an attachment for a while.
type reveal struct {
	AtMS int64 `json:"at_ms"`
}

func revealKey(c *caseRecord, n int, person string) string {
	return fmt.Sprintf("%s%s/%06d/%s", keyReveal, c.ID, n, person)
}

// viewMedia shows the attachments of a case, by report and item, without anything
// of what is in them.
func (d *Desk) viewMedia(ctx context.Context, who Actor, c *caseRecord, list []attachment) (map[int]map[int][]deskapi.Media, error) {
	out := map[int]map[int][]deskapi.Media{}
	down, err := d.removed(ctx, c)
	if err != nil {
		return nil, err
	}
	for i := range list {
		m, err := d.viewOne(ctx, who, c, &list[i])
		if err != nil {
			return nil, err
		}
		m.Removed = down[list[i].of.Blob]
		r, it := list[i].report, list[i].item
		if out[r] == nil {
			out[r] = map[int][]deskapi.Media{}
		}
		out[r][it] = append(out[r][it], m)
	}
	return out, nil
}

// removed says which blobs a decision of the case took down, and no appeal gave back.
func (d *Desk) removed(ctx context.Context, c *caseRecord) (map[[32]byte]bool, error) {
	down := map[[32]byte]bool{}
	for _, id := range c.Decisions {
		var dec decisionRecord
		if _, err := d.getRecord(ctx, keyDecision+id, &dec); err != nil {
			return nil, err
		}
		if dec.State != deskapi.DecisionMade && dec.State != deskapi.DecisionEnforced {
			continue
		}
		for _, blob := range dec.Blobs {
			down[[32]byte(blob)] = true
		}
	}
	return down, nil
}

func (d *Desk) viewOne(ctx context.Context, who Actor, c *caseRecord, a *attachment) (deskapi.Media, error) {
	m := deskapi.Media{
		N: a.n, Type: a.of.Type, Name: a.of.Name, Size: a.of.Size, Width: int(a.of.Width), Height: int(a.of.Height), MS: int64(a.of.DurationMS),
		Alt: a.of.Alt, Once: a.once, SHA256: hex.EncodeToString(a.of.Hash[:]), Blob: hex.EncodeToString(a.of.Blob[:]),
		Closed: closed(a),
	}
	if _, err := d.getRecord(ctx, goneKey(a), &m.Gone); err != nil {
		return m, err
	}
	shown, err := d.mayShow(ctx, who, c, a.n)
	if shown && !m.Gone {
		m.Shown, m.URL = true, fmt.Sprintf("%s/cases/%s/media/%d", deskapi.Prefix, c.ID, a.n)
	}
	return m, err
}

// goneKey names the note that the platform has an attachment no more.
func goneKey(a *attachment) string { return keyGone + hex.EncodeToString(a.of.Blob[:]) }

// noteGone keeps that, so that nobody asks for it again.
func (d *Desk) noteGone(ctx context.Context, a *attachment) error {
	return d.set(ctx, func(t *draft) error { return t.put(goneKey(a), true) })
}

// mayShow reports whether who has revealed an attachment, not long ago.
func (d *Desk) mayShow(ctx context.Context, who Actor, c *caseRecord, n int) (bool, error) {
	var r reveal
	ok, err := d.getRecord(ctx, revealKey(c, n, who.ID), &r)
	return ok && d.nowMS() < r.AtMS+revealLife.Milliseconds(), err
}

// Reveal makes one attachment ready to be shown to who asks. The log has it before
// anything is fetched.
func (d *Desk) Reveal(ctx context.Context, who Actor, p deskapi.RevealMedia) (deskapi.Media, error) {
	c, a, err := d.findMedia(ctx, who, p.ID, p.Media, "Reveal")
	if err != nil {
		return deskapi.Media{}, err
	}
	if !a.checked {
		return deskapi.Media{}, refuse(deskapi.Unverified, "It isn't proven that this was sent, so that it isn't opened.")
	}
	event := audit.Event{Action: audit.MediaRevealed, Subject: c.ID, Data: map[string]string{"media": fmt.Sprint(a.n)}}
	err = d.commitBy(ctx, who, deskapi.ActCases, event, func(t *draft, e *audit.Event) error {
		return t.put(revealKey(c, a.n, who.ID), reveal{e.AtMS})
	})
	if err != nil {
		return deskapi.Media{}, err
	}
	if _, err := d.picture(ctx, c, a); err != nil {
		return deskapi.Media{}, err
	}
	return d.viewOne(ctx, who, c, a)
}

// Show gives the bytes of an attachment that who has revealed: NotRevealed
// otherwise.
func (d *Desk) Show(ctx context.Context, who Actor, caseID string, n int) (*Picture, error) {
	c, a, err := d.findMedia(ctx, who, caseID, n, "Show")
	if err != nil {
		return nil, err
	}
	ok, err := d.mayShow(ctx, who, c, a.n)
	if err != nil {
		return nil, err
	}
	if !ok || !a.checked {
		return nil, refuse(deskapi.NotRevealed, "Reveal it first.")
	}
	return d.picture(ctx, c, a)
}

// findMedia finds the n-th attachment of a case. It gives nothing of it away.
func (d *Desk) findMedia(ctx context.Context, who Actor, caseID string, n int, call string) (*caseRecord, *attachment, error) {
	if err := d.allow(who, deskapi.ActCases, call); err != nil {
		return nil, nil, err
	}
	c := new(caseRecord)
	if !isID("c", caseID) {
		return nil, nil, notFound()
	}
	if ok, err := d.getRecord(ctx, keyCase+caseID, c); err != nil || !ok {
		return nil, nil, orNotFound(err)
	}
	all, err := d.evidenceOf(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	list := attachmentsOf(all)
	if n < 0 || n >= len(list) {
		return nil, nil, notFound()
	}
	return c, &list[n], nil
}

// picture fetches an attachment, opens it with the key in the reported message,
// checks both hashes, and decodes it by its committed type alone.
func (d *Desk) picture(ctx context.Context, c *caseRecord, a *attachment) (*Picture, error) {
	key := fmt.Sprintf("%s/%d", c.ID, a.n)
	if p := d.shelf.get(key); p != nil {
		return p, nil
	}
	if why := closed(a); why != "" {
		return nil, refuse(deskapi.MediaUnknown, why)
	}
	select {
	case d.decoding <- struct{}{}: // one at a time: what strangers sent takes no more memory than that
		defer func() { <-d.decoding }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	plain, err := d.openBlob(ctx, a)
	if err != nil {
		return nil, err
	}
	p, err := shownTypes[a.of.Type](a.of.Type, plain)
	if err != nil {
		return nil, refuse(deskapi.MediaDamaged, "This file isn't of the type that its message says.")
	}
	d.shelf.put(key, p, d.nowMS())
	return p, nil
}

// closed says why the desk doesn't show an attachment, by what its message says of it;
// nothing where it does.
func closed(a *attachment) string {
	limit := int64(maxMediaBytes)
	if strings.HasPrefix(a.of.Type, "image/") {
		limit = maxImageBytes
	}
	switch {
	case shownTypes[a.of.Type] == nil:
		return "The desk doesn't show files of this type."
	case a.of.Size > limit || a.of.Sealed > limit+limit/4+sealedOverhead:
		return "This file is too large to be shown here."
	}
	return ""
}

// openBlob returns the plaintext of a blob. The memory it takes is bounded by the
// sizes that the message commits to, which were checked.
func (d *Desk) openBlob(ctx context.Context, a *attachment) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, blobTime)
	defer cancel()
	src, err := d.server.Blob(ctx, a.of.Blob, a.of.Sealed)
	if errors.Is(err, ErrGone) {
		return nil, errors.Join(d.noteGone(ctx, a), refuse(deskapi.NotFound, "The platform has this file no more."))
	}
	if err != nil {
		return nil, refuse(deskapi.Unavailable, "The platform doesn't answer.")
	}
	defer src.Close()
	var plain bytes.Buffer
	err = media.Open(&plain, io.LimitReader(src, a.of.Sealed+1), media.Sealed{
		Key: media.Key(a.of.Key), Blob: a.of.Blob, Size: a.of.Size, SealedSize: a.of.Sealed, Hash: a.of.Hash,
	})
	if err != nil {
		return nil, refuse(deskapi.MediaDamaged, "This file isn't what its message says that it is.")
	}
	return plain.Bytes(), nil
}

// shownTypes are the types that are shown, and how. A file of another type stays
// closed.
var shownTypes = map[string]func(mediaType string, data []byte) (*Picture, error){
	"image/jpeg": drawn(jpeg.DecodeConfig, jpeg.Decode),
	"image/png":  drawn(png.DecodeConfig, png.Decode),
	"image/gif":  drawn(gif.DecodeConfig, gif.Decode), // its first picture
	"image/webp": drawn(webp.DecodeConfig, webp.Decode),

	"video/mp4": begins(4, "ftyp"), "video/quicktime": begins(4, "ftyp", "moov", "mdat", "wide", "free", "skip"), "audio/mp4": begins(4, "ftyp"),
	"video/webm": begins(0, "\x1aE\xdf\xa3"), "audio/webm": begins(0, "\x1aE\xdf\xa3"), "audio/ogg": begins(0, "OggS"),
	"audio/mpeg": begins(0, "ID3", "\xff\xfb", "\xff\xf3", "\xff\xf2"), "audio/aac": begins(0, "\xff\xf1", "\xff\xf9"), "audio/wav": begins(0, "RIFF"),
}

var errNotIt = errors.New("desk: it isn't of its type")

// drawn decodes an image of a type, within bounds, and draws it again: what else the
// file may be, or hold, is gone.
func drawn(config func(io.Reader) (image.Config, error), decode func(io.Reader) (image.Image, error)) func(string, []byte) (*Picture, error) {
	return func(mediaType string, data []byte) (*Picture, error) {
		c, err := config(bytes.NewReader(data))
		if err != nil || c.Width <= 0 || c.Height <= 0 || int64(c.Width)*int64(c.Height) > maxPixels {
			return nil, errNotIt
		}
		img, err := decode(bytes.NewReader(data))
		if err != nil {
			return nil, errNotIt
		}
		var b bytes.Buffer
		if mediaType == "image/jpeg" {
			err = jpeg.Encode(&b, img, &jpeg.Options{Quality: jpegQuality})
			return &Picture{Type: "image/jpeg", Data: b.Bytes()}, err
		}
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img)
		return &Picture{Type: "image/png", Data: b.Bytes()}, err
	}
}

// begins checks what a video or audio file begins with: the browser's own player
// takes it from there, in a page that has no script of a stranger's.
func begins(at int, words ...string) func(string, []byte) (*Picture, error) {
	return func(mediaType string, data []byte) (*Picture, error) {
		for _, w := range words {
			if len(data) >= at+len(w) && string(data[at:at+len(w)]) == w {
				return &Picture{Type: mediaType, Data: data}, nil
			}
		}
		return nil, errNotIt
	}
}
