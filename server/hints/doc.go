// Package hints tells the nodes of one site what has changed: the drivers of
// server.Hints.
//
// [Local] joins several servers of one process, for tests; it loses, delays and
// doubles hints if asked to. [NATS] joins the nodes of a cluster by an embedded
// core NATS server in each.
//
// A hint names accounts and nothing else: no content, no positions, no devices;
// but for signals, which are sealed and name a room and a device. It goes only between nodes. All of it may be lost.
package hints
