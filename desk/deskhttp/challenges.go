package deskhttp

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"sync"
	"time"
)

// challengeLife is how long a challenge is good.
const challengeLife = 5 * time.Minute

// challenges are what passkeys are to sign, each once. Nothing is kept of one before it
// was answered well: so strangers, who get as many as they ask for, take nobody's
// place. The name of one says all of it:
//
//	ends (8 bytes, Unix milliseconds) || random (16) || HMAC-SHA256(key, "name" || ends || random || invite)
//
// and what is to be signed is HMAC-SHA256(key, "value" || name).
type challenges struct {
	key [32]byte
	now func() time.Time

	mu    sync.Mutex
	spent map[string]time.Time // by name: when it ends; those of the staff alone
}

func newChallenges() *challenges {
	c := &challenges{now: time.Now, spent: map[string]time.Time{}}
	rand.Read(c.key[:])
	return c
}

const challengeHead = 8 + 16

func (c *challenges) mac(use string, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, c.key[:])
	h.Write([]byte(use))
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// add returns a new challenge and its name. invite is the link's secret that it is
// for; empty: for signing in.
func (c *challenges) add(invite string) (value []byte, state string) {
	name := binary.BigEndian.AppendUint64(nil, uint64(c.now().Add(challengeLife).UnixMilli()))
	name = append(name, make([]byte, challengeHead-len(name))...)
	rand.Read(name[8:])
	name = append(name, c.mac("name", name, []byte(invite))...)
	return c.mac("value", name), base64.RawURLEncoding.EncodeToString(name)
}

// value returns a challenge by its name; nil where there is none, or not any more.
func (c *challenges) value(state, invite string) []byte {
	name, err := base64.RawURLEncoding.Strict().DecodeString(state)
	if err != nil || len(name) != challengeHead+sha256.Size {
		return nil
	}
	head := name[:challengeHead]
	if !hmac.Equal(name[challengeHead:], c.mac("name", head, []byte(invite))) || c.now().UnixMilli() >= int64(binary.BigEndian.Uint64(head)) {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, spent := c.spent[state]; spent {
		return nil
	}
	return c.mac("value", name)
}

// spend reports whether a challenge that was answered well hadn't been before.
func (c *challenges) spend(state string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	for name, ends := range c.spent {
		if now.After(ends) {
			delete(c.spent, name)
		}
	}
	if _, spent := c.spent[state]; spent {
		return false
	}
	c.spent[state] = now.Add(challengeLife)
	return true
}

// maxRefusals bounds the lines of the log by which refused answers are told of, in
// an hour.
const maxRefusals = 60

// refusals counts them.
type refusals struct {
	mu    sync.Mutex
	since time.Time
	n     int
}

// take reports whether there may be one more line.
func (r *refusals) take() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := time.Now(); now.Sub(r.since) >= time.Hour {
		r.since, r.n = now, 0
	}
	r.n++
	return r.n <= maxRefusals
}
