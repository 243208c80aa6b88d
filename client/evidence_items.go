package client

import (
	"context"
	"slices"
	"strings"

	"parley/content"
	"parley/franking"
	"parley/identity"
	"parley/internal/cbor"
	"parley/mls/public"
	"parley/report"
)

// A Reportable is a message that this device can prove: also one that was edited,
// taken back or viewed, or that has disappeared.
type Reportable struct {
	ID       MessageID
	Seq      uint64 // in the room
	From     identity.Account
	AtMS     int64 // the server's acceptance
	Kind     Kind
	Text     string    // as it was sent
	Replaces MessageID // of an edit or unsend; zero: none
	Media    *Media    // nil: nothing
}

// Reportables returns what can be reported of a room, in its order, at most limit of
// the newest. An own message is among them once its copy has come back, unless it
// is the own profile, or a room's.
func (c *Client) Reportables(ctx context.Context, room identity.Room, limit int) (out []Reportable, err error) {
	err = c.step(ctx, func(t *tx) error {
		out = nil
		found := 0
		all, err := t.evidenceOf(room, func(part []keptEvidence) bool {
			found += len(part)
			return found < limit
		})
		for _, ev := range all[max(0, len(all)-limit):] {
			if r, ok := ev.reportable(); ok && !(r.From == c.self.Account && aside(r.Kind)) {
				out = append(out, r)
			}
		}
		return err
	})
	return out, err
}

// reportable reads what a message says.
func (ev *evidence) reportable() (Reportable, bool) {
	m, id, err := content.Decode(ev.Data)
	if err != nil {
		return Reportable{}, false // it was decoded when it was kept
	}
	s := m.Summary()
	r := Reportable{
		ID: id, Seq: ev.Seq, From: ev.Sender.Account(), AtMS: serverTime(ev.AcceptedMS), Kind: s.Kind, Text: s.Text, Replaces: s.Replaces,
	}
	if s.Kind == KindText {
		r.Media = mediaOf(m)
	}
	return r, true
}

// evidenceItems returns what proves the messages of a room with some numbers, in the
// room's order, each once: of those only that can be reported. Nothing else of the room is in
// it, but what the strong evidence discloses: see [report.Item].
func (c *Client) evidenceItems(ctx context.Context, room identity.Room, seqs []uint64) (items []report.Item, err error) {
	err = c.step(ctx, func(t *tx) error {
		items = nil
		left := map[uint64]bool{}
		for _, seq := range seqs {
			left[seq] = true
		}
		all, err := t.evidenceOf(room, func(part []keptEvidence) bool {
			for _, ev := range part {
				delete(left, ev.Seq)
			}
			return len(left) > 0
		})
		if err != nil {
			return err
		}
		for _, ev := range all {
			if !slices.Contains(seqs, ev.Seq) {
				continue
			}
			item, err := t.itemOf(room, ev)
			if err != nil {
				return err
			}
			items = append(items, *item)
		}
		return nil
	})
	return items, err
}

// A keptEvidence is the evidence of a message with the key of its record.
type keptEvidence struct {
	*evidence
	key string
}

// evidenceOf returns stamped evidence of a room, in the room's order. It goes back
// hour by hour for as long as more, which is called with each hour's, says so.
func (t *tx) evidenceOf(room identity.Room, more func([]keptEvidence) bool) (out []keptEvidence, err error) {
	hours, err := t.evidenceHours()
	if err != nil {
		return nil, err
	}
	var parts [][]keptEvidence
	for _, hour := range slices.Backward(hours) {
		part, err := t.evidenceAt(hour, room)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
		if !more(part) {
			break
		}
	}
	for _, part := range slices.Backward(parts) {
		for _, ev := range part {
			// Almost all come in order already, and a sort of slices is ten times as large.
			at := len(out)
			for at > 0 && out[at-1].Seq > ev.Seq {
				at--
			}
			out = slices.Insert(out, at, ev)
		}
	}
	return out, nil
}

// evidenceAt returns the stamped evidence of a room that was kept in an hour.
func (t *tx) evidenceAt(hour int64, room identity.Room) (out []keptEvidence, err error) {
	prefix := evidenceHour(hour) + room.ID() + "/"
	records, err := t.stored(prefix)
	for _, rec := range records {
		if strings.HasPrefix(rec.Key[len(prefix):], "c") {
			continue
		}
		ev := new(evidence)
		if err := cbor.Unmarshal(rec.Value, ev); err != nil {
			return nil, t.fail(err)
		}
		if ev.Stamp != nil {
			out = append(out, keptEvidence{ev, rec.Key})
		}
	}
	return out, err
}

// itemOf returns ev as it is reported.
func (t *tx) itemOf(room identity.Room, ev keptEvidence) (*report.Item, error) {
	s := ev.Stamp
	stamped := franking.NewContext(s.HubKey, room, ev.Generation, ev.Sender, ev.Epoch, ev.Seq, ev.AcceptedMS)
	item := &report.Item{
		ApplicationData: ev.Data, AuthenticatedData: ev.AAD, Context: stamped.Marshal(), Frank: s.Frank,
		LeafIndex: s.LeafIndex, TreeSize: s.TreeSize, Path: s.Path, Signature: s.Signature,
	}
	hour, err := hourOf(ev.key)
	if err != nil {
		return nil, t.fail(err)
	}
	return item, t.addSigned(item, evidenceContextKey(hour, groupKey{room, ev.Generation}, ev.Epoch), ev.evidence)
}

// addSigned adds what the sender signed, and its signature, where the context of the
// epoch is kept.
func (t *tx) addSigned(item *report.Item, key string, ev *evidence) error {
	b, err := t.get(key)
	if err != nil || b == nil {
		return err
	}
	epoch, err := public.Parse[public.GroupContext](b)
	if err != nil {
		return t.fail(err)
	}
	a := &public.AuthenticatedContent{WireFormat: public.WirePrivateMessage, Content: public.FramedContent{
		GroupID: epoch.GroupID, Epoch: ev.Epoch, Sender: public.MemberSender(public.LeafIndex(ev.Leaf)),
		AuthenticatedData: ev.AAD, ContentType: public.ContentApplication, ApplicationData: ev.Data,
	}}
	a.Auth.Signature = ev.LeafSignature
	if len(ev.LeafSignature) == 0 {
		i := slices.IndexFunc(t.c.cfg.Suites, func(s *public.Suite) bool { return s.ID() == epoch.CipherSuite })
		if i < 0 || a.Sign(t.c.cfg.Suites[i], t.c.signer(), epoch) != nil {
			return nil // without the sender's own word, then
		}
	}
	item.TBS, item.LeafSignature = a.TBS(epoch), a.Auth.Signature
	return nil
}
