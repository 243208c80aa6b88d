package client

import (
	"context"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"parley/content"
	"parley/identity"
	"parley/internal/cbor"
)

// The index of search holds, for each room, blocks of the text of its messages as
// it is searched, sealed as all else: one for each span of numbers that is over. It
// is made behind the messages, in steps of one block. The numbers of a span that
// isn't indexed yet are looked through one by one.

// wordsSpan is how many numbers of a room one block covers: receipts and commits
// have numbers too, so that it holds 100 to 300 messages.
const wordsSpan = 512

// maxWords bounds the text that a block holds of one message, in bytes.
const maxWords = 2 << 10

// A wordsRecord is one block.
type wordsRecord struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // of this record: 1
	Lines   []wordsLine
}

// A wordsLine is what a block holds of one message.
type wordsLine struct {
	_    struct{} `cbor:",toarray"`
	Seq  uint64   // ascending in a block
	Text string   // see fold
	Ask  bool     // the message has to be looked at: it is longer, or was changed since
}

// wordsKey returns the key of a block. Numbers are inverted as in msgKey.
func wordsKey(room identity.Room, block uint64) string {
	return numKey(wordsPrefix+room.ID()+"/", math.MaxUint64-block)
}

// indexed returns how many of a room's blocks are made, from the first.
func (t *tx) indexed(room identity.Room) (n uint64, err error) {
	_, err = t.load(wordsAtPrefix+room.ID(), &n)
	return n, err
}

// grown notes that a message with the number seq is about to be kept: a span may
// be over, or one that is indexed may not be whole.
func (t *tx) grown(r *roomRecord, seq uint64) error {
	if seq/wordsSpan > r.SeenSeq/wordsSpan {
		t.put(wordsDuePrefix+r.Room.ID(), []byte(r.Room))
	}
	if seq > r.SeenSeq {
		return nil
	}
	n, err := t.indexed(r.Room)
	if err != nil || seq/wordsSpan >= n {
		return err
	}
	t.save(wordsAtPrefix+r.Room.ID(), seq/wordsSpan)
	t.put(wordsDuePrefix+r.Room.ID(), []byte(r.Room))
	return t.dropBlocks(r.Room, seq/wordsSpan)
}

// dropBlocks deletes the blocks of a room from a number on, which are made anew:
// what is erased until then is in none.
func (t *tx) dropBlocks(room identity.Room, from uint64) error {
	blocks, err := t.list(wordsPrefix + room.ID() + "/")
	for _, rec := range blocks {
		if rec.Key <= wordsKey(room, from) {
			t.del(rec.Key)
		}
	}
	return err
}

// unindex takes the text of a message that was changed or erased out of its block.
func (t *tx) unindex(m *Message) error {
	n, err := t.indexed(m.Room)
	if err != nil || m.Seq/wordsSpan >= n {
		return err
	}
	key := wordsKey(m.Room, m.Seq/wordsSpan)
	var block wordsRecord
	found, err := t.load(key, &block)
	if err != nil || !found {
		return err
	}
	i, found := slices.BinarySearchFunc(block.Lines, m.Seq, func(l wordsLine, seq uint64) int {
		return cmpSeq(l.Seq, seq)
	})
	if found {
		block.Lines[i].Text, block.Lines[i].Ask = "", true
		t.save(key, &block)
	}
	return nil
}

