package bridge

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"

	"parley/client"
	"parley/content"
	"parley/identity"
)

const (
	maxFaces  = 4 // people of a group that its line in the list has
	lineRunes = 200
)

// roomCalls lists the methods of this file.
func (c *Core) roomCalls() map[string]call {
	return map[string]call{
		"rooms":      with(c.Rooms),
		"room":       with(c.Room),
		"start":      with(c.Start),
		"setRoom":    with(c.SetRoom),
		"setDraft":   with(c.SetDraft),
		"deleteRoom": with(c.DeleteRoom),
		"accept":     with(c.Accept),
	}
}

// Rooms returns all conversations: pinned first, then by time; requests apart. A page
// that has them of an edition gets those that are another since.
func (c *Core) Rooms(ctx context.Context, p Known) (Rooms, error) {
	cl, err := c.client()
	if err != nil {
		return Rooms{}, err
	}
	c.listing.mu.Lock()
	defer c.listing.mu.Unlock()
	if err := c.listing.read(ctx, cl); err != nil {
		return Rooms{}, err
	}
	return c.listing.since(p.Edition), nil
}

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}

// firstThose returns all with those in front for which first is true, otherwise in
// order.
func firstThose[T any](all []T, first func(*T) bool) []T {
	out := make([]T, 0, len(all))
	for _, want := range []bool{true, false} {
		for i := range all {
			if first(&all[i]) == want {
				out = append(out, all[i])
			}
		}
	}
	return out
}

// faces are the people that some conversations show.
type faces struct {
	own    identity.Account
	people map[identity.Account]Person
}

// faces reads who is shown in some conversations.
func (c *Core) faces(ctx context.Context, cl *client.Client, rooms ...*client.Room) (*faces, error) {
	f := &faces{own: cl.Account(), people: map[identity.Account]Person{}}
	var want []identity.Account
	for _, r := range rooms {
		want = append(want, facesIn(r, f.own)...)
	}
	return f, f.read(ctx, cl, want)
}

func (f *faces) read(ctx context.Context, cl *client.Client, want []identity.Account) error {
	people, err := cl.Known(ctx, want...)
	for _, p := range people {
		f.people[p.Account] = personOf(p)
	}
	return err
}

// shownOf returns whose picture and name stand for a conversation: at most maxFaces
// others, or the own account where there is nobody else.
func shownOf(r *client.Room, own identity.Account) []identity.Account {
	var out []identity.Account
	for _, a := range r.Accounts {
		if a != own && len(out) < maxFaces {
			out = append(out, a)
		}
	}
	if len(out) == 0 {
		out = append(out, own)
	}
	return out
}

func (f *faces) person(a identity.Account) Person {
	if p, ok := f.people[a]; ok {
		return p
	}
	return Person{Account: string(a), Name: a.Name(), Display: a.Name(), Own: a == f.own}
}

// line returns a conversation as the list shows it.
func (f *faces) line(r *client.Room, typists []identity.Account) RoomLine {
	line := RoomLine{
		Room: string(r.Room), Direct: r.Direct, Title: r.Title, Picture: pictureURL(r.Picture), AtMS: r.AtMS, Unread: r.Unread,
		Mention: r.Mention, Draft: r.Draft, Pinned: r.Pinned, Muted: r.MutedMS != 0, Archived: r.Archived, Active: r.Active,
	}
	var names []string
	for _, a := range shownOf(r, f.own) {
		p := f.person(a)
		line.People = append(line.People, p)
		names = append(names, p.Display)
	}
	if line.Title == "" {
		line.Title = strings.Join(names, ", ")
		if len(r.Accounts) > maxFaces+1 {
			line.Title += ", …"
		}
	}
	if r.Direct && len(line.People) == 1 && line.Picture == "" {
		line.Picture = line.People[0].Picture
	}
	for _, a := range typists {
		line.Typing = append(line.Typing, string(a))
	}
	if r.Last != nil {
		line.Last = f.last(r)
	}
	return line
}

