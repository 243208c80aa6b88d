package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"time"

	"parley/identity"
	"parley/wire"
)

// Defaults of [BlobConfig].
const (
	DefaultBlobSize      = 2 << 30
	DefaultBlobQuota     = 20 << 30
	DefaultBlobPart      = 64 << 20
	DefaultBlobRetention = 365 * 24 * time.Hour
	DefaultBlobEvidence  = 14 * 24 * time.Hour

	blobOrphan = 24 * time.Hour // how long what was uploaded waits for a message
)

// A BlobConfig says what the server takes of attachments. A zero field is the
// default.
type BlobConfig struct {
	Store     Blobs         // nil: attachments aren't taken
	Size      int64         // bytes of one blob
	Quota     int64         // bytes that one account may keep in all; below 0: not bounded
	Part      int64         // bytes of one PATCH
	Retention time.Duration // for which a message refers to a blob, at most
	Evidence  time.Duration // for which what nobody refers to is kept, and not served
	Forward   int           // rooms that a message may be forwarded to at once; 0: the client's own bound
}

func (c *BlobConfig) setDefaults() {
	orDefault(&c.Size, DefaultBlobSize)
	orDefault(&c.Quota, DefaultBlobQuota)
	orDefault(&c.Part, DefaultBlobPart)
	orDefault(&c.Retention, DefaultBlobRetention)
	orDefault(&c.Evidence, DefaultBlobEvidence)
}

// limits is what clients are told.
func (c *BlobConfig) limits() wire.BlobLimits {
	if c.Store == nil {
		return wire.BlobLimits{}
	}
	return wire.BlobLimits{Size: c.Size, Quota: max(c.Quota, 0), Part: c.Part, Forward: c.Forward}
}

// A BlobID names a blob: SHA-256 of its bytes.
type BlobID [sha256.Size]byte

// String returns the name in lower-case hexadecimal.
func (b BlobID) String() string { return hex.EncodeToString(b[:]) }

// ParseBlobID reads the form of String, and no other.
func ParseBlobID(text string) (b BlobID, ok bool) { return b, parseHex(b[:], text) }

// An UploadID names an upload. It is random: who has it isn't thereby allowed
// anything.
type UploadID [16]byte

// String returns the name in lower-case hexadecimal.
func (u UploadID) String() string { return hex.EncodeToString(u[:]) }

// ParseUploadID reads the form of String, and no other.
func ParseUploadID(text string) (u UploadID, ok bool) { return u, parseHex(u[:], text) }

// parseHex fills to from text, which must be its canonical form.
func parseHex(to []byte, text string) bool {
	if len(text) != 2*len(to) {
		return false
	}
	if _, err := hex.Decode(to, []byte(text)); err != nil {
		return false
	}
	return hex.EncodeToString(to) == text
}

// An Upload is one under way, or whole.
type Upload struct {
	ID        UploadID
	Account   identity.Account // whose it is
	Size      int64            // bytes in all: at least 1
	Offset    int64            // bytes that are durable
	ExpiresMS int64            // Unix milliseconds
	Blob      BlobID           // once Done
	Done      bool             // it is a blob
}

// A Part is what [Blobs.Append] adds.
type Part struct {
	Offset int64     // where it begins
	Size   int64     // how long it says that it is
	Body   io.Reader // to its end, or to that of the upload
	// Interrupt makes Body end soon. It is called, at most once, when somebody else wants
	// the upload. Nil: they wait.
	Interrupt func()
}

// Blobs keeps the bytes of attachments, and of uploads that will be some. It
// knows neither rooms nor messages. It never lists blobs.
//
// Its methods are safe for concurrent use. Those of one upload take effect one after
// another. To another account than its own an upload isn't there. Uploads may be known to this
// node alone. Any method may return ErrUnavailable or the context's error.
type Blobs interface {
	// Begin makes an upload. u.ID is new; u.Offset, u.Blob and u.Done are zero.
	Begin(ctx context.Context, u Upload) error
	// Upload returns an upload, or ErrNotFound. It first ends an Append that runs.
	Upload(ctx context.Context, account identity.Account, id UploadID) (Upload, error)
	// Append adds a part and returns the upload as it is then: Offset is durable.
	// What came of the part is kept, whatever error ends it; an error of
	// Body is returned as it is. ErrNotFound; ErrStale unless the upload is at
	// p.Offset; ErrTooMany if p.Size would go beyond its end. An Append that runs is ended first.
	Append(ctx context.Context, account identity.Account, id UploadID, p Part) (Upload, error)
	// Finish makes a blob of an upload that has all its bytes, else ErrStale. It calls
	// keep with the blob's name before the blob is there, and ends with
	// keep's error if it has one; the upload is then as before. When Finish has returned,
	// the blob is durable. It may be repeated.
	Finish(ctx context.Context, account identity.Account, id UploadID, keep func(BlobID) error) (Upload, error)
	// Cancel forgets an upload, or returns ErrNotFound. A blob that it became stays.
	Cancel(ctx context.Context, account identity.Account, id UploadID) error
	// Pending says how many uploads account has that aren't Done, and how many bytes
	// those will have in all.
	Pending(account identity.Account) (n int, bytes int64)
	// ExpireUploads forgets the uploads that expired before now (Unix milliseconds).
	ExpireUploads(ctx context.Context, now int64) error

	// Open reads n bytes of a blob from an offset. ErrNotFound if there is no such
	// blob. from and n lie within it. If what is returned is an *os.File, it stands at
	// from.
	Open(ctx context.Context, blob BlobID, from, n int64) (io.ReadCloser, error)
	// Delete deletes a blob, if there is one.
	Delete(ctx context.Context, blob BlobID) error
}
