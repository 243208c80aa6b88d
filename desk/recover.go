package desk

import (
	"context"
	"errors"
	"fmt"

	"parley/desk/audit"
)

// metaLog is where the store says which line of the log its newest change is told by.
const metaLog = keyMeta + "log"

// A logMark is a line of the audit log.
type logMark struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
}

// ErrOtherLog is returned where the audit log isn't the one that the store was written
// with: it is an older one, from a backup, or another.
var ErrOtherLog = errors.New("desk: the audit log isn't the one of this store: it lacks what was done")

// recover carries out the intents that the audit log tells of, and forgets the
// others. Store and log have to be of one time: without the line of the store's newest
// change the desk doesn't begin, and a store that lacks changes that the log tells of (it is from
// a backup) is told of in the log.
func (d *Desk) recover(ctx context.Context) error {
	intents, err := listRecords[intent](ctx, d.store, keyIntent)
	if err != nil {
		return err
	}
	var mark logMark
	if _, err := d.getRecord(ctx, metaLog, &mark); err != nil {
		return err
	}
	told := map[string]*audit.Line{} // by the operation: since the store's newest change, and of the intents
	for _, in := range intents {
		told[in.Op] = nil
	}
	found, behind := mark.Seq == 0, 0
	_, err = d.log.Read(func(l *audit.Line) {
		found = found || l.Seq == mark.Seq && l.Hash == mark.Hash
		op := l.Data[opField]
		if _, waits := told[op]; waits {
			told[op] = l
		} else if op != "" && l.Seq > mark.Seq && mark.Seq > 0 {
			behind++
		}
	})
	if err != nil {
		return err
	}
	if !found {
		return ErrOtherLog
	}
	for _, in := range intents {
		if err := d.apply(ctx, in, told[in.Op]); err != nil {
			return err
		}
	}
	return d.tellBehind(ctx, behind)
}

// tellBehind has the log say that the store is older than the log.
func (d *Desk) tellBehind(ctx context.Context, lines int) error {
	if lines == 0 {
		return nil
	}
	event := audit.Event{Actor: audit.Desk, Action: audit.StoreBehind, Subject: d.keys.Domain, Data: map[string]string{"changes": fmt.Sprint(lines)}}
	return d.commit(ctx, event, func(*draft, *audit.Event) error { return nil })
}
