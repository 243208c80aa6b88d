package adminapi_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/franking"
	"parley/identity"
	"parley/server"
	"parley/server/clientapi/apitest"
	"parley/wire"
	"parley/wire/admin"
)

// TestReports: what is sent waits, in its order, until the desk has it.
func TestReports(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.Person("alice"), w.Person("bob")
	if err := w.report(alice, 1, wire.ReportReport, 10); wireCode(err) != wire.CodeForbidden {
		t.Errorf("without a desk: %v; want forbidden", err)
	}
	w.deskKey()
	sizes := []int{1, 32 << 10, 32<<10 + 1, wire.MaxReport}
	for i, n := range sizes {
		for range 2 { // the second time does nothing
			if err := w.report(alice, byte(i+1), wire.ReportReport, n); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.report(bob, 1, wire.ReportAppeal, 5); err != nil {
		t.Fatal(err)
	}
	w.Kill()
	w.Start() // they are kept

	page := ok[admin.Reports](w, call{method: "GET", path: "/reports?limit=3"})
	if len(page.Reports) != 3 || page.Next != page.Reports[2].ID {
		t.Fatalf("a page of %d, then %q; want 3", len(page.Reports), page.Next)
	}
	rest := ok[admin.Reports](w, call{method: "GET", path: "/reports?after=" + page.Next})
	all := append(page.Reports, rest.Reports...)
	if len(all) != 5 || rest.Next != "" {
		t.Fatalf("%d reports, then %q; want 5", len(all), rest.Next)
	}
	for i, r := range all[:4] {
		if r.Account != alice.Account || r.Kind != wire.ReportReport || !bytes.Equal(r.Sealed, bytes.Repeat([]byte{byte(i + 1)}, sizes[i])) {
			t.Errorf("report %d: %s of %s, %d bytes; want %d of alice", i, r.Kind, r.Account, len(r.Sealed), sizes[i])
		}
	}
	if last := all[4]; last.Account != bob.Account || last.Kind != wire.ReportAppeal || last.ReceivedMS == 0 {
		t.Errorf("the last is %+v", last)
	}
	for range 2 {
		ok[any](w, call{method: "DELETE", path: "/reports/" + all[1].ID})
	}
	if left := ok[admin.Reports](w, call{method: "GET", path: "/reports"}); len(left.Reports) != 4 || left.Reports[1].ID != all[2].ID {
		t.Errorf("%d are left; want 4", len(left.Reports))
	}
	if err := w.report(alice, 2, wire.ReportReport, 7); err != nil {
		t.Fatal(err)
	}
	if left := ok[admin.Reports](w, call{method: "GET", path: "/reports"}); len(left.Reports) != 4 {
		t.Errorf("one that the desk has came again: %d; want 4", len(left.Reports))
	}
	w.Pass(8 * 24 * time.Hour) // then the ids of what the desk has are forgotten, and no others
	if err := w.report(alice, 1, wire.ReportReport, 7); err != nil {
		t.Fatal(err)
	}
	if left := ok[admin.Reports](w, call{method: "GET", path: "/reports"}); len(left.Reports) != 4 {
		t.Errorf("one that waits came again after a week: %d; want 4", len(left.Reports))
	}
}

// TestReportFlood: an account fills neither the queue nor the day of the desk.
func TestReportFlood(t *testing.T) {
	w := newWorld(t)
	w.deskKey()
	alice, bob := w.Person("alice"), w.Person("bob")
	sent := 0
	var err error
	for sent = 0; sent < 100 && err == nil; sent++ {
		err = w.report(alice, byte(sent+1), wire.ReportReport, 100)
	}
	if wireCode(err) != wire.CodeRateLimited || sent < 10 || sent > 30 {
		t.Errorf("after %d reports: %v; want rate_limited after about 20", sent, err)
	}
	for day := 1; wireCode(err) == wire.CodeRateLimited && day < 10; day++ {
		w.Pass(24 * time.Hour)
		for err = nil; err == nil; sent++ {
			err = w.report(alice, byte(sent+1), wire.ReportReport, 100)
		}
	}
	if wireCode(err) != wire.CodeQuota {
		t.Errorf("after %d reports over days: %v; want quota", sent, err)
	}
	if err := w.report(bob, 1, wire.ReportReport, 100); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	for what, req := range map[string]*wire.ReportRequest{
		"nothing":        {ID: make([]byte, 16), Kind: wire.ReportReport},
		"too much":       {ID: make([]byte, 16), Kind: wire.ReportReport, Sealed: make([]byte, wire.MaxReport+1)},
		"a short id":     {ID: make([]byte, 15), Kind: wire.ReportReport, Sealed: []byte("x")},
		"another kind":   {ID: make([]byte, 16), Kind: "other", Sealed: []byte("x")},
		"without a kind": {ID: make([]byte, 16), Sealed: []byte("x")},
	} {
		if _, err := w.Server.Report(t.Context(), bob.Device, req); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

func wireCode(err error) wire.Code {
	if e := server.AsWire(err); e != nil {
		return e.Code
	}
	return ""
}

// TestSanctions: they hold at once, say why, and end.
func TestSanctions(t *testing.T) {
	w := newWorld(t)
	w.deskKey()
	alice, bob := w.Person("alice"), w.Person("bob")
	room := w.Room(alice, bob)
	session := alice.Session()
	admitted := func(op wire.Operation) wire.Code { return wireCode(w.Server.Admit(session, op, 10)) }

	statement := &wire.Statement{Ground: "incompatible_content", Explanation: "why"}
	limit := admin.SanctionRequest{Decision: "d.1", Kind: admin.SanctionLimit, Statement: statement, Appealable: true}
	done := ok[admin.Sanction](w, call{method: "POST", path: of(alice, "/sanctions"), body: limit})
	if done.Decision != "d.1" || done.Kind != admin.SanctionLimit || done.FromMS == 0 {
		t.Errorf("done = %+v", done)
	}
	if again := ok[admin.Sanction](w, call{method: "POST", path: of(alice, "/sanctions"), body: limit}); again != done {
		t.Errorf("again = %+v; want %+v", again, done)
	}
	if admitted(wire.OpSend) != "" || admitted(wire.OpClaimKeyPackages) != wire.CodeLimited || admitted("upload") != wire.CodeLimited {
		t.Error("limited: want to send, not to claim or upload")
	}
	until := w.Now().Add(time.Hour).UnixMilli()
	ok[admin.Sanction](w, call{method: "POST", path: of(alice, "/sanctions"), body: admin.SanctionRequest{Decision: "d.2", Kind: admin.SanctionSuspend, UntilMS: until}})
	err := w.Server.Admit(session, wire.OpSend, 10)
	if e := server.AsWire(err); e == nil || e.Code != wire.CodeSuspended || e.Decision != "d.2" {
		t.Errorf("suspended: %v; want suspended by d.2", err)
	}
	if got := wireCode(w.Server.Admit(alice.Session(), wire.OpSend, 10)); got != wire.CodeSuspended {
		t.Errorf("by a new session: %s; want suspended", got)
	}
	if err := w.report(alice, 1, wire.ReportReport, 10); wireCode(err) != wire.CodeSuspended {
		t.Errorf("a report: %v; want suspended", err)
	}
	if err := w.report(alice, 1, wire.ReportAppeal, 10); err != nil {
		t.Errorf("an appeal: %v", err)
	}
	info := ok[admin.Account](w, call{method: "GET", path: of(alice, "")})
	if info.Standing.State != wire.StandingSuspended || len(info.Sanctions) != 2 || info.Counts.Notices != 2 || info.Counts.Waiting != 1 || len(info.Devices) != 1 {
		t.Errorf("the account is %+v", info)
	}
	got := w.notices(alice)
	if len(got.Notices) != 2 || got.Notices[0].Kind != wire.NoticeLimited || got.Notices[0].Statement.Explanation != "why" || !got.Notices[0].Appealable ||
		got.Notices[1].Kind != wire.NoticeSuspended || got.Notices[1].UntilMS != until || got.Standing.State != wire.StandingSuspended {
		t.Errorf("the notices are %+v", got)
	}
	w.Pass(2 * time.Hour) // the suspension ends, the limit doesn't
	session = alice.Session()
	if admitted(wire.OpSend) != "" || admitted(wire.OpClaimKeyPackages) != wire.CodeLimited {
		t.Error("after the suspension: want limited")
	}
	for range 2 {
		ok[any](w, call{method: "DELETE", path: of(alice, "/sanctions/d.1")})
	}
	if admitted(wire.OpClaimKeyPackages) != "" {
		t.Error("after it was lifted: want free")
	}
	if err := alice.Send(room); err != nil {
		t.Errorf("sending: %v", err)
	}
	got = w.notices(alice)
	if n := got.Notices[len(got.Notices)-1]; len(got.Notices) != 3 || n.Kind != wire.NoticeRestored || n.Decision != "d.1" || got.Standing != (wire.Standing{}) {
		t.Errorf("the notices at the end are %+v", got)
	}
	if got := w.notices(bob); len(got.Notices) != 0 {
		t.Errorf("bob has notices: %+v", got)
	}
}

// TestSanctionConflicts: a decision is one thing, whoever repeats it.
func TestSanctionConflicts(t *testing.T) {
	w := newWorld(t)
	alice := w.Person("alice")
	post := func(r admin.SanctionRequest) call {
		return call{method: "POST", path: of(alice, "/sanctions"), body: r, token: w.all}
	}
	ok[any](w, post(admin.SanctionRequest{Decision: "d", Kind: admin.SanctionLimit}))
	for what, r := range map[string]admin.SanctionRequest{
		"another kind":      {Decision: "d", Kind: admin.SanctionSuspend},
		"another end":       {Decision: "d", Kind: admin.SanctionLimit, UntilMS: w.Now().UnixMilli() + 1e6},
		"another statement": {Decision: "d", Kind: admin.SanctionLimit, Statement: &wire.Statement{Facts: "x"}},
		"a warning":         {Decision: "d", Kind: admin.SanctionWarn},
	} {
		w.refused(what, post(r), admin.CodeConflict)
	}
	for what, r := range map[string]admin.SanctionRequest{
		"no decision":     {Kind: admin.SanctionLimit},
		"a long decision": {Decision: strings.Repeat("d", 65), Kind: admin.SanctionLimit},
		"a bad decision":  {Decision: "D 1", Kind: admin.SanctionLimit},
		"no kind":         {Decision: "e"},
		"an end before":   {Decision: "e", Kind: admin.SanctionLimit, UntilMS: 1},
	} {
		w.refused(what, post(r), admin.CodeBadRequest)
	}
	w.refused("a long text", post(admin.SanctionRequest{Decision: "e", Kind: admin.SanctionLimit, Statement: &wire.Statement{Facts: strings.Repeat("x", 5000)}}), admin.CodeTooLarge)
	if info := ok[admin.Account](w, call{method: "GET", path: of(alice, "")}); len(info.Sanctions) != 1 || info.Counts.Notices != 1 {
		t.Errorf("something was done: %+v", info)
	}
}

// TestNoticesGrow: their numbers go on when the oldest go.
func TestNoticesGrow(t *testing.T) {
	w := newWorld(t)
	alice := w.Person("alice")
	give := func(i int) admin.Notice {
		return ok[admin.Notice](w, call{method: "POST", path: of(alice, "/notices"), body: admin.NoticeRequest{
			ID: "n" + strconv.Itoa(i), Kind: wire.NoticeOutcome, Report: make([]byte, 16), Outcome: wire.OutcomeActed,
		}})
	}
	for i := 1; i <= wire.MaxNotices+5; i++ {
		if n := give(i); n.N != uint64(i) {
			t.Fatalf("notice %d is %+v", i, n)
		}
	}
	if n := give(wire.MaxNotices); n.N != wire.MaxNotices {
		t.Errorf("one that is there is %+v", n)
	}
	got := w.notices(alice)
	if len(got.Notices) != wire.MaxNotices || got.Notices[0].N != 6 {
		t.Errorf("%d notices from %d on; want %d from 6", len(got.Notices), got.Notices[0].N, wire.MaxNotices)
	}
	after, err := w.Server.Notices(t.Context(), alice.Device, &wire.NoticesRequest{After: wire.MaxNotices + 3})
	if err != nil || len(after.Notices) != 2 {
		t.Errorf("after some: %+v, %v", after, err)
	}
	w.refused("a kind of a sanction", call{method: "POST", path: of(alice, "/notices"), token: w.all, body: admin.NoticeRequest{ID: "x", Kind: wire.NoticeSuspended}}, admin.CodeBadRequest)
}

// TestNoticeSignal: who is connected is told to ask.
func TestNoticeSignal(t *testing.T) {
	w := newWorld(t)
	alice := w.Person("alice")
	sub := w.Server.Subscribe(alice.Session())
	defer sub.Close()
	ok[any](w, call{method: "POST", path: of(alice, "/sanctions"), body: admin.SanctionRequest{Decision: "d", Kind: admin.SanctionWarn}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	select {
	case <-sub.C:
	case <-ctx.Done():
		t.Fatal("nothing came")
	}
	if got := sub.Signals(); len(got) != 1 || got[0].Room != "" || got[0].Sender != "" || string(got[0].Data) != wire.SignalNotices {
		t.Errorf("the signals are %+v", got)
	}
}

// TestBlobs: the desk has what was sent, sealed, also when it was given up or taken
// down; nobody else has it then.
func TestBlobs(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.Person("alice"), w.Person("bob")
	room := w.Room(alice, bob)
	content := apitest.Content(100_000)
	blob := alice.MustUpload(content)
	if err := alice.Send(room, blob); err != nil {
		t.Fatal(err)
	}
	req := alice.Sending(room)
	req.Release = [][]byte{blob[:]}
	if _, err := w.Server.Send(t.Context(), alice.Device, req); err != nil {
		t.Fatal(err)
	}
	get := call{method: "GET", path: "/blobs/" + blob.String(), token: w.all}
	if a := w.do(get); a.status != 200 || !bytes.Equal(a.body, content) || a.header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("given up: %d, %d bytes as %s", a.status, len(a.body), a.header.Get("Content-Type"))
	}
	down := ok[admin.TakeDown](w, call{method: "POST", path: "/blobs/" + blob.String() + "/take-down", body: admin.TakeDownRequest{Decision: "d"}})
	if !down.Known || down.Blob != blob.String() {
		t.Errorf("taken down: %+v", down)
	}
	if a := w.do(get); a.status != 200 || !bytes.Equal(a.body, content) {
		t.Errorf("taken down, within the window: %d", a.status)
	}
	if _, err := bob.Upload(content); wireCode(err) != wire.CodeBlobTaken {
		t.Errorf("uploaded again: %v; want blob_taken", err)
	}
	w.Pass(15 * 24 * time.Hour)
	w.Pass(time.Hour)
	w.refused("after the window", get, admin.CodeUnknownBlob)
	if _, err := bob.Upload(content); wireCode(err) != wire.CodeBlobTaken {
		t.Errorf("uploaded after the window: %v; want blob_taken", err)
	}

	other := apitest.Content(5000)
	other[0] ^= 1
	name := "/blobs/" + strings.Repeat("0", 63) + "1"
	w.refused("one that isn't there", call{method: "GET", path: name, token: w.all}, admin.CodeUnknownBlob)
	if down := ok[admin.TakeDown](w, call{method: "POST", path: name + "/take-down", body: admin.TakeDownRequest{Decision: "d"}}); down.Known {
		t.Errorf("one that isn't there: %+v", down)
	}
	w.refused("no name", call{method: "GET", path: "/blobs/x", token: w.all}, admin.CodeBadRequest)
}

// TestPlatform: what the platform puts is there for the policy, and counts once.
func TestPlatform(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.Person("alice"), w.Person("bob")
	ok[any](w, call{method: "PUT", path: of(alice, "/facts"), body: admin.Facts{AgeBand: admin.Age16To17, Region: "DE"}})
	info := ok[admin.Account](w, call{method: "GET", path: of(alice, "")})
	if info.Facts == nil || *info.Facts != (admin.Facts{AgeBand: admin.Age16To17, Region: "DE"}) {
		t.Errorf("facts = %+v", info.Facts)
	}
	ok[any](w, call{method: "PUT", path: "/relationships", body: admin.Relationships{Relationships: []admin.Relationship{
		{From: alice.Account, To: bob.Account, Follows: true}, {From: bob.Account, To: alice.Account, Contact: true},
	}}})
	kept, err := w.Store.AccountRecords(t.Context(), alice.Account, server.RecordPlatform, "", 10)
	if err != nil || len(kept) != 1 || kept[0].Key != string(bob.Account) {
		t.Errorf("kept %+v, %v", kept, err)
	}
	for what, body := range map[string]any{
		"an age":       admin.Facts{AgeBand: "old"},
		"a region":     admin.Facts{Region: "Germany"},
		"other fields": map[string]any{"age_band": "adult", "name": "x"},
		"no object":    []int{1},
		"two values":   []byte(`{} {}`),
		"half of one":  []byte(`{"age_band": `),
	} {
		w.refused(what, call{method: "PUT", path: of(alice, "/facts"), body: body, token: w.all}, admin.CodeBadRequest)
	}
	w.refused("to oneself", call{method: "PUT", path: "/relationships", token: w.all, body: admin.Relationships{Relationships: []admin.Relationship{{From: alice.Account, To: alice.Account, Follows: true}}}}, admin.CodeBadRequest)
	w.refused("too many", call{method: "PUT", path: "/relationships", token: w.all, body: admin.Relationships{Relationships: make([]admin.Relationship, 1001)}}, admin.CodeTooLarge)
}

// TestFranks: the server knows its own franks, and no others.
func TestFranks(t *testing.T) {
	w := newWorld(t)
	alice := w.Person("alice")
	keys := ok[admin.FrankingKeys](w, call{method: "GET", path: "/franking-keys"})
	if len(keys.Statements) != 1 {
		t.Fatalf("%d statements; want 1", len(keys.Statements))
	}
	if _, err := franking.ParseKeyStatement(keys.Statements[0]); err != nil {
		t.Errorf("the statement: %v", err)
	}
	franker, err := w.Server.FrankingKeys().Franker(t.Context(), w.Now())
	if err != nil {
		t.Fatal(err)
	}
	tag := bytes.Repeat([]byte{1}, 32)
	e := wire.Envelope{
		Kind: wire.EventMessage, Room: w.Room(alice), Epoch: 1, Seq: 2, AcceptedMS: w.Now().UnixMilli(), Sender: alice.Device,
	}
	franker.Frank([]server.Stamped{{Stamp: server.Stamp{By: franker, Tag: [32]byte(tag)}, Envelope: &e}})
	made := franking.NewContext(e.Franking.HubKey, e.Room, 0, alice.Device, 1, 2, e.AcceptedMS)
	ask := admin.FrankRequest{HubKey: e.Franking.HubKey, Tag: tag, Frank: e.Franking.Frank, Context: made.Marshal()}
	verify := func(r admin.FrankRequest) admin.FrankVerdict {
		return ok[admin.FrankVerdict](w, call{method: "POST", path: "/franks/verify", body: r})
	}
	if v := verify(ask); !v.Valid || v.Reason != "" {
		t.Errorf("its own frank: %+v", v)
	}
	made.Seq++
	for what, r := range map[string]admin.FrankRequest{
		"another tag":     {HubKey: ask.HubKey, Tag: bytes.Repeat([]byte{2}, 32), Frank: ask.Frank, Context: ask.Context},
		"another frank":   {HubKey: ask.HubKey, Tag: tag, Frank: bytes.Repeat([]byte{2}, 32), Context: ask.Context},
		"another context": {HubKey: ask.HubKey, Tag: tag, Frank: ask.Frank, Context: made.Marshal()},
	} {
		if v := verify(r); v.Valid || v.Reason != "wrong_frank" {
			t.Errorf("%s: %+v; want wrong_frank", what, v)
		}
	}
	w.refused("no context", call{method: "POST", path: "/franks/verify", token: w.all, body: admin.FrankRequest{HubKey: make([]byte, 8), Tag: tag, Frank: tag}}, admin.CodeBadRequest)
	w.refused("short", call{method: "POST", path: "/franks/verify", token: w.all, body: admin.FrankRequest{HubKey: make([]byte, 8), Tag: tag[:31], Frank: tag}}, admin.CodeBadRequest)
	strange := franking.NewContext(make([]byte, 8), e.Room, 0, alice.Device, 1, 1, 1)
	verdict := verify(admin.FrankRequest{HubKey: make([]byte, 8), Tag: tag, Frank: tag, Context: strange.Marshal()})
	if verdict.Valid || verdict.Reason != "unknown_key" {
		t.Errorf("a key of no week: %+v", verdict)
	}
}

// TestLegal: account, devices, dates.
func TestLegal(t *testing.T) {
	w := newWorld(t)
	alice := w.Person("alice")
	alice.Token()
	a := w.do(call{method: "GET", path: "/legal" + of(alice, ""), token: w.all})
	documented(t, "getLegalAccount", a)
	legal := ok[admin.LegalAccount](w, call{method: "GET", path: "/legal" + of(alice, "")})
	if legal.Account != alice.Account || len(legal.Devices) != 1 || legal.Devices[0].Device != alice.Device || legal.LastSeenMS == 0 {
		t.Errorf("legal = %+v", legal)
	}
	w.refused("of nobody", call{method: "GET", path: "/legal/accounts/" + url.PathEscape("mimi://example.org/u/nobody"), token: w.all}, admin.CodeUnknownAccount)
}

// TestSuspendedOverHTTP: the refusal reaches a client as it is, for operations and
// uploads; what a suspended account may do goes on.
func TestSuspendedOverHTTP(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.Person("alice"), w.Person("bob")
	room := w.Room(alice, bob)
	token := base64.RawURLEncoding.EncodeToString(alice.Token())
	ok[admin.Sanction](w, call{method: "POST", path: of(alice, "/sanctions"), body: admin.SanctionRequest{Decision: "d", Kind: admin.SanctionSuspend}})
	post := func(path string, body any, header ...string) (int, wire.Error) {
		t.Helper()
		encoded, err := wire.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), "POST", w.URL+path, bytes.NewReader(encoded))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		var refusal wire.Error
		if resp.StatusCode >= 400 {
			if err := wire.Unmarshal(answer, &refusal); err != nil {
				t.Fatalf("%s: %d %q", path, resp.StatusCode, answer)
			}
		}
		return resp.StatusCode, refusal
	}
	for what, do := range map[string]func() (int, wire.Error){
		"send": func() (int, wire.Error) { return post("/v1/send", alice.Sending(room)) },
		"claim": func() (int, wire.Error) {
			return post("/v1/claim_key_packages", wire.ClaimKeyPackagesRequest{Account: bob.Account})
		},
		"upload": func() (int, wire.Error) {
			return post("/v1/uploads", nil, "Tus-Resumable", "1.0.0", "Upload-Length", "10")
		},
	} {
		if status, e := do(); status != 403 || e.Code != wire.CodeSuspended || e.Decision != "d" {
			t.Errorf("%s: %d %+v; want suspended by d", what, status, e)
		}
	}
	for path, body := range map[string]any{
		"/v1/read": wire.ReadRequest{}, "/v1/notices": wire.NoticesRequest{}, "/v1/account_export": wire.ExportRequest{},
		"/v1/relate": wire.RelateRequest{Accounts: []identity.Account{bob.Account}, Relation: wire.RelationBlocked},
	} {
		if status, e := post(path, body); status != 200 {
			t.Errorf("%s: %d %+v", path, status, e)
		}
	}
	erase := wire.EraseRequest{Account: alice.Account, Login: make([]byte, wire.LoginSize)}
	if status, e := post("/v1/account_erase", erase); status != 200 {
		t.Errorf("erasure: %d %+v", status, e)
	}
	if status, _ := post("/v1/read", wire.ReadRequest{}); status != 401 {
		t.Errorf("after it: %d; want 401", status)
	}
}
