package browser

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"parley/internal/browsertest"
)

// chromium is the one browser of all tests; its profiles are apart.
var chromium struct {
	once sync.Once
	ctx  context.Context
	end  context.CancelFunc
	err  error
}

// options are how a browser is started. The blink feature tells role and accessible
// name of an element. A page that is left is left: in the back-forward cache its
// worker would go on. What the address bar suggests is a page too, for each profile,
// which nobody sees here. The microphone is one that beeps, and is allowed.
func options() []chromedp.ExecAllocatorOption {
	return append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.ExecPath("chromium"), chromedp.WSURLReadTimeout(patience),
		chromedp.Flag("enable-blink-features", "ComputedAccessibilityInfo"), chromedp.Flag("lang", "en-US"),
		chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("disable-features", "Translate,BlinkGenPropertyTrees,BackForwardCache,WebUIOmniboxPopup,WebUIOmniboxAimPopup"))
}

// theChromium starts the browser, once.
func theChromium(t testing.TB) context.Context {
	t.Helper()
	chromium.once.Do(func() {
		ctx, end := chromedp.NewExecAllocator(context.Background(), options()...)
		chromium.ctx, _ = chromedp.NewContext(ctx)
		chromium.end = end
		chromium.err = browsertest.Begin(chromium.ctx, patience)
	})
	if chromium.err != nil {
		t.Fatal(chromium.err)
	}
	return chromium.ctx
}

func endChromium() {
	if chromium.end != nil {
		chromium.end()
	}
}

// targets are the browser's tabs and workers.
func targets(ctx context.Context) ([]*target.Info, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return chromedp.Targets(ctx)
}

// A hearing is what the browser says of a page: errors, what nobody caught, what the
// policy forbade.
type hearing struct {
	mu       sync.Mutex // guards what follows
	all      []string
	errors   []string
	expected []string // parts of errors that the test expects
}

// listen hears a page or a worker from now on.
func (h *hearing) listen(ctx context.Context) error {
	if err := chromedp.Listen(ctx, h.hear); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, call(log.Enable, cdp.Empty{}))
}

func (h *hearing) hear(event any) {
	switch e := event.(type) {
	case *log.EventEntryAdded:
		h.say(e.Entry.Level == log.EntryLevelError, string(e.Entry.Source)+": "+e.Entry.Text+" "+e.Entry.URL)
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += " " + x.Description
		}
		h.say(true, "uncaught: "+text)
	case *runtime.EventConsoleAPICalled:
		var text strings.Builder
		for _, a := range e.Args {
			fmt.Fprintf(&text, " %s%s", a.Value, a.Description)
		}
		h.say(e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert, "console:"+text.String())
	}
}

func (h *hearing) say(isError bool, text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, text)
	// An answer of the API that isn't 200 is one that the page handles.
	if isError && !(strings.HasPrefix(text, "network: ") && strings.Contains(text, "/v1/")) {
		h.errors = append(h.errors, text)
	}
}

// expect names a part of errors that are to be expected from now on.
func (h *hearing) expect(part string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.expected = append(h.expected, part)
}

// unexpected returns the errors that aren't expected.
func (h *hearing) unexpected() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(h.errors), func(text string) bool {
		return slices.ContainsFunc(h.expected, func(part string) bool { return strings.Contains(text, part) })
	})
}
