package strip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

func mp4Box(kind string, body ...string) string {
	all := strings.Join(body, "")
	return n32(8+len(all)) + kind + all
}

func longBox(kind, body string) string {
	return n32(1) + kind + n32(0) + n32(16+len(body)) + body
}

func n32(all ...int) string {
	var b []byte
	for _, n := range all {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return string(b)
}

// mp4Track is a track of a kind of media with sample tables.
func mp4Track(kind, name string, tables ...string) string {
	return mp4Box("trak", mp4Box("mdia", mp4Box("hdlr", n32(0, 0), kind, name), mp4Box("minf", mp4Box("stbl", tables...))))
}

// film is a file with a secret wherever one can be, and the same without.
func film(telling bool) string {
	say, blank := secret, strings.Repeat("\x00", len(secret))
	hide := func(kind, body string) string { return mp4Box(kind, body) }
	long, end := longBox("udta", secret), secret
	if !telling {
		say, long, end = blank, longBox("free", blank), ""
		hide = func(_, body string) string { return mp4Box("free", strings.Repeat("\x00", len(body))) }
	}
	entry := mp4Box("avc1", strings.Repeat("v", 12), map[bool]string{true: "FFMP", false: "\x00\x00\x00\x00"}[telling], strings.Repeat("v", 26),
		map[bool]string{true: "a coder of 32 bytes, no less    ", false: strings.Repeat("\x00", 32)}[telling], "vvvv", mp4Box("avcC", "how"))
	seen := mp4Box("trak", hide("udta", secret), mp4Box("tkhd", n32(1<<24), say[:16], "rest"),
		mp4Box("mdia", mp4Box("mdhd", n32(0), say[:8], "rest"), mp4Box("hdlr", n32(0, 0), "vide", say),
			mp4Box("minf", mp4Box("dinf", mp4Box("dref", n32(0, 1), mp4Box("url ", n32(1), say))), mp4Box("stbl", mp4Box("stsd", n32(0, 1), entry), mp4Box("stco", n32(0, 0))), hide("abcd", secret))),
		hide("meta", secret), hide("uuid", secret))
	moov := mp4Box("moov", mp4Box("mvhd", n32(0), say[:8], "times"), seen, hide("uuid", secret), hide("free", secret), hide("\xa9xyz", secret), long)
	return mp4Box("ftyp", "isom") + moov + hide("meta", secret) + hide("uuid", secret) + hide("free", secret) + mp4Box("mdat", "frames") + end
}

func stripVideo(t *testing.T, file string, read func(io.Reader) io.Reader) string {
	t.Helper()
	r, size, err := Video(strings.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(read(r))
	if err != nil || int64(len(got)) != size {
		t.Fatalf("%d bytes, %v; want %d", len(got), err, size)
	}
	return string(got)
}

func plainly(r io.Reader) io.Reader { return r }

// Nothing is left of what playing doesn't need, and every other byte is where it was, however
// it is read.
func TestVideo(t *testing.T) {
	file, want := film(true), film(false)
	for name, read := range map[string]func(io.Reader) io.Reader{"whole": plainly, "byte by byte": iotest.OneByteReader, "halves": iotest.HalfReader} {
		if got := stripVideo(t, file, read); got != want {
			t.Errorf("%s: got %q\nwant %q", name, got, want)
		}
	}
}

// Tracks that are neither seen nor heard go with the bytes that are theirs, as far as their
// tables don't lie.
func TestVideoTracks(t *testing.T) {
	const samples = "first second"
	at := len(mp4Box("ftyp", "isom")) + 8
	sizes := func(all ...int) string { return mp4Box("stsz", n32(0, 0, len(all)), n32(all...)) }
	alike := func(size, n int) string { return mp4Box("stsz", n32(0, size, n)) }
	small := func(bits, n int, table string) string { return mp4Box("stz2", n32(0, bits, n), table) }
	runs := func(all ...int) string { return mp4Box("stsc", n32(0, len(all)/3), n32(all...)) }
	for name, c := range map[string]struct{ tables, want string }{
		"sizes":           {runs(1, 2, 1, 2, 1, 1) + sizes(1, 2, 3) + mp4Box("stco", n32(0, 2, at, at+9)), "___st sec___"},
		"wide":            {runs(1, 2, 1, 2, 1, 1) + sizes(1, 2, 3) + mp4Box("co64", n32(0, 2, 0, at, 0, at+9)), "___st sec___"},
		"all alike":       {runs(1, 1, 1) + alike(2, 2) + mp4Box("stco", n32(0, 2, at, at+6)), "__rst __cond"},
		"16 bits":         {runs(1, 2, 1) + small(16, 2, "\x00\x02\x00\x01") + mp4Box("stco", n32(0, 1, at)), "___st second"},
		"8 bits":          {runs(1, 2, 1) + small(8, 2, "\x02\x01") + mp4Box("stco", n32(0, 1, at)), "___st second"},
		"4 bits":          {runs(1, 3, 1) + small(4, 3, "\x12\x10") + mp4Box("stco", n32(0, 1, at)), "____t second"},
		"overlapping":     {runs(1, 1, 1) + alike(3, 2) + mp4Box("stco", n32(0, 2, at+1, at)), "____t second"},
		"beyond the end":  {runs(1, -1, 1) + alike(-1, -1) + mp4Box("stco", n32(0, 2, at+10, -1)), "first seco__"},
		"beyond all ends": {runs(1, -1, 1) + alike(-1, -1) + mp4Box("co64", n32(0, 2, 0, at+10, -1, -1)), "first seco__"},
		"before it":       {runs(1, 1, 1) + alike(at+1, 1) + mp4Box("stco", n32(0, 1, 0)), "_irst second"},
		"lies":            {mp4Box("stsc", n32(0, -1, 1, 9, 1)) + mp4Box("stsz", n32(0, 0, -1, 2)) + mp4Box("stco", n32(0, -1, at)), "__rst second"},
		"no sizes":        {runs(1, 1, 1) + mp4Box("stco", n32(0, 1, at)), samples},
		"cut off":         {mp4Box("stsc") + mp4Box("stsz") + mp4Box("stz2", n32(0)) + mp4Box("stco", n32(0)), samples},
	} {
		file := mp4Box("ftyp", "isom") + mp4Box("mdat", samples) + mp4Box("moov", mp4Track("soun", ""), mp4Track("meta", secret, c.tables))
		got := stripVideo(t, file, plainly)
		if end := strings.ReplaceAll(got[at:at+len(samples)], "\x00", "_"); end != c.want {
			t.Errorf("%s: got %q, want %q", name, end, c.want)
		}
		if strings.Contains(got, "meta") || strings.Count(got, "trak") != 1 || len(got) != len(file) {
			t.Errorf("%s: the track is still there: %q", name, got)
		}
	}
}

// A file that ffmpeg has made, with its places, texts and time of day, plays the same without.
func TestVideoOfFFmpeg(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("ffmpeg isn't installed")
		}
		t.Skip("ffmpeg isn't installed")
	}
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, data string) {
		if err := os.WriteFile(path(name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ffmpeg := func(args ...string) string {
		out, err := exec.Command("ffmpeg", append([]string{"-v", "error"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("ffmpeg: %v %s", err, out)
		}
		return string(out)
	}
	shown := func(name string) string {
		return ffmpeg("-i", path(name), "-map", "0:v", "-map", "0:a", "-f", "framemd5", "-")
	}
	write("texts.srt", "1\n00:00:00,000 --> 00:00:01,000\n"+secret+"\n")
	write("data.bin", secret)
	ffmpeg("-f", "lavfi", "-i", "testsrc=d=2:s=160x120:r=10", "-f", "lavfi", "-i", "sine=d=2", "-i", path("texts.srt"), "-f", "data", "-i", path("data.bin"),
		"-map", "0", "-map", "1", "-map", "2", "-map", "3", "-c:v", "libx264", "-c:a", "aac", "-c:s", "mov_text", "-c:d", "copy", "-tag:d", "gpmd",
		"-timecode", "13:14:15:16", "-metadata", "location="+secret, "-metadata:s:v", "handler_name="+secret, path("film.mov"))
	file, err := os.ReadFile(path("film.mov"))
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(file, []byte(secret)); n < 4 {
		t.Fatalf("it tells %d times where it was taken: nothing is tested", n)
	}
	got := stripVideo(t, string(file), plainly)
	for _, told := range []string{secret, "tmcd", "gpmd", "FFMP"} {
		if strings.Contains(got, told) {
			t.Errorf("it still tells %q", told)
		}
	}
	write("sent.mov", got)
	if got, want := shown("sent.mov"), shown("film.mov"); got != want {
		t.Errorf("it shows\n%s\nwant\n%s", got, want)
	}
}

// What isn't a whole file of boxes is refused, and costs no more than its size.
func TestVideoRefused(t *testing.T) {
	whole := film(true)
	for name, file := range map[string]string{
		"nothing":      "",
		"no moov":      mp4Box("ftyp", "isom") + mp4Box("mdat"),
		"cut":          whole[:60],
		"too small":    "\x00\x00\x00\x04moov",
		"huge":         "\x00\x00\x00\x01moov\xff\xff\xff\xff\xff\xff\xff\xff",
		"many":         strings.Repeat(mp4Box("free"), maxBoxes+1) + mp4Box("moov", mp4Track("vide", "")),
		"two":          mp4Box("moov", mp4Track("vide", "")) + mp4Box("moov", mp4Track("vide", "")),
		"nothing seen": mp4Box("moov", mp4Track("meta", "")),
		"no track":     mp4Box("moov", "\x00\x00\x01\x00trak"),
	} {
		if _, _, err := Video(strings.NewReader(file), int64(len(file))); !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: %v; want ErrUnknown", name, err)
		}
	}
	if _, _, err := Video(iotestAt{}, 100); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a file that can't be read: %v", err)
	}
}

// An iotestAt can't be read.
type iotestAt struct{}

func (iotestAt) ReadAt([]byte, int64) (int, error) { return 0, io.ErrUnexpectedEOF }

func FuzzVideo(f *testing.F) {
	f.Add([]byte(film(true)))
	f.Add([]byte(mp4Box("ftyp", "isom") + mp4Box("mdat", "samples") + mp4Box("moov", mp4Track("soun", ""),
		mp4Track("meta", "", mp4Box("stsc", n32(0, 1, 1, 1, 1)), mp4Box("stz2", n32(0, 4, 2), "\x11"), mp4Box("stco", n32(0, 1, 20))))))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, size, err := Video(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		if got, err := io.ReadAll(r); err != nil || int64(len(got)) != size || size > int64(len(file)) {
			t.Errorf("%d bytes of %d, %v", len(got), len(file), err)
		}
	})
}
