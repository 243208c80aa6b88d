package suite

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
