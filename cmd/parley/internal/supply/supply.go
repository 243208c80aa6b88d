// Package supply keeps on a device what its server gives it to warn by: the signed list of bad links, whole and the
// same for everybody, and which domains are the platform's.
//
// The list is a file beside the device's store: it is no secret. What the device has seen of it (its version, the key
// that signed it, when to look again) is in the store, sealed, so that neither the server nor who can write the
// file shows an older one.
package supply

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"parley/identity"
	"parley/safety"
	"parley/wire"
)

const (
	good    = 6 * time.Hour    // from one look at the server to the next, as the page has it
	vain    = 10 * time.Minute // the same where there was no good answer
	maxOwn  = 2048             // bytes of the platform's domains that are kept
	nameKey = "block_list"     // in the store
)

// A Store keeps a few bytes for the device: *client.Client.
type Store interface {
	Kept(ctx context.Context, name string) ([]byte, error)
	Keep(ctx context.Context, name string, value []byte) error
}

// A Server is asked what it is, and for its list; as [nettransport.Transport.BlockList].
type Server interface {
	Info(ctx context.Context) (*wire.Info, error)
	BlockList(ctx context.Context, tag string, most int64) (data []byte, next string, err error)
}

// A Keeper keeps them. Only one goroutine at a time calls its methods, but Supply.
type Keeper struct {
	store  Store
	server Server
	file   string
	now    func() time.Time

	seen    seen
	current atomic.Pointer[Supply]
}

// A Supply is what warnings are found by. It isn't changed.
type Supply struct {
	Own  []string          // as [safety.Links] has it; never empty
	List *safety.BlockList // nil: none
}

// seen is what the store has: JSON.
type seen struct {
	safety.SeenList
	Own    []string `json:"own"`
	Tag    string   `json:"tag,omitempty"`    // of the list in the file
	Listed bool     `json:"listed,omitempty"` // the server has one: it is in the file
	NextMS int64    `json:"next_ms"`          // when to look again
}

// Open returns what is kept of the server of an account, whose domain is one of the platform's; file
// is where the list is. What can't be read counts as not there. now is the time.
func Open(ctx context.Context, store Store, server Server, file, domain string, now func() time.Time) *Keeper {
	k := &Keeper{store: store, server: server, file: file, now: now}
	k.seen.Own = safety.OwnDomains(domain, nil)
	k.current.Store(&Supply{Own: k.seen.Own})
	_ = k.load(ctx) // it comes again
	return k
}

// Supply returns what there is now. It is safe for concurrent use.
func (k *Keeper) Supply() *Supply { return k.current.Load() }

// load takes what the store and the file have: also what another process has put there since.
func (k *Keeper) load(ctx context.Context) error {
	kept, err := k.store.Kept(ctx, nameKey)
	if err != nil {
		return err
	}
	var s seen
	if kept == nil || json.Unmarshal(kept, &s) != nil || len(s.Own) == 0 {
		return nil
	}
	list := k.Supply().List
	if !s.Listed {
		list = nil
	} else if list == nil || s.SeenList != k.seen.SeenList {
		if list = readFile(k.file, s.SeenList); list == nil { // somebody changed it, or it is gone
			s.Tag, s.NextMS = "", 0
		}
	}
	k.seen = s
	k.current.Store(&Supply{Own: s.Own, List: list})
	return nil
}

// readFile returns the list of a file, if it is what was seen or newer.
func readFile(path string, seen safety.SeenList) *safety.BlockList {
	info, err := os.Stat(path)
	if err != nil || info.Size() > safety.MaxBlockList {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	raw, _ := base64.RawURLEncoding.DecodeString(seen.Key)
	key, err := identity.ParsePublicKey(raw)
	if err != nil {
		return nil
	}
	list, _, err := seen.Take(data, key)
	if err != nil {
		return nil
	}
	return list
}

// Due returns how long it is until a look at the server is due: 0 for now.
func (k *Keeper) Due() time.Duration {
	wait := time.UnixMilli(k.seen.NextMS).Sub(k.now())
	if wait > good { // the clock was set
		return 0
	}
	return max(0, wait)
}

// Refresh asks the server, if that is due. Where it has nothing good to say, or there is no connection, what
// there was stays. It returns why; the caller has nothing to do about it, but to call again later.
func (k *Keeper) Refresh(ctx context.Context) error {
	if err := k.load(ctx); err != nil || k.Due() > 0 {
		return err
	}
	info, err := k.server.Info(ctx)
	if err != nil {
		return k.later(ctx, err)
	}
	if err := k.take(ctx, info); err != nil {
		return k.later(ctx, err)
	}
	k.seen.NextMS = k.now().Add(good).UnixMilli()
	return k.keep(ctx)
}

// later notes that a look came to nothing.
func (k *Keeper) later(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	k.seen.NextMS = k.now().Add(vain).UnixMilli()
	return errors.Join(err, k.keep(ctx))
}

// take takes what the server says, and its list.
func (k *Keeper) take(ctx context.Context, info *wire.Info) error {
	var hosts []string
	if info.Platform != nil {
		hosts = info.Platform.Hosts
	}
	k.seen.Own = bounded(safety.OwnDomains(info.Domain, hosts))
	list := k.Supply().List
	defer func() { k.current.Store(&Supply{Own: k.seen.Own, List: list}) }()
	if len(info.BlockListKey) == 0 {
		list, k.seen.Listed, k.seen.Tag = nil, false, "" // its version is remembered
		if err := os.Remove(k.file); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	key, err := identity.ParsePublicKey(info.BlockListKey)
	if err != nil {
		return err
	}
	tag := k.seen.Tag
	if k.seen.Key != key.String() || list == nil {
		tag = "" // of another list
	}
	data, next, err := k.server.BlockList(ctx, tag, safety.MaxBlockList)
	if err != nil || data == nil {
		return err
	}
	taken, now, err := k.seen.Take(data, key)
	if err != nil {
		return err
	}
	list, k.seen.SeenList, k.seen.Tag, k.seen.Listed = taken, now, next, true
	return writeFile(k.file, data)
}

func (k *Keeper) keep(ctx context.Context) error {
	kept, err := json.Marshal(k.seen)
	if err != nil {
		return err
	}
	return k.store.Keep(ctx, nameKey, kept)
}

// bounded returns as many of the platform's domains as are kept.
func bounded(own []string) (out []string) {
	size := 0
	for i, d := range own {
		if size += len(d); size > maxOwn && i > 0 {
			break
		}
		out = append(out, strings.Clone(d))
	}
	return out
}

// writeFile puts data in the place of a file, whole or not at all.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
