package adminapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"parley/franking"
	"parley/server"
	"parley/wire"
	"parley/wire/admin"
)

// handlers are those of [admin.Routes], by name.
func (a *API) handlers() map[string]handler {
	return map[string]handler{
		"listReports":       a.listReports,
		"acknowledgeReport": a.acknowledgeReport,
		"getAccount":        a.getAccount,
		"sanctionAccount":   a.sanctionAccount,
		"liftSanction":      a.liftSanction,
		"giveNotice":        a.giveNotice,
		"putFacts":          a.putFacts,
		"putRelationships":  a.putRelationships,
		"getBlob":           a.getBlob,
		"takeDownBlob":      a.takeDownBlob,
		"restoreBlob":       a.restoreBlob,
		"verifyFrank":       a.verifyFrank,
		"listFrankingKeys":  a.listFrankingKeys,
		"putDeskKey":        a.putDeskKey,
		"getLegalAccount":   a.getLegalAccount,
	}
}

// ofAccount turns ErrNotFound into the problem that it is where an account is
// named.
func ofAccount(err error) error {
	if errors.Is(err, server.ErrNotFound) {
		return problem(admin.CodeUnknownAccount, "")
	}
	return err
}

func (a *API) listReports(ctx context.Context, r *request) (any, error) {
	after, limit, err := r.page(admin.MaxReports)
	if err != nil {
		return nil, err
	}
	list, more, err := a.server.QueuedReports(ctx, after, limit, admin.MaxReportBytes)
	if err != nil {
		return nil, err
	}
	page := admin.Reports{Reports: []admin.Report{}}
	for _, q := range list {
		page.Reports = append(page.Reports, admin.Report{
			ID: strconv.FormatUint(q.N, 10), Account: q.Account, Kind: q.Kind, ReceivedMS: q.ReceivedMS, Sealed: q.Sealed,
		})
	}
	if more {
		page.Next = page.Reports[len(page.Reports)-1].ID
	}
	return page, nil
}

func (a *API) acknowledgeReport(ctx context.Context, r *request) (any, error) {
	n, err := strconv.ParseUint(r.PathValue("report"), 10, 63)
	if err != nil {
		return nil, problem(admin.CodeBadRequest, "The path names no report.")
	}
	return nil, a.server.AcknowledgeReport(ctx, n)
}

func (a *API) getAccount(ctx context.Context, r *request) (any, error) {
	account, err := r.account()
	if err != nil {
		return nil, err
	}
	info, err := a.server.AccountInfo(ctx, account)
	return orNothing(info, ofAccount(err))
}

func (a *API) getLegalAccount(ctx context.Context, r *request) (any, error) {
	account, err := r.account()
	if err != nil {
		return nil, err
	}
	info, err := a.server.LegalAccount(ctx, account)
	return orNothing(info, ofAccount(err))
}

