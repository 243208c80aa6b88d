package server

import (
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

// passkeyTime is how long a person has to answer a challenge: a phone may have to be
// found.
const passkeyTime = 5 * time.Minute

// passkeyChallenges are what passkeys sign. Nothing is kept for one until it is
// answered well: a challenge is
//
//	random (16 bytes) || expires (8 bytes, Unix milliseconds) || MAC (32 bytes)
//
// where the MAC is HMAC-SHA256, under a key that all nodes of a site share, of
// "parley/passkey-challenge/v1" || 0x00 || CBOR of a passkeyClaim. So it is good for
// one use and account alone, on each node.
type passkeyChallenges struct {
	key []byte // 32 bytes

	turns [shards]sync.Mutex // one login by passkey of an account at once, so that each challenge is answered once
}

const (
	passkeyNonce     = 16
	passkeyChallenge = passkeyNonce + 8 + sha256.Size
)

// A passkeyClaim is what a challenge was made for.
type passkeyClaim struct {
	_       struct{} `cbor:",toarray"`
	Use     wire.PasskeyUse
	Account identity.Account
	Nonce   []byte
	Expires int64
}

func (c *passkeyChallenges) make(use wire.PasskeyUse, account identity.Account, expires int64) []byte {
	nonce := make([]byte, passkeyNonce, passkeyChallenge)
	rand.Read(nonce) // never fails: crypto/rand ends the program instead
	mac := c.mac("parley/passkey-challenge/v1", passkeyClaim{Use: use, Account: account, Nonce: nonce, Expires: expires})
	return append(binary.BigEndian.AppendUint64(nonce, uint64(expires)), mac...)
}

// valid reports whether challenge was made for use and account and is good at now.
func (c *passkeyChallenges) valid(challenge []byte, use wire.PasskeyUse, account identity.Account, now int64) bool {
	if len(challenge) != passkeyChallenge {
		return false
	}
	nonce, expires := passkeyNonceOf(challenge), passkeyExpires(challenge)
	want := c.mac("parley/passkey-challenge/v1", passkeyClaim{Use: use, Account: account, Nonce: nonce, Expires: expires})
	return hmac.Equal(challenge[passkeyNonce+8:], want) && now < expires
}

func passkeyNonceOf(challenge []byte) []byte { return challenge[:passkeyNonce] }

func passkeyExpires(challenge []byte) int64 {
	return int64(binary.BigEndian.Uint64(challenge[passkeyNonce:]))
}

// user returns the user handle of account: the same each time, and nobody else can
// tell whose it is.
func (c *passkeyChallenges) user(account identity.Account) []byte {
	return c.mac("parley/passkey-user/v1", account)
}

func (c *passkeyChallenges) mac(use string, of any) []byte {
	mac := hmac.New(sha256.New, c.key)
	mac.Write([]byte(use + "\x00"))
	mac.Write(cbor.MustMarshal(of))
	return mac.Sum(nil)
}

// turn returns the lock of account's logins by passkey on this node.
func (c *passkeyChallenges) turn(account identity.Account) *sync.Mutex {
	return &c.turns[shardOf(string(account))]
}
