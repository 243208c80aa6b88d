package storetest

import (
	"context"
	"errors"
	"strconv"

	"parley/client"
)

// Increment adds one to the decimal number at key, as a client makes a step: it
// reads the version, reads what it needs, writes, and begins again on
// ErrConflict. It is also for tests that run it in a process of its own.
func Increment(ctx context.Context, s client.Store, key string) error {
	for {
		err := incrementOnce(ctx, s, key)
		if !errors.Is(err, client.ErrConflict) {
			return err
		}
	}
}

func incrementOnce(ctx context.Context, s client.Store, key string) error {
	base, err := s.Version(ctx)
	if err != nil {
		return err
	}
	value, err := s.Get(ctx, key)
	if err != nil {
		return err
	}
	n := 0
	if value != nil {
		if n, err = strconv.Atoi(string(value)); err != nil {
			return err
		}
	}
	return s.Write(ctx, base, []client.Change{put(key, strconv.Itoa(n+1))})
}
