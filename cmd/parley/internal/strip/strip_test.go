package strip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	_ "golang.org/x/image/webp"
)

const secret = "GPS 52.5163 13.3777 hunter2"

// drawing is a picture that looks another way each way up.
func drawing() *image.Paletted {
	m := image.NewPaletted(image.Rect(0, 0, 40, 30), palette.Plan9)
	for y := range 30 {
		for x := range 40 {
			m.Set(x, y, color.RGBA{uint8(x * 6), uint8(y * 8), 90, 255})
		}
	}
	return m
}

func segment(marker byte, body string) string {
	return string([]byte{0xff, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}) + body
}

func chunk(kind, body string) string {
	var out []byte
	out = binary.BigEndian.AppendUint32(out, uint32(len(body)))
	out = append(append(out, kind...), body...)
	return string(binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:])))
}

// exif is little-endian, with two tags of which the second is the orientation.
func exif(up byte) string {
	return "Exif\x00\x00II*\x00\x08\x00\x00\x00\x02\x00" + "\x0f\x01\x02\x00\x04\x00\x00\x00abc\x00" +
		"\x12\x01\x03\x00\x01\x00\x00\x00" + string([]byte{up, 0, 0, 0}) + "\x00\x00\x00\x00" + secret
}

// pictures are one of each format, with a secret wherever one can be.
func pictures(t testing.TB) map[string][]byte {
	t.Helper()
	var j, p, g bytes.Buffer
	loud := &gif.GIF{
		Image: []*image.Paletted{drawing(), drawing()}, Delay: []int{5, 5},
		Config: image.Config{ColorModel: color.Palette(palette.Plan9), Width: 40, Height: 30},
	}
	for _, err := range []error{jpeg.Encode(&j, drawing(), nil), png.Encode(&p, drawing()), gif.EncodeAll(&g, loud)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	jpg, pngs, gifs := j.String(), p.String(), g.String()
	jpg = jpg[:2] + segment(0xe1, exif(6)) + segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00"+secret) + segment(0xed, "Photoshop 3.0\x00"+secret) +
		segment(0xe0, "JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x03\x03"+secret) + segment(0xee, "Adobe\x00\x64\x00\x00\x00\x00\x01"+secret) +
		segment(0xe0, "JFXX\x00"+secret) + segment(0xe2, "MPF\x00"+secret) + segment(0xfe, secret) + jpg[2:] + secret
	end := len(pngs) - 12
	pngs = pngs[:33] + chunk("eXIf", secret) + chunk("tEXt", "Comment\x00"+secret) + chunk("tIME", "1234567") + pngs[33:end] +
		chunk("prVt", secret) + pngs[end:] + secret
	table := 13 + 3*256
	gifs = gifs[:table] + "\x21\xfe" + string(rune(len(secret))) + secret + "\x00" +
		"\x21\xff\x0bXMP DataXMP" + string(rune(len(secret))) + secret + "\x00" + gifs[table:] + secret
	return map[string][]byte{"image/jpeg": []byte(jpg), "image/png": []byte(pngs), "image/gif": []byte(gifs), "image/webp": webp()}
}

// webp is the smallest picture that VP8L has (of one pixel), in an extended file.
func webp() []byte {
	riff := func(kind, body string) string {
		head := binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body)))
		return string(head) + body + strings.Repeat("\x00", len(body)%2)
	}
	body := "WEBP" + riff("VP8X", "\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00") +
		riff("VP8L", "\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00") + riff("EXIF", secret) + riff("XMP ", secret) + riff("PRIV", secret)
	return []byte(string(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body)))) + body + secret)
}

// Nothing is left of what isn't shown, and what is shown is as it was.
func TestPicture(t *testing.T) {
	for kind, picture := range pictures(t) {
		got, mediaType, err := Picture(picture)
		if err != nil || mediaType != kind {
			t.Errorf("%s: %s, %v", kind, mediaType, err)
			continue
		}
		if bytes.Contains(got, []byte("GPS")) || bytes.Contains(got, []byte("hunter2")) || bytes.Contains(got, []byte("1234567")) {
			t.Errorf("%s: something is left of what it said", kind)
		}
		again, _, err := Picture(got)
		if err != nil || !bytes.Equal(again, got) {
			t.Errorf("%s: stripping it again changes it: %v", kind, err)
		}
		if kind == "image/webp" && (got[20] != 0 || int(binary.LittleEndian.Uint32(got[4:])) != len(got)-8) {
			t.Errorf("webp: %x", got)
		}
		before, _, err1 := image.Decode(bytes.NewReader(picture))
		after, _, err2 := image.Decode(bytes.NewReader(got))
		if err1 != nil || err2 != nil || before.Bounds() != after.Bounds() || before.At(7, 3) != after.At(7, 3) || before.At(33, 28) != after.At(33, 28) {
			t.Errorf("%s: the picture has changed: %v, %v", kind, err1, err2)
		}
	}
}

// A photo that a camera took on its side stays the right way up.
func TestOrientation(t *testing.T) {
	got, _, err := Picture(pictures(t)["image/jpeg"])
	if err != nil {
		t.Fatal(err)
	}
	if up := orientation(got[6:]); got[3] != jpegAPP1 || up != 6 || !Turned(got) {
		t.Errorf("up = %d in %x; want 6", up, got[:40])
	}
}

// An animation goes on running again and again.
func TestAnimation(t *testing.T) {
	got, _, err := Picture(pictures(t)["image/gif"])
	if err != nil {
		t.Fatal(err)
	}
	g, err := gif.DecodeAll(bytes.NewReader(got))
	if err != nil || len(g.Image) != 2 || g.Delay[0] != 5 || g.LoopCount != 0 {
		t.Errorf("%d frames, %v", len(g.Image), err)
	}
}

// What isn't whole, or isn't a picture, isn't half stripped.
func TestBroken(t *testing.T) {
	for kind, picture := range pictures(t) {
		for n := range len(picture) - len(secret) {
			if _, _, err := Picture(picture[:n]); !errors.Is(err, ErrUnknown) {
				t.Fatalf("%s: the first %d bytes: %v; want ErrUnknown", kind, n, err)
			}
		}
	}
	if _, _, err := Picture([]byte("<svg>")); !errors.Is(err, ErrUnknown) {
		t.Errorf("svg: %v; want ErrUnknown", err)
	}
}

// FuzzPicture: no panic, nothing longer than what came but for a way up, and what is
// stripped stays as it is.
func FuzzPicture(f *testing.F) {
	for _, picture := range pictures(f) {
		f.Add(picture)
	}
	f.Fuzz(func(t *testing.T, picture []byte) {
		got, _, err := Picture(picture)
		if err != nil {
			return
		}
		if len(got) > len(picture) {
			t.Errorf("%d bytes became %d", len(picture), len(got))
		}
		if again, _, err := Picture(got); err != nil || !bytes.Equal(again, got) {
			t.Errorf("stripping it again: %v", err)
		}
	})
}

func TestOrientationOf(t *testing.T) {
	var upright bytes.Buffer
	if err := jpeg.Encode(&upright, drawing(), nil); err != nil {
		t.Fatal(err)
	}
	turned := pictures(t)["image/jpeg"]
	stripped, _, err := Picture(turned)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		picture []byte
		want    int
	}{
		"none said": {upright.Bytes(), 1}, "turned": {turned, 6}, "stripped": {stripped, 6}, "cut": {turned[:30], 1},
		"another format": {pictures(t)["image/png"], 1}, "nothing": {nil, 1},
	} {
		if got := Orientation(c.picture); got != c.want {
			t.Errorf("%s: %d; want %d", name, got, c.want)
		}
	}
}
