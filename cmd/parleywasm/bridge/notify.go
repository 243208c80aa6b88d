package bridge

import (
	"context"
	"time"

	"parley/client"
	"parley/identity"
)

const (
	// notifyDelay is how long an open page has to mark as read what it shows.
	notifyDelay = 250 * time.Millisecond
	notifyBatch = 256 // messages of the feed that are taken at once
	noticeRunes = 200
)

// notify tells of the messages for which a notification may be shown, until ctx
// ends. What came while nobody looked is told once for each conversation.
func (c *Core) notify(ctx context.Context, cl *client.Client) {
	for {
		c.tellNotices(ctx, cl)
		select {
		case <-ctx.Done():
			return
		case <-c.news.fed:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(notifyDelay):
		}
	}
}

// tellNotices takes what is new from the feed.
func (c *Core) tellNotices(ctx context.Context, cl *client.Client) {
	for ctx.Err() == nil {
		msgs, upTo, err := cl.NewMessages(ctx, notifyBatch)
		if err != nil || upTo == 0 {
			return
		}
		for _, m := range newestOf(ctx, cl, msgs) {
			if n := noticeOf(ctx, cl, m, time.Now); n != nil {
				c.news.notice(*n)
			}
		}
		if cl.MarkPrinted(ctx, upTo) != nil {
			return
		}
	}
}

// newestOf returns the newest message of each conversation that may be notified, in the order of
// the conversations: of others' texts, but for those of who is restricted or blocked.
func newestOf(ctx context.Context, cl *client.Client, msgs []client.Message) (list []*client.Message) {
	at, hushed := map[identity.Room]int{}, map[identity.Account]bool{}
	for i := range msgs {
		m := &msgs[i]
		if m.Kind != client.KindText || m.Own(cl.Account()) {
			continue
		}
		if _, known := hushed[m.From]; !known {
			p, err := cl.Person(ctx, m.From)
			hushed[m.From] = err == nil && (p.Restricted || p.Blocked)
		}
		if hushed[m.From] {
			continue
		}
		if n, ok := at[m.Room]; ok {
			list[n] = m
			continue
		}
		at[m.Room] = len(list)
		list = append(list, m)
	}
	return list
}

// noticeOf returns what a notification of a message says, nil for none: it was read
// or taken back, or is of somebody who is blocked, or its conversation is muted, archived or a stranger's.
func noticeOf(ctx context.Context, cl *client.Client, m *client.Message, now func() time.Time) *Notice {
	r, err := cl.Room(ctx, m.Room)
	if err != nil || r.Request || r.Archived || m.Seq <= r.ReadSeq {
		return nil
	}
	if r.MutedMS < 0 || r.MutedMS > now().UnixMilli() {
		return nil
	}
	v, err := cl.Lookup(ctx, m.ID)
	if err != nil || v.Unsent || v.Blocked {
		return nil
	}
	names := namesOf{ctx: ctx, client: cl}
	n := &Notice{Room: string(m.Room), ID: m.ID.String(), Title: names.called(r)}
	if s, err := cl.Settings(ctx); err != nil || !s.Previews {
		return n
	}
	n.Text, n.Caption, n.Glimpse = v.Line(noticeRunes), v.Caption(noticeRunes), glimpseOf(v.Media)
	if !r.Direct {
		n.From = names.display(m.From)
		n.Text = n.From + ": " + n.Text
	}
	return n
}
