//go:build !js

package suite

import (
	"crypto"
	"crypto/elliptic"
	"crypto/hpke"
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
