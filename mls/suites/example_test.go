package suites_test

import (
	"crypto"
	stdhpke "crypto/hpke"
	"fmt"

	"parley/mls"
	"parley/mls/public"
	"parley/mls/suites"
)

// A program that wants the strong curves names them, the preferred suite first;
// who doesn't import this package doesn't link them.
func ExampleX448() {
	cfg := &mls.Config{Suites: []*public.Suite{suites.X448(), public.X25519()}}
	s := cfg.Suites[0]
	signer, _, err := s.GenerateSignatureKey(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	group, _, err := mls.Create(cfg, s, []byte("room"), []byte("alice"), signer, mls.CreateOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(group.Epoch(), s.ID(), s.Name())
	// Output: 0 4 MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448
}

// The numbers of the post-quantum suites are not assigned yet. Whoever has agreed
// on others with its peers passes them in.
func ExampleXWingMLDSA44() {
	ours := suites.XWingMLDSA44(public.SuiteXWingMLDSA44)
	theirs := suites.XWingMLDSA44(0xF123)
	fmt.Printf("%#x %#x\n", ours.ID(), theirs.ID())
	fmt.Println(ours.Name() == theirs.Name())
	// Output:
	// 0xf0a9 0xf123
	// true
}

// A suite that nobody has a constructor for is made of its parts: here what
// another implementation calls MLS_256_XWING_AES256GCM_SHA512_Ed25519.
func Example_newSuite() {
	h, err := public.NewHPKE(stdhpke.MLKEM768X25519(), stdhpke.HKDFSHA512(), stdhpke.AES256GCM())
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := public.NewSuite(public.SuiteParameters{
		ID: 0xF200, Name: "MLS_256_XWING_AES256GCM_SHA512_Ed25519",
		Hash: crypto.SHA512, AEAD: stdhpke.AES256GCM(), HPKE: h, Signatures: public.Ed25519(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.HashSize(), s.KeySize(), s.KEMOutputSize())
	// Output: 64 32 1120
}
