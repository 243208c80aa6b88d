package media

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"parley/internal/browsertest"
)

// chromium is the one browser of all tests. Each test's server has an origin of its
// own, and with it storage and a service worker of its own.
var chromium struct {
	once sync.Once
	ctx  context.Context
	end  context.CancelFunc
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if chromium.end != nil {
		chromium.end()
	}
	os.Exit(code)
}

// tab opens a tab, which lasts as long as t.
func tab(t testing.TB) context.Context {
	t.Helper()
	browsertest.NeedChromium(t)
	chromium.once.Do(func() {
		opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.ExecPath("chromium"), chromedp.WSURLReadTimeout(limit),
			chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.Flag("js-flags", "--expose-gc"))
		ctx, end := chromedp.NewExecAllocator(context.Background(), opts...)
		chromium.ctx, _ = chromedp.NewContext(ctx)
		chromium.end, chromium.err = end, browsertest.Begin(chromium.ctx, limit)
	})
	if chromium.err != nil {
		t.Fatal(chromium.err)
	}
	ctx, _ := browsertest.Tab(t, chromium.ctx)
	return ctx
}
