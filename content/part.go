package content

import (
	"fmt"
	"unicode/utf8"

	"parley/internal/cbor"
)

// A NestedPart is a body or a part of one (draft-ietf-mimi-content-08, Section 4.4).
type NestedPart struct {
	Disposition Disposition
	Language    string // language tags parted by commas; empty: not said
	Body        Body   // a NullPart, SinglePart, ExternalPart or MultiPart
}

// A Body is what a part holds: a [NullPart], [SinglePart], [ExternalPart] or
// [MultiPart].
type Body interface{ cardinality() uint64 }

// A Disposition says what a part is for. A value that we don't know is taken
// as DispositionRender.
type Disposition uint8

// The dispositions of draft-ietf-mimi-content-08, Section 8.2.2.
const (
	DispositionUnspecified Disposition = 0
	DispositionRender      Disposition = 1
	DispositionReaction    Disposition = 2
	DispositionProfile     Disposition = 3
	DispositionInline      Disposition = 4
	DispositionIcon        Disposition = 5
	DispositionAttachment  Disposition = 6
	DispositionSession     Disposition = 7
	DispositionPreview     Disposition = 8
)

// PartSemantics says how the parts of a [MultiPart] belong together.
type PartSemantics uint8

// The three kinds of togetherness.
const (
	ChooseOne  PartSemantics = 0 // the receiver takes exactly one part
	SingleUnit PartSemantics = 1 // all or none
	ProcessAll PartSemantics = 2 // as many as the receiver can
)

// A NullPart holds nothing: it unsends.
type NullPart struct{}

// A SinglePart holds its content inline.
type SinglePart struct {
	ContentType string // a media type with its parameters
	Content     []byte
}

// An ExternalPart tells where content is, and how to open it
// (draft-ietf-mimi-content-08, Section 4.5).
type ExternalPart struct {
	ContentType string // a media type; may be empty
	URL         string
	Expires     uint32 // seconds since the start of 1970; 0: never
	Size        uint64 // bytes; 0: not said
	EncAlg      uint16 // IANA AEAD number; 0: not encrypted, or by an extension
	Key         []byte
	Nonce       []byte
	AAD         []byte
	HashAlg     uint8 // IANA named information hash; 0: none
	ContentHash []byte
	Description string
	Filename    string
}

// A MultiPart holds at least two parts.
type MultiPart struct {
	Semantics PartSemantics
	Parts     []NestedPart
}

func (NullPart) cardinality() uint64     { return 0 }
func (SinglePart) cardinality() uint64   { return 1 }
func (ExternalPart) cardinality() uint64 { return 2 }
func (MultiPart) cardinality() uint64    { return 3 }

// The first byte of an encoded part: an array of 3, 5 or 15 items.
const (
	headNull     = 0x83
	headTwo      = 0x85 // a single or a multi part
	headExternal = 0x8f
)

type wireNull struct {
	_           struct{} `cbor:",toarray"`
	Disposition Disposition
	Language    string
	Cardinality uint64
}

// wireTwo is a single part, with content type and content, or a multi part,
// with semantics and parts.
type wireTwo struct {
	_           struct{} `cbor:",toarray"`
	Disposition Disposition
	Language    string
	Cardinality uint64
	First       cbor.RawMessage
	Second      cbor.RawMessage
}

type wireExternal struct {
	_           struct{} `cbor:",toarray"`
	Disposition Disposition
	Language    string
	Cardinality uint64
	ContentType string
	URL         string
	Expires     uint32
	Size        uint64
	EncAlg      uint16
	Key         []byte
	Nonce       []byte
	AAD         []byte
	HashAlg     uint8
	ContentHash []byte
	Description string
	Filename    string
}

// enter counts one part at depth, and refuses it beyond the limits.
func enter(depth int, count *int) error {
	*count++
	if depth > MaxDepth {
		return fmt.Errorf("%w: depth", ErrLimit)
	}
	if *count > MaxParts {
		return fmt.Errorf("%w: parts", ErrLimit)
	}
	return nil
}

// encode returns the encoding of p, which stands at depth (1 is the outermost).
// count is the number of parts so far.
func (p *NestedPart) encode(depth int, count *int) (cbor.RawMessage, error) {
	if err := enter(depth, count); err != nil {
		return nil, err
	}
	if !utf8.ValidString(p.Language) {
		return nil, fmt.Errorf("%w: language", ErrMalformed)
	}
	switch b := p.Body.(type) {
	case NullPart:
		return cbor.Marshal(wireNull{Disposition: p.Disposition, Language: p.Language, Cardinality: b.cardinality()})
	case SinglePart:
		return p.encodeSingle(b)
	case ExternalPart:
		return p.encodeExternal(b)
	case MultiPart:
		return p.encodeMulti(b, depth, count)
	}
	return nil, fmt.Errorf("%w: a part without a body", ErrMalformed)
}

func (p *NestedPart) encodeSingle(b SinglePart) (cbor.RawMessage, error) {
	if !utf8.ValidString(b.ContentType) {
		return nil, fmt.Errorf("%w: content type", ErrMalformed)
	}
	return p.encodeTwo(b, b.ContentType, b.Content)
}

