package termpic

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"image"
	"image/color"
	"image/png"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestAnswer(t *testing.T) {
	for answer, want := range map[string]Way{
		"\x1b_Gi=31;OK\x1b\\\x1b[?62;c":            Kitty,
		"\x1b_Gi=31;OK\x1b\\\x1b[?62;4;22c":        Kitty,
		"\x1b[?62;4;6;22c":                         Sixel,
		"\x1b[?4;6c":                               None, // a VT132
		"\x1b[?62;22c":                             None,
		"\x1b_Gi=31;ENOTSUPPORTED\x1b\\\x1b[?6c":   None,
		strings.Repeat("x", maxAnswer) + "\x1b[?6": None,
	} {
		if way, done := Answer([]byte(answer)); way != want || !done {
			t.Errorf("%q: %d, %t; want %d", answer, way, done, want)
		}
	}
	if _, done := Answer([]byte("\x1b_Gi=31;OK\x1b\\\x1b[?62;4")); done {
		t.Error("done before the attributes have ended")
	}
}

// halves is red on the left, blue on the right.
func halves(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{255, 0, 0, 255}
			if x >= width/2 {
				c = color.RGBA{0, 0, 255, 255}
			}
			m.Set(x, y, c)
		}
	}
	return m
}

func TestDrawKitty(t *testing.T) {
	var out bytes.Buffer
	if err := Draw(&out, Kitty, halves(4000, 1000), 100, 10); err != nil {
		t.Fatal(err)
	}
	var data strings.Builder
	for _, part := range regexp.MustCompile("\x1b_G([^;]*);([^\x1b]*)\x1b\\\\").FindAllStringSubmatch(out.String(), -1) {
		data.WriteString(part[2])
	}
	raw, err := base64.StdEncoding.DecodeString(data.String())
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(raw))
	if err != nil || m.Bounds().Dx() != 640 || m.Bounds().Dy() != 160 {
		t.Fatalf("%v, %v; want 640 by 160: ten rows high", m.Bounds(), err)
	}
	if r, _, b, _ := m.At(10, 10).RGBA(); r != 0xffff || b != 0 {
		t.Error("the left half isn't red")
	}
}

// TestDrawSixel reads the sixels again.
func TestDrawSixel(t *testing.T) {
	var out bytes.Buffer
	if err := Draw(&out, Sixel, halves(20, 14), 100, 10); err != nil {
		t.Fatal(err)
	}
	body, ok := strings.CutPrefix(out.String(), "\x1bP0;1q\"1;1;20;14")
	if !ok || !strings.HasSuffix(body, "\x1b\\") {
		t.Fatalf("%.40q…", out.String())
	}
	got := readSixels(t, strings.TrimSuffix(body, "\x1b\\"), 20, 14)
	for y := range 14 {
		for x := range 20 {
			want := [3]int{100, 0, 0}
			if x >= 10 {
				want = [3]int{0, 0, 100}
			}
			if got[y][x] != want {
				t.Fatalf("at %d, %d: %v; want %v", x, y, got[y][x], want)
			}
		}
	}
}

// readSixels is a small terminal.
func readSixels(t *testing.T, data string, width, height int) [][][3]int {
	t.Helper()
	out := make([][][3]int, height)
	for y := range out {
		out[y] = make([][3]int, width)
	}
	colours := map[int][3]int{}
	var colour [3]int
	x, top := 0, 0
	for _, token := range regexp.MustCompile(`#[\d;]+|!\d+.|[$\-?-~]`).FindAllString(data, -1) {
		times, six := 1, token[len(token)-1]
		switch token[0] {
		case '#':
			var n []int
			for _, f := range strings.Split(token[1:], ";") {
				v, _ := strconv.Atoi(f)
				n = append(n, v)
			}
			if len(n) == 5 {
				colours[n[0]] = [3]int{n[2], n[3], n[4]}
			}
			colour = colours[n[0]]
			continue
		case '$':
			x = 0
			continue
		case '-':
			x, top = 0, top+6
			continue
		case '!':
			times, _ = strconv.Atoi(token[1 : len(token)-1])
		}
		for range times {
			for row := range 6 {
				if (six-'?')>>row&1 == 1 {
					out[top+row][x] = colour
				}
			}
			x++
		}
	}
	return out
}

// A small file that says that it is a large picture isn't decoded.
func TestDecodeBomb(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, halves(2, 2)); err != nil {
		t.Fatal(err)
	}
	bomb := b.Bytes()
	copy(bomb[16:24], "\x00\x00\xff\xff\x00\x00\xff\xff") // the CRC isn't right any more either
	for name, picture := range map[string][]byte{"a bomb": bomb, "no picture": []byte("<svg>"), "nothing": nil} {
		if _, err := Decode(t.Context(), picture); !errors.Is(err, ErrPicture) {
			t.Errorf("%s: %v; want ErrPicture", name, err)
		}
	}
}

func TestFit(t *testing.T) {
	for _, test := range []struct{ size, bounds, want image.Point }{
		{image.Pt(10, 10), image.Pt(100, 100), image.Pt(10, 10)},
		{image.Pt(1000, 500), image.Pt(100, 100), image.Pt(100, 50)},
		{image.Pt(500, 1000), image.Pt(100, 100), image.Pt(50, 100)},
		{image.Pt(100000, 1), image.Pt(100, 100), image.Pt(100, 1)},
	} {
		if got := fit(test.size, test.bounds); got != test.want {
			t.Errorf("%v in %v: %v; want %v", test.size, test.bounds, got, test.want)
		}
	}
}

// scans returns a progressive JPEG of 2400 by 2400 pixels that is gone over n times,
// each for 22 bytes of the file that say that all blocks stay as they are (ITU-T T.81,
// Section G.1.2.2).
func scans(n int) []byte {
	file := []byte("\xff\xd8\xff\xdb\x00\x43\x00" + strings.Repeat("\x01", 64))
	file = append(file, "\xff\xc2\x00\x0b\x08\x09\x60\x09\x60\x01\x01\x11\x00"...)
	file = append(file, "\xff\xc4\x00\x14\x10\x01"+strings.Repeat("\x00", 15)+"\xe0"...)
	for range n {
		file = append(file, "\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00"+strings.Repeat("\x00", 12)...)
	}
	return append(file, "\xff\xd9"...)
}

// TestScans: a small file that takes long to be decoded isn't waited for.
func TestScans(t *testing.T) {
	if _, err := Decode(t.Context(), scans(2)); err != nil {
		t.Fatalf("a picture of two scans: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := Decode(ctx, scans(400)); !errors.Is(err, ErrPicture) {
		t.Errorf("when the time is over: %v; want ErrPicture", err)
	}
}
