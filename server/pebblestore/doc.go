// Package pebblestore keeps a server.Store in a Pebble database: one directory,
// no set-up, safe against a crash at any instant.
//
//	callers ──► queue ──► the batcher: one goroutine
//	                        takes what waits, up to a bound
//	                        applies each operation: checks, positions, seqs
//	                        saves what leaves the tail, lets go what all have
//	                        one Pebble batch, one sync
//	                        mailboxes in memory grow ──► readers
//	            answers ◄── all of the group
//
// All checks that must be atomic (epochs, list versions, idempotency, the
// popping of key packages) are made in the batcher, so that there are no locks.
// Readers see a mailbox in memory, which grows after a group is durable, or a
// view: a snapshot taken between groups. They never see what a crash could take
// back.
//
// An envelope is stored once, in one key; tail.go says what becomes of it, and
// docs/design/0007-embedded-store.md why.
//
// keys.go is the format, record.go and receipt.go that of the two hottest
// values. The others are deterministic CBOR (RFC 8949, Section 4.2.1) of the
// structs named there; the database holds its format's version.
//
// # For the operator
//
// [Store.Backup] copies a store that serves, [Verify] reads a directory that
// nobody serves from, [Store.Check] one that is served; [Store.Stats] counts.
// [Store.Failed] is closed when the server should end: the log says why.
package pebblestore
