package browser

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// told is where the pictures of these tests say that they were taken.
const told = "+52.5163+013.3777/"

// TestAttachTellsNothing: an album and a video arrive without what they told of where
// and with what they were taken, made smaller or in their original size; the photos
// stand upright, and the video can play before it has all arrived.
func TestAttachTellsNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	both := s.people("dana", "emil")
	dana, emil := both[0], both[1]
	acquaint(dana, emil)
	photo, video := telling(t)
	window := filepath.Join(filepath.Dir(photo), "window.jpg")
	if err := os.Link(photo, window); err != nil {
		t.Fatal(err)
	}

	for _, original := range []bool{false, true} {
		dana.attach(photo, window)
		if original {
			dana.press("switch", "Original size")
		}
		dana.press("button", "Send")
		emil.until("the photo", `text() && document.querySelectorAll(".cell-picture").length === `+map[bool]string{false: "2", true: "4"}[original])
		ending, want := ".webp", [2]int{1536, 2048}
		if original {
			ending, want = ".jpg", [2]int{1950, 2600}
		}
		emil.deeds("Dana*Photo*")
		for name, got := range emil.savesAllBy(t, func() { emil.press("menuitem", "Save") }, "door"+ending, "window"+ending) {
			if bytes.Contains(got, []byte(told)) || bytes.Contains(got, []byte("Camera of Dana")) {
				t.Errorf("%s still tells where it was taken", name)
			}
		}
		size := emil.must(`(() => { const i = [...document.querySelectorAll("img.cell-picture")].at(-1); return [i.naturalWidth, i.naturalHeight]; })()`)
		if size != quoteSize(want) {
			t.Errorf("original %v: the photo is %s, want %s: upright", original, size, quoteSize(want))
		}
	}

	dana.attach(video)
	dana.press("button", "Send")
	emil.has("button", "Play: Video, *")
	emil.deeds("Dana*Video*")
	got := emil.savesBy(t, func() { emil.press("menuitem", "Save") }, "clip.mp4")
	if bytes.Contains(got, []byte("loci")) || bytes.Contains(got, []byte("Camera of Dana")) {
		t.Error("the video still tells where it was taken")
	}
	if i, j := bytes.Index(got, []byte("moov")), bytes.Index(got, []byte("mdat")); i < 0 || j < i {
		t.Errorf("moov is at %d and mdat at %d, want the first one first", i, j)
	}
	after := filepath.Join(t.TempDir(), "after.mp4")
	if err := os.WriteFile(after, got, 0o600); err != nil {
		t.Fatal(err)
	}
	if before, now := hashOf(t, video), hashOf(t, after); !bytes.Equal(before, now) {
		t.Errorf("the video has frames %s, want %s", now, before)
	}
}

func quoteSize(size [2]int) string { return fmt.Sprintf("[%d,%d]", size[0], size[1]) }

// telling writes a photo that lies on its side and a video whose index is at the end,
// both of which say where they were taken.
func telling(t *testing.T) (photo, video string) {
	t.Helper()
	files := writePictures(t, true)
	plain, err := os.ReadFile(files.red)
	if err != nil {
		t.Fatal(err)
	}
	photo = filepath.Join(filepath.Dir(files.red), "door.jpg")
	if err := os.WriteFile(photo, slices.Concat(plain[:2], exif(6), plain[2:]), 0o600); err != nil {
		t.Fatal(err)
	}
	video = filepath.Join(t.TempDir(), "clip.mp4")
	out, err := exec.Command("ffmpeg", "-v", "error", "-i", files.video, "-c", "copy", "-metadata", "location="+told, "-metadata", "comment=Camera of Dana", video).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v %s", err, out)
	}
	if data, err := os.ReadFile(video); err != nil || !bytes.Contains(data, []byte("loci")) || !bytes.Contains(data, []byte("Camera of Dana")) {
		t.Fatalf("the video doesn't tell where it was taken: %v", err)
	}
	return photo, video
}

// exif is a segment of a JPEG that says which way is up, with what the picture was
// taken, and where (Exif 2.32, Sections 4.5 and 4.6).
func exif(orientation uint16) []byte {
	tiff := []byte("MM\x00*\x00\x00\x00\x08\x00\x02")
	entry := func(tag, kind uint16, count uint32, value []byte) {
		tiff = binary.BigEndian.AppendUint16(tiff, tag)
		tiff = binary.BigEndian.AppendUint16(tiff, kind)
		tiff = binary.BigEndian.AppendUint32(tiff, count)
		tiff = append(tiff, value...)
	}
	said := "Camera of Dana " + told
	entry(0x0110, 2, uint32(len(said)), []byte{0, 0, 0, 38})
	entry(0x0112, 3, 1, []byte{0, byte(orientation), 0, 0})
	tiff = append(append(tiff, 0, 0, 0, 0), said...)
	body := append([]byte("Exif\x00\x00"), tiff...)
	return append(binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2)), body...)
}

// hashOf is a hash of all that a video shows and sounds.
func hashOf(t *testing.T, file string) []byte {
	t.Helper()
	out, err := exec.Command("ffmpeg", "-v", "error", "-i", file, "-f", "md5", "-").CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v %s", err, out)
	}
	return bytes.TrimSpace(out)
}
