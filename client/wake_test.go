package client

import (
	"context"
	"errors"
	"testing"
	"time"
)

// Who waits after a broken connection is woken, and ends with its context.
func TestWake(t *testing.T) {
	c := newClient(Config{}, SealKey{})
	c.Wake()
	c.Wake() // doesn't block
	if woken, err := c.rest(t.Context(), time.Hour); !woken || err != nil {
		t.Errorf("rest = %v, %v; want woken", woken, err)
	}
	if woken, err := c.rest(t.Context(), time.Millisecond); woken || err != nil {
		t.Errorf("rest again = %v, %v; want the time to pass", woken, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.rest(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("rest = %v; want context.Canceled", err)
	}
}