// last returns the newest message as the list shows it.
func (f *faces) last(r *client.Room) *Line {
	m := r.Last
	l := &Line{Own: m.Own(f.own), Kind: string(m.Kind), State: State(m.State), Glimpse: glimpseOf(m.Media)}
	if m.Plain {
		l.Text = content.Line(m.Text, lineRunes)
	} else {
		l.Text = content.Plain(m.Text, lineRunes)
	}
	if !l.Own && !r.Direct {
		l.Who = f.person(m.From).Display
	}
	return l
}

// personOf returns somebody as the page shows them.
func personOf(p *client.Person) Person {
	return Person{
		Account: string(p.Account), Name: p.Account.Name(), Display: p.Display, Picture: pictureURL(p.Picture),
		Own: p.Own, Known: p.Known, Blocked: p.Blocked, Restricted: p.Restricted, Verified: p.Verified,
	}
}

// pictureURL returns a picture as a data: URL; "" for none.
func pictureURL(b []byte) string {
	kind := content.PictureType(b)
	if kind == "" {
		return ""
	}
	return "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(b)
}

// pictureOf is the reverse of pictureURL, or errBadParams.
func pictureOf(url string) ([]byte, error) { return pictureIn(url, content.MaxPicture) }

// pictureIn is pictureOf for a picture of at most so many bytes.
func pictureIn(url string, most int) ([]byte, error) {
	if url == "" {
		return nil, nil
	}
	head, data, ok := strings.Cut(url, ";base64,")
	if !ok || len(data) > base64.StdEncoding.EncodedLen(most) {
		return nil, errBadParams
	}
	b, err := base64.StdEncoding.DecodeString(data)
	if err != nil || content.PictureType(b) == "" || head != "data:"+content.PictureType(b) {
		return nil, errBadParams
	}
	return b, nil
}

// Room returns one conversation. Codes: unknown_room.
func (c *Core) Room(ctx context.Context, p InRoom) (Room, error) {
	cl, room, err := c.in(p.Room)
	if err != nil {
		return Room{}, err
	}
	c.followed.add(p.Room)
	return c.room(ctx, cl, room)
}

// problems are the keys of the sentences that say what keeps a conversation from
// working.
const (
	problemCatchingUp = "catching_up"
	problemReset      = "confirm_reset"
)

func (c *Core) room(ctx context.Context, cl *client.Client, room identity.Room) (Room, error) {
	r, err := cl.Room(ctx, room)
	if err != nil {
		return Room{}, err
	}
	f, err := c.faces(ctx, cl, r)
	if err != nil {
		return Room{}, err
	}
	if err := f.read(ctx, cl, r.Accounts); err != nil {
		return Room{}, err
	}
	admins, hasRoles, err := cl.Roles(ctx, room)
	if err != nil {
		return Room{}, err
	}
	out := Room{
		RoomLine: f.line(r, cl.Typists()[room]), Request: r.Request, Pending: r.Pending, TimerS: int(r.TimerS),
		MutedMS: r.MutedMS, Veiled: r.Veiled, ReadByAll: r.ReadBy,
	}
	for _, a := range r.Accounts {
		m := RoomMember{Person: f.person(a), Role: string(client.RoleMember)}
		if hasRoles && slices.Contains(admins, a) {
			m.Role = string(client.RoleAdmin)
		}
		out.Members = append(out.Members, m)
	}
	out.Members = firstThose(out.Members, func(m *RoomMember) bool { return m.Own })
	for _, a := range r.ResetOf {
		out.ResetOf = append(out.ResetOf, f.person(a))
	}
	if r.Unread > 0 {
		out.FirstNew = r.ReadSeq + 1
	}
	switch {
	case len(r.ResetOf) > 0:
		out.Problem = problemReset
	case r.Problem != "":
		out.Problem = problemCatchingUp
	}
	blocked := r.Direct && slices.ContainsFunc(out.Members, func(m RoomMember) bool { return m.Blocked })
	out.MayAdd = !r.Direct && r.Active && !r.Request && len(r.Accounts) < maxGroup
	out.MayManage = !r.Direct && r.Active && slices.Contains(admins, cl.Account())
	out.MaySend = r.Active && !r.Request && !blocked && len(r.ResetOf) == 0 && !(r.Pending && r.Said)
	return out, nil
}

