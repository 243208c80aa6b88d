// Package suites holds the cipher suites of MLS whose algorithms are not in the
// standard library: the two of RFC 9420 with X448 and Ed448, and those of
// draft-ietf-mls-pq-ciphersuites-06 that sign with ML-DSA. They are
// github.com/cloudflare/circl's.
//
// It stands apart so that a program which doesn't name it doesn't link circl. Its
// values are used as those of package public:
//
//	cfg := &mls.Config{Suites: []*public.Suite{suites.X448(), public.X25519()}}
package suites
