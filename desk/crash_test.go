package desk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"parley/desk"
	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/desk/desktest"
	"parley/report"
)

// errKilled is what happens to everything after the process was killed.
var errKilled = errors.New("killed")

// A fuse ends the process after so many writes, of the store or of the log; one that
// is even with Half does the last write and tells nobody.
type fuse struct {
	left int
	half bool
	dead bool
}

// burn reports whether a write is done, and whether its caller hears of it.
func (f *fuse) burn() (do, tell bool) {
	if f.dead {
		return false, false
	}
	if f.left--; f.left >= 0 {
		return true, true
	}
	f.dead = true
	return f.half, false
}

type fusedStore struct {
	desk.Store
	f *fuse
}

func (s fusedStore) Write(ctx context.Context, changes []desk.Change) error {
	do, tell := s.f.burn()
	if do {
		if err := s.Store.Write(ctx, changes); err != nil {
			return err
		}
	}
	if !tell {
		return errKilled
	}
	return nil
}

type fusedLog struct {
	desk.Log
	f *fuse
}

func (l fusedLog) Append(e audit.Event) (*audit.Line, error) {
	do, tell := l.f.burn()
	var line *audit.Line
	if do {
		var err error
		if line, err = l.Log.Append(e); err != nil {
			return nil, err
		}
	}
	if !tell {
		return nil, errKilled
	}
	return line, nil
}

type fusedServer struct {
	*desktest.Server
	f *fuse
}

func (s fusedServer) Acknowledge(ctx context.Context, id string) error {
	if s.f.dead {
		return errKilled
	}
	return s.Server.Acknowledge(ctx, id)
}

// The desk is killed before and after each write, from the arrival of a report to the
// enforcement of the decision: nothing is lost, the log tells of each thing once, and
// the server does each thing once.
func TestKilled(t *testing.T) { killEverywhere(t, killedAt) }

// killEverywhere counts what at writes when nothing happens to it, and has it be killed
// before and after each of these writes.
func killEverywhere(t *testing.T, at func(*testing.T, *fuse)) {
	const many = 1 << 20
	whole := &fuse{left: many}
	at(t, whole)
	if t.Failed() {
		return
	}
	for kill := 1; kill < many-whole.left; kill++ { // the first write is that of the start
		for _, half := range []bool{false, true} {
			t.Run(fmt.Sprint(kill, half), func(t *testing.T) {
				t.Parallel()
				f := &fuse{left: kill, half: half}
				if at(t, f); !f.dead {
					t.Error("nothing was killed")
				}
			})
		}
	}
}

// killedAt lets the desk be killed once, has people go on as they would, and looks at
// what came of it.
func killedAt(t *testing.T, f *fuse) {
	s := desktest.New(t)
	s.Send(s.Report(s.Alice, s.Bob, report.Harassment, s.Say(s.Bob, "x")))
	burning(s, f)
	live(t, s)
	burnt(s)
	live(t, s) // who got no answer asks again
	s.Step()

	if n := s.Server.Waiting(); n != 0 {
		t.Errorf("%d reports wait", n)
	}
	if held := s.Server.Sanctioned(s.Bob.Account); len(held) != 1 {
		t.Errorf("%d sanctions, want 1", len(held))
	}
	if s.Server.Effects != 2 || len(s.Server.Told(s.Alice.Account)) != 1 {
		t.Errorf("%d effects at the server, want the sanction and the answer", s.Server.Effects)
	}
	for _, action := range []string{audit.ReportReceived, audit.DecisionMade, audit.DecisionEnforced} {
		if n := s.Count(action); n != 1 {
			t.Errorf("%d lines %s, want 1", n, action)
		}
	}
}

// burning begins the desk anew, with a fuse.
func burning(s *desktest.Scene, f *fuse) {
	s.WrapStore = func(st desk.Store) desk.Store { return fusedStore{st, f} }
	s.WrapLog = func(l desk.Log) desk.Log { return fusedLog{l, f} }
	s.Config.Server = fusedServer{s.Server, f}
	s.Open()
}

// burnt begins it once more, without.
func burnt(s *desktest.Scene) {
	s.WrapStore, s.WrapLog, s.Config.Server = nil, nil, s.Server
	s.Open()
}

