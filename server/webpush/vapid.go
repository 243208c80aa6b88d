package webpush

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"sync"
	"time"
)

// A Meta keeps a few bytes for the site: see [server.Store].
type Meta interface {
	Meta(ctx context.Context, name string, first []byte) ([]byte, error)
}

// SiteKey returns the site's key for VAPID. It is made once, and the same for all
// nodes: with another one every device would have to subscribe anew.
func SiteKey(ctx context.Context, store Meta) (*ecdsa.PrivateKey, error) {
	fresh, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	scalar, err := fresh.Bytes()
	if err != nil {
		return nil, err
	}
	kept, err := store.Meta(ctx, "vapid", scalar)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), kept)
	if err != nil {
		return nil, errors.New("webpush: the store's key for push services can't be read")
	}
	return key, nil
}

// How long a token is good, and for how long it is used. Push services take none
// that is good for more than a day (RFC 8292, Section 2).
const (
	tokenLife = 12 * time.Hour
	tokenUse  = 6 * time.Hour
	maxTokens = 256 // push services: those of one operator have many hosts
)

// tokens are the site's VAPID tokens, one for each push service.
type tokens struct {
	key     *ecdsa.PrivateKey
	subject string

	mu   sync.Mutex // guards kept
	kept map[string]token
}

type token struct {
	header string
	until  time.Time
}

// authorization returns the Authorization for a push service's origin (RFC 8292,
// Section 3).
func (t *tokens) authorization(origin string, now time.Time) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if have, ok := t.kept[origin]; ok && now.Before(have.until) {
		return have.header, nil
	}
	signed, err := t.sign(origin, now.Add(tokenLife))
	if err != nil {
		return "", err
	}
	point, err := t.key.PublicKey.Bytes()
	if err != nil {
		return "", err
	}
	if t.kept == nil || len(t.kept) >= maxTokens {
		t.kept = map[string]token{}
	}
	fresh := token{header: "vapid t=" + signed + ", k=" + encode(point), until: now.Add(tokenUse)}
	t.kept[origin] = fresh
	return fresh.header, nil
}

// sign returns a JWT by ES256 (RFC 7515; RFC 7518, Section 3.4).
func (t *tokens) sign(origin string, expires time.Time) (string, error) {
	claims, err := json.Marshal(struct {
		Aud string `json:"aud"`
		Exp int64  `json:"exp"`
		Sub string `json:"sub,omitempty"`
	}{origin, expires.Unix(), t.subject})
	if err != nil {
		return "", err
	}
	text := encode([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + encode(claims)
	hash := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, t.key, hash[:])
	if err != nil {
		return "", err
	}
	var raw [64]byte
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return text + "." + encode(raw[:]), nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
