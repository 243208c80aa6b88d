package schedule

import (
	"errors"

	"parley/mls/internal/codec"
	"parley/mls/internal/suite"
)

// ErrTooManyPSKs: more pre-shared keys than their 16-bit count can say.
var ErrTooManyPSKs = errors.New("mls/internal/schedule: too many pre-shared keys")

// PSK is a pre-shared key with its encoded PreSharedKeyID.
type PSK struct {
	ID  []byte
	Key suite.Secret
}

// PSKSecret returns psk_secret for psks in their order
// (RFC 9420, Section 8.4): the zero secret if there are none. It returns
// [ErrTooManyPSKs] for more than 65,535.
func PSKSecret(s *suite.Suite, psks []PSK) (suite.Secret, error) {
	if len(psks) > 0xffff {
		return nil, ErrTooManyPSKs
	}
	secret := s.Zero()
	for i, p := range psks {
		w := codec.NewWriter(len(p.ID) + 4)
		w.Raw(p.ID)
		w.Uint16(uint16(i))
		w.Uint16(uint16(len(psks)))
		extracted := s.Extract(s.Zero(), p.Key)
		input := s.ExpandWithLabel(extracted, "derived psk", w.Bytes(), s.HashSize())
		secret = s.Extract(input, secret)
		extracted.Erase()
		input.Erase()
	}
	return secret, nil
}
