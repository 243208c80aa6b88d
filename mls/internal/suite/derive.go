package suite

import (
	"crypto/hkdf"
	"crypto/hmac"
	"encoding/binary"

	"parley/mls/internal/codec"
)

// labelPrefix begins every label (RFC 9420, Section 5.1.2).
const labelPrefix = "MLS 1.0 "

// MAC returns the HMAC of data under key, HashSize bytes.
func (s *Suite) MAC(key Secret, data []byte) []byte {
	m := hmac.New(s.hash, key)
	m.Write(data)
	return m.Sum(nil)
}

// VerifyMAC reports in constant time whether tag is the MAC of data under key.
func (s *Suite) VerifyMAC(key Secret, data, tag []byte) bool {
	return hmac.Equal(s.MAC(key, data), tag)
}

// Zero returns the all-zero secret of HashSize bytes, which RFC 9420, Section 8
// writes as 0.
func (s *Suite) Zero() Secret { return make(Secret, s.nh) }

// Extract is KDF.Extract (RFC 9420, Section 8). Its result has HashSize bytes.
func (s *Suite) Extract(salt, ikm Secret) Secret {
	out, err := hkdf.Extract(s.hash, ikm, salt)
	if err != nil {
		panic("suite: extract: " + err.Error()) // only a FIPS mode refuses
	}
	return out
}

// MaxExpand returns the greatest length that [Suite.ExpandWithLabel] can give.
func (s *Suite) MaxExpand() int { return 255 * s.nh }

// ExpandWithLabel is the function of RFC 9420, Section 8. It panics if n is
// greater than [Suite.MaxExpand], which callers with foreign lengths rule out.
func (s *Suite) ExpandWithLabel(secret Secret, label string, context []byte, n int) Secret {
	var short [maxShort]byte
	return s.expand(secret, appendInfo(short[:0], label, context, n), n)
}

// appendInfo appends the KDFLabel of RFC 9420, Section 8 to info.
func appendInfo(info []byte, label string, context []byte, n int) []byte {
	info = binary.BigEndian.AppendUint16(info, uint16(n))
	info = codec.AppendVarint(info, len(labelPrefix)+len(label))
	info = append(append(info, labelPrefix...), label...)
	return append(codec.AppendVarint(info, len(context)), context...)
}

// expand is KDF.Expand. Up to one block it is a single HMAC.
func (s *Suite) expand(secret Secret, info []byte, n int) Secret {
	if n <= s.nh {
		return s.expandOne(secret, info, n)
	}
	out, err := hkdf.Expand(s.hash, secret, string(info), n)
	if err != nil {
		panic("suite: expand: " + err.Error())
	}
	return out
}

// DeriveSecret is the function of RFC 9420, Section 8. Its result has HashSize
// bytes.
func (s *Suite) DeriveSecret(secret Secret, label string) Secret {
	return s.ExpandWithLabel(secret, label, nil, s.nh)
}

// DeriveTreeSecret is the function of RFC 9420, Section 9.1.
func (s *Suite) DeriveTreeSecret(secret Secret, label string, generation uint32, n int) Secret {
	d := Derivation{suite: s, secret: secret}
	return d.TreeSecret(label, generation, n)
}

// TreeSecret is [Suite.DeriveTreeSecret] of the secret.
func (d Derivation) TreeSecret(label string, generation uint32, n int) Secret {
	var context [4]byte
	binary.BigEndian.PutUint32(context[:], generation)
	return d.ExpandWithLabel(label, context[:], n)
}

// RefHash is the function of RFC 9420, Section 5.2.
func (s *Suite) RefHash(label string, value []byte) []byte {
	w := codec.NewWriter(8 + len(label) + len(value))
	w.Vector([]byte(label))
	w.Vector(value)
	return s.Hash(w.Bytes())
}

// KeyPackageRef returns the reference to an encoded KeyPackage
// (RFC 9420, Section 5.2).
func (s *Suite) KeyPackageRef(keyPackage []byte) []byte {
	return s.RefHash(labelPrefix+"KeyPackage Reference", keyPackage)
}

// ProposalRef returns the reference to a proposal, given the encoded
// AuthenticatedContent that carries it (RFC 9420, Section 5.2).
func (s *Suite) ProposalRef(authenticatedContent []byte) []byte {
	return s.RefHash(labelPrefix+"Proposal Reference", authenticatedContent)
}
