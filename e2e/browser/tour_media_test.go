package browser

import (
	"os/exec"

	"github.com/chromedp/chromedp/kb"
)

// media goes through the views of photos, videos, voice messages and files, in the
// notes to oneself. The video is left out where nothing makes one.
func (o *tour) media() {
	o.goTo("#/")
	o.press("button", "list.new")
	o.types("new.who", o.account)
	o.press("button", "new.start")
	o.has("textbox", "composer.label")
	files := o.somePictures()
	o.attach(files...)
	o.has("button", "media.altButton")
	o.until("that all were looked at", `text() && !document.querySelector(".tray .spinner")`)
	o.view("tray")
	o.press("button", "media.altButton")
	o.types("media.altLabel", "Die rote Tür")
	o.view("tray-describe")
	o.press("button", "media.altSave")
	o.press("button", "composer.send")
	o.until("the album", `text() && !document.querySelector(".line.sending") && document.querySelectorAll(".line .cell-picture").length > 2`)
	o.view("album")
	o.press("button", "media.openPhotoOf")
	o.until("the photo", `text() && document.querySelector(".viewer .stage img:not(.media-fill)")?.complete`)
	o.view("viewer")
	o.close()
	o.press("button", "media.record")
	o.until("some sound", `text() && document.querySelectorAll(".recorder .wave-bar").length > 20`)
	o.view("recorder")
	o.press("button", "media.recordSend")
	o.until("the voice message", `text() && !document.querySelector(".line.sending") && document.querySelector(".voice audio") !== null`)
	o.attach(files[0])
	o.press("switch", "media.once")
	o.view("tray-once")
	o.press("button", "composer.send")
	o.until("that it is sent", `text() && !document.querySelector(".line.sending") && document.querySelector(".once-card") !== null`)
	o.view("voice-and-once")
	o.key(kb.Escape)
}

// somePictures are what the tour attaches.
func (o *tour) somePictures() []string {
	_, err := exec.LookPath("ffmpeg")
	p := writePictures(o.t, err == nil)
	files := []string{p.red, p.blue, p.moving, p.text}
	if p.video != "" {
		files = append(files, p.video)
	}
	return files
}
