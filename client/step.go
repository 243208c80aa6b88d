package client

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"parley/identity"
	"parley/internal/cbor"
	"parley/mls"
)

// Record keys. Numbers in keys are 16 hexadecimal digits, so that their order is
// the order of the numbers.
const (
	homeKey     = "home"     // Home, not sealed
	nameKeyKey  = "names"    // what hides names in keys, where the store seals: 32 random bytes
	selfKey     = "self"     // self
	signUpKey   = "signup"   // the identity.SignedDeviceList of a sign-up under way
	enrollKey   = "enroll"   // the wire.EnrollRequest of a device that waits
	postedKey   = "posted"   // postedRecord
	cursorKey   = "cursor"   // uint64: the mailbox up to here is processed
	countersKey = "counters" // counters
	printedKey  = "printed"  // uint64: the feed up to here is printed

	contactPrefix  = "contact/"  // + hidden account: contact
	stalePrefix    = "stale/"    // + hidden account: the account, whose list is to be read again
	kpPrefix       = "kp/"       // + key package reference: keyPackageRecord
	roomPrefix     = "room/"     // + room id: roomRecord
	rosterPrefix   = "roster/"   // + room id: roster
	resetPrefix    = "reset/"    // + hidden account: the account, which was reset and not all is over yet
	groupPrefix    = "g/"        // + room id/generation/…: records of mls
	healPrefix     = "heal/"     // + room id: the room, whose leaves are to be looked at
	pendPrefix     = "pend/"     // + room id: pendingCommit
	openPrefix     = "open/"     // + room id: pendingOpen
	outPrefix      = "out/"      // + number: outEntry
	msgPrefix      = "msg/"      // + room id/seq/part: Message
	idPrefix       = "id/"       // + message id: the key of its Message or outEntry
	modPrefix      = "mod/"      // + message id/seq: the key of a Message that edits, unsends or reacts
	reportPrefix   = "report/"   // + room id: reportRecord
	seenPrefix     = "seen/"     // + room id: seenRecord
	marksPrefix    = "marks/"    // + room id: marksRecord
	waitPrefix     = "wait/"     // + room id/number: a message that disappears some time after it is read
	duePrefix      = "due/"      // + Unix milliseconds/key of a Message, which disappears then
	wordsPrefix    = "words/"    // + room id/number of a block: wordsRecord
	wordsAtPrefix  = "wordsat/"  // + room id: uint64, the blocks of a room that are indexed
	wordsDuePrefix = "wordsdue/" // + room id: the room, which has blocks to index
	statePrefix    = "state/"    // + hidden kind and subject: content.State
	profilePrefix  = "profile/"  // the same, of contacts' profiles
	stickerPrefix  = "sticker/"  // the same, of stickers and their packs
	infoPrefix     = "info/"     // + room id: roomInfo
	sincePrefix    = "since/"    // + room id: sinceRecord
	foldPrefix     = "fold/"     // + room id: uint64, the messages of a request that were kept
	leavesPrefix   = "leaves/"   // + room id: leavesRecord
	refPrefix      = "ref/"      // + room id/blob/message id: an own message that refers to the blob
	heldPrefix     = "held/"     // + message id: heldRecord
	listsPrefix    = "lists/"    // + hidden account: keptLists
	reportsPrefix  = "reports/"  // + id in hexadecimal: reportingRecord
	noticePrefix   = "notice/"   // + number: a wire.Notice

	// What is to be told or done, until it is.
	stateDuePrefix  = "statedue/"  // + key of a content.State: dueState
	relatePrefix    = "relate/"    // + hidden account: relateRecord
	tellPrefix      = "tell/"      // + room id: tellRecord
	restatePrefix   = "restate/"   // + room id: the room, whose roomInfo is to be told to new people
	leavePrefix     = "leave/"     // + room id: leaveRecord
	wipePrefix      = "wipe/"      // + room id: wipeRecord
	reportDuePrefix = "reportdue/" // + id in hexadecimal: a report or appeal that hasn't left
	snapshotKey     = "snapshot"   // the own other devices are to be told everything
	unheardKey      = "unheard"    // the own other devices haven't told this one, which was added, what they know
	adoptedKey      = "adopted"    // the rooms from before there were requests are taken as wanted
	selfTriedKey    = "selftried"  // int64: when this device last tried to open the room with itself
	draftSentKey    = "draftsent"  // int64: when drafts were told last, Unix milliseconds
	healingKey      = "healing"    // Healing
	ownListsKey     = "ownlists"   // ownLists
	frankedKey      = "franked"    // rooms of before there were stamps have their mark
	lenientPrefix   = "lenient/"   // + room id: a room from before, which has had no stamp yet
	stampsKey       = "stamps"     // stampsRecord
	evidencePrefix  = "evid/"      // + hour/room id/number: evidence; …/c and an epoch: its GroupContext
	keptPrefix      = "kept/"      // + name: see Client.Keep
	deskKeyKey      = "desk"       // deskRecord
	standingKey     = "standing"   // standingRecord
	profileSentKey  = "profsent"   // int64: when the profile was told to all, or will be

	feedPrefix    = "feed/"    // + number: the key of a Message to print
	refusedPrefix = "refused/" // + number: Refusal
)

