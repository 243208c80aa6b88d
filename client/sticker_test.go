package client_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
	"time"

	"parley/client"
	"parley/content"
	"parley/identity"
)

// drawing returns a PNG that is like no other number's.
func drawing(t testing.TB, n int) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	m.SetGray(0, 0, color.Gray{uint8(n)})
	m.SetGray(1, 0, color.Gray{uint8(n >> 8)})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func fox(t testing.TB, n int) *content.Sticker {
	return &content.Sticker{Picture: drawing(t, n), Emoji: "🦊", Pack: "Foxes", PackID: "pack-1"}
}

// A sticker comes as it was sent, is kept, passed on, answered, taken back; it has no
// text to change.
func TestStickers(t *testing.T) {
	_, alice, bob, room := showing(t)
	ctx := t.Context()
	id := alice.post(client.Outgoing{Sticker: fox(t, 1)})
	bob.sync()
	for _, p := range []*person{alice, bob} {
		p.restart()
		v := p.last()
		if v.Text != "" || v.Media == nil || v.Media.Sticker == nil || !bytes.Equal(v.Media.Sticker.Picture, drawing(t, 1)) || v.Media.Sticker.Pack != "Foxes" {
			t.Errorf("%s sees %+v", p.Account(), v)
		}
		if got := v.Line(50); got != "Sticker 🦊" {
			t.Errorf("its line is %q", got)
		}
	}
	if _, err := alice.PostEdit(ctx, id, client.Outgoing{Text: "no"}); err == nil {
		t.Error("a sticker was edited")
	}
	bob.ok(bob.Forward(ctx, id, []identity.Room{room}))
	bob.sync()
	alice.sync()
	if v := alice.last(); !v.Forwarded || v.Media == nil || v.Media.Sticker == nil {
		t.Errorf("passed on: %+v", v)
	}
	if _, err := alice.PostUnsend(ctx, id); err != nil {
		t.Fatal(err)
	}
	alice.sync()
	bob.sync()
	if v, err := bob.Lookup(ctx, id); err != nil || !v.Unsent || v.Media != nil {
		t.Errorf("taken back: %+v, %v", v, err)
	}
	bad := fox(t, 2)
	bad.Picture = []byte("<svg/>")
	if _, err := alice.Post(ctx, room, client.Outgoing{Sticker: bad}); !errors.Is(err, client.ErrAttachment) {
		t.Errorf("what isn't a picture: %v; want ErrAttachment", err)
	}
	if _, err := alice.Post(ctx, room, client.Outgoing{Sticker: fox(t, 3), Text: "and"}); !errors.Is(err, client.ErrAttachment) {
		t.Errorf("with a text: %v; want ErrAttachment", err)
	}
}

// Packs and favourites are shared by the own devices: those that were there when one
// was added, and later ones; what goes on one goes on the other.
func TestPacksAreShared(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	alice := w.signUp("alice")
	pack := client.Pack{ID: "pack-1", Name: "Foxes"}
	for i := range content.MaxPackStickers {
		pack.Stickers = append(pack.Stickers, client.KeptSticker{Emoji: "🦊", Picture: drawing(t, i)})
	}
	alice.ok(alice.SetPack(ctx, pack))
	alice.ok(alice.KeepSticker(ctx, *fox(t, 100)))
	alice.sync()
	phone := alice.secondDevice()
	alice.sync()
	phone.sync()
	want := "favourites 1, Foxes 24"
	for _, p := range []*person{alice, phone} {
		if got := shelves(t, p); got != want {
			t.Errorf("%s has %q; want %q", p.Device(), got, want)
		}
	}
	all, err := phone.Stickers(ctx)
	phone.ok(err)
	for i, s := range all[1].Stickers {
		if !bytes.Equal(s.Picture, drawing(t, i)) {
			t.Errorf("sticker %d is another one, or at another place", i)
		}
	}
	pack.Stickers = pack.Stickers[3:5]
	pack.Name = "Two foxes"
	phone.ok(phone.SetPack(ctx, pack))
	phone.ok(phone.DropSticker(ctx, all[0].Stickers[0].ID))
	w.clock.advance(time.Minute)
	phone.sync()
	alice.sync()
	if got := shelves(t, alice); got != "favourites 0, Two foxes 2" {
		t.Errorf("alice has %q", got)
	}
	alice.ok(alice.DeletePack(ctx, "pack-1"))
	w.clock.advance(time.Minute)
	alice.sync()
	phone.sync()
	if got := shelves(t, phone); got != "favourites 0" {
		t.Errorf("the phone has %q", got)
	}
}