func cmpSeq(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// forgetWords deletes all blocks of a room, which are made anew of what is left.
func (t *tx) forgetWords(room identity.Room) error {
	blocks, err := t.list(wordsPrefix + room.ID() + "/")
	for _, rec := range blocks {
		t.del(rec.Key)
	}
	t.del(wordsAtPrefix + room.ID())
	t.del(wordsDuePrefix + room.ID())
	return err
}

// beginWords has the rooms indexed whose messages are from before there was an
// index.
func (c *Client) beginWords(ctx context.Context) error {
	return c.step(ctx, func(t *tx) error {
		rooms, err := t.rooms()
		if err != nil {
			return err
		}
		made, err := t.list(wordsAtPrefix)
		if err != nil {
			return err
		}
		for _, r := range rooms {
			has := slices.ContainsFunc(made, func(rec Record) bool { return rec.Key == wordsAtPrefix+r.Room.ID() })
			due, err := t.get(wordsDuePrefix + r.Room.ID())
			if err != nil {
				return err
			}
			if !has && due == nil && r.SeenSeq >= wordsSpan {
				t.put(wordsDuePrefix+r.Room.ID(), []byte(r.Room))
			}
		}
		return nil
	})
}

// Index makes the next block of the index of search, and reports whether there may
// be more to make. Run does it by itself.
func (c *Client) Index(ctx context.Context) (more bool, err error) {
	err = c.step(ctx, func(t *tx) error {
		more = false
		due, err := t.list(wordsDuePrefix)
		if err != nil || len(due) == 0 {
			return err
		}
		more = true
		r, err := t.loadRoom(roomPrefix + strings.TrimPrefix(due[0].Key, wordsDuePrefix))
		if err != nil {
			return err
		}
		if r == nil {
			t.del(due[0].Key)
			return nil
		}
		return t.indexNext(r)
	})
	return more, err
}

// indexNext makes the next block of a room, or finds that all are made.
func (t *tx) indexNext(r *roomRecord) error {
	n, err := t.indexed(r.Room)
	if err != nil {
		return err
	}
	over := r.SeenSeq / wordsSpan // the spans that are over
	if n >= over {
		t.del(wordsDuePrefix + r.Room.ID())
		return nil
	}
	block, older, err := t.makeBlock(r.Room, n)
	switch {
	case err != nil:
		return err
	case len(block.Lines) > 0:
		t.save(wordsKey(r.Room, n), block)
		n++
	case older:
		n++
	default: // nothing up to here: on to the first span that has something
		if n, err = t.firstSpan(r.Room, n+1, over); err != nil {
			return err
		}
	}
	t.save(wordsAtPrefix+r.Room.ID(), n)
	return nil
}

// firstSpan returns the first span from n on, below over, up to which there is a
// message, or over.
func (t *tx) firstSpan(room identity.Room, n, over uint64) (uint64, error) {
	var failed error
	i := sort.Search(int(min(over-n, math.MaxInt32)), func(i int) bool {
		after := msgKey(room, (n+uint64(i)+1)*wordsSpan, 0)
		records, err := t.c.store.Store.List(t.ctx, msgPrefix+room.ID()+"/", after, 1)
		if err != nil {
			failed = err
		}
		return len(records) > 0
	})
	return n + uint64(i), t.fail(failed)
}

// makeBlock makes one block of a room, and reports whether there are records of
// that span or before it.
func (t *tx) makeBlock(room identity.Room, n uint64) (block *wordsRecord, older bool, err error) {
	block = &wordsRecord{Version: 1}
	err = t.scanAll(room, msgKey(room, (n+1)*wordsSpan, 0), func(l line) (bool, error) {
		older = true
		if l.message.Seq < n*wordsSpan {
			return false, nil
		}
		text, err := t.searched(l.message)
		if err != nil || text == "" {
			return true, err
		}
		w := wordsLine{Seq: l.message.Seq, Text: fold(text)}
		if len(w.Text) > maxWords {
			w.Text, w.Ask = "", true
		}
		block.Lines = append(block.Lines, w)
		return true, nil
	})
	slices.Reverse(block.Lines)
	return block, older, err
}

// scanAll is scan with errors, a span at a time.
func (t *tx) scanAll(room identity.Room, after string, yield func(line) (bool, error)) (err error) {
	serr := t.scan(room, after, wordsSpan/4, func(l line) bool {
		var more bool
		more, err = yield(l)
		return more && err == nil
	})
	if serr != nil {
		return serr
	}
	return err
}

// searched returns the text of a message in which search looks, empty where there
// is none.
func (t *tx) searched(m *Message) (string, error) {
	if m.Kind != KindText {
		return "", nil
	}
	v, err := t.view(m)
	if err != nil || v.Unsent {
		return "", err
	}
	return v.searchText(), nil
}

// searchText returns the text of a message on one line, and the names of its files.
func (v *View) searchText() string {
	text := v.Caption(math.MaxInt)
	if v.Media == nil {
		return text
	}
	for i := range v.Media.Attachments {
		a := &v.Media.Attachments[i]
		text += " " + content.Line(a.Name+" "+a.Alt, math.MaxInt)
	}
	if p := v.Media.Post; p != nil {
		text += " " + p.Title + " " + p.Author
	}
	return strings.TrimSpace(text)
}

// Line returns a message on one line, without markup, at most so many characters
// long: what it has beside its text, in plain English, and its text.
func (v *View) Line(runes int) string {
	g := v.Media.Glimpse().String()
	switch text := v.Caption(runes); {
	case g == "":
		return text
	case text == "":
		return content.Line(g, runes)
	default:
		return content.Line(g+": "+text, runes)
	}
}

// Caption returns the text of a message on one line, as Line does, alone.
func (v *View) Caption(runes int) string {
	if v.Plain {
		return content.Line(v.Text, runes)
	}
	return content.Plain(v.Text, runes)
}

// blocksAfter returns some blocks of a room, newest first, behind a key, and their
// numbers.
func (t *tx) blocksAfter(room identity.Room, after string, limit int) (blocks []wordsRecord, numbers []uint64, last string, err error) {
	prefix := wordsPrefix + room.ID() + "/"
	records, err := t.c.store.list(t.ctx, prefix, after, limit)
	if err != nil {
		return nil, nil, "", t.fail(err)
	}
	for _, rec := range records {
		var b wordsRecord
		if err := cbor.UnmarshalOwn(rec.Value, &b); err != nil {
			return nil, nil, "", t.fail(err)
		}
		n, err := strconv.ParseUint(strings.TrimPrefix(rec.Key, prefix), 16, 64)
		if err != nil {
			return nil, nil, "", t.fail(errMessageKey)
		}
		blocks, numbers, last = append(blocks, b), append(numbers, math.MaxUint64-n), rec.Key
	}
	return blocks, numbers, last, nil
}