// live is a day at the desk, as far as it comes.
func live(t *testing.T, s *desktest.Scene) {
	ctx := t.Context()
	if s.Desk.Step(ctx) != nil {
		return
	}
	list, err := s.Desk.Cases(ctx, s.Rita, deskapi.CaseFilter{})
	if err != nil || len(list.Cases) == 0 {
		return
	}
	s.Decide(ctx, s.Rita, suspend(list.Cases[0].ID, 7))
	s.Desk.Step(ctx)
}

// A server that doesn't answer gets it later, once.
func TestServerDown(t *testing.T) {
	s := desktest.New(t)
	id := s.Case(report.Harassment)
	s.Server.Down = true
	dec, err := s.Decide(t.Context(), s.Rita, suspend(id, 7))
	if err != nil || dec.State != deskapi.DecisionMade {
		t.Fatalf("decided: %+v, %v; want made, not yet enforced", dec, err)
	}
	s.Step()
	s.Open()
	s.Server.Down = false
	s.Step()
	s.Step()
	if dec, err = s.Desk.Decision(t.Context(), s.Rita, deskapi.DecisionID{ID: dec.ID}); err != nil || dec.State != deskapi.DecisionEnforced || s.Server.Effects != 2 {
		t.Errorf("then: %+v, %v, %d effects", dec.State, err, s.Server.Effects)
	}
}

// Attack: a desk worker reads without audit. Where the log can't be written, no call
// gives anything, and nothing happens.
func TestNothingWithoutLog(t *testing.T) {
	s := desktest.New(t)
	id := s.Case(report.Harassment, s.Attach(s.Bob, "image/png", pngOf(t, 2, 2)), s.Say(s.Bob, "a secret"))
	s.Log.Close()
	ctx := t.Context()
	before := s.Server.Requests
	for name, call := range map[string]func() (any, error){
		"Cases":  func() (any, error) { return s.Desk.Cases(ctx, s.Lena, deskapi.CaseFilter{}) },
		"Case":   func() (any, error) { return s.Desk.Case(ctx, s.Lena, deskapi.CaseID{ID: id}) },
		"Claim":  func() (any, error) { return s.Desk.Claim(ctx, s.Lena, deskapi.Claim{ID: id}) },
		"Note":   func() (any, error) { return s.Desk.Note(ctx, s.Lena, deskapi.NewNote{ID: id, Text: "x"}) },
		"Reveal": func() (any, error) { return s.Desk.Reveal(ctx, s.Lena, deskapi.RevealMedia{ID: id}) },
		"Decide": func() (any, error) { return s.Decide(ctx, s.Lena, suspend(id, 1)) },
		"Export": func() (any, error) {
			return s.Desk.Export(ctx, s.Lena, deskapi.NewExport{ID: id, Format: deskapi.ExportReport})
		},
		"Account": func() (any, error) {
			return s.Desk.Account(ctx, s.Lena, deskapi.AccountID{Account: string(s.Bob.Account)})
		},
		"Appeals": func() (any, error) { return s.Desk.Appeals(ctx, s.Lena, deskapi.AppealFilter{}) },
		"Staff":   func() (any, error) { return s.Desk.Staff(ctx, s.Lena, deskapi.Nothing{}) },
		"Invite": func() (any, error) {
			return s.Desk.Invite(ctx, s.Lena, deskapi.NewInvite{Name: "X", Role: deskapi.Lead})
		},
		"NewToken": func() (any, error) { return s.Desk.NewToken(ctx, s.Lena, deskapi.Nothing{}) },
		"Legal": func() (any, error) {
			return s.Desk.Legal(ctx, s.Lena, deskapi.NewLegal{Account: string(s.Bob.Account), Order: "1"})
		},
		"LegalRequests": func() (any, error) { return s.Desk.LegalRequests(ctx, s.Lena, deskapi.Nothing{}) },
		"AuditCheck":    func() (any, error) { return s.Desk.AuditCheck(ctx, s.Lena, deskapi.Nothing{}) },
		"Audit":         func() (any, error) { return s.Desk.Audit(ctx, s.Lena, deskapi.AuditFilter{}) },
	} {
		v, err := call()
		if !desk.IsAuditError(err) {
			t.Errorf("%s: %v, want that the log can't be written", name, err)
		}
		if text := fmt.Sprintf("%+v", v); len(text) > 2000 || containsSecret(text, s) {
			t.Errorf("%s gave %s", name, text)
		}
	}
	if s.Server.Requests != before {
		t.Error("the server was told something")
	}
}

