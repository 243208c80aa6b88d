package report

import (
	"fmt"

	"parley/internal/cbor"
)

// A Case is a report as the desk exports it: with who did, and with the hashes of
// the media that it points to. Who exported, when and why is the desk's word.
type Case struct {
	_      struct{} `cbor:",toarray"`
	Format string   // "parley/report-case/v1"
	Report Report
	Export Export
	Media  []Media // at most 1,000
}

// Export says who made the file.
type Export struct {
	_       struct{} `cbor:",toarray"`
	Case    string   // its number at the desk
	Actor   string   // the member of staff, by the name that the audit log has
	AtMS    uint64   // Unix milliseconds
	Purpose string   // at most [MaxNote] bytes
}

// Media is an attachment of one of the report's messages.
type Media struct {
	_      struct{} `cbor:",toarray"`
	Item   uint64   // index into the report's items
	Blob   []byte   // 32 bytes: SHA-256 of the sealed bytes, which is the blob's id
	SHA256 []byte   // 32 bytes, of the opened file; empty if the desk doesn't have it
	Type   string   // by its bytes
	Size   uint64
}

// CaseFormat is what a Case begins with.
const CaseFormat = "parley/report-case/v1"

// maxMedia is the most attachments of a case.
const maxMedia = 1000

// MaxCase bounds an encoded case, in bytes.
const MaxCase = MaxSize + 256<<10

// Encode returns the one encoding of c, or ErrMalformed or ErrLimit.
func (c *Case) Encode() ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	data, err := cbor.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	if len(data) > MaxCase {
		return nil, ErrLimit
	}
	return data, nil
}

// DecodeCase is the reverse of [Case.Encode].
func DecodeCase(data []byte) (*Case, error) {
	if len(data) > MaxCase {
		return nil, ErrLimit
	}
	var c Case
	if err := cbor.Unmarshal(data, &c); err != nil {
		return nil, malformed("encoding")
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return &c, nil
}

func (c *Case) check() error {
	if c.Format != CaseFormat {
		return malformed("format")
	}
	if len(c.Media) > maxMedia || len(c.Export.Purpose) > MaxNote {
		return ErrLimit
	}
	for _, m := range c.Media {
		if m.Item >= uint64(len(c.Report.Items)) || len(m.Blob) != 32 || (len(m.SHA256) != 0 && len(m.SHA256) != 32) {
			return malformed("media")
		}
	}
	return c.Report.check()
}
