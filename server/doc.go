// Package server is the delivery server's domain: accounts and their device
// lists, key packages, rooms, mailboxes. It orders, keeps and hands out what it
// can't read.
//
// A [Server] has one method for each operation of package wire. What a person's
// device may do follows from its session; what a commit may do, from the public
// view of the group (package mls/public). Refusals are *[wire.Error] values.
//
// What has to be atomic is one call of [Store]. The server itself holds only what may be
// lost: sessions, rate limits, and who waits for new events.
package server
