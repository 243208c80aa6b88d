package bridge

import (
	"context"

	"parley/client"
	"parley/content"
)

// stickerCalls lists the methods of this file.
func (c *Core) stickerCalls() map[string]call {
	return map[string]call{
		"stickers":    without(c.Stickers),
		"setPack":     with(c.SetPack),
		"deletePack":  with(c.DeletePack),
		"keepSticker": with(c.KeepSticker),
		"dropSticker": with(c.DropSticker),
	}
}

// Stickers returns the packs of the own devices.
func (c *Core) Stickers(ctx context.Context) (Stickers, error) {
	cl, err := c.client()
	if err != nil {
		return Stickers{}, err
	}
	packs, err := cl.Stickers(ctx)
	var out Stickers
	for _, p := range packs {
		pack := StickerPack{ID: p.ID, Name: p.Name}
		for _, s := range p.Stickers {
			pack.Stickers = append(pack.Stickers, PackSticker{ID: s.ID, Emoji: s.Emoji, Data: inlineURL(s.Picture)})
		}
		out.Packs = append(out.Packs, pack)
	}
	return out, err
}

// SetPack makes a pack, or changes what it has. Codes: bad_params, too_many.
func (c *Core) SetPack(ctx context.Context, p StickerPack) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	pack := client.Pack{ID: p.ID, Name: content.CleanLine(p.Name, content.MaxPackName)}
	for _, s := range p.Stickers {
		picture, err := inlinePicture(s.Data, content.MaxSticker)
		if err != nil {
			return Nothing{}, err
		}
		pack.Stickers = append(pack.Stickers, client.KeptSticker{Emoji: s.Emoji, Picture: picture})
	}
	return Nothing{}, cl.SetPack(ctx, pack)
}

// DeletePack deletes a pack.
func (c *Core) DeletePack(ctx context.Context, p PackID) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.DeletePack(ctx, p.ID)
}

// KeepSticker puts a sticker among the favourites. Codes: bad_params, too_many.
func (c *Core) KeepSticker(ctx context.Context, p Sticker) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	s, err := stickerOf(&p)
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.KeepSticker(ctx, *s)
}

// DropSticker takes a sticker out of the favourites. Codes: bad_params.
func (c *Core) DropSticker(ctx context.Context, p PackID) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.DropSticker(ctx, p.ID)
}
