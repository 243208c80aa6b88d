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
		newest := map[identity.Room]*client.Message{}
		var order []identity.Room
		for i := range msgs {
			m := &msgs[i]
			if m.Kind != client.KindText || m.Own(cl.Account()) {
				continue
			}
			if newest[m.Room] == nil {
				order = append(order, m.Room)
			}
			newest[m.Room] = m
		}
		for _, room := range order {
			if n := noticeOf(ctx, cl, newest[room], time.Now); n != nil {
				c.news.notice(*n)
			}
		}
		if cl.MarkPrinted(ctx, upTo) != nil {
			return
		}
	}
}

// noticeOf returns what a notification of a message says, nil for none: it was read
// or taken back, or its conversation is muted, archived or a stranger's.
func noticeOf(ctx context.Context, cl *client.Client, m *client.Message, now func() time.Time) *Notice {
	r, err := cl.Room(ctx, m.Room)
	if err != nil || r.Request || r.Archived || m.Seq <= r.ReadSeq {
		return nil
	}
	if r.MutedMS < 0 || r.MutedMS > now().UnixMilli() {
		return nil
	}
	v, err := cl.Lookup(ctx, m.ID)
	if err != nil || v.Unsent {
		return nil
	}
	names := namesOf{ctx: ctx, client: cl}
	n := &Notice{Room: string(m.Room), ID: m.ID.String(), Title: names.called(r)}
	if s, err := cl.Settings(ctx); err != nil || !s.Previews {
		return n
	}
	n.Text = v.Line(noticeRunes)
	if !r.Direct {
		n.Text = names.display(m.From) + ": " + n.Text
	}
	return n
}
