package server

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"parley/identity"
	"parley/internal/cbor"
	"parley/wire"
)

// Notices are records of kind [RecordNotice]: the key is N in 16 hexadecimal digits,
// the value CBOR of a noticeRecord.

type noticeRecord struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // 1
	Notice  wire.Notice
}

func noticeKey(n uint64) string { return fmt.Sprintf("%016x", n) }

// maxStatementText bounds each text of a statement, in bytes.
const maxStatementText = 4 << 10

// noticesOf reads the notices of account after n, in their order.
func (s *Server) noticesOf(ctx context.Context, account identity.Account, n uint64) ([]wire.Notice, error) {
	list, err := s.store.AccountRecords(ctx, account, RecordNotice, noticeKey(n), wire.MaxNotices)
	if err != nil {
		return nil, err
	}
	all := make([]wire.Notice, len(list))
	for i, kv := range list {
		var r noticeRecord
		if cbor.UnmarshalLenient(kv.Value, &r) != nil {
			return nil, errEntry
		}
		all[i] = r.Notice
	}
	return all, nil
}

// Notices says what the operator has to say to the session's account, and what
// holds of it.
func (s *Server) Notices(ctx context.Context, device identity.Device, req *wire.NoticesRequest) (*wire.Notices, error) {
	all, err := s.noticesOf(ctx, device.Account(), req.After)
	if err != nil {
		return nil, err
	}
	st, err := s.standing(ctx, device.Account())
	return &wire.Notices{Notices: all, Standing: st}, err
}

// GiveNotice gives account a notice, whose N it sets, and signals it to the account's
// devices. One whose ID it has is returned as it was given; ErrExists if it says
// something else. Beyond wire.MaxNotices the oldest goes. ErrNotFound: there is no such
// account. bad_request.
func (s *Server) GiveNotice(ctx context.Context, account identity.Account, n wire.Notice) (*wire.Notice, error) {
	if err := checkNotice(&n); err != nil {
		return nil, err
	}
	if n.AtMS == 0 {
		n.AtMS = s.nowMS()
	}
	for range casTries {
		given, err := s.putNotice(ctx, account, n)
		if errors.Is(err, ErrStale) {
			continue
		}
		if err != nil {
			return nil, err
		}
		s.signalNotices(account)
		return given, nil
	}
	return nil, errBusy
}

// putNotice keeps a notice as the newest. ErrStale if another one came first.
func (s *Server) putNotice(ctx context.Context, account identity.Account, n wire.Notice) (*wire.Notice, error) {
	all, err := s.noticesOf(ctx, account, 0)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(all, func(o wire.Notice) bool { return o.ID == n.ID }); i >= 0 {
		if n.N, n.AtMS = all[i].N, all[i].AtMS; !sameNotice(&n, &all[i]) {
			return nil, ErrExists
		}
		return &all[i], nil
	}
	n.N = 1
	u := RecordUpdate{Account: account, Kind: RecordNotice, New: true, Max: wire.MaxNotices}
	if k := len(all); k > 0 {
		n.N = all[k-1].N + 1
		for _, old := range all[:max(k+1-wire.MaxNotices, 0)] {
			u.Delete = append(u.Delete, noticeKey(old.N))
		}
	}
	u.Put = []KeyValue{{Key: noticeKey(n.N), Value: cbor.MustMarshal(noticeRecord{Version: 1, Notice: n})}}
	if err := s.store.UpdateRecords(ctx, u); err != nil {
		if errors.Is(err, ErrExists) {
			err = ErrStale
		}
		return nil, err
	}
	return &n, nil
}

// sameNotice reports whether two notices say the same.
func sameNotice(a, b *wire.Notice) bool {
	return reflect.DeepEqual(cbor.MustMarshal(a), cbor.MustMarshal(b))
}

// signalNotices tells the account's devices, here and at the other nodes, to ask for
// its notices. Between nodes it is a signal without a room, with the account in
// the sender's place.
func (s *Server) signalNotices(account identity.Account) {
	s.passNotices(account)
	s.publish(Hint{Signals: []wire.Signal{{Sender: identity.Device(account), Data: []byte(wire.SignalNotices)}}})
}

// passNotices tells those that wait here.
func (s *Server) passNotices(account identity.Account) {
	s.hub.signal(account, wire.Signal{Data: []byte(wire.SignalNotices)})
}

// checkNotice checks a notice's form.
func checkNotice(n *wire.Notice) error {
	if n.ID != n.Decision+restoredSuffix || n.Kind != wire.NoticeRestored {
		if err := checkDecision(n.ID); err != nil {
			return err
		}
	}
	if n.Decision != "" {
		if err := checkDecision(n.Decision); err != nil {
			return err
		}
	}
	if len(n.Report) != 0 && len(n.Report) != wire.IDSize {
		return badRequest("A report's id has 16 bytes.")
	}
	return checkStatement(n.Statement)
}

// checkStatement checks that the texts of a statement aren't too long.
func checkStatement(st *wire.Statement) error {
	if st == nil {
		return nil
	}
	for _, text := range append([]string{
		st.Ground, st.GroundReference, st.Explanation, st.Facts, st.Category, st.Source, st.Redress,
	}, st.Territories...) {
		if len(text) > maxStatementText {
			return tooLarge("A text of the statement is too long.")
		}
	}
	if len(st.Territories) > 300 {
		return badRequest("These are too many territories.")
	}
	return nil
}