// Start opens, or makes, the conversation with some people. Codes: unknown_account,
// no_key_package, not_accepting, bad_name, bad_params, confirm_reset, offline.
func (c *Core) Start(ctx context.Context, p Start) (Room, error) {
	cl, err := c.client()
	if err != nil {
		return Room{}, err
	}
	picture, err := pictureOf(p.Picture)
	if err != nil {
		return Room{}, err
	}
	if len(p.Names) >= maxGroup {
		return Room{}, client.ErrTooMany
	}
	room, err := cl.Start(ctx, client.Opening{Names: p.Names, Group: p.Group, Title: strings.TrimSpace(p.Title), Picture: picture})
	if err != nil && room == "" {
		return Room{}, err
	}
	return c.room(ctx, cl, room)
}

// SetRoom changes what is given. Codes: unknown_room, not_member, direct,
// bad_params.
func (c *Core) SetRoom(ctx context.Context, p SetRoom) (Nothing, error) {
	cl, room, err := c.in(p.Room)
	if err != nil {
		return Nothing{}, err
	}
	for _, set := range []struct {
		given bool
		do    func() error
	}{
		{p.Pinned != nil, func() error { return cl.SetPinned(ctx, room, *p.Pinned) }},
		{p.Archived != nil, func() error { return cl.SetArchived(ctx, room, *p.Archived) }},
		{p.MutedMS != nil, func() error { return cl.SetMuted(ctx, room, *p.MutedMS) }},
		{p.Veiled != nil, func() error { return cl.SetVeiled(ctx, room, *p.Veiled) }},
	} {
		if !set.given {
			continue
		}
		if err := set.do(); err != nil {
			return Nothing{}, err
		}
	}
	return Nothing{}, c.setForAll(ctx, cl, room, p)
}

// setForAll sets what everyone in a conversation sees.
func (c *Core) setForAll(ctx context.Context, cl *client.Client, room identity.Room, p SetRoom) error {
	var s content.RoomSettings
	if p.Title != nil {
		title := strings.TrimSpace(*p.Title)
		s.Title = &title
	}
	if p.Picture != nil {
		picture, err := pictureOf(*p.Picture)
		if err != nil {
			return err
		}
		s.Picture = &picture
	}
	if p.TimerS != nil {
		if *p.TimerS < 0 || *p.TimerS > content.MaxTimer {
			return errBadParams
		}
		timer := uint32(*p.TimerS)
		s.TimerS = &timer
	}
	if s == (content.RoomSettings{}) {
		return nil
	}
	return kept(cl.SetRoomInfo(ctx, room, s))
}

// kept drops the error of what is kept and sent later.
func kept(err error) error {
	if errorOf(err).Code == "queued" {
		return nil
	}
	return err
}

// SetDraft keeps what isn't sent yet. Codes: unknown_room, too_long.
func (c *Core) SetDraft(ctx context.Context, p Draft) (Nothing, error) {
	cl, room, err := c.in(p.Room)
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.SetDraft(ctx, room, p.Text)
}

// roomsOf reads the URIs of conversations.
func roomsOf(p InRooms) ([]identity.Room, error) {
	var out []identity.Room
	for _, uri := range p.Rooms {
		room, err := identity.ParseRoom(uri)
		if err != nil {
			return nil, errBadParams
		}
		out = append(out, room)
	}
	return out, nil
}

// DeleteRoom deletes conversations, here and on the own other devices. Codes:
// unknown_room, in_group.
func (c *Core) DeleteRoom(ctx context.Context, p InRooms) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	rooms, err := roomsOf(p)
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.DeleteRoom(ctx, rooms...)
}

// Accept takes strangers' conversations among the own. Codes: unknown_room.
func (c *Core) Accept(ctx context.Context, p InRooms) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	rooms, err := roomsOf(p)
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.Accept(ctx, rooms...)
}