func shelves(t *testing.T, p *person) string {
	t.Helper()
	packs, err := p.Stickers(t.Context())
	p.ok(err)
	var out []string
	for _, k := range packs {
		name := k.Name
		if k.ID == client.FavouritePack {
			name = k.ID
		}
		out = append(out, fmt.Sprint(name, " ", len(k.Stickers)))
	}
	return strings.Join(out, ", ")
}

// Packs have bounds.
func TestPackBounds(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice := w.signUp("alice")
	one := []client.KeptSticker{{Emoji: "🦊", Picture: drawing(t, 1)}}
	var many []client.KeptSticker
	for i := range content.MaxPackStickers + 1 {
		many = append(many, client.KeptSticker{Emoji: "🦊", Picture: drawing(t, i)})
	}
	for name, p := range map[string]client.Pack{
		"no name":     {ID: "a", Stickers: one},
		"no id":       {Name: "a", Stickers: one},
		"favourites":  {ID: client.FavouritePack, Name: "a", Stickers: one},
		"none":        {ID: "a", Name: "a"},
		"25":          {ID: "a", Name: "a", Stickers: many},
		"another id":  {ID: "a/b", Name: "a", Stickers: one},
		"no picture":  {ID: "a", Name: "a", Stickers: []client.KeptSticker{{Emoji: "🦊"}}},
		"no emoji":    {ID: "a", Name: "a", Stickers: []client.KeptSticker{{Emoji: "fox", Picture: drawing(t, 1)}}},
		"turned name": {ID: "a", Name: "a\u202eb", Stickers: one},
	} {
		if err := alice.SetPack(ctx, p); !errors.Is(err, content.ErrMalformed) {
			t.Errorf("%s: %v; want content.ErrMalformed", name, err)
		}
	}
	for i := range 9 {
		var some []client.KeptSticker
		for k := range content.MaxPackStickers {
			some = append(some, client.KeptSticker{Emoji: "🦊", Picture: drawing(t, 256+i*24+k)})
		}
		err := alice.SetPack(ctx, client.Pack{ID: fmt.Sprint("pack", i), Name: "Foxes", Stickers: some})
		if i < 8 && err != nil || i == 8 && !errors.Is(err, client.ErrTooMany) {
			t.Errorf("pack %d: %v", i, err)
		}
	}
	if err := alice.KeepSticker(ctx, *fox(t, 9000)); !errors.Is(err, client.ErrTooMany) {
		t.Errorf("one more: %v; want ErrTooMany", err)
	}
}

