package franking

import (
	"crypto/hmac"
	"crypto/sha256"
)

// Sizes in bytes.
const (
	TagSize    = sha256.Size // of a tag
	FrankSize  = sha256.Size // of a frank
	HubKeySize = sha256.Size // of a hub key
	IDSize     = 8           // of a hub key's id
	HashSize   = sha256.Size // of a tree's hash
)

// Component is the component id of the safe AAD item that holds the tag, and
// nothing else.
//
// draft-ietf-mimi-protocol-06, Section 10.1.
const Component = 0x0020

// Tag commits to applicationData by its salt: the 16 bytes that it carries
// itself. Who checks a tag takes the salt from the data, so that no data has two.
//
// draft-ietf-mimi-protocol-06, Section 5.4.1.1.
func Tag(salt, applicationData []byte) (tag [TagSize]byte) {
	return mac(salt, applicationData)
}

// CheckTag returns ErrTag unless tag is the [Tag] of applicationData.
func CheckTag(tag, salt, applicationData []byte) error {
	if want := Tag(salt, applicationData); !hmac.Equal(want[:], tag) {
		return ErrTag
	}
	return nil
}

// Frank is the server's stamp on a tag in its context, an encoded [Context]. Only
// who has the hub key can make or check it.
//
// draft-ietf-mimi-protocol-06, Section 5.4.1.2.
func Frank(hubKey, tag, context []byte) (frank [FrankSize]byte) {
	return mac(hubKey, tag, context)
}

// CheckFrank reports in constant time whether frank is the [Frank] of tag and
// context.
func CheckFrank(hubKey, frank, tag, context []byte) bool {
	want := Frank(hubKey, tag, context)
	return hmac.Equal(want[:], frank)
}

// mac is HMAC-SHA256 over all of data.
func mac(key []byte, data ...[]byte) (sum [sha256.Size]byte) {
	h := hmac.New(sha256.New, key)
	for _, d := range data {
		h.Write(d)
	}
	h.Sum(sum[:0])
	return sum
}
