// Package pebblestore keeps a server.Store in a Pebble database: one directory,
// no set-up, safe against a crash at any instant.
//
//	callers ──► queue ──► the batcher: one goroutine
//	                        takes what waits, up to a bound
//	                        applies each operation: checks, positions, seqs
//	                        one Pebble batch, one fsync
//	                        a new view ──► readers
//	            answers ◄── all of the group
//
// All checks that must be atomic (epochs, list versions, idempotency, the
// popping of key packages) are made in the batcher, so that there are no locks.
// Readers use a view: a snapshot taken after a group is durable. They never see
// what a crash could take back.
//
// An envelope is stored once; a mailbox entry is an account, a position and the
// envelope's id.
//
// keys.go is the format. Values are deterministic CBOR (RFC 8949, Section
// 4.2.1) of the structs named there; the database holds its format's version.
package pebblestore
