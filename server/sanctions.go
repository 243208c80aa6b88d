package server

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"parley/identity"
	"parley/internal/cbor"
	"parley/wire"
	"parley/wire/admin"
)

// A sanction is a record of kind [RecordSanction], by its decision. What holds of an
// account is remembered by each of its sessions, so that a message costs no look at
// the store. A node that is told that an account's sanctions changed has its
// sessions look again, as it does for device lists: at once here, by a hint at the other
// nodes, and every [Config.Poll] where the hint is lost.

// A sanctionRecord is the value of one.
type sanctionRecord struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // 1
	Kind    admin.SanctionKind
	FromMS  int64
	UntilMS int64 // 0: until it is lifted
}

// A sanctionSet is the sanctions of an account that restrict it. It isn't changed.
type sanctionSet []admin.Sanction

// standing returns what holds at now: the hardest, and of those the one that lasts
// longest.
func (set sanctionSet) standing(now int64) (st wire.Standing) {
	for _, x := range set {
		if x.UntilMS != 0 && x.UntilMS <= now {
			continue
		}
		state := wire.StandingLimited
		if x.Kind == admin.SanctionSuspend {
			state = wire.StandingSuspended
		}
		harder := st.State == wire.StandingGood || state != st.State && state == wire.StandingSuspended
		longer := state == st.State && st.UntilMS != 0 && (x.UntilMS == 0 || x.UntilMS > st.UntilMS)
		if harder || longer {
			st = wire.Standing{State: state, Decision: x.Decision, UntilMS: x.UntilMS}
		}
	}
	return st
}

// sanctions reads those of account that restrict it and haven't ended at now.
func (s *Server) sanctions(ctx context.Context, account identity.Account, now int64) (set sanctionSet, err error) {
	list, err := s.store.AccountRecords(ctx, account, RecordSanction, "", admin.MaxSanctions)
	for _, kv := range list {
		var r sanctionRecord
		if err := cbor.Unmarshal(kv.Value, &r); err != nil {
			return nil, errEntry
		}
		if r.UntilMS == 0 || r.UntilMS > now {
			set = append(set, admin.Sanction{Decision: kv.Key, Kind: r.Kind, FromMS: r.FromMS, UntilMS: r.UntilMS})
		}
	}
	return set, err
}

// standing reads what holds of account now.
func (s *Server) standing(ctx context.Context, account identity.Account) (wire.Standing, error) {
	set, err := s.sanctions(ctx, account, s.nowMS())
	return set.standing(s.nowMS()), err
}

// learnSanctions has session remember what holds of its account. Where something is
// changed here meanwhile it looks again, so that nothing older is remembered last.
func (s *Server) learnSanctions(ctx context.Context, session *Session) error {
	for range casTries {
		before := s.sanctioning.Load()
		set, err := s.sanctions(ctx, session.account, s.nowMS())
		switch {
		case err != nil:
			return err
		case len(set) == 0:
			session.sanctions.Store(nil)
		default:
			session.sanctions.Store(&set)
		}
		if s.sanctioning.Load() == before {
			return nil
		}
	}
	return errBusy
}

// suspendedMay are the operations that a suspended account may do: those by which it
// reads, leaves, keeps its devices safe, has its say, and goes.
var suspendedMay = []wire.Operation{
	wire.OpRead, wire.OpAcknowledge, wire.OpGroupInfo, wire.OpDeviceLists, wire.OpDeviceActivity, wire.OpEnrollments,
	wire.OpLeave, wire.OpRelate, wire.OpRelations,
	wire.OpCommit, // which adds nobody: see mayAdd
	wire.OpPutDeviceList, wire.OpPublishKeyPackages, wire.OpKeyPackageCount,
	wire.OpPasskeyOptions, wire.OpAddPasskey, wire.OpPasskeys, wire.OpRemovePasskey, wire.OpSubscribePush, wire.OpUnsubscribePush,
	wire.OpReport, // an appeal: see checkReport
	wire.OpNotices, wire.OpAccountExport, wire.OpAccountErase,
	opDownload,
}

// Operations that aren't of the wire, as the API names them.
const (
	opUpload   wire.Operation = "upload"
	opDownload wire.Operation = "download"
)

// limitedMayNot are those that a limited account may not do. See also mayAdd.
var limitedMayNot = []wire.Operation{wire.OpClaimKeyPackages, opUpload}

// mayDo returns suspended or limited if session's account may not do op now.
func (s *Session) mayDo(op wire.Operation, now time.Time) error {
	set := s.sanctions.Load()
	if set == nil { // as almost always
		return nil
	}
	st := set.standing(now.UnixMilli())
	switch {
	case st.State == wire.StandingSuspended && !slices.Contains(suspendedMay, op),
		st.State == wire.StandingLimited && slices.Contains(limitedMayNot, op):
		return refuseFor(st)
	}
	return nil
}

// refuseFor says why a standing doesn't allow something.
func refuseFor(st wire.Standing) error {
	e := wire.Refuse(wire.CodeLimited, "The operator limited this account.")
	if st.State == wire.StandingSuspended {
		e = wire.Refuse(wire.CodeSuspended, "The operator suspended this account.")
	}
	e.Decision = st.Decision
	return e
}

// barred returns suspended, or limited, if what holds of account is at least state.
func (s *Server) barred(ctx context.Context, account identity.Account, state wire.StandingState) error {
	st, err := s.standing(ctx, account)
	if err != nil || st.State == wire.StandingGood || state == wire.StandingSuspended && st.State != state {
		return err
	}
	return refuseFor(st)
}

