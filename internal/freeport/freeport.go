// Package freeport finds addresses of this machine for servers that tests start, or
// start again: other processes, most of them, that are told where to listen.
package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
)

// Ports from first to last are tried: none that the system gives out by itself (on
// Linux those from 32768 on, on others from 49152 on). One of those may be a
// connection's before the server has it, or while it is down; even the connection's
// that looks whether the server listens, which then talks with itself.
const (
	first = 11000
	last  = 30999
)

var errNone = errors.New("freeport: no port is free")

// given are the ports that this process has already: each is somebody's, though
// nobody listens there yet, or for a while.
var given sync.Map

// A port is kept from other processes, which give ports too, by the same port of UDP. The
// system gives that up with the process. The last ones are kept: no test has more.
const most = 200

var (
	mu   sync.Mutex // guards kept
	kept []net.PacketConn
)

// Listen listens at a port of 127.0.0.1 that may be closed and listened at again. It
// gives none twice.
func Listen() (net.Listener, error) {
	for range 100 {
		port := first + rand.IntN(last+1-first)
		if _, taken := given.LoadOrStore(port, true); taken {
			continue
		}
		address := fmt.Sprintf("127.0.0.1:%d", port)
		lock, err := net.ListenPacket("udp", address)
		if err != nil {
			continue
		}
		l, err := net.Listen("tcp", address)
		if err != nil {
			lock.Close()
			continue
		}
		keep(lock)
		return l, nil
	}
	return nil, errNone
}

func keep(lock net.PacketConn) {
	mu.Lock()
	defer mu.Unlock()
	if kept = append(kept, lock); len(kept) > most {
		kept[0].Close()
		kept = slices.Delete(kept, 0, 1)
	}
}

// Address returns a host and port where nobody listens, for one who soon will.
func Address() (string, error) {
	l, err := Listen()
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
