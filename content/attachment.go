package content

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Role says what an attachment is to a conversation.
type Role uint8

// The roles.
const (
	RolePhoto Role = 1
	RoleVideo Role = 2
	RoleVoice Role = 3
	RoleFile  Role = 4
)

// Bounds of attachments.
const (
	MaxAttachments = 64       // of one message
	MaxBlob        = 1 << 40  // bytes of one
	MaxFileName    = 255      // bytes
	MaxAlt         = 1000     // bytes
	MaxMediaType   = 100      // bytes
	MaxSide        = 1 << 16  // pixels of a width or a height
	MaxPixels      = 1 << 28  // of a picture
	MaxThumb       = 64       // bytes
	MaxPoster      = 24 << 10 // bytes
	MaxPosters     = 40 << 10 // bytes of all posters of a message
	MaxWave        = 64       // levels
)

// An Attachment is a photo, video, voice note or file of a message: where its blob
// is, how to open it, and what to show until then. How it is sealed says package
// media.
type Attachment struct {
	_      struct{} `cbor:",toarray"`
	Role   Role
	Blob   [32]byte // SHA-256 of what was uploaded: its name
	Key    [32]byte // secret
	Hash   [32]byte // SHA-256 of what it holds
	Size   int64    // bytes that it holds, from 0
	Sealed int64    // bytes of the blob

	Type string // a media type in small letters, without parameters; of a photo, video and voice note one of few
	Name string // a bare file name: see CleanName; empty: none
	Alt  string // what it shows, in words; at most MaxAlt bytes

	Width      uint32 // pixels, at most MaxSide, and MaxPixels with Height; 0: not known. Of a photo or video
	Height     uint32
	DurationMS uint32 // of a video or voice note; 0: not known
	Thumb      []byte // a ThumbHash, at most MaxThumb bytes; of a photo or video
	Poster     []byte // a JPEG or WebP, at most MaxPoster bytes; of a video
	Wave       []byte // levels from 0 to 255, at most MaxWave; of a voice note
}

// roleTypes are the media types of roles that are shown, and not only kept. None of
// them can hold a script.
var roleTypes = map[Role][]string{
	RolePhoto: {"image/jpeg", "image/png", "image/webp", "image/gif"},
	RoleVideo: {"video/mp4", "video/webm", "video/quicktime"},
	RoleVoice: {"audio/webm", "audio/ogg", "audio/mp4", "audio/mpeg", "audio/aac", "audio/wav"},
}

// RoleOf returns the role that a file of a media type can be shown in: RolePhoto,
// RoleVideo, or RoleFile for all else. A voice note is one because it was recorded as
// one.
func RoleOf(mediaType string) Role {
	for _, r := range []Role{RolePhoto, RoleVideo} {
		for _, t := range roleTypes[r] {
			if t == mediaType {
				return r
			}
		}
	}
	return RoleFile
}

// blobURL begins the URL of an external part that is a blob of Parley's; the blob's
// name follows, in hexadecimal.
const blobURL = "parley:blob:"

// Check returns ErrMalformed or ErrLimit for an attachment that no honest client
// sends, whether it came or is to be sent.
func (a *Attachment) Check() error {
	if err := a.checkType(); err != nil {
		return err
	}
	switch {
	case a.Size < 0 || a.Size > MaxBlob || a.Sealed < a.Size || a.Sealed > a.Size+a.Size/4+1<<10:
		return fmt.Errorf("%w: size of an attachment", ErrLimit)
	case len(a.Name) > MaxFileName || len(a.Alt) > MaxAlt:
		return fmt.Errorf("%w: name of an attachment", ErrLimit)
	case CleanName(a.Name) != a.Name || !utf8.ValidString(a.Alt):
		return fmt.Errorf("%w: name of an attachment", ErrMalformed)
	}
	return a.checkLooks()
}

// checkType holds the type against the role.
func (a *Attachment) checkType() error {
	if a.Role == RoleFile {
		kind, params, ok := parseMediaType(a.Type)
		if !ok || len(params) > 0 || kind != a.Type || len(a.Type) > MaxMediaType {
			return fmt.Errorf("%w: type of an attachment", ErrMalformed)
		}
		return nil
	}
	for _, t := range roleTypes[a.Role] {
		if t == a.Type {
			return nil
		}
	}
	return fmt.Errorf("%w: type of an attachment", ErrMalformed)
}

