package client

import (
	"context"
	"slices"

	"parley/content"
	"parley/identity"
	"parley/internal/cbor"
)

// maxReporting is the size of a room above which nobody reports: each message
// would be answered by everyone.
const maxReporting = 32 // accounts

// A reportRecord is what this device has still to report as delivered.
type reportRecord struct {
	_   struct{}    `cbor:",toarray"`
	IDs []MessageID // the oldest first, at most content.MaxReports
}

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
	rec.IDs = append(rec.IDs, id)
	rec.IDs = rec.IDs[max(0, len(rec.IDs)-content.MaxReports):]
	t.save(reportPrefix+r.Room.ID(), &rec)
	return nil
}

// report puts what is owed into the outbox, one message a room.
func (c *Client) report(ctx context.Context) error {
	return c.step(ctx, func(t *tx) error {
		owed, err := t.list(reportPrefix)
		if err != nil || len(owed) == 0 {
			return err
		}
		rooms, err := t.rooms()
		if err != nil {
			return err
		}
		for _, rec := range owed {
			i := slices.IndexFunc(rooms, func(r *roomRecord) bool { return reportPrefix+r.Room.ID() == rec.Key })
			if i < 0 || rooms[i].Status != statusActive {
				t.del(rec.Key)
				continue
			}
			if _, _, err := t.ready(rooms[i].Room); err != nil {
				continue // owed until something can be sent there
			}
			t.del(rec.Key)
			var due reportRecord
			if err := cbor.Unmarshal(rec.Value, &due); err != nil {
				return err
			}
			if err := t.composeReport(rooms[i].Room, &due); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tx) composeReport(room identity.Room, due *reportRecord) error {
	reports := make([]content.Report, len(due.IDs))
	for i, id := range due.IDs {
		reports[i] = content.Report{ID: id, Status: content.StatusDelivered}
	}
	_, err := t.compose(room, func(ext content.Extensions, _ *tx) (*content.Message, error) {
		return content.NewStatus(ext, reports)
	})
	return err
}

// heedReports marks own messages as delivered that another account reports. It
// can't be told by one's own devices.
func (t *tx) heedReports(from *Message, msg *content.Message) error {
	if from.From == t.c.self.Account {
		return nil
	}
	reports, err := msg.Reports()
	if err != nil {
		return t.refuse(Refusal{Room: from.Room, Seq: from.Seq, Sender: from.FromDevice, Code: "bad_content"})
	}
	for _, rep := range reports {
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
	}
	return nil
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
