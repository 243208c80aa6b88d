package client

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"parley/content"
)

// Bounds of the stickers that the devices of an account keep.
const (
	maxPacks    = 24
	maxStickers = 192
)

// FavouritePack is the id of the pack of single stickers that a person keeps.
const FavouritePack = "favourites"

// A Pack is some stickers that the devices of an account keep.
type Pack struct {
	ID       string // see content.IsPackID
	Name     string // at most content.MaxPackName bytes
	Stickers []KeptSticker
}

// A KeptSticker is one of a pack.
type KeptSticker struct {
	ID      string // within its pack
	Emoji   string
	Picture []byte
}

// stickerID names a sticker by its picture, so that the same one is kept once.
func stickerID(picture []byte) string {
	sum := sha256.Sum256(picture)
	return hex.EncodeToString(sum[:8])
}

// validSticker reports whether an entry of another own device is a sticker's, or says
// that one is gone.
func validSticker(s *content.State) bool {
	pack, id, ok := strings.Cut(s.Subject, "/")
	if !ok || !content.IsPackID(pack) || !content.IsPackID(id) {
		return false
	}
	if s.Number == 0 {
		return s.Text == "" && len(s.Data) == 0
	}
	sticker := content.Sticker{Picture: s.Data, Emoji: s.Text}
	return s.Number > 0 && s.Number <= maxStateMS && sticker.Check() == nil
}

// validPack is validSticker of a pack.
func validPack(s *content.State) bool {
	sticker := content.Sticker{Pack: s.Text}
	return content.IsPackID(s.Subject) && len(s.Data) == 0 && 0 <= s.Number && s.Number <= 1 && sticker.CheckPack() == nil
}

// Stickers returns the packs that are kept, by their names; the favourites come first.
func (c *Client) Stickers(ctx context.Context) (packs []Pack, err error) {
	err = c.step(ctx, func(t *tx) error {
		packs, err = t.packs()
		return err
	})
	return packs, err
}

