package client

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"parley/identity"
)

// onceKey is the key of a context's value: see WithKey.
type onceKey struct{}

// WithKey returns a context for one call that posts: Post, PostEdit, PostUnsend,
// PostReaction, Forward; or for Start of a group. Of several such calls with the same key only the first does
// anything, and the others return what it returned: for a page that doesn't know
// whether its call was performed before its worker ended. An empty key is none. This
// device remembers the last keys of [maxPosted] calls.
func WithKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, onceKey{}, key)
}

// roomOfKey is where a call with the context's key makes a new group, so that the
// same call finds what it made before: a name that nobody else can know, as nobody
// knows the key. It is empty without a key.
func (c *Client) roomOfKey(ctx context.Context) identity.Room {
	key, _ := ctx.Value(onceKey{}).(string)
	if key == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("parley room " + key + " " + string(c.self.Device)))
	return identity.Room("mimi://" + c.self.Account.Domain() + "/r/" + base64.RawURLEncoding.EncodeToString(sum[:16]))
}

// maxPosted bounds what is remembered.
const maxPosted = 32

// postedRecord is the calls that were performed last, the oldest first.
type postedRecord struct {
	_     struct{} `cbor:",toarray"`
	Calls []postedCall
}

type postedCall struct {
	_   struct{} `cbor:",toarray"`
	Key []byte   // a hash of it
	ID  MessageID
}

// once runs fn in the step, unless a call with the context's key was performed
// already: then it returns what that returned.
func (t *tx) once(ctx context.Context, fn func(*tx) (MessageID, error)) (MessageID, error) {
	key, _ := ctx.Value(onceKey{}).(string)
	if key == "" {
		return fn(t)
	}
	sum := sha256.Sum256([]byte(key))
	var done postedRecord
	if _, err := t.load(postedKey, &done); err != nil {
		return MessageID{}, err
	}
	i := slices.IndexFunc(done.Calls, func(p postedCall) bool { return string(p.Key) == string(sum[:16]) })
	if i >= 0 {
		return done.Calls[i].ID, nil
	}
	id, err := fn(t)
	if err != nil {
		return id, err
	}
	done.Calls = append(done.Calls, postedCall{Key: sum[:16], ID: id})
	done.Calls = done.Calls[max(0, len(done.Calls)-maxPosted):]
	t.save(postedKey, &done)
	return id, nil
}
