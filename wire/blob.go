package wire

// Attachments are blobs: sealed by the sender before they leave the device, and
// named by the SHA-256 of what was uploaded. They don't travel as operations, since
// they don't fit in memory:
//
//   - Upload is tus 1.0.0 (creation, termination, expiration) at [UploadsPath]: parts
//     may be repeated from where the server says that it is. The answer that ends an
//     upload has the blob's name in [BlobHeader]; so has a HEAD from then on.
//   - Download is GET at [BlobsPath] + name, with Range, and the room in [RoomHeader].
//
// Both need a session's token, as operations do. A refusal is an [Error], in CBOR.
const (
	UploadsPath = "/v1/uploads" // POST; HEAD, PATCH and DELETE of what it names
	BlobsPath   = "/v1/blobs/"  // GET, HEAD; followed by a blob's name in hexadecimal
	BlobHeader  = "Parley-Blob" // a blob's name in hexadecimal
	RoomHeader  = "Parley-Room" // a room that refers to the blob, and that the account is in
)

// Bounds of blobs that are part of the protocol.
const (
	BlobIDSize      = 32 // bytes of a blob's name: SHA-256 of the blob
	MaxMessageBlobs = 64 // that one message refers to, or gives up
)

// BlobLimits say what the server takes of attachments. With an empty Size it takes
// none.
type BlobLimits struct {
	Size    int64 `cbor:"size" json:"size"`       // bytes of one blob
	Quota   int64 `cbor:"quota" json:"quota"`     // bytes that one account may keep in all; 0: not bounded
	Part    int64 `cbor:"part" json:"part"`       // bytes of one PATCH, at most
	Forward int   `cbor:"forward" json:"forward"` // rooms that one message may be forwarded to at once; 0: the client's own bound
}