// A preview goes with its link, and away with it; a post is found by its title, and is
// passed on.
func TestCards(t *testing.T) {
	_, alice, bob, room := showing(t)
	ctx := t.Context()
	preview := &content.Preview{URL: "https://a.example/x", Title: "A page", Site: "A", Picture: drawing(t, 1)}
	id := alice.post(client.Outgoing{Text: "look https://a.example/x", Preview: preview})
	bob.sync()
	for _, p := range []*person{alice, bob} {
		if v := p.last(); v.Media == nil || v.Media.Preview == nil || v.Media.Preview.Title != "A page" || v.Text != "look https://a.example/x" {
			t.Errorf("%s sees %+v", p.Account(), v)
		}
	}
	if got := alice.room().Last.Media.Glimpse().Kind; got != "" {
		t.Errorf("the list names a preview: %q", got)
	}
	bob.ok(bob.Forward(ctx, id, []identity.Room{room}))
	bob.sync()
	alice.sync()
	if v := alice.last(); !v.Forwarded || v.Media == nil || v.Media.Preview == nil {
		t.Errorf("passed on: %+v", v)
	}
	if _, err := alice.PostEdit(ctx, id, client.Outgoing{Text: "look https://a.example/other"}); err != nil {
		t.Fatal(err)
	}
	alice.sync()
	bob.sync()
	if v, err := bob.Lookup(ctx, id); err != nil || v.Media != nil && v.Media.Preview != nil {
		t.Errorf("with another link: %+v, %v", v, err)
	}
	if _, err := alice.PostEdit(ctx, id, client.Outgoing{Text: ""}); !errors.Is(err, client.ErrEmpty) {
		t.Errorf("edited to nothing: %v; want ErrEmpty", err)
	}
	if _, err := alice.Post(ctx, room, client.Outgoing{Text: "no link", Preview: preview}); !errors.Is(err, client.ErrAttachment) {
		t.Errorf("a preview of nothing: %v; want ErrAttachment", err)
	}
	post := &content.Post{URL: "https://v.example/1", Title: "Evening over the bay", Author: "Mira", Player: "https://v.example/embed/1"}
	alice.post(client.Outgoing{Text: "https://v.example/1", Post: post})
	bob.sync()
	if v := bob.last(); v.Media == nil || v.Media.Post == nil || v.Line(80) != "Evening over the bay: https://v.example/1" {
		t.Errorf("bob sees %+v", v)
	}
	if hits, _, err := bob.Search(ctx, client.Query{Text: "evening", Limit: 5}); err != nil || len(hits) != 1 {
		t.Errorf("found %d, %v; want 1", len(hits), err)
	}
}

// What a stranger says of a link isn't shown, nor a stranger's sticker; both once the
// conversation is accepted. To somebody who hasn't accepted yet goes no sticker.
func TestStrangersCards(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	bob, mallory := w.signUp("bob"), w.signUp("mallory")
	theirs, err := mallory.Start(ctx, client.Opening{Names: []string{"bob"}})
	mallory.ok(err)
	if _, err := mallory.Post(ctx, theirs, client.Outgoing{Sticker: fox(t, 1)}); !errors.Is(err, client.ErrRequestMedia) {
		t.Errorf("a sticker to who hasn't accepted: %v; want ErrRequestMedia", err)
	}
	base := content.Extensions{Sender: mallory.Account(), Room: theirs}
	with, err := base.WithPreview(content.Preview{URL: "https://a.example/", Title: "Free money"})
	mallory.ok(err)
	sticker, err := content.NewSticker(base, *fox(t, 1))
	mallory.ok(err)
	var ids []client.MessageID
	for _, m := range []*content.Message{content.NewText(with, "https://a.example/"), sticker} {
		data, id, err := m.Encode()
		mallory.ok(err)
		mallory.sendRaw(theirs, data)
		ids = append(ids, id)
	}
	bob.sync()
	if v, err := bob.Lookup(ctx, ids[0]); err != nil || v.Media != nil || v.Text != "https://a.example/" {
		t.Errorf("before it is accepted bob sees %+v, %v", v, err)
	}
	if v, err := bob.Lookup(ctx, ids[1]); err != nil || v.Media == nil || !v.Media.Withheld || v.Media.Sticker != nil {
		t.Errorf("before it is accepted bob sees %+v, %v", v, err)
	}
	bob.ok(bob.Accept(ctx, theirs))
	if v, err := bob.Lookup(ctx, ids[0]); err != nil || v.Media == nil || v.Media.Preview == nil {
		t.Errorf("accepted, bob sees %+v, %v", v, err)
	}
	if v, err := bob.Lookup(ctx, ids[1]); err != nil || v.Media == nil || v.Media.Sticker == nil {
		t.Errorf("accepted, bob sees %+v, %v", v, err)
	}
}
