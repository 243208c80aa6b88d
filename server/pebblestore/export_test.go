package pebblestore

import "time"

// Small returns o for a store that keeps next to nothing in memory, so that few
// operations reach every path.
func Small(o Options) Options {
	o.Window, o.tail, o.maxBoxes = 4<<10, 5, 2
	return o
}

// OftenSized returns o for a store that looks at its size at each group.
func OftenSized(o Options) Options {
	o.sizeEvery = time.Nanosecond
	return o
}
