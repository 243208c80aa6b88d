package public

import "parley/mls/internal/codec"

// A KeyPackage is what a client publishes so that others can add it to groups
// (RFC 9420, Section 10).
type KeyPackage struct {
	Version     ProtocolVersion
	CipherSuite CipherSuite
	InitKey     HPKEPublicKey
	LeafNode    LeafNode
	Extensions  Extensions
	Signature   []byte
}

// MarshalMLS implements [Encoder].
func (k *KeyPackage) MarshalMLS(w *codec.Writer) {
	k.marshalUnsigned(w)
	w.Vector(k.Signature)
}

func (k *KeyPackage) marshalUnsigned(w *codec.Writer) {
	w.Uint16(uint16(k.Version))
	w.Uint16(uint16(k.CipherSuite))
	w.Vector(k.InitKey)
	k.LeafNode.MarshalMLS(w)
	k.Extensions.MarshalMLS(w)
}

// UnmarshalMLS implements [Decoder].
func (k *KeyPackage) UnmarshalMLS(r *codec.Reader) {
	k.Version = ProtocolVersion(r.Uint16())
	k.CipherSuite = CipherSuite(r.Uint16())
	k.InitKey = r.Vector()
	k.LeafNode.UnmarshalMLS(r)
	k.Extensions.UnmarshalMLS(r)
	k.Signature = r.Vector()
}

// TBS returns the KeyPackageTBS that the signature covers.
func (k *KeyPackage) TBS() []byte {
	var w codec.Writer
	k.marshalUnsigned(&w)
	return w.Bytes()
}

// Sign sets the signature, under the label "KeyPackageTBS". The error is [ErrKey].
func (k *KeyPackage) Sign(s *Suite, key SignaturePrivateKey) (err error) {
	k.Signature, err = s.SignWithLabel(key, keyPackageLabel, k.TBS())
	return err
}

// VerifySignature returns [ErrSignature] if the signature is not one by the
// leaf's key. It doesn't check the leaf.
func (k *KeyPackage) VerifySignature(s *Suite) error {
	return verify(s, k.LeafNode.SignatureKey, keyPackageLabel, k.TBS(), k.Signature)
}

// Ref returns the KeyPackageRef (RFC 9420, Section 5.2). s must be the suite
// that k names.
func (k *KeyPackage) Ref(s *Suite) []byte {
	return s.KeyPackageRef(Marshal(k))
}

// Identity returns the identity of a basic credential, else nil.
func (k *KeyPackage) Identity() []byte { return k.LeafNode.Credential.Identity() }

// LastResort reports whether k is marked as a key package of last resort
// (draft-ietf-mls-extensions-10, Section 6.4).
func (k *KeyPackage) LastResort() bool {
	data, ok := k.Extensions.Find(AppDataDictionaryExtension)
	if !ok {
		return false
	}
	dict, err := Parse[AppDataDictionary](data)
	if err != nil {
		return false
	}
	_, ok = dict.Find(LastResortComponent)
	return ok
}

// ParseKeyPackage decodes an MLSMessage that carries a KeyPackage
// (RFC 9420, Section 6). It judges form only; see [Config.ValidateKeyPackage].
// Errors: [ErrMalformed], [ErrVersion], [ErrWireFormat].
func ParseKeyPackage(message []byte) (*KeyPackage, error) {
	m, err := Parse[MLSMessage](message)
	if err != nil {
		return nil, err
	}
	if m.KeyPackage == nil {
		return nil, ErrWireFormat
	}
	return m.KeyPackage, nil
}
