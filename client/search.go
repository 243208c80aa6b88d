package client

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"parley/identity"
)

// Bounds of a search.
const (
	maxQuery     = 256  // bytes
	scanAtOnce   = 1024 // messages that one step looks through
	blocksAtOnce = 4    // blocks that one step looks through
	snippetLead  = 40   // characters before what was found
	snippetRunes = 160  // characters of a snippet
)

// A Query says what is searched.
type Query struct {
	Text  string        // found as it stands within a text, whatever the case and marks of its letters
	Room  identity.Room // only there; empty: in all
	Limit int           // from 1
}

// A Hit is a message that was found.
type Hit struct {
	View
	Snippet    string // the text around what was found, without markup
	Start, End int    // what was found, in UTF-16 units of Snippet
}

// Search looks for text in what this device can read, and returns the newest
// messages that have it, newest first, and whether there are more. It takes steps
// of a bounded size, so that it holds up nothing else. Errors: ErrEmpty, ErrTooLong,
// ErrUnknownRoom.
func (c *Client) Search(ctx context.Context, q Query) (hits []Hit, more bool, err error) {
	needle := fold(strings.TrimSpace(q.Text))
	switch {
	case needle == "":
		return nil, false, ErrEmpty
	case len(q.Text) > maxQuery:
		return nil, false, ErrTooLong
	}
	rooms, err := c.searchable(ctx, q.Room)
	if err != nil {
		return nil, false, err
	}
	s := &search{c: c, needle: needle, limit: q.Limit}
	for _, r := range rooms {
		if r.ActivityMS < s.after() {
			break // and so are all that follow
		}
		if err := s.room(ctx, r.Room); err != nil {
			return nil, false, err
		}
	}
	more = len(s.hits) > q.Limit
	return s.hits[:min(len(s.hits), q.Limit)], more, nil
}

// searchable returns the rooms to search, the newest activity first.
func (c *Client) searchable(ctx context.Context, only identity.Room) (rooms []*roomRecord, err error) {
	err = c.step(ctx, func(t *tx) error {
		rooms = nil
		if only == "" {
			rooms, err = t.rooms()
			return err
		}
		r, err := t.room(only)
		if err != nil {
			return err
		}
		if r == nil {
			return ErrUnknownRoom
		}
		rooms = []*roomRecord{r}
		return nil
	})
	slices.SortStableFunc(rooms, func(a, b *roomRecord) int { return cmp.Compare(b.ActivityMS, a.ActivityMS) })
	return rooms, err
}

// A search is one under way.
type search struct {
	c      *Client
	needle string
	limit  int
	hits   []Hit // newest first, at most limit + 1
}

// after returns the time before which nothing is needed any more.
func (s *search) after() int64 {
	if len(s.hits) <= s.limit {
		return 0
	}
	return s.hits[len(s.hits)-1].AtMS
}

// add takes in a hit. It reports whether older messages of its room can count.
func (s *search) add(h *Hit) bool {
	if h.AtMS < s.after() {
		return false
	}
	i, _ := slices.BinarySearchFunc(s.hits, h, func(a Hit, b *Hit) int {
		return cmp.Or(cmp.Compare(b.AtMS, a.AtMS), -1) // behind those of the same time
	})
	s.hits = append(s.hits, *h)
	copy(s.hits[i+1:], s.hits[i:])
	s.hits[i] = *h
	s.hits = s.hits[:min(len(s.hits), s.limit+1)]
	return true
}

// room searches one room: what isn't indexed, then the index.
func (s *search) room(ctx context.Context, room identity.Room) error {
	var indexed uint64
	err := s.c.step(ctx, func(t *tx) (err error) { indexed, err = t.indexed(room); return err })
	if err != nil {
		return err
	}
	for after, done := "", false; !done; {
		if after, done, err = s.tail(ctx, room, after, indexed*wordsSpan); err != nil {
			return err
		}
	}
	for after, done := "", indexed == 0; !done; {
		if after, done, err = s.blocks(ctx, room, after, indexed); err != nil {
			return err
		}
	}
	return nil
}

