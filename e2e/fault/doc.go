// Package fault tests what people see when the network and the nodes fail: real
// clients send and read through a proxy that delays, cuts, holds and divides, while
// nodes are killed, hints are lost and clocks jump. Whatever happens, each message
// that a client kept is shown to everyone in the room, once, in one order.
//
// The nodes are servers of this process over one store in memory, or processes of
// the built program over PostgreSQL, joined by NATS.
package fault
