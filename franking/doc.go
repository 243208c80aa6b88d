// Package franking is how a message can be reported without anyone reading the
// others: the sender commits to what it says (the tag), the server stamps the
// commitment with who, where and when (the frank), and one signature for each batch that
// the server stores shows everyone that the stamp is the server's.
//
//	tag       = HMAC-SHA256(salt, application_data)
//	context   = CBOR [version, hub key id, room, generation, sender account, sender device, epoch, seq, accepted_ms]
//	frank     = HMAC-SHA256(hub key, tag || context)
//	leaf      = tag || frank || context, of a Merkle tree as in RFC 9162, Section 2.1.1
//	signature = Ed25519 over "parley/frank-batch/v1" || 0x00 || CBOR [tree size, root]
//
// It follows draft-ietf-mimi-protocol-06, Section 5.4.1, and isn't compatible with
// it: docs/design/0020 says why. The package keeps no state and reads no clock.
package franking
