package browser

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestLongVideo: a video of 50 MB whose index is at its end is sent, while the server
// is killed in the middle; it plays in the other's page, and goes on from elsewhere,
// also while the server is killed and comes again. The server has nothing of it, nor
// its name.
func TestLongVideo(t *testing.T) {
	t.Parallel()
	need(t)
	video := longVideo(t, "holiday-"+mark+".mp4")
	s := newSite(t)
	both := s.people("dana", "emil")
	dana, emil := both[0], both[1]
	acquaint(dana, emil)
	plain, err := os.ReadFile(video)
	if err != nil {
		t.Fatal(err)
	}
	s.conceal(plain)
	dana.attach(video)
	dana.has("button", "Alt text for *")
	dana.heard.expectOffline()
	emil.heard.expectOffline()
	before := dana.door.size()
	dana.press("button", "Send")
	eventually(t, "that some of it has passed", func() bool { return dana.door.size() > before+8<<20 })
	if dana.door.size() > before+len(plain)/2 {
		t.Log("it was too fast: the server is killed late")
	}
	s.restart()
	emil.has("button", "Play: Video, *")
	if sent := dana.door.size() - before; sent > len(plain)*3/2 {
		t.Errorf("%d bytes were sent for a video of %d", sent, len(plain))
	}
	letGo := emil.door.stopsAfter(t, len(plain)/2) // else all of it has come before the server is killed
	emil.press("button", "Play: Video, *")
	emil.until("that it plays", `text() !== null && ((v) => v?.currentTime > 0.3 && v.readyState >= 2 && v.videoWidth === 640)(document.querySelector(".player video"))`)
	s.kill()
	seen := emil.door.size()
	emil.goesTo(0.8)
	emil.until("that it waits", `text() !== null && ((v) => v?.seeking && !v.paused && document.querySelector(".player-wait") !== null)(document.querySelector(".player video"))`)
	letGo()
	s.start()
	emil.plays(0.8)
	if n := emil.door.size() - seen; n < 1<<20 {
		t.Errorf("%d bytes came after the server was killed: it needn't have come again", n)
	}
	emil.goesTo(0.4)
	emil.plays(0.4)
	if emil.within(0, `shows("Couldn’t load")`) {
		t.Error("the player says that it can't")
	}
}

// goesTo has the player go to a part of its video, and plays waits until it has gone
// on from there.
func (p *person) goesTo(part float64) {
	p.t.Helper()
	p.must(fmt.Sprintf(`((v) => (v.currentTime = v.duration * %g))(document.querySelector(".player video"))`, part))
}

func (p *person) plays(part float64) {
	p.t.Helper()
	p.until(fmt.Sprintf("that it goes on at %g", part), fmt.Sprintf(`text() !== null && ((v) => v?.currentTime > v?.duration * %g && !v.seeking && v.readyState >= 2)(document.querySelector(".player video"))`, part))
}

// longVideo has ffmpeg write a video of at least 50 MB, with its index at the end.
func longVideo(t testing.TB, name string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	cut := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25,noise=alls=100:allf=t", "-t", "7",
		"-c:v", "libx264", "-preset", "ultrafast", "-qp", "14", "-pix_fmt", "yuv420p", file)
	if out, err := cut.CombinedOutput(); err != nil {
		if os.Getenv("CI") != "true" {
			t.Skipf("ffmpeg isn't there, or can't: %v", err)
		}
		t.Fatalf("ffmpeg: %v %s", err, out)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) < 50<<20 || bytes.LastIndex(data, []byte("moov")) < len(data)/2 {
		t.Fatalf("a video of %d bytes with its index at %d; want 50 MiB, at the end", len(data), bytes.LastIndex(data, []byte("moov")))
	}
	return file
}
