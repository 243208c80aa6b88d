package mls

// Change is one record to write, or to delete.
type Change struct {
	Key   string // printable ASCII, unique within the group
	Value []byte // nil deletes
}

// Changes are what an operation does to a group's records. The client writes
// all of them in one atomic write, with whatever depends on them, before it
// sends or shows anything. Later Changes for the same key win.
type Changes []Change

// put appends a change.
func (c *Changes) put(key string, value []byte) {
	*c = append(*c, Change{Key: key, Value: value})
}

// delete appends a deletion.
func (c *Changes) delete(key string) { c.put(key, nil) }

// under returns a function that puts records whose keys begin with prefix.
func (c *Changes) under(prefix string) func(key string, value []byte) {
	return func(key string, value []byte) { c.put(prefix+key, value) }
}

// Records reads what Changes wrote.
type Records interface {
	// Get returns the value with the given key, nil if there is none. The
	// group does not change the result.
	Get(key string) ([]byte, error)
}
