package bridge

// An Attachment is a photo, video, voice note or file of a message: what is needed to
// fetch its blob, to open it and to draw it before it is there.
type Attachment struct {
	Role   string `json:"role"`   // photo, video, voice, file
	Blob   string `json:"blob"`   // hexadecimal: its name at the server, SHA-256 of what was uploaded
	Key    string `json:"key"`    // base64url: 32 bytes
	Hash   string `json:"hash"`   // hexadecimal: SHA-256 of what it holds
	Size   int64  `json:"size"`   // bytes that it holds
	Sealed int64  `json:"sealed"` // bytes of the blob

	Type       string `json:"type"` // media type, without parameters
	Name       string `json:"name"` // a bare file name, at most 255 bytes
	Alt        string `json:"alt"`  // what a photo shows, in words; at most 1,000 bytes
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	DurationMS int    `json:"duration_ms"`
	Thumb      string `json:"thumb"`  // base64: a ThumbHash of at most 64 bytes
	Poster     string `json:"poster"` // data: URL of a JPEG or WebP of at most 24 KiB; all of a message at most 40 KiB
	Wave       string `json:"wave"`   // base64: up to 64 levels of a voice note, 0 to 255
}

// A Glimpse says in little what a message has beside its text. Without Media: nothing.
type Glimpse struct {
	Media      string `json:"media,omitempty"`       // photo, photos, video, videos, voice, file, files; album: of several kinds; sticker, post
	MediaCount int    `json:"media_count,omitempty"` // attachments
	MediaMS    int    `json:"media_ms,omitempty"`    // of one video or voice note: how long it is; 0: not known
	MediaName  string `json:"media_name,omitempty"`  // of one file its name, of a sticker its emoji, of a post its title
	MediaOnce  bool   `json:"media_once,omitempty"`  // it is to be viewed once
}

// A Sticker is a picture that a message consists of.
type Sticker struct {
	Data   string `json:"data"`    // data: URL
	Emoji  string `json:"emoji"`   // what it stands for
	Pack   string `json:"pack"`    // the name of its pack
	PackID string `json:"pack_id"` // empty: of none
}

// A LinkPreview is what the sender found at a link in its text.
type LinkPreview struct {
	URL         string `json:"url"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Site        string `json:"site"`
	Picture     string `json:"picture"` // data: URL, or empty
}

// A Post is one of the platform's, shown as a card.
type Post struct {
	URL    string `json:"url"`
	Title  string `json:"title"`
	Author string `json:"author"`
	Poster string `json:"poster"` // data: URL, or empty
	Player string `json:"player"` // what plays it in place, if it is one of Platform.Players; or empty
	Width  int    `json:"width"`  // pixels of the player; 0: not said
	Height int    `json:"height"`
}

// BlobAccess is what uploading and downloading of blobs takes: see wire.UploadsPath.
// It is never put into a URL or kept.
type BlobAccess struct {
	Base      string `json:"base"`       // the server's origin
	Token     string `json:"token"`      // of the Authorization header's Bearer
	ExpiresMS int64  `json:"expires_ms"` // Unix milliseconds, by this device's clock
}

// BlobLimits say what the server takes of attachments; a Size of 0: none.
type BlobLimits struct {
	Size    int64 `json:"size"`    // bytes of one blob
	Part    int64 `json:"part"`    // bytes of one PATCH
	Forward int   `json:"forward"` // conversations that one message may be forwarded to at once
}
