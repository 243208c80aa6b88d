package pgstore

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"parley/server"
)

// A cachedRoom is a room as it was at a change: see grp.change.
type cachedRoom struct {
	change int64
	room   *server.Room // never changed
	boxes  []key        // of room.Accounts
}

func (r *cachedRoom) mailboxes() []key { return r.boxes }

// A roomCache holds rooms, which another node may have changed since. It never
// goes back behind a change that this node has seen.
type roomCache struct {
	mu    sync.RWMutex // guards rooms
	rooms map[key]*cachedRoom
}

const maxCachedRooms = 1 << 14

// get returns nil where there is none.
func (c *roomCache) get(k key) *cachedRoom {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if r := c.rooms[k]; r != nil && r.room != nil {
		return r
	}
	return nil
}

// put keeps r unless something newer is known.
func (c *roomCache) put(k key, r *cachedRoom) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.rooms[k]; old != nil && old.change > r.change {
		return
	}
	if c.rooms == nil || len(c.rooms) >= maxCachedRooms {
		c.rooms = map[key]*cachedRoom{}
	}
	c.rooms[k] = r
}

// outdated drops what is older than change, and keeps a slow reader from putting
// it back.
func (c *roomCache) outdated(k key, change int64) {
	c.mu.RLock()
	r := c.rooms[k]
	c.mu.RUnlock()
	if r == nil || r.change < change {
		c.put(k, &cachedRoom{change: change})
	}
}

// moved drops a room that isn't where at says it is.
func (c *roomCache) moved(k key, at server.Epoch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.rooms[k]; r != nil && r.room != nil && r.room.At() != at {
		delete(c.rooms, k)
	}
}

func (c *roomCache) len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.rooms)
}

// A querier is a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

const selectRooms = `SELECT g.room, g.generation, g.epoch, g.change, g.pending, r.body FROM grp g JOIN roster r ON r.room = g.room WHERE g.room = ANY($1)`

// readRooms reads rooms by their keys, in any order; those that aren't there are
// not in the result.
func readRooms(ctx context.Context, q querier, keys []key) (map[key]*cachedRoom, error) {
	rows, err := q.Query(ctx, selectRooms, keys)
	if err != nil {
		return nil, err
	}
	found := map[key]*cachedRoom{}
	var k key
	var at server.Epoch
	var change int64
	var pending, body []byte
	_, err = pgx.ForEachRow(rows, []any{&k, &at.Generation, (*unsigned)(&at.Epoch), &change, &pending, &body}, func() error {
		r, err := decode[server.Room](body)
		if err != nil || r.At() != at {
			return errCorrupt
		}
		if r.Pending, err = decodeLeaves(pending); err != nil {
			return err
		}
		found[k] = &cachedRoom{change: change, room: r, boxes: mailboxKeys(r.Accounts)}
		return nil
	})
	return found, err
}

// An unsigned is a uint64 in a bigint of the same 64 bits.
type unsigned uint64

// ScanInt64 implements pgtype.Int64Scanner.
func (u *unsigned) ScanInt64(v pgtype.Int8) error {
	*u = unsigned(v.Int64)
	return nil
}