// orNothing makes no answer of a nil pointer.
func orNothing[T any](v *T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (a *API) sanctionAccount(ctx context.Context, r *request) (any, error) {
	account, err := r.account()
	if err != nil {
		return nil, err
	}
	req, err := decode[admin.SanctionRequest](r)
	if err != nil {
		return nil, err
	}
	done, err := a.server.Sanction(ctx, account, req)
	return orNothing(done, ofAccount(err))
}

func (a *API) liftSanction(ctx context.Context, r *request) (any, error) {
	account, err := r.account()
	if err != nil {
		return nil, err
	}
	return nil, ofAccount(a.server.Lift(ctx, account, r.PathValue("decision")))
}

// givable are the kinds of notice that no sanction brings by itself.
var givable = map[wire.NoticeKind]bool{wire.NoticeOutcome: true, wire.NoticeRemoved: true, wire.NoticeAppealResult: true}

func (a *API) giveNotice(ctx context.Context, r *request) (any, error) {
	account, err := r.account()
	if err != nil {
		return nil, err
	}
	req, err := decode[admin.NoticeRequest](r)
	if err != nil {
		return nil, err
	}
	if !givable[req.Kind] {
		return nil, problem(admin.CodeBadRequest, "No notice of this kind is given here.")
	}
	n, err := a.server.GiveNotice(ctx, account, wire.Notice{
		ID: req.ID, Kind: req.Kind, Decision: req.Decision, Report: req.Report, Outcome: req.Outcome,
		Statement: req.Statement, Appealable: req.Appealable,
	})
	if err != nil {
		return nil, ofAccount(err)
	}
	return admin.Notice{N: n.N, ID: n.ID, AtMS: n.AtMS}, nil
}

func (a *API) putFacts(ctx context.Context, r *request) (any, error) {
	account, err := r.account()
	if err != nil {
		return nil, err
	}
	req, err := decode[admin.Facts](r)
	if err != nil {
		return nil, err
	}
	return nil, ofAccount(a.server.PutFacts(ctx, account, server.Facts{Age: server.AgeBand(req.AgeBand), Region: req.Region}))
}

func (a *API) putRelationships(ctx context.Context, r *request) (any, error) {
	req, err := decode[admin.Relationships](r)
	if err != nil {
		return nil, err
	}
	if len(req.Relationships) > admin.MaxRelationships {
		return nil, problem(admin.CodeTooLarge, "These are too many relationships at once.")
	}
	for _, x := range req.Relationships {
		err := a.server.PutRelationship(ctx, x.From, x.To, server.Relationship{Follows: x.Follows, Contact: x.Contact})
		if err != nil {
			return nil, ofAccount(err)
		}
	}
	return nil, nil
}

func (a *API) getBlob(ctx context.Context, r *request) (any, error) {
	blob, err := r.blob()
	if err != nil {
		return nil, err
	}
	content, err := a.server.EvidenceBlob(ctx, blob)
	if err == nil {
		var body io.ReadCloser
		if body, err = content.Open(ctx, 0, content.Size); err == nil {
			return bytesReply{func(w http.ResponseWriter) error {
				defer body.Close()
				w.Header().Set("Content-Type", "application/octet-stream")
				w.Header().Set("Content-Length", strconv.FormatInt(content.Size, 10))
				_, err := io.Copy(w, body)
				return err
			}}, nil
		}
	}
	if errors.Is(err, server.ErrNotFound) {
		return nil, problem(admin.CodeUnknownBlob, "")
	}
	return nil, err
}

func (a *API) takeDownBlob(ctx context.Context, r *request) (any, error) {
	blob, err := r.blob()
	if err != nil {
		return nil, err
	}
	req, err := decode[admin.TakeDownRequest](r)
	if err != nil {
		return nil, err
	}
	if req.Decision == "" || len(req.Decision) > wire.MaxDecision {
		return nil, problem(admin.CodeBadRequest, "A take-down names its decision.")
	}
	err = a.server.TakeDownBlobBy(ctx, blob, req.Decision)
	if err != nil && !errors.Is(err, server.ErrNotFound) {
		return nil, err
	}
	return admin.TakeDown{Blob: blob.String(), Decision: req.Decision, Known: err == nil}, nil
}

func (a *API) restoreBlob(ctx context.Context, r *request) (any, error) {
	blob, err := r.blob()
	if err != nil {
		return nil, err
	}
	req, err := decode[admin.RestoreRequest](r)
	if err != nil {
		return nil, err
	}
	if req.Decision == "" || len(req.Decision) > wire.MaxDecision {
		return nil, problem(admin.CodeBadRequest, "What is given back names its decision.")
	}
	served, err := a.server.RestoreBlob(ctx, blob, req.Decision)
	return admin.Restore{Blob: blob.String(), Decision: req.Decision, Served: served}, err
}

// maxContext bounds a frank's context, in bytes.
const maxContext = 4 << 10

func (a *API) verifyFrank(ctx context.Context, r *request) (any, error) {
	req, err := decode[admin.FrankRequest](r)
	if err != nil {
		return nil, err
	}
	if len(req.Tag) != 32 || len(req.Frank) != 32 || len(req.HubKey) != 8 || len(req.Context) > maxContext {
		return nil, problem(admin.CodeBadRequest, "A frank, its tag, key and context have fixed sizes.")
	}
	c, err := franking.ParseContext(req.Context)
	if err != nil || string(c.HubKey) != string(req.HubKey) {
		return nil, problem(admin.CodeBadRequest, "The context isn't one, or names another key.")
	}
	ok, err := a.server.FrankingKeys().Verify(ctx, req.Tag, req.Frank, req.Context)
	switch {
	case errors.Is(err, server.ErrNotFound):
		return admin.FrankVerdict{Reason: "unknown_key"}, nil
	case err != nil:
		return nil, err
	case !ok:
		return admin.FrankVerdict{Reason: "wrong_frank"}, nil
	}
	return admin.FrankVerdict{Valid: true}, nil
}

func (a *API) listFrankingKeys(context.Context, *request) (any, error) {
	keys := admin.FrankingKeys{Statements: [][]byte{}}
	for _, s := range a.server.FrankingKeys().Statements() {
		keys.Statements = append(keys.Statements, s.Marshal())
	}
	return keys, nil
}

func (a *API) putDeskKey(ctx context.Context, r *request) (any, error) {
	req, err := decode[admin.DeskKey](r)
	if err != nil {
		return nil, err
	}
	return nil, a.server.PutDeskKey(ctx, req.Statement)
}
