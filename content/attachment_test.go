package content_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	. "parley/content"
	"parley/internal/cbor"
)

// photo returns an attachment that is in order, told from others by n.
func photo(n byte) Attachment {
	return Attachment{
		Role: RolePhoto, Blob: [32]byte{1, n}, Key: [32]byte{2, n}, Hash: [32]byte{3, n}, Size: 1000, Sealed: 1100,
		Type: "image/jpeg", Name: "beach.jpg", Alt: "a beach", Width: 640, Height: 480, Thumb: []byte{1, 2, 3},
	}
}

func video(n byte) Attachment {
	a := photo(n)
	a.Role, a.Type, a.Name, a.DurationMS, a.Poster = RoleVideo, "video/mp4", "clip.mp4", 12_000, []byte("\xff\xd8\xff a poster")
	return a
}

func voice(n byte) Attachment {
	return Attachment{Role: RoleVoice, Blob: [32]byte{1, n}, Size: 10, Sealed: 100, Type: "audio/webm", DurationMS: 900, Wave: []byte{0, 9, 255}}
}

func file(n byte, name, mediaType string) Attachment {
	return Attachment{Role: RoleFile, Blob: [32]byte{1, n}, Size: 10, Sealed: 100, Type: mediaType, Name: name}
}

func attached(t testing.TB, caption string, once bool, all ...Attachment) *Message {
	t.Helper()
	m, err := NewAttached(ext, SinglePart{ContentType: TypeMarkdown, Content: []byte(caption)}, Attached{Attachments: all, ViewOnce: once})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// What is attached comes out as it went in, as external parts
// (draft-ietf-mimi-content-08, Section 4.5), with a caption or without.
func TestAttached(t *testing.T) {
	for name, tc := range map[string]struct {
		caption string
		once    bool
		all     []Attachment
	}{
		"a photo":            {"", false, []Attachment{photo(1)}},
		"with a caption":     {"*look*", false, []Attachment{photo(1)}},
		"an album":           {"", false, []Attachment{photo(1), video(2), voice(3), file(4, "a.pdf", "application/pdf")}},
		"with a caption too": {"all", false, []Attachment{video(2), photo(1)}},
		"viewed once":        {"quick", true, []Attachment{video(1)}},
		"an empty file":      {"", false, []Attachment{{Role: RoleFile, Blob: [32]byte{9}, Sealed: 72, Type: "text/plain", Name: "empty.txt"}}},
	} {
		data := encode(t, attached(t, tc.caption, tc.once, tc.all...))
		m, _, err := Decode(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := m.Attached()
		if !m.HasAttachments() || got.ViewOnce != tc.once || len(got.Attachments) != len(tc.all) {
			t.Fatalf("%s: got %+v", name, got)
		}
		for i := range got.Attachments {
			if got, want := cbor.MustMarshal(got.Attachments[i]), cbor.MustMarshal(tc.all[i]); !bytes.Equal(got, want) {
				t.Errorf("%s: attachment %d is %x; want %x", name, i, got, want)
			}
		}
		if s := m.Summary(); s.Kind != KindText || s.Text != tc.caption || !s.Markdown {
			t.Errorf("%s: summary %+v; want the caption", name, s)
		}
		if again := encode(t, m); !bytes.Equal(again, data) {
			t.Errorf("%s: it encodes to %x; want %x", name, again, data)
		}
	}
}

// A client that doesn't know attachments of ours, as v0.1.0, still reads the message,
// and has the caption and names to show.
func TestAttachedFallback(t *testing.T) {
	m := attached(t, "look", false, photo(1), file(2, "notes.txt", "text/plain"))
	part := m.Part
	old, _, err := Decode(encode(t, &Message{Extensions: ext, Part: part}))
	if err != nil {
		t.Fatal(err)
	}
	if s := old.Summary(); s.Kind != KindText || s.Text != "look\n[a beach]\n[notes.txt]" {
		t.Errorf("an old client shows %+v", s)
	}
	if old.HasAttachments() || len(old.Attached().Attachments) > 0 {
		t.Error("it has attachments without their keys")
	}
	inner := m.Part.Body.(MultiPart).Parts[1].Body.(ExternalPart)
	if inner.EncAlg != 0 || len(inner.Key)+len(inner.Nonce)+len(inner.AAD) != 0 {
		t.Errorf("the part has %+v; want no key where it says that no AEAD of IANA's is used", inner)
	}
}

// What no honest client attaches is neither sent nor taken.
func TestAttachmentRefused(t *testing.T) {
	for name, change := range map[string]func(a *Attachment){
		"no role":                   func(a *Attachment) { a.Role = 0 },
		"unknown role":              func(a *Attachment) { a.Role = 9 },
		"SVG as a photo":            func(a *Attachment) { a.Type = "image/svg+xml" },
		"HTML as a photo":           func(a *Attachment) { a.Type = "text/html" },
		"a video as a photo":        func(a *Attachment) { a.Type = "video/mp4" },
		"no type":                   func(a *Attachment) { a.Type = "" },
		"parameters":                func(a *Attachment) { a.Type = "image/jpeg; x=1" },
		"capitals":                  func(a *Attachment) { a.Type = "Image/JPEG" },
		"a file's type with a line": func(a *Attachment) { *a = file(1, "x", "text/plain\r\nX-Evil: 1") },
		"a file's long type":        func(a *Attachment) { *a = file(1, "x", "text/"+strings.Repeat("x", 200)) },
		"a file with looks":         func(a *Attachment) { a.Role, a.Type = RoleFile, "image/jpeg" },
		"negative size":             func(a *Attachment) { a.Size = -1 },
		"larger than its blob":      func(a *Attachment) { a.Size = 1101 },
		"a blob of another size":    func(a *Attachment) { a.Sealed = 100_000 },
		"huge":                      func(a *Attachment) { a.Size, a.Sealed = MaxBlob+1, MaxBlob+2 },
		"up a directory":            func(a *Attachment) { a.Name = "../../.bashrc" },
		"an absolute path":          func(a *Attachment) { a.Name = "/etc/passwd" },
		"a path of Windows":         func(a *Attachment) { a.Name = `C:\autoexec.bat` },
		"a stream of Windows":       func(a *Attachment) { a.Name = "a.txt:evil.exe" },
		"dots":                      func(a *Attachment) { a.Name = ".." },
		"hidden":                    func(a *Attachment) { a.Name = ".profile" },
		"turned around":             func(a *Attachment) { a.Name = "photo\u202egpj.exe" },
		"isolated":                  func(a *Attachment) { a.Name = "a\u2066b" },
		"a control character":       func(a *Attachment) { a.Name = "a\x1b[2Jb" },
		"NUL":                       func(a *Attachment) { a.Name = "a\x00.jpg" },
		"a line end":                func(a *Attachment) { a.Name = "a\nb" },
		"a line of Unicode":         func(a *Attachment) { a.Name = "a\u2028b" },
		"spaces behind":             func(a *Attachment) { a.Name = "a.jpg   " },
		"a long name":               func(a *Attachment) { a.Name = strings.Repeat("x", 256) },
		"not UTF-8":                 func(a *Attachment) { a.Name = "\xff" },
		"alt that isn't":            func(a *Attachment) { a.Alt = "\xff" },
		"long alt":                  func(a *Attachment) { a.Alt = strings.Repeat("x", 1001) },
		"half a size":               func(a *Attachment) { a.Height = 0 },
		"wide":                      func(a *Attachment) { a.Width = MaxSide + 1 },
		"a bomb":                    func(a *Attachment) { a.Width, a.Height = MaxSide, MaxSide },
		"a photo that lasts":        func(a *Attachment) { a.DurationMS = 1 },
		"a photo with a poster":     func(a *Attachment) { a.Poster = []byte("\xff\xd8\xff") },
		"a photo with a wave":       func(a *Attachment) { a.Wave = []byte{1} },
		"a large thumb":             func(a *Attachment) { a.Thumb = make([]byte, 65) },
		"a poster in SVG":           func(a *Attachment) { *a = video(1); a.Poster = []byte("<svg onload=x>") },
		"a poster in PNG":           func(a *Attachment) { *a = video(1); a.Poster = []byte("\x89PNG\r\n\x1a\n") },
		"a large poster":            func(a *Attachment) { *a = video(1); a.Poster = append(a.Poster, make([]byte, MaxPoster)...) },
		"a long wave":               func(a *Attachment) { *a = voice(1); a.Wave = make([]byte, 65) },
		"a voice with dimensions":   func(a *Attachment) { *a = voice(1); a.Width, a.Height = 1, 1 },
	} {
		a := photo(1)
		change(&a)
		if _, err := NewAttached(ext, SinglePart{}, Attached{Attachments: []Attachment{a}}); !refusal(err) {
			t.Errorf("%s: sent with %v; want ErrMalformed or ErrLimit", name, err)
		}
		if _, _, err := Decode(forge(t, false, a)); !refusal(err) {
			t.Errorf("%s: taken with %v; want ErrMalformed or ErrLimit", name, err)
		}
	}
	if _, _, err := Decode(forge(t, false, photo(1))); err != nil {
		t.Fatalf("what is in order is refused: %v", err) // else the above shows nothing
	}
}

func refusal(err error) bool { return errors.Is(err, ErrMalformed) || errors.Is(err, ErrLimit) }

// What is attached together is bounded, and no blob comes twice: perhaps under another
// key.
func TestAlbumRefused(t *testing.T) {
	var many []Attachment
	for i := range 65 {
		many = append(many, photo(byte(i)))
	}
	twice := photo(1)
	twice.Key[5] = 7
	large := video(1)
	large.Poster = append([]byte("\xff\xd8\xff"), make([]byte, 23<<10)...)
	larger := large
	larger.Blob[9] = 1
	for name, tc := range map[string]struct {
		once bool
		all  []Attachment
	}{
		"65":                    {false, many},
		"one blob twice":        {false, []Attachment{photo(1), twice}},
		"posters":               {false, []Attachment{large, larger}},
		"an album viewed once":  {true, []Attachment{photo(1), photo(2)}},
		"a file viewed once":    {true, []Attachment{file(1, "a.txt", "text/plain")}},
		"nothing":               {false, nil},
		"nothing, viewed once ": {true, nil},
	} {
		if _, err := NewAttached(ext, SinglePart{}, Attached{Attachments: tc.all, ViewOnce: tc.once}); !refusal(err) {
			t.Errorf("%s: sent with %v", name, err)
		}
		if len(tc.all) == 0 {
			continue
		}
		if _, _, err := Decode(forge(t, tc.once, tc.all...)); !refusal(err) {
			t.Errorf("%s: taken with %v", name, err)
		}
	}
	if _, _, err := Decode(forge(t, false, many[:64]...)); err != nil {
		t.Errorf("64: %v", err)
	}
}

// forge returns the bytes of a message with attachments that were not checked, as a
// hostile member would write them: ours are put in order, then exchanged.
func forge(t testing.TB, once bool, all ...Attachment) []byte {
	t.Helper()
	stand := make([]Attachment, len(all))
	for i := range stand {
		stand[i] = Attachment{Role: RoleFile, Blob: [32]byte{byte(i), 0xee}, Sealed: 10, Type: "a/b"}
	}
	if len(all) > MaxAttachments {
		stand = stand[:MaxAttachments]
	}
	return tamper(t, encode(t, attached(t, "", false, stand...)), func(parts, media []any) ([]any, []any) {
		var outParts, items []any
		for i := range all {
			a := &all[i]
			disposition := uint64(4)
			if a.Role == RoleFile {
				disposition = 6
			}
			none := []byte{}
			outParts = append(outParts, []any{
				disposition, "", uint64(2), a.Type, "parley:blob:" + hexOf(a.Blob[:]), uint64(0), uint64(a.Size), uint64(0),
				none, none, none, // key, nonce, additional data
				uint64(1), a.Blob[:], a.Alt, a.Name,
			})
			items = append(items, []any{
				uint64(a.Role), a.Key[:], a.Hash[:], a.Sealed, a.Width, a.Height, a.DurationMS, bytesOf(a.Thumb), bytesOf(a.Poster), bytesOf(a.Wave),
			})
		}
		return outParts, []any{once, items}
	})
}

func bytesOf(b []byte) []byte { return append([]byte{}, b...) }

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var s []byte
	for _, c := range b {
		s = append(s, digits[c>>4], digits[c&15])
	}
	return string(s)
}

// tamper takes a message with attachments apart, has change exchange its external parts
// and its extension, and puts it together again.
func tamper(t testing.TB, data []byte, change func(parts, media []any) ([]any, []any)) []byte {
	t.Helper()
	var fields []cbor.RawMessage
	if err := cbor.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	var extensions map[any]cbor.RawMessage
	if err := cbor.Unmarshal(fields[5], &extensions); err != nil {
		t.Fatal(err)
	}
	var wrapped []byte
	if err := cbor.Unmarshal(extensions["parley.media"], &wrapped); err != nil {
		t.Fatal(err)
	}
	var media, part []any
	if err := cbor.Unmarshal(wrapped, &media); err != nil {
		t.Fatal(err)
	}
	if err := cbor.Unmarshal(fields[6], &part); err != nil {
		t.Fatal(err)
	}
	parts := []any{any(part)}
	if part[2] == uint64(3) {
		parts = part[4].([]any)
	}
	parts, media = change(parts, media)
	if len(parts) == 1 {
		fields[6] = cbor.MustMarshal(parts[0])
	} else {
		fields[6] = cbor.MustMarshal([]any{uint64(1), "", uint64(3), uint64(2), parts})
	}
	extensions["parley.media"] = cbor.MustMarshal(cbor.MustMarshal(media))
	fields[5] = cbor.MustMarshal(extensions)
	return cbor.MustMarshal(fields)
}

// The extension and the parts belong together: none more, none less, none of another
// place, and only of a message that shows.
func TestAttachedTampered(t *testing.T) {
	good := encode(t, attached(t, "", false, photo(1), photo(2)))
	for name, change := range map[string]func(parts, media []any) ([]any, []any){
		"a part more":    func(p, m []any) ([]any, []any) { return append(p, p[0]), m },
		"a part less":    func(p, m []any) ([]any, []any) { return p[:1], m },
		"no item":        func(p, m []any) ([]any, []any) { return p, []any{false, []any{}} },
		"a text between": func(p, m []any) ([]any, []any) { p[1] = textPart("text/plain"); return p, m },
		"an odd caption": func(p, m []any) ([]any, []any) { return append([]any{textPart("text/html")}, p...), m },
		"another URL":    external(4, "https://evil.example/x"),
		"capitals in it": external(4, "parley:blob:"+strings.ToUpper(hexOf(make([]byte, 31)))+"AB"),
		"a cipher":       external(7, uint64(1)),
		"a key":          external(8, []byte{1}),
		"another hash":   external(11, uint64(2)),
		"a short hash":   external(12, []byte{1}),
		"an end":         external(5, uint64(5)),
		"a huge size":    external(6, uint64(1<<63)),
		"of a file":      external(0, uint64(6)),
		"a short key":    item(1, []byte{1}),
		"a long hash":    item(2, make([]byte, 33)),
		"sealed below 0": item(3, int64(-5)),
		"wide":           item(4, uint64(1<<33)),
		"an odd form":    func(p, m []any) ([]any, []any) { return p, []any{false, m[1], true} },
	} {
		if _, _, err := Decode(tamper(t, good, change)); !refusal(err) {
			t.Errorf("%s: taken with %v", name, err)
		}
	}
	same := func(p, m []any) ([]any, []any) { return p, m }
	if got := tamper(t, good, same); !bytes.Equal(got, good) {
		t.Errorf("tampering with nothing gives %x; want %x", got, good)
	}
}

func textPart(t string) []any { return []any{uint64(1), "", uint64(1), t, []byte("<b>")} }

func external(field int, value any) func(p, m []any) ([]any, []any) {
	return func(p, m []any) ([]any, []any) { p[0].([]any)[field] = value; return p, m }
}

func item(field int, value any) func(p, m []any) ([]any, []any) {
	return func(p, m []any) ([]any, []any) { m[1].([]any)[0].([]any)[field] = value; return p, m }
}

func TestCleanName(t *testing.T) {
	for name, want := range map[string]string{
		"photo.jpg":                          "photo.jpg",
		"../../etc/passwd":                   "_.._etc_passwd",
		`C:\x\y.exe`:                         "C__x_y.exe",
		"..":                                 "",
		".bashrc":                            "bashrc",
		"a\u202egpj.exe":                     "agpj.exe",
		"a\x00\x1b\u2028b":                   "ab",
		" a . ":                              "a",
		"a\u00a0b\tc":                        "a bc",
		"صورة 1.jpg":                         "صورة 1.jpg",
		"👩‍👩‍👧.png":                          "👩‍👩‍👧.png",
		"\xff.txt":                           "txt",
		strings.Repeat("x", 300) + ".pdf":    strings.Repeat("x", 251) + ".pdf",
		strings.Repeat("é", 200):             strings.Repeat("é", 127),
		strings.Repeat("x", 250) + " . .pdf": strings.Repeat("x", 250) + ".pdf",
	} {
		if got := CleanName(name); got != want {
			t.Errorf("CleanName(%q) = %q; want %q", name, got, want)
		}
	}
}

// What CleanName returns stands: it is the name that checks.
func FuzzCleanName(f *testing.F) {
	for _, name := range []string{"a.jpg", "../x", strings.Repeat("y ", 200) + ". .tar.gz", ". . .", "\u202e"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := CleanName(name)
		if again := CleanName(got); again != got || len(got) > MaxFileName || !utf8.ValidString(got) || strings.ContainsAny(got, "/\\\x00\n") {
			t.Fatalf("CleanName(%q) = %q, and of that %q", name, got, again)
		}
	})
}

// Whatever comes as attachments is refused, or is in order and encodes to the same.
func FuzzAttached(f *testing.F) {
	f.Add(encode(f, attached(f, "", false, photo(1))))
	f.Add(encode(f, attached(f, "a", true, video(1))))
	f.Add(encode(f, attached(f, "a", false, photo(1), voice(2), file(3, "x", "a/b"))))
	f.Add(forge(f, true, photo(1), photo(1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, _, err := Decode(data)
		if err != nil || !m.HasAttachments() {
			return
		}
		a := m.Attached()
		if err := a.Check(); err != nil {
			t.Fatalf("taken, and %v", err)
		}
		if again := encode(t, m); !bytes.Equal(again, data) {
			t.Fatalf("it encodes to %x; want %x", again, data)
		}
	})
}
