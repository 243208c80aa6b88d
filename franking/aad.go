package franking

// aadHead is what stands before the tag in authenticated data: the length of the
// items, the component, the length of its data.
//
// draft-ietf-mls-extensions-10, Section 4.9.
const aadHead = "\x23\x00\x20\x20"

// AAD returns the authenticated data of a message with a tag: a SafeAAD of exactly
// one item, of [Component].
func AAD(tag [TagSize]byte) []byte { return append([]byte(aadHead), tag[:]...) }

// ParseAAD returns the tag in authenticated data that has the form of [AAD], and
// whether it has.
func ParseAAD(data []byte) (tag [TagSize]byte, ok bool) {
	if len(data) != len(aadHead)+TagSize || string(data[:len(aadHead)]) != aadHead {
		return tag, false
	}
	return [TagSize]byte(data[len(aadHead):]), true
}