func numKey(prefix string, n uint64) string { return fmt.Sprintf("%s%016x", prefix, n) }

// groupKey names one MLS group of a room.
type groupKey struct {
	room       identity.Room
	generation uint32
}

func (k groupKey) prefix() string {
	return fmt.Sprintf("%s%s/%d/", groupPrefix, k.room.ID(), k.generation)
}

// counters number the records that are kept in order of arrival.
type counters struct {
	_       struct{} `cbor:",toarray"`
	Out     uint64
	Feed    uint64
	Refused uint64
}

// A tx is one step under way: reads see the store and what the step has put.
type tx struct {
	c       *Client
	ctx     context.Context
	changes []Change
	at      map[string]int            // key → its newest place in changes
	failed  error                     // the first of reading: such a step writes nothing, whatever was made of the error
	need    []identity.Account        // whose lists a leaf was not on
	fresh   map[identity.Account]bool // whose lists were just read: they are not needed again

	keysDue   bool // a stamp checks by no key that is known
	keysFresh bool // the server's keys were just read

	facts  map[identity.Room]*roomFacts
	making *memo // what is being made of what is read; nil: nothing is

	tellsAtOnce bool // what it changes is told, to who shows it, while it is being written: see step_write.go
}

// step runs fn and writes what it put, atomically. fn has no effect outside its
// tx and may run more than once. If fn fails nothing is written.
func (c *Client) step(ctx context.Context, fn func(*tx) error) error {
	c.stepMu.Lock()
	defer c.stepMu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		base, err := c.upToDate(ctx)
		if err != nil {
			return err
		}
		again, err := c.try(ctx, base, fn)
		if !again {
			return err
		}
		c.dropGroups()
	}
}

// upToDate forgets what is remembered of another version of the store than the one
// that it has, which it returns.
func (c *Client) upToDate(ctx context.Context) (base uint64, err error) {
	base, err = c.store.Version(ctx)
	if err == nil && base != c.base {
		c.dropGroups()
		c.known.drop()
		c.base = base
	}
	return base, err
}

// try runs fn once on the state of base, and writes. It returns again if somebody
// wrote meanwhile, whether fn failed for it or not.
func (c *Client) try(ctx context.Context, base uint64, fn func(*tx) error) (again bool, err error) {
	t, err := c.run(ctx, fn)
	if err != nil {
		c.dropGroups()
		now, verr := c.store.Version(ctx)
		return verr == nil && now != base, err
	}
	changes := t.final()
	if len(changes) == 0 {
		return false, nil
	}
	return c.write(t, base, changes)
}

// run runs fn once.
func (c *Client) run(ctx context.Context, fn func(*tx) error) (*tx, error) {
	t := &tx{c: c, ctx: ctx, at: map[string]int{}}
	c.current = t
	err := fn(t)
	c.current = nil
	if err == nil {
		err = t.failed
	}
	return t, err
}

// dropGroups forgets the loaded groups: the store is what counts.
func (c *Client) dropGroups() { clear(c.cache) }

// final returns the changes with only the last one of each key.
func (t *tx) final() []Change {
	out := make([]Change, 0, len(t.at))
	for i, ch := range t.changes {
		if t.at[ch.Key] == i {
			out = append(out, ch)
		}
	}
	return out
}

// get returns the value of key, or nil.
func (t *tx) get(key string) ([]byte, error) {
	t.reading(key)
	if i, ok := t.at[key]; ok {
		return t.changes[i].Value, nil
	}
	if value, known := t.c.known.get(key); known {
		return value, nil
	}
	t.c.strays()
	value, err := t.c.store.get(t.ctx, key)
	if err == nil {
		t.c.known.keep(key, value)
	}
	return value, t.fail(err)
}

// fail remembers an error of reading. What judges a peer's message reads on the
// way, and must not take the store's failure for the peer's.
func (t *tx) fail(err error) error {
	if t.failed == nil {
		t.failed = err
	}
	return err
}

func (t *tx) put(key string, value []byte) {
	if value == nil {
		value = []byte{}
	}
	t.change(key, value)
}

func (t *tx) del(key string) { t.change(key, nil) }

func (t *tx) change(key string, value []byte) {
	t.at[key] = len(t.changes)
	t.changes = append(t.changes, Change{key, value})
}