func containsSecret(text string, s *desktest.Scene) bool {
	for _, secret := range []string{"a secret", string(s.Bob.Account)} {
		if strings.Contains(text, secret) {
			return true
		}
	}
	return false
}

// Every look is a line that names who looked, and at what; no line names an account
// or holds a word of what was said.
func TestLooks(t *testing.T) {
	s := desktest.New(t)
	id := s.Case(report.Harassment, s.Attach(s.Bob, "image/png", pngOf(t, 2, 2)), s.Say(s.Bob, "unmistakable"))
	ctx := t.Context()
	looks := map[string]func() error{
		audit.CaseListed:    func() error { _, err := s.Desk.Cases(ctx, s.Sara, deskapi.CaseFilter{}); return err },
		audit.CaseOpened:    func() error { _, err := s.Desk.Case(ctx, s.Sara, deskapi.CaseID{ID: id}); return err },
		audit.MediaRevealed: func() error { _, err := s.Desk.Reveal(ctx, s.Sara, deskapi.RevealMedia{ID: id}); return err },
		audit.AccountOpened: func() error {
			_, err := s.Desk.Account(ctx, s.Sara, deskapi.AccountID{Account: string(s.Bob.Account)})
			return err
		},
		audit.CaseExported: func() error {
			_, err := s.Desk.Export(ctx, s.Sara, deskapi.NewExport{ID: id, Format: deskapi.ExportReport})
			return err
		},
		audit.AppealListed: func() error { _, err := s.Desk.Appeals(ctx, s.Sara, deskapi.AppealFilter{}); return err },
		audit.LegalListed:  func() error { _, err := s.Desk.LegalRequests(ctx, s.Sara, deskapi.Nothing{}); return err },
	}
	for action, look := range looks {
		before := len(s.Lines())
		if err := look(); err != nil {
			t.Errorf("%s: %v", action, err)
		}
		found := false
		for _, l := range s.Lines()[before:] {
			found = found || l.Action == action && l.Actor == s.Sara.ID
		}
		if !found {
			t.Errorf("%s: no line of it", action)
		}
	}
	if _, err := s.Decide(ctx, s.Sara, suspend(id, 3)); err != nil {
		t.Fatal(err)
	}
	for _, l := range s.Lines() {
		text := fmt.Sprint(l)
		for _, secret := range []string{"/u/bob", "/u/alice", "unmistakable", string(s.World.Room), "Threats"} {
			if strings.Contains(text, secret) {
				t.Errorf("a line has %q: %s", secret, text)
			}
		}
	}
}

// A server that is down for longer than a suspension lasts isn't told of it for ever;
// who reported gets their answer.
func TestLapsed(t *testing.T) {
	s := desktest.New(t)
	var log bytes.Buffer
	s.Config.Logger = slog.New(slog.NewTextHandler(&log, nil))
	s.Open()
	id := s.Case(report.Harassment)
	s.Server.Down = true
	dec, err := s.Decide(t.Context(), s.Rita, suspend(id, 1))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		s.Step()
	}
	if n := strings.Count(log.String(), "taking in reports"); n != 1 {
		t.Errorf("the same trouble is told of %d times", n)
	}
	s.Wait(25 * time.Hour)
	s.Server.Down = false
	s.Step()
	s.Step()
	if held := len(s.Server.Sanctioned(s.Bob.Account)); held != 0 || s.Count(audit.DecisionLapsed) != 1 || s.Count(audit.DecisionEnforced) != 0 {
		t.Errorf("%d sanctions hold, %d lines that it lapsed", held, s.Count(audit.DecisionLapsed))
	}
	if told := s.Server.Told(s.Alice.Account); len(told) != 1 {
		t.Errorf("Alice was told %d times", len(told))
	}
	if v, err := s.Desk.Decision(t.Context(), s.Rita, deskapi.DecisionID{ID: dec.ID}); err != nil || v.State != deskapi.DecisionEnforced {
		t.Errorf("the decision waits still: %+v, %v", v, err)
	}
}
