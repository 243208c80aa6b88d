package clientapi

import (
	"context"

	"parley/identity"
	"parley/server"
	"parley/wire"
)

// A caller is who requests an operation.
type caller struct {
	from    string          // the address, for rate limits
	session *server.Session // for operations that need one
}

// An operation is one entry of the API.
type operation struct {
	name  wire.Operation
	limit int // bytes of the body
	call  func(ctx context.Context, c caller, body []byte) (any, error)
}

// Bounds of bodies, in bytes. What is part of a limit has room for the rest of
// the body beside it.
const (
	signalBody   = 4 << 10
	smallBody    = 64 << 10
	packagesBody = 4 << 20
	margin       = 64 << 10
)

// operations are all there are.
func operations(s *server.Server) map[wire.Operation]operation {
	commit := min(s.Limits().Commit+margin, wire.MaxBody)
	message := min(s.Limits().Message+margin, wire.MaxBody)
	all := map[wire.Operation]operation{}
	for _, op := range []operation{
		{wire.OpInfo, smallBody, anyone(func(ctx context.Context, _ string, req *wire.InfoRequest) (*wire.Info, error) {
			return s.Info(ctx, req)
		})},
		{wire.OpSignUp, smallBody, anyone(s.SignUp)},
		{wire.OpEnroll, packagesBody, anyone(s.Enroll)},
		{wire.OpReset, smallBody, anyone(s.Reset)},
		{wire.OpChallenge, smallBody, anyone(func(ctx context.Context, _ string, req *wire.ChallengeRequest) (*wire.Challenge, error) {
			return s.Challenge(ctx, req)
		})},
		{wire.OpOpenSession, smallBody, anyone(func(ctx context.Context, _ string, req *wire.OpenSessionRequest) (*wire.Session, error) {
			return s.OpenSession(ctx, req)
		})},
		{wire.OpPasskeyOptions, smallBody, perhaps(s.PasskeyOptions)},

		{wire.OpDeviceLists, smallBody, device(s.DeviceLists)},
		{wire.OpPutDeviceList, smallBody, device(s.PutDeviceList)},
		{wire.OpEnrollments, smallBody, device(s.Enrollments)},
		{wire.OpAddPasskey, smallBody, device(s.AddPasskey)},
		{wire.OpPasskeys, smallBody, device(s.PasskeyList)},
		{wire.OpRemovePasskey, smallBody, device(s.RemovePasskey)},
		{wire.OpUnfurl, smallBody, device(s.Unfurl)},
		{wire.OpResolvePost, smallBody, device(s.ResolvePost)},
		{wire.OpSubscribePush, smallBody, device(s.SubscribePush)},
		{wire.OpUnsubscribePush, smallBody, device(s.UnsubscribePush)},
		{wire.OpPublishKeyPackages, packagesBody, device(s.PublishKeyPackages)},
		{wire.OpKeyPackageCount, smallBody, device(s.KeyPackageCount)},
		{wire.OpClaimKeyPackages, smallBody, device(s.ClaimKeyPackages)},
		{wire.OpOpenRoom, commit, device(s.OpenRoom)},
		{wire.OpSend, message, device(s.Send)},
		{wire.OpCommit, commit, device(s.Commit)},
		{wire.OpGroupInfo, smallBody, device(s.GroupInfo)},
		{wire.OpRead, smallBody, session(s.Read)},
		{wire.OpAcknowledge, smallBody, device(s.Acknowledge)},
		{wire.OpLeave, message, device(s.Leave)},
		{wire.OpRelate, smallBody, device(s.Relate)},
		{wire.OpRelations, smallBody, device(s.Relations)},
		{wire.OpAnswerChallenge, smallBody, device(s.AnswerChallenge)},
		{wire.OpSignal, signalBody, device(s.Signal)},
		{wire.OpDeviceActivity, smallBody, device(s.DeviceActivity)},
		{wire.OpReport, wire.MaxReport + margin, device(s.Report)},
		{wire.OpNotices, smallBody, device(s.Notices)},
		{wire.OpAccountExport, smallBody, device(s.Export)},
		{wire.OpAccountErase, smallBody, proving(s.Erase)},
	} {
		all[op.name] = op
	}
	return all
}

// anyone makes the call of an operation without a session.
func anyone[Req, Reply any](f func(context.Context, string, *Req) (*Reply, error)) func(context.Context, caller, []byte) (any, error) {
	return func(ctx context.Context, c caller, body []byte) (any, error) {
		return decoded(body, func(req *Req) (*Reply, error) { return f(ctx, c.from, req) })
	}
}

// device makes the call of an operation of the session's device.
func device[Req, Reply any](f func(context.Context, identity.Device, *Req) (*Reply, error)) func(context.Context, caller, []byte) (any, error) {
	return func(ctx context.Context, c caller, body []byte) (any, error) {
		return decoded(body, func(req *Req) (*Reply, error) { return f(ctx, c.session.Device, req) })
	}
}

// session makes the call of an operation that lasts no longer than its session.
func session[Req, Reply any](f func(context.Context, *server.Session, *Req) (*Reply, error)) func(context.Context, caller, []byte) (any, error) {
	return func(ctx context.Context, c caller, body []byte) (any, error) {
		return decoded(body, func(req *Req) (*Reply, error) { return f(ctx, c.session, req) })
	}
}

// perhaps makes the call of an operation that says more to who brings a session: see
// [optional].
func perhaps[Req, Reply any](f func(context.Context, *server.Session, *Req) (*Reply, error)) func(context.Context, caller, []byte) (any, error) {
	return func(ctx context.Context, c caller, body []byte) (any, error) {
		return decoded(body, func(req *Req) (*Reply, error) { return f(ctx, c.session, req) })
	}
}

// proving makes the call of an operation of a session that also proves its account.
func proving[Req, Reply any](f func(context.Context, string, *server.Session, *Req) (*Reply, error)) func(context.Context, caller, []byte) (any, error) {
	return func(ctx context.Context, c caller, body []byte) (any, error) {
		return decoded(body, func(req *Req) (*Reply, error) { return f(ctx, c.from, c.session, req) })
	}
}

// optional reports whether op takes a session that it doesn't need.
func optional(op wire.Operation) bool { return op == wire.OpPasskeyOptions }

func decoded[Req, Reply any](body []byte, f func(*Req) (*Reply, error)) (any, error) {
	req := new(Req)
	if len(body) > 0 { // none at all is an empty map
		if err := wire.Unmarshal(body, req); err != nil {
			return nil, errUndecoded
		}
	}
	reply, err := f(req)
	if err != nil {
		return nil, err
	}
	return reply, nil
}
