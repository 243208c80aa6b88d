package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestOnceInTwoTabs: of two tabs that open at the same moment what can be viewed once,
// one shows it, and the other says that it was opened.
func TestOnceInTwoTabs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	both := s.people("dana", "emil")
	dana, emil := both[0], both[1]
	acquaint(dana, emil)
	files := writePictures(t, true)
	second := emil.another()
	second.do(chromedp.Navigate(emil.door.origin()))
	second.open(dana.display())
	tabs := []*tab{emil.tab, second}
	for _, c := range []struct{ file, what, button, shown string }{
		{files.blue, "blue", "View photo *", `[...document.querySelectorAll(".viewer .stage img:not(.media-fill)")].some((i) => i.naturalWidth > 0)`},
		{files.video, "clip", "View video *", `(document.querySelector(".viewer video")?.readyState ?? 0) >= 2`},
	} {
		dana.attach(c.file)
		dana.has("button", "Alt text for *"+c.what+"*")
		dana.press("switch", "View once")
		dana.press("button", "Send")
		letGo := emil.door.holdsBack(t, "/v1/blobs/")
		for _, p := range tabs {
			p.press("button", c.button) // and it waits
			p.has("dialog", "Photos and videos")
		}
		letGo()
		const lost = `document.querySelector(".viewer .media-trouble")?.textContent === "Opened"`
		shown := 0
		for _, p := range tabs {
			p.until("the one or the other", `text() !== null && (`+lost+` || `+c.shown+`)`)
			if p.must(c.shown) == "true" {
				shown++
			}
		}
		if shown != 1 {
			t.Errorf("%s: %d tabs show it, want 1", c.what, shown)
		}
		for _, p := range tabs {
			p.press("button", "Close")
			p.hasNot("dialog", "Photos and videos")
			p.hasNot("button", c.button)
		}
	}
}
