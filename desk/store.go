package desk

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"parley/desk/audit"
	"parley/desk/deskapi"
)

// A Store keeps the desk's records: values under keys that sort by their bytes. It
// is safe for concurrent use.
type Store interface {
	// Get returns a record's value, nil where there is none.
	Get(ctx context.Context, key string) ([]byte, error)
	// List returns at most limit records whose key begins with prefix and sorts after
	// after, in the order of their keys.
	List(ctx context.Context, prefix, after string, limit int) ([]Change, error)
	// Write makes all changes, or none; they are durable when it returns.
	Write(ctx context.Context, changes []Change) error
}

// A Change sets a record, or with a nil value deletes it.
type Change struct {
	Key   string `json:"k"`
	Value []byte `json:"v"`
}

// The kinds of records, which their keys begin with.
const (
	keyIntent   = "intent/"
	keyCase     = "case/"     // id
	keyOpen     = "open/"     // id: those that aren't decided
	keyMerge    = "merge/"    // alias of account and room: the open case of it
	keyReport   = "report/"   // alias of the reporter and the report's id
	keyAccount  = "account/"  // alias of an account
	keyDecision = "decision/" // id
	keyTask     = "task/"     // decision, number
	keyAppeal   = "appeal/"   // id
	keyPerson   = "person/"   // id
	keyInvite   = "invite/"   // hash of a token
	keySession  = "session/"  // hash of a token
	keyToken    = "token/"    // hash of a token
	keyReveal   = "reveal/"   // case, attachment, person
	keyLegal    = "legal/"    // id
	keyGone     = "gone/"     // blob: the platform has it no more
	keyRefused  = "refused/"  // alias of the queue's id
	keyMeta     = "meta/"
)

// getRecord reads a record into v; false where there is none.
func (d *Desk) getRecord(ctx context.Context, key string, v any) (bool, error) {
	data, err := d.store.Get(ctx, key)
	if err != nil || data == nil {
		return false, err
	}
	return true, json.Unmarshal(data, v)
}

// listRecords reads all records of a kind.
func listRecords[T any](ctx context.Context, s Store, prefix string) (all []T, err error) {
	const page = 500
	after := ""
	for {
		records, err := s.List(ctx, prefix, after, page)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			var v T
			if err := json.Unmarshal(r.Value, &v); err != nil {
				return nil, fmt.Errorf("desk: a damaged record: %v", err)
			}
			all = append(all, v)
			after = r.Key
		}
		if len(records) < page {
			return all, nil
		}
	}
}

// keysOf lists the keys of all records of a kind.
func (d *Desk) keysOf(ctx context.Context, prefix string) (keys []string, err error) {
	const page = 500
	for after := ""; ; after = keys[len(keys)-1] {
		records, err := d.store.List(ctx, prefix, after, page)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			keys = append(keys, r.Key)
		}
		if len(records) < page {
			return keys, nil
		}
	}
}

// A draft is a change under way: what is read through it sees what it has set.
type draft struct {
	ctx  context.Context
	d    *Desk
	sets map[string][]byte
}

func (t *draft) get(key string, v any) (bool, error) {
	if data, set := t.sets[key]; set {
		if data == nil {
			return false, nil
		}
		return true, json.Unmarshal(data, v)
	}
	return t.d.getRecord(t.ctx, key, v)
}

func (t *draft) put(key string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("desk: %v", err)
	}
	t.sets[key] = data
	return nil
}

func (t *draft) remove(key string) { t.sets[key] = nil }

func (t *draft) changes() (all []Change) {
	for _, key := range slices.Sorted(maps.Keys(t.sets)) {
		all = append(all, Change{Key: key, Value: t.sets[key]})
	}
	return all
}

// An intent is a change that is written down before the audit log tells of it.
type intent struct {
	Op      string   `json:"op"`
	Changes []Change `json:"changes"`
}

// opField is where a line of the audit log has the intent that it tells of.
const opField = "op"

