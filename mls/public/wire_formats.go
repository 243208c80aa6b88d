package public

import (
	"slices"

	"parley/mls/internal/codec"
)

// WireFormats lists wire formats beyond the default ones, those of
// RFC 9420, Section 17.2: in a leaf those that the member supports, in a
// GroupContext those that all members must (draft-ietf-mls-extensions-10, Section 5).
// Unknown ones mean nothing.
type WireFormats []WireFormat

// Default reports whether every client implements the wire format.
func (f WireFormat) Default() bool { return f >= WirePublicMessage && f <= WireKeyPackage }

// MarshalMLS implements [Encoder].
func (l WireFormats) MarshalMLS(w *codec.Writer) { writeUint16s(w, l) }

// UnmarshalMLS implements [Decoder].
func (l *WireFormats) UnmarshalMLS(r *codec.Reader) { *l = readUint16s[WireFormat](r) }

// Supported returns the supported_wire_formats extension of a leaf.
func (l WireFormats) Supported() Extension {
	return Extension{Type: SupportedWireFormatsExtension, Data: Marshal(l)}
}

// Required returns the required_wire_formats extension of a GroupContext.
func (l WireFormats) Required() Extension {
	return Extension{Type: RequiredWireFormatsExtension, Data: Marshal(l)}
}

// wireFormats returns the content of the extension of type t, nil if there is
// none.
func (e Extensions) wireFormats(t ExtensionType) (WireFormats, error) {
	data, ok := e.Find(t)
	if !ok {
		return nil, nil
	}
	list, err := Parse[WireFormats](data)
	if err != nil {
		return nil, err
	}
	return *list, nil
}

// hasWireFormats checks that leaf supports the wire formats that the group
// requires.
func (r *requirements) hasWireFormats(leaf *LeafNode) error {
	if len(r.wireFormats) == 0 {
		return nil
	}
	has, err := leaf.Extensions.wireFormats(SupportedWireFormatsExtension)
	if err != nil || slices.ContainsFunc(r.wireFormats, func(f WireFormat) bool { return !f.Default() && !slices.Contains(has, f) }) {
		return &RuleError{Rule: RuleRequiredWireFormats, Err: err}
	}
	return nil
}
