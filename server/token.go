package server

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"

	"parley/identity"
	"parley/internal/cbor"
	"parley/wire"
)

// A token is
//
//	MAC (32 bytes) || CBOR of a tokenClaim
//
// where the MAC is HMAC-SHA256, under the day's key, which all nodes of a site
// share, of "parley/session-token/v1" || 0x00 || CBOR of the domain || CBOR of the
// claim. Nothing is kept for it.
type tokens struct {
	keys   tokenKeys
	domain string
	prefix []byte // what the MAC covers before the claim
}

// A tokenClaim says who the bearer is. The first fields are short, so that a
// token has at most [wire.MaxTokenSize] bytes.
type tokenClaim struct {
	_       struct{} `cbor:",toarray"`
	Name    string   // of the account, at the server's own domain: 1–64 bytes
	ID      string   // of the device: 22 bytes
	Key     []byte   // 32 bytes: fingerprint of the device's signature key
	Expires int64    // Unix milliseconds

	device identity.Device
}

func (c *tokenClaim) fingerprint() fingerprint { return fingerprint(c.Key) }

func newTokens(store Store, domain string) *tokens {
	prefix := append([]byte("parley/session-token/v1\x00"), cbor.MustMarshal(domain)...)
	return &tokens{keys: tokenKeys{load: store.Meta}, domain: domain, prefix: prefix}
}

// make returns a token of device, whose account is of this domain. Errors are the
// store's.
func (t *tokens) make(ctx context.Context, now time.Time, device identity.Device, key fingerprint, expires int64) ([]byte, error) {
	secret, err := t.keys.of(ctx, dayOf(now))
	if err != nil {
		return nil, err
	}
	claim := cbor.MustMarshal(tokenClaim{Name: device.Account().Name(), ID: device.ID(), Key: key[:], Expires: expires})
	return append(t.mac(secret, claim), claim...), nil
}

func (t *tokens) mac(secret, claim []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write(t.prefix)
	mac.Write(claim)
	return mac.Sum(nil)
}

// made reports whether this site made token, with a key that is still taken.
func (t *tokens) made(ctx context.Context, now time.Time, token []byte) (bool, error) {
	if len(token) <= sha256.Size || len(token) > wire.MaxTokenSize {
		return false, nil
	}
	for _, day := range tokenDays(now) {
		secret, err := t.keys.of(ctx, day)
		if err != nil {
			return false, err
		}
		if hmac.Equal(token[:sha256.Size], t.mac(secret, token[sha256.Size:])) {
			return true, nil
		}
	}
	return false, nil
}

// open returns what token says, which this site made.
func (t *tokens) open(token []byte) (*tokenClaim, bool) {
	var c tokenClaim
	if err := cbor.Unmarshal(token[sha256.Size:], &c); err != nil || len(c.Key) != sha256.Size {
		return nil, false
	}
	var err error
	c.device, err = identity.ParseDevice("mimi://" + t.domain + "/d/" + c.Name + "/" + c.ID)
	return &c, err == nil
}

// tokenName returns the account's name that a token claims, without checking
// it. It only says where a verified token would be remembered.
func tokenName(token []byte) ([]byte, bool) {
	const head = sha256.Size + 1 // the MAC, and the array's first byte
	if len(token) < head+3 || len(token) > wire.MaxTokenSize {
		return nil, false
	}
	n, rest := int(token[head])-0x60, token[head+1:] // a text of up to 23 bytes
	if token[head] == 0x78 {                         // of up to 255
		n, rest = int(rest[0]), rest[1:]
	}
	if n < 1 || n > len(rest) {
		return nil, false
	}
	return rest[:n], true
}

// nonces are challenges. Nothing is kept for one until it is used: a nonce is
// random bytes and a MAC that binds them to the device and the expiry, under a
// key that all nodes share. So a flood of challenges costs no memory, an unknown
// device's is like any other, and one node's is good on each. It is good for one
// use on each, though: what was used is remembered by the node alone.
type nonces struct {
	key  []byte     // 32 bytes
	mu   sync.Mutex // guards what follows
	used [2]map[string]bool
	turn time.Time // when used[0] was begun
}

const nonceRandom = wire.NonceSize / 2

func newNonces(key []byte) *nonces { return &nonces{key: key} }

func (n *nonces) make(device identity.Device, expires int64) []byte {
	random := make([]byte, nonceRandom)
	rand.Read(random) // never fails: crypto/rand ends the program instead
	return append(random, n.mac(random, device, expires)...)
}

func (n *nonces) mac(random []byte, device identity.Device, expires int64) []byte {
	mac := hmac.New(sha256.New, n.key)
	mac.Write(binary.BigEndian.AppendUint64(random[:nonceRandom:nonceRandom], uint64(expires)))
	mac.Write([]byte(device))
	return mac.Sum(nil)[:wire.NonceSize-nonceRandom]
}

// valid reports whether nonce was made for device and expires.
func (n *nonces) valid(nonce []byte, device identity.Device, expires int64) bool {
	return len(nonce) == wire.NonceSize && hmac.Equal(nonce[nonceRandom:], n.mac(nonce[:nonceRandom], device, expires))
}

// use reports whether nonce, which is valid, is used for the first time. What is
// used is remembered for longer than a challenge lasts.
func (n *nonces) use(nonce []byte, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.used[0] == nil || now.Sub(n.turn).Abs() > challengeTime {
		n.used[1], n.used[0], n.turn = n.used[0], map[string]bool{}, now
	}
	if n.used[0][string(nonce)] || n.used[1][string(nonce)] {
		return false
	}
	n.used[0][string(nonce)] = true
	return true
}
