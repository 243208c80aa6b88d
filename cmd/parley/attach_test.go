package main

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"parley/client"
	"parley/content"
)

func cmdPicture(ts *testscript.TestScript, _ bool, args []string) {
	var b bytes.Buffer
	ts.Check(png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))))
	whole := b.String()
	comment := append([]byte("tEXtComment\x00"), args[1]...)
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(comment)-4))
	chunk = binary.BigEndian.AppendUint32(append(chunk, comment...), crc32.ChecksumIEEE(comment))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(whole[:33]+string(chunk)+whole[33:]), 0o600))
}

// TestFileName: whatever a sender calls a file, it gets a bare name that no program
// takes for something else.
func TestFileName(t *testing.T) {
	for _, test := range []struct {
		role             content.Role
		mediaType, given string
		want             string
	}{
		{content.RoleFile, "application/pdf", "plan.pdf", "plan.pdf"},
		{content.RoleFile, "application/pdf", "../../etc/passwd", "passwd"},
		{content.RoleFile, "application/pdf", "/etc/passwd", "passwd"},
		{content.RoleFile, "application/pdf", "..", "file"},
		{content.RoleFile, "application/pdf", ".bashrc", "bashrc"},
		{content.RoleFile, "application/pdf", "-rf", "rf"},
		{content.RoleFile, "application/pdf", "", "file"},
		{content.RoleFile, "application/pdf", "a\x1b[2Jb\u202Efdp.exe", "a[2Jbfdp.exe"},
		{content.RolePhoto, "image/png", "beach.png", "beach.png"},
		{content.RolePhoto, "image/jpeg", "beach.JPEG", "beach.JPEG"},
		{content.RolePhoto, "image/png", "beach.html", "beach.png"},
		{content.RolePhoto, "image/png", "beach.png.desktop", "beach.png.png"},
		{content.RolePhoto, "image/png", "", "photo.png"},
		{content.RoleVideo, "video/mp4", ".sh", "sh.mp4"},
		{content.RoleVoice, "audio/ogg", "", "voice.ogg"},
	} {
		if got := fileName(&client.Attachment{Role: test.role, Type: test.mediaType, Name: test.given}); got != test.want {
			t.Errorf("%s called %q: %q; want %q", test.mediaType, test.given, got, test.want)
		}
	}
}

// TestPlace: what is there stays, also where a name leads elsewhere.
func TestPlace(t *testing.T) {
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "a (2).txt")); err != nil {
		t.Fatal(err)
	}
	part := filepath.Join(dir, "part")
	if err := os.WriteFile(part, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	path, err := place(part, dir, "a.txt")
	if err != nil || filepath.Base(path) != "a (3).txt" {
		t.Errorf("placed at %q, %v; want a (3).txt", path, err)
	}
	if mine, err := os.ReadFile(filepath.Join(dir, "a.txt")); err != nil || string(mine) != "mine" {
		t.Errorf("what was there: %q, %v", mine, err)
	}
	if _, err := os.Lstat(outside); err == nil {
		t.Error("a link was followed")
	}
}

// TestPlaceLong: a name as long as names may be can be saved, also with an extension
// and a number that it gets here.
func TestPlaceLong(t *testing.T) {
	dir := t.TempDir()
	name := fileName(&client.Attachment{Role: content.RolePhoto, Type: "image/jpeg", Name: "a" + strings.Repeat("é", 127)})
	for _, want := range []string{"a" + strings.Repeat("é", 125) + ".jpg", "a" + strings.Repeat("é", 123) + " (2).jpg"} {
		part := filepath.Join(dir, "part")
		if err := os.WriteFile(part, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if path, err := place(part, dir, name); err != nil || filepath.Base(path) != want {
			t.Errorf("placed at %q, %v; want %q", path, err, want)
		}
	}
}

// TestOpenName: only what can but be looked at is opened, by the type that was
// committed to.
func TestOpenName(t *testing.T) {
	for mediaType, want := range map[string]string{
		"application/pdf": "file.pdf", "text/plain": "file.txt", "text/html": "", "application/x-desktop": "", "image/png": "",
		"image/svg+xml": "", "application/octet-stream": "",
	} {
		got, ok := openName(&client.Attachment{Role: content.RoleFile, Type: mediaType, Name: "x.pdf"})
		if got != want || ok != (want != "") {
			t.Errorf("a file of %s: %q, %t; want %q", mediaType, got, ok, want)
		}
	}
	if got, ok := openName(&client.Attachment{Role: content.RolePhoto, Type: "image/png", Name: "x.desktop"}); got != "photo.png" || !ok {
		t.Errorf("a photo: %q, %t", got, ok)
	}
	if got := withoutOurs([]string{"PATH=/bin", "PARLEY_PASSPHRASE=secret", "HOME=/"}); !slices.Equal(got, []string{"PATH=/bin", "HOME=/"}) {
		t.Errorf("environment %q", got)
	}
}

func TestBar(t *testing.T) {
	var out bytes.Buffer
	b := &bar{w: &out, label: "sending"}
	for done := range int64(101) {
		b.show(done*30_000, 3_000_000)
	}
	b.end()
	got := out.String()
	if !strings.HasPrefix(got, "\rsending [") || !strings.Contains(got, "] 100 %  3.0 MB of 3.0 MB") || !strings.HasSuffix(got, "\r\x1b[K") {
		t.Errorf("%q", got)
	}
	if n := strings.Count(got, "sending"); n > 20 {
		t.Errorf("it was drawn %d times; want it now and then", n)
	}
	if got := barLine("x", 5, 0); !strings.Contains(got, "100 %") {
		t.Errorf("nothing of nothing: %q", got)
	}
	(&bar{}).show(1, 2) // nobody looks
}