// mark and rollback undo a part of a step: what was put since, and the groups
// that may have moved with it.
func (t *tx) mark() int { return len(t.changes) }

func (t *tx) rollback(mark int) {
	t.changes = t.changes[:mark]
	clear(t.at)
	for i, ch := range t.changes {
		t.at[ch.Key] = i
	}
	t.c.dropGroups()
}

// load reads a record into v and reports whether there is one.
func (t *tx) load(key string, v any) (bool, error) {
	b, err := t.get(key)
	if err != nil || b == nil {
		return false, err
	}
	if err := cbor.UnmarshalOwn(b, v); err != nil {
		return false, t.fail(fmt.Errorf("client: record %s: %w", kindOfKey(key), err))
	}
	return true, nil
}

func (t *tx) save(key string, v any) { t.put(key, cbor.MustMarshal(v)) }

// list returns the records under prefix as the step sees them, in order.
func (t *tx) list(prefix string) ([]Record, error) {
	t.reading(prefix)
	if known, ok := t.c.known.listed(prefix); ok {
		return t.overlay(prefix, known), nil
	}
	out, err := t.stored(prefix)
	if err != nil {
		return nil, err
	}
	if few(prefix) {
		t.c.known.keepKind(prefix, out)
	}
	return t.overlay(prefix, out), nil
}

// stored returns the records under prefix as the store has them.
func (t *tx) stored(prefix string) ([]Record, error) {
	var out []Record
	t.c.strays()
	for after := ""; ; {
		page, err := t.c.store.list(t.ctx, prefix, after, 256)
		if err != nil {
			return nil, t.fail(err)
		}
		out = append(out, page...)
		if len(page) < 256 {
			break
		}
		after = page[len(page)-1].Key
	}
	return out, nil
}

// overlay applies the step's own changes to a listing.
func (t *tx) overlay(prefix string, stored []Record) []Record {
	byKey := map[string][]byte{}
	for _, r := range stored {
		byKey[r.Key] = r.Value
	}
	for key, i := range t.at {
		if strings.HasPrefix(key, prefix) {
			byKey[key] = t.changes[i].Value
		}
	}
	return sortedRecords(byKey)
}

// kindOfKey returns the part of a record's key that may stand in an error.
func kindOfKey(key string) string {
	kind, _, _ := strings.Cut(key, "/")
	return kind
}

// count returns the next number of one of the counters.
func (t *tx) count(which func(*counters) *uint64) (uint64, error) {
	var n counters
	if _, err := t.load(countersKey, &n); err != nil {
		return 0, err
	}
	p := which(&n)
	*p++
	t.save(countersKey, &n)
	return *p, nil
}

// group returns the MLS group of a room's generation, or nil where there is
// none. What is done with it is part of the step.
func (t *tx) group(k groupKey) (*mls.Group, error) {
	if g := t.c.cache[k]; g != nil {
		return g, nil
	}
	held, err := t.any(k.prefix())
	if err != nil || !held {
		return nil, err
	}
	g, err := mls.Load(t.c.mlsConfig(), groupRecords{t.c, k.prefix()}, t.c.signer())
	if err != nil {
		return nil, err
	}
	if !t.c.writing { // what is read now may be of before and after
		t.c.cache[k] = g
	}
	return g, nil
}

// any reports whether there is a record under prefix.
func (t *tx) any(prefix string) (bool, error) {
	t.reading(prefix)
	for key, i := range t.at {
		if strings.HasPrefix(key, prefix) && t.changes[i].Value != nil {
			return true, nil
		}
	}
	if few(prefix) {
		records, err := t.list(prefix)
		return len(records) > 0, err
	}
	t.c.strays()
	records, err := t.c.store.Store.List(t.ctx, prefix, "", 1)
	return len(records) > 0, t.fail(err)
}

// dropGroup deletes all records of a group.
func (t *tx) dropGroup(k groupKey) error {
	records, err := t.list(k.prefix())
	for _, r := range records {
		t.del(r.Key)
	}
	delete(t.c.cache, k)
	return err
}

// apply adds what an operation on a group changed.
func (t *tx) apply(k groupKey, changes mls.Changes) {
	for _, ch := range changes {
		t.change(k.prefix()+ch.Key, ch.Value)
	}
}

// groupRecords is a group's part of the store, as mls reads it: always within a
// step, and as that step sees it.
type groupRecords struct {
	c      *Client
	prefix string
}

// Get implements [mls.Records].
func (r groupRecords) Get(key string) ([]byte, error) { return r.c.current.get(r.prefix + key) }

// sortedRecords returns what is left of a listing, in order.
func sortedRecords(byKey map[string][]byte) []Record {
	out := make([]Record, 0, len(byKey))
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		if byKey[key] != nil {
			out = append(out, Record{key, byKey[key]})
		}
	}
	return out
}