// mayAdd returns suspended or limited if account, which adds people to rooms, may
// not.
func (s *Server) mayAdd(ctx context.Context, account identity.Account, added []identity.Account) error {
	if len(added) == 0 || len(added) == 1 && added[0] == account {
		return nil
	}
	return s.barred(ctx, account, wire.StandingLimited)
}

// Sanction restricts or warns an account, from when it has returned, and gives it
// the notice. It may be repeated. ErrNotFound: there is no such account. ErrExists: the
// decision is of something else. ErrTooMany. bad_request.
func (s *Server) Sanction(ctx context.Context, account identity.Account, req *admin.SanctionRequest) (*admin.Sanction, error) {
	notice := wire.Notice{
		ID: req.Decision, AtMS: s.nowMS(), Decision: req.Decision,
		Statement: req.Statement, UntilMS: req.UntilMS, Appealable: req.Appealable,
	}
	switch req.Kind {
	case admin.SanctionWarn:
		notice.Kind = wire.NoticeWarning
	case admin.SanctionLimit:
		notice.Kind = wire.NoticeLimited
	case admin.SanctionSuspend:
		notice.Kind = wire.NoticeSuspended
	default:
		return nil, badRequest("There is no such kind of sanction.")
	}
	if req.UntilMS < 0 || req.UntilMS != 0 && (req.UntilMS <= notice.AtMS || req.Kind == admin.SanctionWarn) {
		return nil, badRequest("The sanction's end isn't to come.")
	}
	if err := checkNotice(&notice); err != nil {
		return nil, err
	}
	done := &admin.Sanction{Decision: req.Decision, Kind: req.Kind, FromMS: notice.AtMS, UntilMS: req.UntilMS}
	if req.Kind != admin.SanctionWarn {
		if err := s.putSanction(ctx, account, done); err != nil {
			return nil, err
		}
	}
	first, err := s.GiveNotice(ctx, account, notice)
	if err != nil {
		return nil, err
	}
	done.FromMS = min(done.FromMS, first.AtMS)
	return done, s.sanctioned(ctx, account)
}

// putSanction keeps a sanction that restricts; where it is kept already, x is what
// is kept.
func (s *Server) putSanction(ctx context.Context, account identity.Account, x *admin.Sanction) error {
	value := cbor.MustMarshal(sanctionRecord{Version: 1, Kind: x.Kind, FromMS: x.FromMS, UntilMS: x.UntilMS})
	ended, err := s.endedSanctions(ctx, account, x)
	if err != nil {
		return err
	}
	err = s.store.UpdateRecords(ctx, RecordUpdate{
		Account: account, Kind: RecordSanction, New: true, Max: admin.MaxSanctions,
		Put: []KeyValue{{Key: x.Decision, Value: value}}, Delete: ended,
	})
	if !errors.Is(err, ErrExists) {
		return err
	}
	kept, err := s.store.AccountRecord(ctx, account, RecordSanction, x.Decision)
	if err != nil {
		return err
	}
	var r sanctionRecord
	switch {
	case cbor.Unmarshal(kept, &r) != nil:
		return errEntry
	case r.Kind != x.Kind || r.UntilMS != x.UntilMS:
		return ErrExists
	}
	x.FromMS = r.FromMS
	return nil
}

// endedSanctions returns the decisions of those that have ended and may go, but x's.
func (s *Server) endedSanctions(ctx context.Context, account identity.Account, x *admin.Sanction) (ended []string, err error) {
	list, err := s.store.AccountRecords(ctx, account, RecordSanction, "", admin.MaxSanctions)
	for _, kv := range list {
		var r sanctionRecord
		if cbor.Unmarshal(kv.Value, &r) == nil && r.UntilMS != 0 && r.UntilMS <= x.FromMS && kv.Key != x.Decision {
			ended = append(ended, kv.Key)
		}
	}
	return ended, err
}

// Lift ends a sanction before its time, and tells the account. Lifting what isn't there
// does nothing. ErrNotFound: there is no such account. bad_request.
func (s *Server) Lift(ctx context.Context, account identity.Account, decision string) error {
	if err := checkDecision(decision); err != nil {
		return err
	}
	if _, err := s.store.Account(ctx, account); err != nil {
		return err
	}
	switch _, err := s.store.AccountRecord(ctx, account, RecordSanction, decision); {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	notice := wire.Notice{
		ID: decision + restoredSuffix, AtMS: s.nowMS(), Kind: wire.NoticeRestored, Decision: decision,
	}
	if _, err := s.GiveNotice(ctx, account, notice); err != nil {
		return err
	}
	err := s.store.UpdateRecords(ctx, RecordUpdate{Account: account, Kind: RecordSanction, Delete: []string{decision}})
	if err != nil {
		return err
	}
	return s.sanctioned(ctx, account)
}

// restoredSuffix follows a decision in the ID of the notice that it was lifted.
const restoredSuffix = ".restored"

// sanctioned has what holds of account hold here at once, and soon at the other
// nodes.
func (s *Server) sanctioned(ctx context.Context, account identity.Account) error {
	s.sanctioning.Add(1)
	var err error
	for _, session := range append(s.sessions.of(account), s.hub.sessions(account)...) {
		if errOne := s.learnSanctions(ctx, session); errOne != nil {
			session.checked.Store(0) // to be looked at again
			err = errOne
		}
	}
	s.publish(Hint{Lists: []identity.Account{account}})
	return err
}

// checkDecision checks a decision's or a notice's name.
func checkDecision(name string) error {
	ok := len(name) > 0 && len(name) <= wire.MaxDecision
	for _, c := range name {
		ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.ContainsRune("._-", c))
	}
	if !ok {
		return badRequest("A decision's name has 1 to 64 of a-z 0-9 . _ -")
	}
	return nil
}
