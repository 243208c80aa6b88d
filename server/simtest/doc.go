// Package simtest simulates several servers over one store, their clients and the
// network between them, in one goroutine and with a clock of its own, so that a
// seed fixes everything that happens.
//
// A run makes accounts, devices and rooms, and then a few hundred steps, each of
// which is one operation of a client, or one fault: a request lost before or after
// it took effect, or executed again much later; a hint lost, doubled or late; a node
// that crashes, or whose clock jumps; a store that answers ErrBusy or
// ErrUnavailable before or after the effect; a client that stops reading; a device
// that is added or removed; a sweep. At the end all faults stop, every hint is
// dropped, and everything has to come in by itself.
//
// Two observers judge a run. The ledger stands at the store and keeps a model of
// every mailbox. The checker stands at the clients and knows only what was
// acknowledged to them and what they were given.
//
//	go test ./server/simtest                                        50 seeds
//	PARLEY_SIM_SEEDS=1000 go test ./server/simtest -run Sim         more of them
//	PARLEY_SIM_SEED=17 go test ./server/simtest -run Sim -v         one of them, with its trace
package simtest
