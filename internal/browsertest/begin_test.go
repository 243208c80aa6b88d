package browsertest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestBegin: a browser that never says a word is waited for no longer than asked.
func TestBegin(t *testing.T) {
	t.Parallel()
	mute := filepath.Join(t.TempDir(), "mute")
	if err := os.WriteFile(mute, []byte("#!/bin/sh\nexec sleep 600\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, end := chromedp.NewExecAllocator(context.Background(), chromedp.ExecPath(mute))
	defer end()
	ctx, cancel := chromedp.NewContext(ctx)
	defer cancel()
	if err := Begin(ctx, time.Second); !errors.Is(err, errMute) {
		t.Errorf("Begin: %v, want %v", err, errMute)
	}
}
