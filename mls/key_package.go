package mls

import (
	"slices"
	"time"

	"parley/mls/internal/codec"
	"parley/mls/public"
)

// DefaultLifetime is how long a key package can be used if its options say
// nothing else.
const DefaultLifetime = 90 * 24 * time.Hour

// clockSkew is how far before now a key package begins to be valid.
const clockSkew = time.Hour

// KeyPackageOptions says what a key package is like. The zero value is an
// ordinary one.
type KeyPackageOptions struct {
	// LastResort marks the package as one that may be used more than once when
	// no other is left.
	LastResort bool
	// Lifetime is how long it can be used; 0 means DefaultLifetime.
	Lifetime time.Duration
	// LeafExtensions and GroupExtensions: the leaf carries the former, and
	// supports the types of both.
	LeafExtensions  public.Extensions
	GroupExtensions []public.ExtensionType
	// Extensions are those of the key package itself, as the app_data_dictionary by
	// which components say something of the client (draft-ietf-mls-extensions-10, Section 4.6).
	// The leaf supports their types.
	Extensions public.Extensions
	// Credential is ours, instead of a basic one.
	Credential *public.Credential
}

// extensions returns the extensions of the key package: those given, the mark of
// last resort, and GREASE.
func (o *KeyPackageOptions) extensions(cfg *Config) (public.Extensions, error) {
	dict, err := o.Extensions.Dictionary()
	if err != nil {
		return nil, err
	}
	if o.LastResort {
		dict = dict.With(public.LastResortComponent, nil)
	}
	if dict, err = cfg.greaseDictionary(dict); err != nil {
		return nil, err
	}
	list := slices.Clone(o.Extensions)
	if len(dict) > 0 {
		list = list.WithDictionary(dict)
	}
	return cfg.greaseExtension(list)
}

// KeyPackageSecrets are the private keys of a key package. They are needed to
// join by a Welcome, and then deleted unless the package is one of last resort.
// They print as redacted.
type KeyPackageSecrets struct {
	KeyPackage []byte // the encoded KeyPackage, without MLSMessage around it
	Init       public.HPKEPrivateKey
	Leaf       public.HPKEPrivateKey
}

// NewKeyPackage returns a key package as an MLSMessage, and its secrets
// (RFC 9420, Section 10). identity is that of a basic credential, unless the
// options give another; signer is the client's signature key. The secrets must be stored before the package is
// published. Errors: [ErrSigner], [ErrTooLarge], those of Config.Rand, and
// [public.ErrMalformed] for a dictionary among the extensions that can't be read.
func NewKeyPackage(cfg *Config, s *public.Suite, identity []byte, signer public.SignaturePrivateKey, opts KeyPackageOptions) ([]byte, *KeyPackageSecrets, error) {
	if len(identity) > MaxData {
		return nil, nil, ErrTooLarge
	}
	initPriv, initPub, err := s.GenerateHPKEKey(cfg.Rand)
	if err != nil {
		return nil, nil, err
	}
	extensions, err := opts.extensions(cfg)
	if err != nil {
		return nil, nil, err
	}
	opts.GroupExtensions = slices.Clone(opts.GroupExtensions)
	for _, e := range extensions { // the leaf has to list these too
		opts.GroupExtensions = append(opts.GroupExtensions, e.Type)
	}
	leaf, leafPriv, err := newLeaf(cfg, s, identity, signer, opts)
	if err != nil {
		return nil, nil, err
	}
	k := &public.KeyPackage{Version: public.MLS10, CipherSuite: s.ID(), InitKey: initPub, LeafNode: *leaf, Extensions: extensions}
	if err := k.Sign(s, signer); err != nil {
		return nil, nil, err
	}
	return k.Message(), &KeyPackageSecrets{KeyPackage: public.Marshal(k), Init: initPriv, Leaf: leafPriv}, nil
}

// newLeaf returns a signed leaf as a key package has it, with its private key.
func newLeaf(cfg *Config, s *public.Suite, identity []byte, signer public.SignaturePrivateKey, opts KeyPackageOptions) (*public.LeafNode, public.HPKEPrivateKey, error) {
	signerPub, err := publicSigner(s, signer)
	if err != nil {
		return nil, nil, err
	}
	leaf := &public.LeafNode{
		SignatureKey: signerPub, Credential: opts.credential(identity),
		Source: public.SourceKeyPackage, Lifetime: opts.lifetime(cfg.now()),
	}
	if leaf.Extensions, err = cfg.leafExtensions(opts.LeafExtensions); err != nil {
		return nil, nil, err
	}
	if leaf.Capabilities, err = cfg.capabilities(leaf, opts.GroupExtensions); err != nil {
		return nil, nil, err
	}
	var priv public.HPKEPrivateKey
	if priv, leaf.EncryptionKey, err = s.GenerateHPKEKey(cfg.Rand); err != nil {
		return nil, nil, err
	}
	return leaf, priv, leaf.Sign(s, signer, nil, 0)
}

// credential returns ours: the one given, or the basic one of identity.
func (o *KeyPackageOptions) credential(identity []byte) public.Credential {
	if o.Credential != nil {
		return *o.Credential
	}
	return public.NewBasicCredential(slices.Clone(identity))
}

func (o *KeyPackageOptions) lifetime(now time.Time) public.Lifetime {
	d := o.Lifetime
	if d <= 0 {
		d = DefaultLifetime
	}
	return public.Lifetime{
		NotBefore: uint64(max(now.Add(-clockSkew).Unix(), 0)),
		NotAfter:  uint64(max(now.Add(d).Unix(), 0)),
	}
}

// Ref returns the reference by which a Welcome names the key package
// (RFC 9420, Section 5.2). cfg must have its suite, else the error is
// [ErrSuite]; [ErrState] if the secrets are damaged.
func (k *KeyPackageSecrets) Ref(cfg *Config) ([]byte, error) {
	kp, err := k.parse()
	if err != nil {
		return nil, err
	}
	s, err := cfg.suite(kp.CipherSuite)
	if err != nil {
		return nil, err
	}
	return s.KeyPackageRef(k.KeyPackage), nil
}

func (k *KeyPackageSecrets) parse() (*public.KeyPackage, error) {
	kp, err := public.Parse[public.KeyPackage](k.KeyPackage)
	if err != nil {
		return nil, ErrState
	}
	return kp, nil
}

// Marshal returns the record of the secrets, to be stored sealed.
func (k *KeyPackageSecrets) Marshal() []byte {
	var w codec.Writer
	w.Uint8(recordVersion)
	w.Vector(k.KeyPackage)
	w.Vector(k.Init)
	w.Vector(k.Leaf)
	return w.Bytes()
}

// ParseKeyPackageSecrets reads what Marshal returned, or returns [ErrState].
func ParseKeyPackageSecrets(record []byte) (*KeyPackageSecrets, error) {
	r := codec.NewReader(slices.Clone(record))
	if r.Uint8() != recordVersion {
		return nil, ErrState
	}
	k := &KeyPackageSecrets{KeyPackage: r.Vector(), Init: r.Vector(), Leaf: r.Vector()}
	if r.Finish() != nil {
		return nil, ErrState
	}
	if _, err := k.parse(); err != nil {
		return nil, err
	}
	return k, nil
}
