package wire

// FrankingKeysPath is where outsiders GET the server's franking keys, without a
// session and always as JSON: a [FrankingKeys].
const FrankingKeysPath = "/v1/franking-keys"

// FrankingKeys are the public keys by which anyone can check what a server's
// franks cover.
type FrankingKeys struct {
	Domain     string   `json:"domain"`
	Statements [][]byte `json:"statements"` // franking.KeyStatement, base64: the first key's own, then each one's by the key before

	// Keys is what Statements say, for people; nobody should rely on it.
	Keys []FrankingKey `json:"keys"`
}

// A FrankingKey is what a statement says.
type FrankingKey struct {
	Key         string `json:"key"`           // base64url
	NotBeforeMS int64  `json:"not_before_ms"` // Unix milliseconds; 0: from the beginning
}

// BlockListPath is where clients GET the server's list of addresses that mislead or harm
// (safety.BlockList), whole, without a session.
const BlockListPath = "/v1/block-list"
