package browser

import (
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestAttach: what one chooses is shown before it is sent, while it is sent, and by
// who gets it: an album with a caption and a description, a video that plays where
// it stands, a voice message, a file, a photo that is viewed once.
func TestAttach(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	both := s.people("dana", "emil")
	dana, emil := both[0], both[1]
	acquaint(dana, emil)
	files := writePictures(t, true)

	dana.attach(files.red, files.blue, files.moving)
	dana.has("button", "Alt text for *blue.jpg*")
	dana.press("button", "Alt text for *red.jpg*")
	dana.types("What it shows", "A red door "+mark)
	dana.shot("tray-describe")
	dana.press("button", "Save")
	dana.press("button", "Move *blue.jpg* towards the start")
	dana.types("Message to *", "Three of them "+mark)
	dana.shot("tray")
	dana.press("button", "Send")
	for _, p := range both {
		p.sees("Three of them " + mark)
		p.until("the pictures", `text() && document.querySelectorAll(".line:not(.sending) img.cell-picture").length === 3`)
		p.has("button", "Open photo 2 of 3: A red door "+mark)
		p.has("button", "Open photo 1 of 3")
	}
	emil.shot("album")
	emil.press("button", "Open photo 2 of 3: A red door "+mark)
	emil.until("the photo", `text() && document.querySelector(".viewer .stage img")?.naturalWidth === 2048`)
	emil.sees("A red door " + mark)
	emil.shot("viewer")
	emil.press("button", "Larger")
	emil.until("that it is larger", `text() && document.querySelector(".stage-picture").style.transform.includes("scale(1.5)")`)
	emil.key("0")
	emil.until("that it is as it was", enlarged("=== 1"))
	emil.fingersInViewer("Photo: A red door " + mark)
	emil.press("button", "Next")
	emil.sees("3 of 3")
	emil.press("button", "Close")
	emil.hasNot("dialog", "Photos and videos")

	dana.attach(files.video)
	dana.has("button", "Alt text for *clip.mp4*")
	dana.press("button", "Send")
	for _, p := range both {
		p.has("button", "Play: Video, 0:04")
		p.until("a poster that isn't black", `text() && (() => {
			const img = document.querySelector(".line:not(.sending) .video-card .media-fill");
			if (!img?.complete) return false;
			const c = document.createElement("canvas"), pen = c.getContext("2d");
			pen.drawImage(img, 0, 0, 8, 8);
			return pen.getImageData(0, 0, 8, 8).data.some((v, i) => i % 4 !== 3 && v > 60);
		})()`)
	}
	emil.shot("video")
	emil.press("button", "Play: Video, 0:04")
	emil.until("that it plays", `text() && document.querySelector(".player video")?.currentTime > 0.2`)
	emil.shot("player")
	if got := emil.must(`document.querySelector(".player video").videoWidth`); got != "640" {
		t.Errorf("the video is %s pixels wide, want 640", got)
	}

	dana.attach(files.text)
	dana.press("button", "Send")
	emil.has("button", "Save notes.txt 26 byte*")
	dana.press("button", "Record a voice message")
	dana.has("button", "Send the recording")
	dana.until("a second", `text() && document.querySelectorAll(".recorder .wave-bar").length > 24`)
	dana.shot("recorder")
	dana.press("button", "Send the recording")
	emil.has("button", "Play: Voice message, *, not played yet")
	emil.shot("voice")
	pauses := emil.notes("a button to pause", `document.querySelector(".voice-play")?.ariaLabel?.startsWith("Pause: Voice message, ")`)
	played := emil.notes("that it is played", `document.querySelector(".wave")?.ariaValueNow > 10`) // it is soon at its end, and at the start again
	emil.press("button", "Play: Voice message, *, not played yet")
	pauses()
	played()
	dana.speaks(emil)

	dana.attach(files.blue)
	dana.press("switch", "View once")
	dana.shot("once-tray")
	dana.press("button", "Send")
	dana.sees("view once")
	emil.has("button", "View photo *")
	emil.shot("once")
	emil.press("button", "View photo *")
	emil.until("the photo", `text() && document.querySelector(".viewer .stage img:not(.media-fill)")?.complete`)
	if n := emil.count("button", "Save *blue*"); n != 0 {
		t.Error("what is viewed once can be saved")
	}
	emil.shot("once-viewer")
	emil.press("button", "Close")
	emil.sees("Opened")
	emil.hasNot("button", "View photo *")
	emil.shot("after")
	dana.shot("after-own")
}

// attach chooses files in the composer.
func (p *tab) attach(files ...string) {
	p.t.Helper()
	p.chooses(".attach-input", files...)
}

// shot waits until nothing moves, and writes what a tab shows where PARLEY_SHOTS names
// a directory.
func (p *tab) shot(name string) {
	p.t.Helper()
	p.settled()
	if dir := os.Getenv("PARLEY_SHOTS"); dir != "" {
		p.shoot(dir, p.name+"-"+name)
	}
}

// pictures are files to choose.
type pictures struct{ red, blue, moving, video, text string }

// writePictures writes them; the video only where it is wanted, since ffmpeg makes it.
func writePictures(t testing.TB, video bool) pictures {
	t.Helper()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	p := pictures{red: at("red.jpg"), blue: at("blue.jpg"), moving: at("moving.gif"), video: at("clip.mp4"), text: at("notes.txt")}
	writeJPEG(t, p.red, 2600, 1950, color.RGBA{200, 40, 30, 255})
	writeJPEG(t, p.blue, 900, 1200, color.RGBA{30, 60, 200, 255})
	writeGIF(t, p.moving)
	if err := os.WriteFile(p.text, []byte("some notes "+mark[:14]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if !video {
		p.video = ""
		return p
	}
	cut := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=640x360:rate=24", "-f", "lavfi", "-i", "sine=frequency=440",
		"-t", "4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", p.video)
	if out, err := cut.CombinedOutput(); err != nil {
		if os.Getenv("CI") != "true" {
			t.Skipf("ffmpeg isn't there, or can't: %v", err)
		}
		t.Fatalf("ffmpeg: %v %s", err, out)
	}
	return p
}

func writeJPEG(t testing.TB, file string, w, h int, c color.RGBA) {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			k := uint8((x/40 + y/40) % 2 * 40)
			m.SetRGBA(x, y, color.RGBA{c.R + k, c.G + k, c.B - c.B/4 + k, 255})
		}
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := jpeg.Encode(f, m, nil); err != nil {
		t.Fatal(err)
	}
}

func writeGIF(t testing.TB, file string) {
	t.Helper()
	all := color.Palette{color.RGBA{250, 220, 60, 255}, color.RGBA{40, 140, 90, 255}}
	g := new(gif.GIF)
	for i := range 4 {
		m := image.NewPaletted(image.Rect(0, 0, 240, 160), all)
		for y := 40; y < 120; y++ {
			for x := range 40 {
				m.SetColorIndex(x+i*50, y, 1)
			}
		}
		g.Image, g.Delay = append(g.Image, m), append(g.Delay, 20)
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := gif.EncodeAll(f, g); err != nil {
		t.Fatal(err)
	}
}
