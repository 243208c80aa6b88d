package clientapi

import "sync"

// Sizes of buffers, in bytes.
const (
	smallRead = 64       // what an idle stream waits with: a pong, or the head of a frame
	largeRead = 16 << 10 // what a stream at work reads with
	keptWrite = 64 << 10 // a buffer of frames that has grown beyond it isn't used again
)

var (
	readBuffers  = sync.Pool{New: func() any { return new([largeRead]byte) }}
	writeBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}
)

// An outgoing holds frames that wait to be written.
type outgoing = *[]byte

func putOutgoing(b outgoing) {
	if cap(*b) > keptWrite {
		return
	}
	*b = (*b)[:0]
	writeBuffers.Put(b)
}
