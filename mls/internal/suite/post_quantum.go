package suite

import (
	"crypto"
	"crypto/elliptic"
	"crypto/hpke"
)

// Numbers for the suites of draft-ietf-mls-pq-ciphersuites-06, Section 3.1, whose
// TBDn has the private-use number 0xF0A0 + n here. Both sides of a group must
// agree on them: they are defaults, and an argument of each constructor. They
// don't change, since groups that exist carry them
// (docs/design/0005-suite-code-points.md).
const (
	XWingAES128PrivateUse        ID = 0xF0A1
	XWingPrivateUse              ID = 0xF0A2
	MLKEM768P256AES128PrivateUse ID = 0xF0A3
	MLKEM768P256PrivateUse       ID = 0xF0A4
	MLKEM1024P384PrivateUse      ID = 0xF0A5
	MLKEM768Ed25519PrivateUse    ID = 0xF0A6
	MLKEM768ECDSAPrivateUse      ID = 0xF0A7
	MLKEM1024ECDSAPrivateUse     ID = 0xF0A8
	XWingMLDSA44PrivateUse       ID = 0xF0A9
	MLKEM768MLDSA65PrivateUse    ID = 0xF0AA
	MLKEM1024MLDSA87PrivateUse   ID = 0xF0AB
)

// XWingAES128 returns MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519 (TBD1 of
// draft-ietf-mls-pq-ciphersuites-06, Section 3.1) under the number id, by default
// [XWingAES128PrivateUse].
func XWingAES128(id ID) *Suite {
	return std(id, "MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519",
		crypto.SHA256, hpke.MLKEM768X25519(), hpke.AES128GCM(), Ed25519())
}

// XWing returns MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519 (TBD2 of
// draft-ietf-mls-pq-ciphersuites-06, Section 3.1) under the number id, by default
// [XWingPrivateUse].
func XWing(id ID) *Suite {
	return std(id, "MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519",
		crypto.SHA384, hpke.MLKEM768X25519(), hpke.AES256GCM(), Ed25519())
}

// MLKEM768P256AES128 returns MLS_128_MLKEM768P256_AES128GCM_SHA256_P256 (TBD3 of
// draft-ietf-mls-pq-ciphersuites-06, Section 3.1) under the number id, by default
// [MLKEM768P256AES128PrivateUse].
func MLKEM768P256AES128(id ID) *Suite {
	return std(id, "MLS_128_MLKEM768P256_AES128GCM_SHA256_P256",
		crypto.SHA256, hpke.MLKEM768P256(), hpke.AES128GCM(), ECDSA(elliptic.P256()))
}

// MLKEM768P256 returns MLS_128_MLKEM768P256_AES256GCM_SHA384_P256 (TBD4 of
// draft-ietf-mls-pq-ciphersuites-06, Section 3.1) under the number id, by default
// [MLKEM768P256PrivateUse]. Its signatures hash with SHA-256.
func MLKEM768P256(id ID) *Suite {
	return std(id, "MLS_128_MLKEM768P256_AES256GCM_SHA384_P256",
		crypto.SHA384, hpke.MLKEM768P256(), hpke.AES256GCM(), ECDSA(elliptic.P256()))
}

// MLKEM1024P384 returns MLS_192_MLKEM1024P384_AES256GCM_SHA384_P384 (TBD5 of
// draft-ietf-mls-pq-ciphersuites-06, Section 3.1) under the number id, by default
// [MLKEM1024P384PrivateUse].
func MLKEM1024P384(id ID) *Suite {
	return std(id, "MLS_192_MLKEM1024P384_AES256GCM_SHA384_P384",
		crypto.SHA384, hpke.MLKEM1024P384(), hpke.AES256GCM(), ECDSA(elliptic.P384()))
}

// MLKEM768Ed25519 returns MLS_128_MLKEM768_AES256GCM_SHA384_Ed25519 (TBD6 of
// draft-ietf-mls-pq-ciphersuites-06, Section 3.1) under the number id, by default
// [MLKEM768Ed25519PrivateUse].
func MLKEM768Ed25519(id ID) *Suite {
	return std(id, "MLS_128_MLKEM768_AES256GCM_SHA384_Ed25519",
		crypto.SHA384, hpke.MLKEM768(), hpke.AES256GCM(), Ed25519())
}

// MLKEM768ECDSA returns MLS_128_MLKEM768_AES256GCM_SHA384_P256 (TBD7 of
// draft-ietf-mls-pq-ciphersuites-06, Section 3.1) under the number id, by default
// [MLKEM768ECDSAPrivateUse]. Its signatures hash with SHA-256.
func MLKEM768ECDSA(id ID) *Suite {
	return std(id, "MLS_128_MLKEM768_AES256GCM_SHA384_P256",
		crypto.SHA384, hpke.MLKEM768(), hpke.AES256GCM(), ECDSA(elliptic.P256()))
}

// MLKEM1024ECDSA returns MLS_192_MLKEM1024_AES256GCM_SHA384_P384 (TBD8 of
// draft-ietf-mls-pq-ciphersuites-06, Section 3.1) under the number id, by default
// [MLKEM1024ECDSAPrivateUse].
func MLKEM1024ECDSA(id ID) *Suite {
	return std(id, "MLS_192_MLKEM1024_AES256GCM_SHA384_P384",
		crypto.SHA384, hpke.MLKEM1024(), hpke.AES256GCM(), ECDSA(elliptic.P384()))
}
