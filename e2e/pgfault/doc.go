// Package pgfault tests what nodes over PostgreSQL keep when things break: the
// database killed, a node killed, the primary killed and a standby promoted; and a
// site that is moved there from the embedded store.
//
// A node is a process of its own, so that it can be killed: this package's test
// program, told by its environment. It prints each acknowledgement once it has
// it; the checker then demands that all of it is true.
package pgfault
