package browser

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

// TestAttachWays: files come by paste and by drop; what is too large is said before
// anything is sent; sending can be stopped, and what the server has no room
// for can be let go, or tried again and arrives once there is room; a file is saved under its name, byte for
// byte; one that was taken down is a calm line, and so is a microphone that isn't allowed.
func TestAttachWays(t *testing.T) {
	t.Parallel()
	s := newSite(t, "--max-blob", "1MiB", "--blob-quota", "1200KiB")
	both := s.people("dana", "emil")
	dana, emil := both[0], both[1]
	acquaint(dana, emil)
	files := writePictures(t, false)

	dana.must(pasting("pasted.txt", "from the clipboard"))
	dana.has("button", "Remove *pasted.txt*")
	dana.must(dropping("dragenter", "dropped.txt", "from the desk"))
	dana.sees("Drop files to add them")
	dana.shot("drop")
	dana.must(dropping("drop", "dropped.txt", "from the desk"))
	dana.has("button", "Remove *dropped.txt*")
	dana.until("that the place to drop is gone", `shows("Drop files to add them") === false`)
	dana.press("button", "Remove *dropped.txt*")
	dana.hasNot("button", "Remove *dropped.txt*")
	dana.press("button", "Send")
	emil.has("button", "Save pasted.txt 18 byte*")

	large := filepath.Join(t.TempDir(), "large.bin")
	if err := os.WriteFile(large, make([]byte, 1<<20+1), 0o600); err != nil {
		t.Fatal(err)
	}
	dana.attach(large)
	dana.sees("large.bin is too large. At most 1 MB can be sent.")

	dana.heard.expectOffline()
	dana.offline(true)
	dana.attach(files.text)
	dana.press("button", "Send")
	dana.has("button", "Stop sending")
	dana.shot("sending")
	dana.press("button", "Stop sending")
	dana.hasNot("button", "Stop sending")
	dana.attach(files.blue)
	dana.press("button", "Send")
	dana.has("button", "Stop sending")
	dana.offline(false)
	emil.has("button", "Open photo")
	dana.until("that it is sent", `text() && !document.querySelector(".line.sending") && document.querySelectorAll(".album").length === 1`)

	got := emil.savesBy(t, func() { emil.press("button", "Save pasted.txt 18 byte*") }, "pasted.txt")
	if want := []byte("from the clipboard"); !bytes.Equal(got, want) {
		t.Errorf("the saved file has %q, want %q", got, want)
	}

	heavy := filepath.Join(t.TempDir(), "heavy.bin")
	if err := os.WriteFile(heavy, make([]byte, 700<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		dana.attach(heavy)
		dana.press("button", "Send")
		if i == 0 {
			emil.has("button", "Save heavy.bin *")
		}
	}
	dana.sees("There’s no room left for your account on this server.")
	dana.until("two that failed", `names("button").filter((n) => n === "Try again").length === 2`)
	dana.shot("failed")
	dana.press("button", "Delete")
	dana.until("that it is gone", `names("button").filter((n) => n === "Try again").length === 1`)
	emil.heard.expectOffline()
	s.flags[slices.Index(s.flags, "1200KiB")] = "8MiB" // the operator gives more room
	s.restart()
	dana.press("button", "Try again")
	emil.until("the second one", `names("button").filter((n) => n.startsWith("Save heavy.bin")).length === 2`)
	dana.until("that nothing is left to try", `has("button", "Try again") === false && !document.querySelector(".line.sending")`)

	s.takeDownAll()
	emil.visit()
	emil.open(dana.display())
	emil.sees("No longer there")
	emil.shot("gone")

	dana.must(`(navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError")), true)`)
	dana.press("button", "Record a voice message")
	dana.sees("The microphone isn’t allowed here.")
	dana.has("button", "Record a voice message")
}

// takeDownAll has the operator take down every attachment that there is.
func (s *site) takeDownAll() {
	s.t.Helper()
	data := filepath.Join(s.dir, "data")
	all, err := filepath.Glob(filepath.Join(data, "blobs", "??", "*"))
	if err != nil || len(all) < 2 {
		s.t.Fatalf("the server keeps %d attachments, want some: %v", len(all), err)
	}
	for _, file := range all {
		out, err := exec.CommandContext(s.t.Context(), parley, "blob", "take-down", filepath.Base(file), "--data", data).CombinedOutput()
		if err != nil {
			s.t.Fatalf("%v: %s", err, out)
		}
	}
}

// pasting and dropping are what a browser does with a file of some text.
func pasting(name, text string) string {
	return `document.querySelector(".composer textarea").dispatchEvent(new ClipboardEvent("paste", {clipboardData: ` + carried(name, text) + `, bubbles: true, cancelable: true}))`
}

func dropping(event, name, text string) string {
	return `document.querySelector(".lines").dispatchEvent(new DragEvent("` + event + `", {dataTransfer: ` + carried(name, text) + `, bubbles: true, cancelable: true}))`
}

func carried(name, text string) string {
	return `(() => { const d = new DataTransfer(); d.items.add(new File([` + quote(text) + `], ` + quote(name) + `, {type: "text/plain"})); return d; })()`
}

// savesBy does what saves a file, and returns what the browser has saved under a name.
func (p *person) savesBy(t testing.TB, deed func(), name string) []byte {
	t.Helper()
	return p.savesAllBy(t, deed, name)[name]
}

// savesAllBy is savesBy of several files.
func (p *person) savesAllBy(t testing.TB, deed func(), names ...string) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	p.do(call(browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID, DownloadPath: dir,
	}))
	deed()
	all := map[string][]byte{}
	for _, name := range names {
		eventually(t, "that "+name+" is saved", func() bool {
			got, err := os.ReadFile(filepath.Join(dir, name))
			all[name] = got
			return err == nil && len(got) > 0
		})
	}
	return all
}
