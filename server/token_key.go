package server

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"sync"
	"time"
)

// Tokens of one day are made with the key of that day (UTC), which the first node
// that needs it makes, in the store. It is taken until the last token made with it
// has ended: who reads the store, or an old copy of it, can make tokens for as long
// as that and no longer.
type tokenKeys struct {
	load func(ctx context.Context, name string, first []byte) ([]byte, error) // Store.Meta
	mu   sync.Mutex                                                           // guards byDay
	// byDay holds few keys: those of days that are long over are dropped.
	byDay map[int64][]byte
}

const (
	tokenDay = 24 * time.Hour
	// tokenSkew is by how much the clocks of two nodes may differ.
	tokenSkew = 5 * time.Minute
	// tokenKeyName and the number of the day since 1970 name a key in the store.
	tokenKeyName = "session/"
)

var errMetaSession = errors.New("server: the store's meta record of sessions can't be read")

// dayOf returns the day that t is in.
func dayOf(t time.Time) int64 { return t.Unix() / int64(tokenDay/time.Second) }

// of returns the key of a day.
func (k *tokenKeys) of(ctx context.Context, day int64) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key := k.byDay[day]; key != nil {
		return key, nil
	}
	fresh := make([]byte, secretSize)
	rand.Read(fresh) // never fails: crypto/rand ends the program instead
	key, err := k.load(ctx, tokenKeyName+strconv.FormatInt(day, 10), fresh)
	if err != nil {
		return nil, err
	}
	if len(key) != secretSize {
		return nil, errMetaSession
	}
	if k.byDay == nil {
		k.byDay = map[int64][]byte{}
	}
	for other := range k.byDay {
		if other < day-1 {
			delete(k.byDay, other)
		}
	}
	k.byDay[day] = key
	return key, nil
}

// days returns the days whose tokens may be good at now, the likeliest first:
// yesterday's for as long as they last, and tomorrow's where another node's clock
// may be ahead.
func tokenDays(now time.Time) []int64 {
	days := append(make([]int64, 0, 2), dayOf(now))
	for _, at := range []time.Time{now.Add(-sessionTime - tokenSkew), now.Add(tokenSkew)} {
		if day := dayOf(at); day != days[0] {
			days = append(days, day)
		}
	}
	return days
}
