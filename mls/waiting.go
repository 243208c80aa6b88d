package mls

import (
	"slices"

	"parley/mls/internal/codec"
)

// Waiting keeps messages of epochs that a group has not reached yet, in memory,
// within bounds: what [Group.Decrypt] or [Group.Stage] refuse with
// [ErrFutureEpoch] or [ErrWrongEpoch] before its commits have come
// (RFC 9420, Section 14, RFC 9420, Section 15.3). Nothing of them is verified:
// anyone can claim any epoch, so that what is furthest ahead goes first when
// there is no room. It survives a restart if the client stores what
// [Waiting.Marshal] returns after Add and Take. The zero Waiting has the default
// bounds. It is not safe for concurrent use.
type Waiting struct {
	MaxMessages int    // 0 means DefaultWaiting
	MaxBytes    int    // 0 means DefaultWaitingBytes
	MaxAhead    uint64 // epochs ahead of the last Take; 0 means DefaultWaitingAhead

	epoch    uint64 // of the last Take
	messages []waitingMessage
	bytes    int
}

// Default bounds of [Waiting].
const (
	DefaultWaiting             = 256
	DefaultWaitingBytes        = 4 << 20
	DefaultWaitingAhead uint64 = 16
)

type waitingMessage struct {
	epoch   uint64
	message []byte
}

func orDefault[T int | uint64](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}

// Add keeps a copy of message for epoch, and reports whether it did: not if the
// epoch is over or too far ahead, the message is kept already, or there is no
// room for it beside those of earlier epochs.
func (w *Waiting) Add(epoch uint64, message []byte) bool {
	if epoch < w.epoch || epoch-w.epoch > orDefault(w.MaxAhead, DefaultWaitingAhead) {
		return false
	}
	if slices.ContainsFunc(w.messages, func(m waitingMessage) bool { return string(m.message) == string(message) }) {
		return false
	}
	at, before := 0, 0 // the messages of epoch and earlier ones, and their bytes
	for at < len(w.messages) && w.messages[at].epoch <= epoch {
		before += len(w.messages[at].message)
		at++
	}
	if !w.room(at, before+len(message)) {
		return false
	}
	for !w.room(len(w.messages), w.bytes+len(message)) {
		w.drop(len(w.messages) - 1)
	}
	w.messages = slices.Insert(w.messages, at, waitingMessage{epoch, slices.Clone(message)})
	w.bytes += len(message)
	return true
}

// room reports whether one message fits beside n others, with so many bytes in
// all.
func (w *Waiting) room(n, bytes int) bool {
	return n < orDefault(w.MaxMessages, DefaultWaiting) && bytes <= orDefault(w.MaxBytes, DefaultWaitingBytes)
}

func (w *Waiting) drop(i int) {
	w.bytes -= len(w.messages[i].message)
	w.messages = slices.Delete(w.messages, i, i+1)
}

// Take returns the messages of epoch, which the group has reached, in the order
// in which they came, and forgets them and all of earlier epochs.
func (w *Waiting) Take(epoch uint64) [][]byte {
	var out [][]byte
	for len(w.messages) > 0 && w.messages[0].epoch <= epoch {
		if w.messages[0].epoch == epoch {
			out = append(out, w.messages[0].message)
		}
		w.drop(0)
	}
	w.epoch = max(w.epoch, epoch)
	return out
}

// Len returns how many messages are kept.
func (w *Waiting) Len() int { return len(w.messages) }

// Marshal returns the record of the messages and of the last Take, to be read by
// [Waiting.Load]. The messages are as they came; nothing in it is secret.
func (w *Waiting) Marshal() []byte {
	out := codec.NewWriter(16 + w.bytes + 16*len(w.messages))
	out.Uint8(recordVersion)
	out.Uint64(w.epoch)
	out.Nested(func(out *codec.Writer) {
		for _, m := range w.messages {
			out.Uint64(m.epoch)
			out.Vector(m.message)
		}
	})
	return out.Bytes()
}

// Load makes w keep what the record says, which [Waiting.Marshal] returned,
// instead of what it keeps; what exceeds the bounds of w is left out. It does not
// keep record. The error is [ErrState]; then w is as before.
func (w *Waiting) Load(record []byte) error {
	r := codec.NewReader(record)
	if r.Uint8() != recordVersion {
		return ErrState
	}
	loaded := Waiting{MaxMessages: w.MaxMessages, MaxBytes: w.MaxBytes, MaxAhead: w.MaxAhead, epoch: r.Uint64()}
	for in := r.Nested(); !in.Empty(); {
		epoch, message := in.Uint64(), in.Vector()
		if in.Err() == nil {
			loaded.Add(epoch, message)
		}
	}
	if r.Finish() != nil {
		return ErrState
	}
	*w = loaded
	return nil
}
