package client

import (
	"context"
	"slices"
	"strings"

	"parley/content"
	"parley/identity"
)

// maxReporting is the size of a room above which nobody reports: each message
// would be answered by everyone.
const maxReporting = 32 // accounts

// A reportRecord is what this device has still to report as delivered.
type reportRecord struct {
	_   struct{} `cbor:",toarray"`
	IDs owedIDs  // the oldest first, at most maxOwed
}

// maxOwed bounds the messages of a room that wait to be reported.
const maxOwed = 8 * content.MaxReports

// owe remembers that a message is to be reported as delivered. It is written
// with the message itself.
func (t *tx) owe(r *roomRecord, id MessageID) error {
	if len(r.Accounts) > maxReporting {
		return nil
	}
	var rec reportRecord
	if _, err := t.load(reportPrefix+r.Room.ID(), &rec); err != nil {
		return err
	}
	rec.IDs = rec.IDs.with(id)
	t.save(reportPrefix+r.Room.ID(), &rec)
	return nil
}

// report puts what is owed into the outbox, what was delivered and what was read in
// one message.
func (c *Client) report(ctx context.Context) error {
	return c.step(ctx, func(t *tx) error {
		owed, err := t.list(reportPrefix)
		if err != nil {
			return err
		}
		seen, err := t.list(seenPrefix)
		if err != nil {
			return err
		}
		var rooms []string // by id, each once
		for _, rec := range owed {
			rooms = append(rooms, strings.TrimPrefix(rec.Key, reportPrefix))
		}
		for _, rec := range seen {
			rooms = append(rooms, strings.TrimPrefix(rec.Key, seenPrefix))
		}
		slices.Sort(rooms)
		for _, id := range slices.Compact(rooms) {
			if err := t.reportIn(id); err != nil {
				return err
			}
		}
		return nil
	})
}

// reportIn puts what is owed in one room into the outbox.
func (t *tx) reportIn(id string) error {
	r, err := t.loadRoom(roomPrefix + id)
	if err != nil {
		return err
	}
	if r == nil || r.Status != statusActive {
		t.del(reportPrefix + id)
		t.del(seenPrefix + id)
		return nil
	}
	if _, _, err := t.ready(r.Room); err != nil {
		return nil // owed until something can be sent there
	}
	if quiet, err := t.quiet(r); err != nil || quiet {
		return err // owed until its people are accepted
	}
	var owed reportRecord
	if _, err := t.load(reportPrefix+id, &owed); err != nil {
		return err
	}
	var seen seenRecord
	if _, err := t.load(seenPrefix+id, &seen); err != nil {
		return err
	}
	if wanted, err := t.receipts(); err != nil {
		return err
	} else if !wanted { // any more
		seen.ID = MessageID{}
	}
	t.del(reportPrefix + id)
	t.del(seenPrefix + id)
	var reports []content.Report
	for _, id := range owed.IDs.all() {
		if id != seen.ID {
			reports = append(reports, content.Report{ID: id, Status: content.StatusDelivered})
		}
	}
	if !seen.ID.IsZero() {
		reports = append(reports, content.Report{ID: seen.ID, Status: content.StatusRead})
	}
	for some := range slices.Chunk(reports, content.MaxReports) {
		_, err := t.compose(r.Room, func(ext content.Extensions, _ *tx) (*content.Message, error) {
			return content.NewStatus(ext, some)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// heedReports notes what another account reports of messages in r: which have
// come, and how far it has read. It can't be told by one's own devices.
func (t *tx) heedReports(r *roomRecord, from *Message, msg *content.Message) error {
	if from.From == t.c.self.Account {
		return nil
	}
	reports, err := msg.Reports()
	if err != nil {
		return t.refuse(Refusal{Room: from.Room, Seq: from.Seq, Sender: from.FromDevice, Code: "bad_content"})
	}
	for _, rep := range reports {
		if err := t.heedHeld(r, rep, from.From); err != nil {
			return err
		}
		if rep.Status != content.StatusDelivered && rep.Status != content.StatusRead {
			continue
		}
		key, err := t.get(idKey(rep.ID))
		if err != nil {
			return err
		}
		if err := t.delivered(from.Room, string(key)); err != nil {
			return err
		}
		if rep.Status == content.StatusRead {
			if err := t.heedRead(r, from.From, string(key)); err != nil {
				return err
			}
		}
	}
	return nil
}

// heedRead notes that an account has read a room up to the message of key, if that
// is one of the room.
func (t *tx) heedRead(r *roomRecord, by identity.Account, key string) error {
	if !strings.HasPrefix(key, msgPrefix+r.Room.ID()+"/") {
		return nil
	}
	seq, _, err := placeOf(key)
	if err != nil {
		return t.fail(err)
	}
	return t.hasRead(r.Room, by, seq)
}

// delivered marks one message of the own account, if key is that of one in room.
func (t *tx) delivered(room identity.Room, key string) error {
	if key == "" {
		return nil
	}
	m := new(Message)
	if key[:min(len(key), len(msgPrefix))] != msgPrefix {
		return nil // still in the outbox: the acknowledgement comes first
	}
	found, err := t.load(key, m)
	if err != nil || !found || m.Room != room || m.State != StateSent {
		return err
	}
	m.State = StateDelivered
	t.save(key, m)
	return nil
}
