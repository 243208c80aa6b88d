package wire

// Bounds of links.
const (
	MaxLinkURL     = 2 << 10  // bytes of an address
	MaxLinkText    = 300      // characters of each text of a page
	MaxLinkPicture = 32 << 10 // bytes of the picture that the server makes of a page's own
)

// UnfurlRequest asks what a page says of itself, for who is about to send its
// address: the server fetches it, so that the page doesn't learn who asks. The server
// learns the address, and not the conversation that it is for.
type UnfurlRequest struct {
	URL string `cbor:"url" json:"url"` // http or https, at most MaxLinkURL bytes
}

// Unfurled is what a page says of itself. Nobody vouches for it. Its texts are at
// most MaxLinkText characters each, without control characters; any may be empty.
type Unfurled struct {
	URL         string `cbor:"url" json:"url"` // that was asked for
	Title       string `cbor:"title,omitempty" json:"title,omitempty"`
	Description string `cbor:"description,omitempty" json:"description,omitempty"`
	Site        string `cbor:"site,omitempty" json:"site,omitempty"`
	Picture     []byte `cbor:"picture,omitempty" json:"picture,omitempty"` // JPEG that the server drew anew, at most MaxLinkPicture bytes; empty: none
	PictureType string `cbor:"picture_type,omitempty" json:"picture_type,omitempty"`
}

// ResolvePostRequest asks for a post of the platform that the server belongs to.
type ResolvePostRequest struct {
	URL string `cbor:"url" json:"url"` // at one of Platform.Hosts, at most MaxLinkURL bytes
}

// ResolvedPost is a post as its platform describes it, bounded as Unfurled is.
type ResolvedPost struct {
	URL         string `cbor:"url" json:"url"`
	Title       string `cbor:"title,omitempty" json:"title,omitempty"`
	Author      string `cbor:"author,omitempty" json:"author,omitempty"`
	Player      string `cbor:"player,omitempty" json:"player,omitempty"` // begins with one of Platform.Players; empty: it isn't played in place
	Width       int    `cbor:"width,omitempty" json:"width,omitempty"`   // of the player, 0: not said
	Height      int    `cbor:"height,omitempty" json:"height,omitempty"`
	Picture     []byte `cbor:"picture,omitempty" json:"picture,omitempty"`
	PictureType string `cbor:"picture_type,omitempty" json:"picture_type,omitempty"`
}

// A Platform is the video platform, or the like, whose posts are shown as cards.
type Platform struct {
	Name    string   `cbor:"name" json:"name"`
	Hosts   []string `cbor:"hosts" json:"hosts"`     // HOST or HOST:PORT of its posts' addresses
	Players []string `cbor:"players" json:"players"` // what the address of a player begins with: https://HOST/PATH
}