func (p *NestedPart) encodeMulti(b MultiPart, depth int, count *int) (cbor.RawMessage, error) {
	if err := b.check(len(b.Parts)); err != nil {
		return nil, err
	}
	parts := make([]cbor.RawMessage, len(b.Parts))
	for i := range b.Parts {
		var err error
		if parts[i], err = b.Parts[i].encode(depth+1, count); err != nil {
			return nil, err
		}
	}
	return p.encodeTwo(b, b.Semantics, parts)
}

func (p *NestedPart) encodeTwo(b Body, first, second any) (cbor.RawMessage, error) {
	w := wireTwo{Disposition: p.Disposition, Language: p.Language, Cardinality: b.cardinality()}
	var err error
	if w.First, err = cbor.Marshal(first); err != nil {
		return nil, err
	}
	if w.Second, err = cbor.Marshal(second); err != nil {
		return nil, err
	}
	return cbor.Marshal(w)
}

func (p *NestedPart) encodeExternal(b ExternalPart) (cbor.RawMessage, error) {
	for _, s := range []string{b.ContentType, b.URL, b.Description, b.Filename} {
		if !utf8.ValidString(s) {
			return nil, fmt.Errorf("%w: text of an external part", ErrMalformed)
		}
	}
	return cbor.Marshal(wireExternal{
		Disposition: p.Disposition, Language: p.Language, Cardinality: b.cardinality(),
		ContentType: b.ContentType, URL: b.URL, Expires: b.Expires, Size: b.Size,
		EncAlg: b.EncAlg, Key: b.Key, Nonce: b.Nonce, AAD: b.AAD,
		HashAlg: b.HashAlg, ContentHash: b.ContentHash,
		Description: b.Description, Filename: b.Filename,
	})
}

// check refuses unknown semantics, and a multi part of n parts that holds too few.
func (b MultiPart) check(n int) error {
	if b.Semantics > ProcessAll {
		return fmt.Errorf("%w: part semantics", ErrMalformed)
	}
	if n < 2 {
		return fmt.Errorf("%w: a multi part of fewer than two parts", ErrMalformed)
	}
	return nil
}

// decodePart is the reverse of encode.
func decodePart(raw cbor.RawMessage, depth int, count *int) (NestedPart, error) {
	if err := enter(depth, count); err != nil {
		return NestedPart{}, err
	}
	if len(raw) == 0 {
		return NestedPart{}, fmt.Errorf("%w: no part", ErrMalformed)
	}
	switch raw[0] {
	case headNull:
		return decodeNull(raw)
	case headTwo:
		return decodeTwo(raw, depth, count)
	case headExternal:
		return decodeExternal(raw)
	}
	return NestedPart{}, fmt.Errorf("%w: a part of a strange length", ErrMalformed)
}

func decodeNull(raw cbor.RawMessage) (NestedPart, error) {
	var w wireNull
	if err := unmarshal(raw, &w); err != nil {
		return NestedPart{}, err
	}
	body := NullPart{}
	return NestedPart{w.Disposition, w.Language, body}, checkCardinality(w.Cardinality, body)
}

func decodeExternal(raw cbor.RawMessage) (NestedPart, error) {
	var w wireExternal
	if err := unmarshal(raw, &w); err != nil {
		return NestedPart{}, err
	}
	body := ExternalPart{
		ContentType: w.ContentType, URL: w.URL, Expires: w.Expires, Size: w.Size,
		EncAlg: w.EncAlg, Key: w.Key, Nonce: w.Nonce, AAD: w.AAD,
		HashAlg: w.HashAlg, ContentHash: w.ContentHash,
		Description: w.Description, Filename: w.Filename,
	}
	return NestedPart{w.Disposition, w.Language, body}, checkCardinality(w.Cardinality, body)
}

func decodeTwo(raw cbor.RawMessage, depth int, count *int) (NestedPart, error) {
	var w wireTwo
	if err := unmarshal(raw, &w); err != nil {
		return NestedPart{}, err
	}
	var body Body
	var err error
	if w.Cardinality == (SinglePart{}).cardinality() {
		body, err = decodeSingle(w)
	} else {
		body, err = decodeMulti(w, depth, count)
	}
	return NestedPart{w.Disposition, w.Language, body}, err
}

func decodeSingle(w wireTwo) (Body, error) {
	var b SinglePart
	if err := unmarshal(w.First, &b.ContentType); err != nil {
		return nil, err
	}
	if err := unmarshal(w.Second, &b.Content); err != nil {
		return nil, err
	}
	return b, nil
}

func decodeMulti(w wireTwo, depth int, count *int) (Body, error) {
	var b MultiPart
	if err := checkCardinality(w.Cardinality, b); err != nil {
		return nil, err
	}
	if err := unmarshal(w.First, &b.Semantics); err != nil {
		return nil, err
	}
	var parts []cbor.RawMessage
	if err := unmarshal(w.Second, &parts); err != nil {
		return nil, err
	}
	if err := b.check(len(parts)); err != nil {
		return nil, err
	}
	if *count+len(parts) > MaxParts {
		return nil, fmt.Errorf("%w: parts", ErrLimit)
	}
	b.Parts = make([]NestedPart, len(parts))
	for i, raw := range parts {
		var err error
		if b.Parts[i], err = decodePart(raw, depth+1, count); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func checkCardinality(got uint64, want Body) error {
	if got != want.cardinality() {
		return fmt.Errorf("%w: cardinality", ErrMalformed)
	}
	return nil
}
