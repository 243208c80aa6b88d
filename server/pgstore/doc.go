// Package pgstore keeps a server.Store in PostgreSQL, so that several nodes can
// serve one site.
//
// # Tables
//
// A mailbox and a room are known by the first 16 bytes of the SHA-256 of their
// URI, and every key begins with one of the two (or with a hash), so that rows
// spread over a distributed engine and nodes meet only where people do.
//
//	account list running_reset enrollment          who is there
//	account_record                                 what accounts told the server
//	ledger                                         what the server notes for itself
//	head(mailbox) first pos                        the mailbox's bounds
//	reader(mailbox, device) pos                    what a device has acknowledged
//	stock package used_package last_resort         key packages
//	grp(room) generation epoch seq pending         the room's place: small, and locked by each write
//	roster(room) body, state(room) state info      who is in it, and its public group
//	member(mailbox, room) named(set) winner        how rooms are found
//	env(owner, seq, at) body                       an envelope, once; by day of at
//	box(mailbox, pos) owner seq at                 where it is
//	released(owner, seq)                           how many mailboxes have let it go
//	receipt(op, week)                              what an operation came to; by week
//
// owner and seq of an envelope are its room and its seq there, or, for a device
// list, the account's mailbox and the list's version.
//
// # One append's way
//
// A room's appends go to one of a few batchers of the node. A batcher gathers what
// waits and writes it in one transaction of two round trips: it locks the rooms and
// then the mailboxes, each in sorted order, reads the receipts, decides, and writes
// rows by unnest. Positions and seqs are given under those locks and become visible
// together with them, so that they have no gaps and no reader can skip one: commit
// order is the order of positions, which it wouldn't be with a database sequence.
//
// # The dialect
//
// No LISTEN, no advisory locks, no sequences, no triggers or functions; locks on
// many rows are taken in sorted order; a serialization failure or a deadlock is
// tried again. dialect_test.go holds it. Isolation is READ COMMITTED: each statement
// sees what was committed before it, so that a check after a lock is a true one.
package pgstore
