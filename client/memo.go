package client

// A memo is a value that was made from the store, and what it was made of: it is the
// same until one of these records changes. What a list of conversations shows is
// asked for after each message, and is another in one or two of its lines.
type memo struct {
	value   any
	reads   map[string]bool // keys of records; and prefixes of listings, which end in a slash
	untilMS int64           // by this device's clock; 0: time doesn't change it
}

// maxMemos bounds the values that are remembered: what comes after them is made each
// time.
const maxMemos = 8192

// memos are the values that hold for one version of the store.
type memos struct {
	made    map[string]*memo           // by name
	readers map[string]map[string]bool // by what was read: the names of those that were made of it
}

// written follows a write: what was made of a record that has changed is forgotten.
func (m *memos) written(changes []Change) {
	for _, ch := range changes {
		m.changed(ch.Key)
		for i := range len(ch.Key) {
			if ch.Key[i] == '/' {
				m.changed(ch.Key[:i+1])
			}
		}
	}
}

func (m *memos) changed(read string) {
	for name := range m.readers[read] {
		m.forget(name)
	}
}

func (m *memos) forget(name string) {
	for read := range m.made[name].reads {
		if delete(m.readers[read], name); len(m.readers[read]) == 0 {
			delete(m.readers, read)
		}
	}
	delete(m.made, name)
}

func (m *memos) keep(name string, made *memo) {
	if m.made == nil {
		m.made, m.readers = map[string]*memo{}, map[string]map[string]bool{}
	}
	if m.made[name] != nil {
		m.forget(name)
	}
	if len(m.made) >= maxMemos {
		return
	}
	m.made[name] = made
	for read := range made.reads {
		if m.readers[read] == nil {
			m.readers[read] = map[string]bool{}
		}
		m.readers[read][name] = true
	}
}

// remembered returns a value that was made before and still holds.
func (t *tx) remembered(name string) (value any, ok bool) {
	m := t.c.known.memos.made[name]
	if m == nil || len(t.changes) > 0 || m.untilMS != 0 && m.untilMS <= t.c.nowMS() {
		return nil, false
	}
	return m.value, true
}

// remember returns what make makes of the store, and keeps it until a record changes
// that make has read. The value is shared: nobody changes it. A step that has changed
// something itself keeps nothing.
func (t *tx) remember(name string, make func() (any, error)) (any, error) {
	if value, ok := t.remembered(name); ok {
		return value, nil
	}
	outer, facts := t.making, t.facts
	made := &memo{reads: map[string]bool{}}
	t.making, t.facts = made, nil // what the step has read before counts as well
	value, err := make()
	t.making, t.facts = outer, facts
	if err != nil {
		return nil, err
	}
	made.value = value
	if outer != nil {
		for read := range made.reads {
			outer.reads[read] = true
		}
		outer.until(made.untilMS)
	}
	if len(t.changes) == 0 && t.failed == nil {
		t.c.known.memos.keep(name, made)
	}
	return value, nil
}

// reading notes that what is being made is made of a record, or of all whose keys
// begin with a prefix.
func (t *tx) reading(key string) {
	if t.making != nil {
		t.making.reads[key] = true
	}
}

// until notes that what is being made is another from a time on, Unix milliseconds.
func (t *tx) until(ms int64) {
	if t.making != nil && ms > t.c.nowMS() {
		t.making.until(ms)
	}
}

func (m *memo) until(ms int64) {
	if ms != 0 && (m.untilMS == 0 || ms < m.untilMS) {
		m.untilMS = ms
	}
}