// commit makes a change that the audit log tells of: fill sets it in a draft, and
// completes the event. All or nothing, also over a crash: see the package's comment. Changes
// are made one after the other, so that what fill has read still holds.
func (d *Desk) commit(ctx context.Context, e audit.Event, fill func(t *draft, e *audit.Event) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken {
		return errBroken
	}
	ctx = context.WithoutCancel(ctx) // who goes away leaves nothing half done
	t := &draft{ctx: ctx, d: d, sets: map[string][]byte{}}
	if e.Data = maps.Clone(e.Data); e.Data == nil {
		e.Data = map[string]string{}
	}
	e.AtMS = d.nowMS()
	if err := fill(t, &e); err != nil {
		return err
	}
	in := intent{Op: newID("o"), Changes: t.changes()}
	e.Data[opField] = in.Op
	data, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("desk: %v", err)
	}
	if err := d.store.Write(ctx, []Change{{Key: keyIntent + in.Op, Value: data}}); err != nil {
		return err
	}
	line, err := d.log.Append(e)
	if errors.Is(err, audit.ErrTooLong) {
		return err // nothing was written: the intent is forgotten with the next start
	} else if err != nil {
		d.broken = true
		return fmt.Errorf("%w: %v", errAudit, err)
	}
	if err := d.apply(ctx, in, line); err != nil {
		d.broken = true // it happened, and stands in the log: the next start carries it out
		return err
	}
	return nil
}

// commitBy is commit of a change that who makes, whose role has to allow act then too.
func (d *Desk) commitBy(ctx context.Context, who Actor, act deskapi.Act, e audit.Event, fill func(t *draft, e *audit.Event) error) error {
	e.Actor = who.ID
	return d.commit(ctx, e, func(t *draft, e *audit.Event) error {
		if err := t.still(who, act); err != nil {
			return err
		}
		return fill(t, e)
	})
}

// apply makes a change that line tells of; nil: it was never told of, and is forgotten.
func (d *Desk) apply(ctx context.Context, in intent, line *audit.Line) error {
	forget := Change{Key: keyIntent + in.Op}
	if line == nil {
		return d.store.Write(ctx, []Change{forget})
	}
	mark, err := json.Marshal(logMark{Seq: line.Seq, Hash: line.Hash})
	if err != nil {
		return fmt.Errorf("desk: %v", err)
	}
	return d.store.Write(ctx, append(in.Changes, Change{Key: metaLog, Value: mark}, forget))
}

// set makes a change that needs no line: bookkeeping, of which nobody sees anything.
func (d *Desk) set(ctx context.Context, fill func(t *draft) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken {
		return errBroken
	}
	t := &draft{ctx: context.WithoutCancel(ctx), d: d, sets: map[string][]byte{}}
	if err := fill(t); err != nil {
		return err
	}
	return d.store.Write(t.ctx, t.changes())
}

// look writes that somebody looks. What is looked at is given only after it.
func (d *Desk) look(who Actor, action, subject string, data map[string]string) error {
	_, err := d.log.Append(audit.Event{AtMS: d.nowMS(), Actor: who.ID, Action: action, Subject: subject, Data: data})
	if err == nil || errors.Is(err, audit.ErrTooLong) {
		return err
	}
	d.mu.Lock()
	d.broken = true
	d.mu.Unlock()
	d.wake() // Run ends
	return fmt.Errorf("%w: %v", errAudit, err)
}

var idEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func encodeID(b []byte) string { return idEncoding.EncodeToString(b) }

// newID returns a random name: kind, "-", 16 letters and digits.
func newID(kind string) string {
	b := make([]byte, 10)
	rand.Read(b)
	return kind + "-" + encodeID(b)
}

// isID reports whether s has the form that newID gives.
func isID(kind, s string) bool {
	rest, ok := strings.CutPrefix(s, kind+"-")
	if !ok || len(rest) != 16 {
		return false
	}
	_, err := idEncoding.DecodeString(rest)
	return err == nil
}