// packs reads all packs.
func (t *tx) packs() ([]Pack, error) {
	records, err := t.list(stickerPrefix)
	if err != nil {
		return nil, err
	}
	byID := map[string]*Pack{FavouritePack: {ID: FavouritePack}}
	var stickers []*content.State // pointers: all kinds of them are sorted by one code
	for _, rec := range records {
		var s content.State
		if _, err := t.load(rec.Key, &s); err != nil {
			return nil, err
		}
		switch {
		case s.Number == 0:
		case s.Kind == content.StatePack:
			byID[s.Subject] = &Pack{ID: s.Subject, Name: s.Text}
		default:
			stickers = append(stickers, &s)
		}
	}
	slices.SortStableFunc(stickers, func(a, b *content.State) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), strings.Compare(a.Subject, b.Subject))
	})
	for _, s := range stickers {
		pack, id, _ := strings.Cut(s.Subject, "/")
		if p := byID[pack]; p != nil {
			p.Stickers = append(p.Stickers, KeptSticker{ID: id, Emoji: s.Text, Picture: s.Data})
		}
	}
	var packs []*Pack
	for _, p := range byID {
		packs = append(packs, p)
	}
	slices.SortStableFunc(packs, func(a, b *Pack) int { // the favourites have no name
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	var out []Pack
	for _, p := range packs {
		out = append(out, *p)
	}
	return out, nil
}

// SetPack makes a pack what p says, with 1 to content.MaxPackStickers stickers, for
// all own devices; IDs of stickers are for it to give. Errors: content.ErrMalformed;
// ErrTooMany for more packs or stickers than are kept.
func (c *Client) SetPack(ctx context.Context, p Pack) error {
	if err := p.check(); err != nil {
		return err
	}
	err := c.step(ctx, func(t *tx) error {
		all, err := t.packs()
		if err != nil {
			return err
		}
		packs, stickers := 1, len(p.Stickers)
		for _, have := range all {
			if have.ID != p.ID && have.ID != FavouritePack {
				packs++
			}
			if have.ID != p.ID {
				stickers += len(have.Stickers)
			}
		}
		if packs > maxPacks || stickers > maxStickers {
			return ErrTooMany
		}
		keep := map[string]bool{}
		for i, s := range p.Stickers {
			id := stickerID(s.Picture)
			if keep[id] {
				continue
			}
			keep[id] = true
			if err := t.setState(content.State{Kind: content.StateSticker, Subject: p.ID + "/" + id, Number: int64(i + 1), Text: s.Emoji, Data: s.Picture}); err != nil {
				return err
			}
		}
		if err := t.dropStickers(all, p.ID, keep); err != nil {
			return err
		}
		return t.setState(content.State{Kind: content.StatePack, Subject: p.ID, Number: 1, Text: p.Name})
	})
	return cmpErr(err, c.soon(ctx))
}

// check returns content.ErrMalformed for a pack beyond its bounds.
func (p *Pack) check() error {
	if len(p.Stickers) == 0 || len(p.Stickers) > content.MaxPackStickers || p.ID == FavouritePack || p.Name == "" {
		return content.ErrMalformed
	}
	for _, s := range p.Stickers {
		sticker := content.Sticker{Picture: s.Picture, Emoji: s.Emoji, Pack: p.Name, PackID: p.ID}
		if err := sticker.Check(); err != nil || p.ID == "" {
			return content.ErrMalformed
		}
	}
	return nil
}

// dropStickers says of the stickers of a pack that aren't to be kept that they are
// gone.
func (t *tx) dropStickers(all []Pack, pack string, keep map[string]bool) error {
	for _, p := range all {
		for _, s := range p.Stickers {
			if p.ID != pack || keep[s.ID] {
				continue
			}
			if err := t.setState(content.State{Kind: content.StateSticker, Subject: pack + "/" + s.ID}); err != nil {
				return err
			}
		}
	}
	return nil
}

// DeletePack deletes a pack, for all own devices. What others have of it stays theirs.
func (c *Client) DeletePack(ctx context.Context, id string) error {
	err := c.step(ctx, func(t *tx) error {
		all, err := t.packs()
		if err == nil {
			err = t.dropStickers(all, id, nil)
		}
		if err != nil || id == FavouritePack {
			return err
		}
		return t.setState(content.State{Kind: content.StatePack, Subject: id})
	})
	return cmpErr(err, c.soon(ctx))
}

// KeepSticker puts a sticker among the favourites, for all own devices. Errors:
// content.ErrMalformed; ErrTooMany.
func (c *Client) KeepSticker(ctx context.Context, s content.Sticker) error {
	if err := s.Check(); err != nil {
		return err
	}
	err := c.step(ctx, func(t *tx) error {
		all, err := t.packs()
		if err != nil {
			return err
		}
		total := 0
		for _, p := range all {
			total += len(p.Stickers)
		}
		if total >= maxStickers {
			return ErrTooMany
		}
		return t.setState(content.State{
			Kind: content.StateSticker, Subject: FavouritePack + "/" + stickerID(s.Picture), Number: t.c.nowMS(), Text: s.Emoji, Data: s.Picture,
		})
	})
	return cmpErr(err, c.soon(ctx))
}

// DropSticker takes a sticker out of the favourites, for all own devices.
func (c *Client) DropSticker(ctx context.Context, id string) error {
	if !content.IsPackID(id) {
		return content.ErrMalformed
	}
	err := c.step(ctx, func(t *tx) error {
		return t.setState(content.State{Kind: content.StateSticker, Subject: FavouritePack + "/" + id})
	})
	return cmpErr(err, c.soon(ctx))
}

// fullOfStickers reports whether no more entries of stickers are kept, those that say
// that one is gone among them.
func (t *tx) fullOfStickers() (bool, error) {
	n, err := t.c.count(t.ctx, stickerPrefix)
	return n >= 4*maxStickers, t.fail(err)
}

// stickerKey returns the key of an entry of stickers: they are large, and apart.
func (t *tx) stickerKey(kind content.StateKind, subject string) string {
	return stickerPrefix + t.c.store.hide(strconv.Itoa(int(kind))+" "+subject)
}