// tail searches some messages behind a key, down to the number least.
func (s *search) tail(ctx context.Context, room identity.Room, after string, least uint64) (last string, done bool, err error) {
	var found []*Hit
	err = s.c.step(ctx, func(t *tx) error {
		found, last, done = nil, "", true
		n := 0
		return t.scanAll(room, after, func(l line) (bool, error) {
			if l.message.Seq < least {
				return false, nil
			}
			if n++; n > scanAtOnce {
				done = false
				return false, nil
			}
			last = msgKey(room, l.message.Seq, l.part)
			hit, err := s.match(t, l.message)
			if hit != nil {
				found = append(found, hit)
			}
			return len(found) <= s.limit, err
		})
	})
	enough := s.addAll(found)
	return last, done || enough, err
}

// addAll takes in hits of one room, newest first, and reports whether those were
// enough of it.
func (s *search) addAll(found []*Hit) (enough bool) {
	for _, h := range found {
		if !s.add(h) {
			return true
		}
	}
	return len(found) > s.limit
}

// blocks searches some blocks behind a key. Blocks from indexed on are being made
// anew: their messages were looked at.
func (s *search) blocks(ctx context.Context, room identity.Room, after string, indexed uint64) (last string, done bool, err error) {
	var found []*Hit
	err = s.c.step(ctx, func(t *tx) error {
		found, done = nil, false
		blocks, numbers, key, err := t.blocksAfter(room, after, blocksAtOnce)
		if err != nil {
			return err
		}
		last, done = key, len(blocks) < blocksAtOnce
		for i, b := range blocks {
			if numbers[i] >= indexed {
				continue
			}
			hits, err := s.inBlock(t, room, &b)
			if err != nil {
				return err
			}
			found = append(found, hits...)
		}
		return nil
	})
	enough := s.addAll(found)
	return last, done || enough, err
}

// inBlock returns the messages of a block that have what is searched, newest first,
// as they stand now.
func (s *search) inBlock(t *tx, room identity.Room, b *wordsRecord) (found []*Hit, err error) {
	for _, l := range slices.Backward(b.Lines) {
		if !l.Ask && !strings.Contains(l.Text, s.needle) {
			continue
		}
		m := new(Message)
		there, err := t.load(msgKey(room, l.Seq, 0), m)
		if err != nil {
			return nil, err
		}
		if !there || t.gone(m) {
			continue
		}
		hit, err := s.match(t, m)
		if err != nil {
			return nil, err
		}
		if hit != nil {
			found = append(found, hit)
		}
		if len(found) > s.limit {
			break
		}
	}
	return found, nil
}

// match returns the hit that a message is, or nil.
func (s *search) match(t *tx, m *Message) (*Hit, error) {
	if m.Kind != KindText {
		return nil, nil
	}
	text, err := t.searched(m)
	if err != nil || text == "" {
		return nil, err
	}
	start, end, ok := findFolded(text, s.needle)
	if !ok {
		return nil, nil
	}
	v, err := t.view(m)
	if err != nil {
		return nil, err
	}
	if v.Blocked {
		return nil, nil
	}
	h := &Hit{View: *v}
	h.Snippet, h.Start, h.End = snippet(text, start, end)
	return h, nil
}

// snippet returns the part of a line around the bytes from start to end, and where
// these are in it, in UTF-16 units.
func snippet(line string, start, end int) (text string, from, to int) {
	begin := start
	for n := 0; begin > 0 && n < snippetLead; n++ {
		_, size := utf8.DecodeLastRuneInString(line[:begin])
		begin -= size
	}
	stop := begin
	for n := 0; stop < len(line) && (n < snippetRunes || stop < end); n++ {
		_, size := utf8.DecodeRuneInString(line[stop:])
		stop += size
	}
	lead, trail := "", ""
	if begin > 0 {
		lead = "…"
	}
	if stop < len(line) {
		trail = "…"
	}
	from = utf16Len(lead + line[begin:start])
	return lead + line[begin:stop] + trail, from, from + utf16Len(line[start:end])
}

// utf16Len returns the length of s in UTF-16 units.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}
