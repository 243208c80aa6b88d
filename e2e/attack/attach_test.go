package attack

import (
	"bytes"
	"encoding/hex"
	"fmt"

	"parley/content"
)

// lies are what mallory makes of attachments: bytes in a message that is in order, and
// what takes their place.
var lies = map[string][][2]string{
	"html":    {{"image/jpeg", "text/xhtml"}},                 // shown as a photo
	"path":    {{"holiday-01.jpg", "../../../x.jpg"}},         // out of the directory
	"windows": {{"holiday-01.jpg", `C:\autoexe.bat`}},         //
	"turned":  {{"holiday-01.jpg", "holi\u202egpj.exe"}},      // that reads holiexe.jpg
	"escape":  {{"holiday-01.jpg", "holida\x1b[2J.jpg"[:14]}}, // clears a terminal
	"sealed":  {{"\x19\x04\x4c", "\x19\xff\xff"}},             // a blob that is no blob of that size
	"bomb":    {{"\x19\x02\x80\x19\x01\xe0", "\x19\xff\xff\x19\xff\xff"}},
	"twice": { // one blob under two keys
		{blobName(2), blobName(1)}, {hex.EncodeToString([]byte(blobName(2))), hex.EncodeToString([]byte(blobName(1)))},
	},
	"elsewhere": {{"parley:blob:", "https://e.c/"}}, // fetched from mallory's own server
	"nothing":   nil,                                // in order
}

// blobName returns a blob that nobody uploaded.
func blobName(n byte) string { return string(bytes.Repeat([]byte{0xb0 + n}, 32)) }

// doAttach sends an album with a lie in it, that is encrypted in order.
func doAttach(c *turn, a []string) error {
	swap, ok := lies[a[1]]
	if !ok {
		c.ts.Fatalf("mallory attach %s?", a[1])
	}
	var album content.Attached
	for n := range byte(2) {
		album.Attachments = append(album.Attachments, content.Attachment{
			Role: content.RolePhoto, Blob: [32]byte([]byte(blobName(n + 1))), Key: [32]byte{n}, Size: 1000, Sealed: 1100,
			Type: "image/jpeg", Name: "holiday-01.jpg", Width: 640, Height: 480,
		})
	}
	m, err := content.NewAttached(c.claims(), content.SinglePart{}, album)
	c.ts.Check(err)
	data := c.encode(m)
	for _, pair := range swap {
		if len(pair[0]) != len(pair[1]) || !bytes.Contains(data, []byte(pair[0])) {
			c.ts.Check(fmt.Errorf("%q can't take the place of %q", pair[1], pair[0]))
		}
		data = bytes.ReplaceAll(data, []byte(pair[0]), []byte(pair[1]))
	}
	return c.post(data)
}
