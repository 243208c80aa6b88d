// Package audit is the safety desk's log: a file to which lines are only added,
// each of which holds the hash of the one before.
//
//	{"v":1,"seq":2,"prev":"9f…","at_ms":1700000000000,"actor":"p-7k…","action":"case.opened","subject":"c-3m…","data":{…},"detail":"…"}
//
// A line's hash is SHA-256("parley/audit/v1" || 0x00 || the line's bytes without its
// newline): over the bytes as they stand, so that there is one form only. The first
// line's prev is 64 zeros. A line is durable before what it tells of takes effect,
// or is shown. It names no account and no content: who reads the log learns what the
// desk did, and can count it ([Count]). detail is the hash of a record that the desk
// keeps, with a random salt in it.
//
// The chain alone doesn't show that its end was cut off, nor that all of it was
// written anew: a [Checkpoint], the newest line's hash signed by the desk, does,
// where it was kept elsewhere.
package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// Version is that of the line's form.
const Version = 1

// MaxLine bounds a line, in bytes.
const MaxLine = 16 << 10

// Zero is the prev of the first line.
const Zero = "0000000000000000000000000000000000000000000000000000000000000000"

// label begins what is hashed.
const label = "parley/audit/v1\x00"

// An Event is what happened.
type Event struct {
	AtMS    int64
	Actor   string            // who: a person's id, or "desk"
	Action  string            // what, as case.opened; see [Actions]
	Subject string            // to what: an id of the desk's own, never an account
	Data    map[string]string // what is counted, and what has to be found again
	Detail  []byte            // a record's bytes, of which the hash is kept; nil: none
}

// A Line is an event in the log.
type Line struct {
	Version int               `json:"v"`
	Seq     int64             `json:"seq"` // from 1, without gaps
	Prev    string            `json:"prev"`
	AtMS    int64             `json:"at_ms"`
	Actor   string            `json:"actor"`
	Action  string            `json:"action"`
	Subject string            `json:"subject"`
	Data    map[string]string `json:"data,omitempty"`
	Detail  string            `json:"detail,omitempty"` // hex of SHA-256

	Hash string `json:"-"` // of the line itself, hex
}

// ErrTooLong is returned for an event that doesn't fit into a line.
var ErrTooLong = errors.New("audit: the event is too long")

// encode returns the line's bytes, with its newline, and sets its hash.
func (l *Line) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(l); err != nil {
		return nil, fmt.Errorf("audit: %v", err)
	}
	if b.Len() > MaxLine {
		return nil, ErrTooLong
	}
	l.Hash = hashOf(b.Bytes()[:b.Len()-1])
	return b.Bytes(), nil
}

// decode reads a line without its newline: in the one form that encode gives. What
// JSON allows besides (a name twice, in other letters, spaces) would be counted by one
// reader in one way and by the next in another.
func decode(raw []byte) (*Line, error) {
	var l Line
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil || l.Version != Version {
		return nil, errNotALine
	}
	again, err := l.encode()
	if err != nil || !bytes.Equal(raw, again[:len(again)-1]) {
		return nil, errNotALine
	}
	return &l, nil
}

var errNotALine = errors.New("it isn't a line of an audit log")

func hashOf(raw []byte) string {
	h := sha256.New()
	h.Write([]byte(label))
	h.Write(raw)
	return hex.EncodeToString(h.Sum(nil))
}

// DetailHash is what a line says of a record.
func DetailHash(record []byte) string {
	sum := sha256.Sum256(record)
	return hex.EncodeToString(sum[:])
}