// checkLooks checks what is shown before the attachment is there.
func (a *Attachment) checkLooks() error {
	seen := a.Role == RolePhoto || a.Role == RoleVideo
	heard := a.Role == RoleVideo || a.Role == RoleVoice
	switch {
	case (a.Width == 0) != (a.Height == 0):
		return fmt.Errorf("%w: dimensions", ErrMalformed)
	case a.Width > MaxSide || a.Height > MaxSide || uint64(a.Width)*uint64(a.Height) > MaxPixels:
		return fmt.Errorf("%w: dimensions", ErrLimit)
	case len(a.Thumb) > MaxThumb || len(a.Poster) > MaxPoster || len(a.Wave) > MaxWave:
		return fmt.Errorf("%w: looks of an attachment", ErrLimit)
	case !seen && (a.Width > 0 || len(a.Thumb) > 0), !heard && a.DurationMS > 0,
		a.Role != RoleVideo && len(a.Poster) > 0, a.Role != RoleVoice && len(a.Wave) > 0:
		return fmt.Errorf("%w: looks of an attachment of another role", ErrMalformed)
	}
	if t := PictureType(a.Poster); len(a.Poster) > 0 && t != "image/jpeg" && t != "image/webp" {
		return fmt.Errorf("%w: poster", ErrMalformed)
	}
	return nil
}

// disposition says to other clients whether a is shown where it stands.
func (a *Attachment) disposition() Disposition {
	if a.Role == RoleFile {
		return DispositionAttachment
	}
	return DispositionInline
}

// external returns a as the external part that stands for it.
func (a *Attachment) external() ExternalPart {
	return ExternalPart{
		ContentType: a.Type, URL: blobURL + hex.EncodeToString(a.Blob[:]), Size: uint64(a.Size),
		HashAlg: hashSHA256, ContentHash: a.Blob[:], Description: a.Alt, Filename: a.Name,
	}
}

// takeExternal is the reverse of external, or ErrMalformed.
func (a *Attachment) takeExternal(e *ExternalPart) error {
	if len(e.ContentHash) != len(a.Blob) || e.Size > MaxBlob {
		return fmt.Errorf("%w: attachment", ErrMalformed)
	}
	a.Blob, a.Size = [32]byte(e.ContentHash), int64(e.Size)
	a.Type, a.Name, a.Alt = e.ContentType, e.Filename, e.Description
	want := a.external()
	if e.URL != want.URL || e.HashAlg != want.HashAlg || e.EncAlg != 0 || e.Expires != 0 ||
		len(e.Key)+len(e.Nonce)+len(e.AAD) > 0 {
		return fmt.Errorf("%w: attachment", ErrMalformed)
	}
	return nil
}

// CleanName returns a file name without what misleads: directories, control
// characters, what turns the direction of text, spaces and dots at its ends. It is at
// most MaxFileName bytes long and keeps its extension; empty where nothing is left.
func CleanName(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case r == utf8.RuneError || unicode.IsControl(r) || turnsText(r):
		case strings.ContainsRune(`/\:*?"<>|`, r):
			b.WriteByte('_')
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	name = trimName(b.String())
	if len(name) <= MaxFileName {
		return name
	}
	ext := ""
	if dot := strings.LastIndexByte(name, '.'); dot > 0 && len(name)-dot <= 16 {
		name, ext = name[:dot], name[dot:]
	}
	cut := MaxFileName - len(ext)
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return trimName(name[:cut]) + ext
}

func trimName(s string) string { return strings.Trim(s, " .") }

// turnsText reports whether r changes the direction of what follows it, or breaks a
// line, or can't be seen at the ends of a name.
func turnsText(r rune) bool {
	switch {
	case r == 0x061c, r == 0x200e, r == 0x200f, 0x2028 <= r && r <= 0x202e, 0x2066 <= r && r <= 0x2069, r == 0xfeff:
		return true
	}
	return false
}
