package client

import "parley/content"

// receipts reports whether the person wants read receipts: to send, and to see.
func (t *tx) receipts() (bool, error) {
	s, err := t.settings()
	return s.Receipts, err
}

// typingOn reports whether the person wants to tell and see who types.
func (t *tx) typingOn() (bool, error) {
	s, err := t.settings()
	return s.Typing, err
}

// timer returns after how many seconds messages of a room disappear; 0: never.
func (t *tx) timer(r *roomRecord) (uint32, error) {
	i, err := t.info(r.Room)
	return i.TimerS, err
}

// tellRead tells the own other devices how far a room was read.
func (t *tx) tellRead(r *roomRecord, seq uint64) error {
	return t.setState(content.State{Kind: content.StateRead, Subject: string(r.Room), Number: int64(seq)})
}
