package desk_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/desk"
	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/desk/desktest"
	"parley/report"
	"parley/report/reporttest"
)

// Keys are exchanged in time; what was sealed to the one before is opened still.
func TestRotate(t *testing.T) {
	s := desktest.New(t)
	s.Config.KeyFile = filepath.Join(s.Dir, "desk.key")
	s.Open()
	s.Step()
	before := s.Config.Keys.Statement()
	s.Send(s.Report(s.Alice, s.Bob, report.Scam, s.Say(s.Bob, "x")))
	s.Wait(desk.KeyLife - 24*time.Hour)
	s.Step()
	after := s.Config.Keys.Statement()
	if string(after) == string(before) || string(s.Server.Statement) != string(after) {
		t.Fatal("there is no new key, or the server hasn't got it")
	}
	pinned := s.Config.Keys.Public()
	if _, err := report.ParseDeskKey(after, s.World.Domain, &pinned, s.Now().UnixMilli()); err != nil {
		t.Errorf("the new key by the pinned one: %v", err)
	}
	if q := s.Queue(); len(q.Cases) != 1 {
		t.Errorf("%d cases of what was sealed to the old key", len(q.Cases))
	}
	again, err := desk.LoadKeys(s.Config.KeyFile)
	if err != nil || string(again.Statement()) != string(after) {
		t.Errorf("the file has another key: %v", err)
	}
	if info, err := os.Stat(s.Config.KeyFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file: %v, %v", info.Mode(), err)
	}
}

func TestLoadKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.key")
	if _, err := desk.LoadKeys(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("none: %v", err)
	}
	if err := os.WriteFile(path, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := desk.LoadKeys(path); !errors.Is(err, desk.ErrKeys) {
		t.Errorf("another file: %v, want ErrKeys", err)
	}
}

// A desk whose audit log was worked on doesn't begin.
func TestTamperedLog(t *testing.T) {
	s := desktest.New(t)
	s.Case(report.Scam)
	data, err := os.ReadFile(s.LogPath())
	if err != nil {
		t.Fatal(err)
	}
	s.Log.Close()
	data[len(data)/2] ^= 1
	if err := os.WriteFile(s.LogPath(), data, 0o600); err != nil {
		t.Fatal(err)
	}
	var broken *audit.BrokenError
	if err := s.TryOpen(); !errors.As(err, &broken) {
		t.Errorf("TryOpen = %v, want a *BrokenError", err)
	}
}

// What the desk shows of the log is what the log has, and counting it is what
// outsiders can do with the file.
func TestCounts(t *testing.T) {
	s := desktest.New(t)
	if _, err := s.Decide(t.Context(), s.Rita, suspend(s.Case(report.Scam), 3)); err != nil {
		t.Fatal(err)
	}
	shown, err := s.Desk.Transparency(t.Context(), s.Otto, deskapi.Period{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := audit.NewCounter(deskapi.Period{})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range s.Lines() {
		c.Add(&l)
	}
	again := c.Counts()
	if again.Head != shown.Head || again.Decisions["suspend"] != 1 || shown.Decisions["suspend"] != 1 || shown.Table["scam/suspend"] != 1 || shown.Automated != 0 {
		t.Errorf("shown %+v, counted again %+v", shown, again)
	}
	list, err := s.Desk.Audit(t.Context(), s.Otto, deskapi.AuditFilter{Actor: s.Rita.ID, Limit: 2})
	if err != nil || list.Broken != "" || len(list.Lines) != 2 || list.Lines[0].Name != "Rita" || list.Lines[0].Seq < list.Lines[1].Seq {
		t.Errorf("audit: %+v, %v", list, err)
	}
	older, err := s.Desk.Audit(t.Context(), s.Otto, deskapi.AuditFilter{Limit: 2, Before: list.Next})
	if err != nil || len(older.Lines) != 2 || older.Lines[0].Seq != list.Next-1 {
		t.Errorf("what is older than %d: %+v, %v", list.Next, older, err)
	}
	cp, err := s.Desk.Checkpoint(t.Context(), s.Otto, deskapi.Nothing{})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := audit.ParseCheckpoint([]byte(cp.Text)); err != nil || c.Check(s.Config.Keys.AuditKey().Public().(ed25519.PublicKey)) != nil {
		t.Errorf("checkpoint: %v", err)
	}
}

// An account's page has its history, by metadata alone.
func TestAccount(t *testing.T) {
	s := desktest.New(t)
	if _, err := s.Decide(t.Context(), s.Rita, suspend(s.Case(report.Scam), 3)); err != nil {
		t.Fatal(err)
	}
	s.Case(report.Scam, s.Say(s.Bob, "again"))
	a, err := s.Desk.Account(t.Context(), s.Ron, deskapi.AccountID{Account: string(s.Bob.Account)})
	if err != nil || a.Reported != 2 || a.Upheld != 1 || !a.Suspended || len(a.Cases) != 2 || len(a.Decisions) != 1 || len(a.Sanctions) != 1 || a.CreatedMS != reporttest.AtMS {
		t.Errorf("Bob: %+v, %v", a, err)
	}
	a, err = s.Desk.Account(t.Context(), s.Ron, deskapi.AccountID{Account: string(s.Alice.Account)})
	if err != nil || a.ReportsMade != 2 || a.RightMade != 1 || a.Reported != 0 {
		t.Errorf("Alice: %+v, %v", a, err)
	}
	s.Server.Down = true
	a, err = s.Desk.Account(t.Context(), s.Ron, deskapi.AccountID{Account: string(s.Bob.Account)})
	if err != nil || !a.Stale || a.Reported != 2 {
		t.Errorf("while the server is down: %+v, %v", a, err)
	}
	_, err = s.Desk.Account(t.Context(), s.Ron, deskapi.AccountID{Account: "mimi://other.example/u/bob"})
	wantCode(t, "another platform's", err, deskapi.NotFound)
}

// A link works for a day, and its person can't come in by it twice.
func TestInvite(t *testing.T) {
	s := desktest.New(t)
	in, err := s.Desk.Invite(t.Context(), s.Lena, deskapi.NewInvite{Name: "Nina", Role: deskapi.Senior})
	if err != nil {
		t.Fatal(err)
	}
	secret := in.Link[len(in.Link)-43:]
	if p, err := s.Desk.Invited(t.Context(), secret); err != nil || p.Name != "Nina" {
		t.Errorf("invited: %+v, %v", p, err)
	}
	s.Wait(25 * time.Hour)
	_, err = s.Desk.Join(t.Context(), secret, desk.Passkey{ID: []byte("1")})
	wantCode(t, "a day later", err, deskapi.NotFound)
	_, err = s.Desk.Invited(t.Context(), "x")
	wantCode(t, "nobody's link", err, deskapi.NotFound)
	for _, p := range []deskapi.NewInvite{{Name: "", Role: deskapi.Lead}, {Name: "X", Role: "god"}, {Name: "Rita", Role: deskapi.Lead}} {
		_, err := s.Desk.Invite(t.Context(), s.Lena, p)
		wantCode(t, "inviting "+p.Name, err, deskapi.Invalid)
	}
}

// A server that is away when the desk begins gets the key for reports later: else nobody
// could report.
func TestKeyLate(t *testing.T) {
	s := desktest.New(t)
	s.Server.Statement, s.Server.Down = nil, true
	s.Open()
	s.Step()
	s.Server.Statement = nil // what an answer that failed has left
	s.Server.Down = false
	s.Step()
	if !bytes.Equal(s.Server.Statement, s.Config.Keys.Statement()) {
		t.Error("the server never gets the desk's key")
	}
}

// A new key for reports that can't be written to the disk is told to nobody: what was
// sealed to it would be lost with the process.
func TestKeyNotKept(t *testing.T) {
	s := desktest.New(t)
	before := s.Config.Keys.Statement()
	s.Config.KeyFile = filepath.Join(s.Dir, "none", "desk.key") // there is no such directory
	s.Wait(desk.KeyLife - 24*time.Hour)
	s.Open()
	for range 2 {
		s.Step()
		if !bytes.Equal(s.Server.Statement, before) || !bytes.Equal(s.Config.Keys.Statement(), before) {
			t.Fatal("the server has a key that is on no disk")
		}
	}
}

// A server that has lost the key gets it again, without anybody doing anything.
func TestKeyLost(t *testing.T) {
	s := desktest.New(t)
	s.Server.Statement = nil // from a backup of before
	s.Wait(2 * time.Hour)
	s.Step()
	if !bytes.Equal(s.Server.Statement, s.Config.Keys.Statement()) {
		t.Error("nobody can report until the desk begins anew")
	}
}

// A look that can't be logged ends the desk too, not only a change.
func TestLookEnds(t *testing.T) {
	s := desktest.New(t)
	s.Log.Close()
	if _, err := s.Desk.Cases(t.Context(), s.Rita, deskapi.CaseFilter{}); !desk.IsAuditError(err) {
		t.Errorf("a look: %v", err)
	}
	if err := s.Desk.Step(t.Context()); !desk.IsAuditError(err) {
		t.Errorf("the desk goes on: %v", err)
	}
}

// Attack: a line far back in the log is changed. The page of the newest lines doesn't reach
// it; the check of the whole names it, and so does its own page.
func TestAuditCheck(t *testing.T) {
	s := desktest.New(t)
	id := s.Case(report.Scam)
	for range 30 {
		looks(t, s, s.Rita, id)
	}
	whole, err := s.Desk.AuditCheck(t.Context(), s.Otto, deskapi.Nothing{})
	if err != nil || whole.Broken != "" || whole.Lines != int64(len(s.Lines())) {
		t.Errorf("the log: %+v, %v", whole, err)
	}
	raw, err := os.ReadFile(s.LogPath())
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(raw, []byte(`"seq":9,`))
	at += bytes.Index(raw[at:], []byte(`"at_ms":1`)) + len(`"at_ms":1`)
	raw[at] ^= 1
	if err := os.WriteFile(s.LogPath(), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := s.Desk.Audit(t.Context(), s.Otto, deskapi.AuditFilter{Limit: 10})
	if err != nil || len(list.Lines) != 10 || list.Broken != "" {
		t.Errorf("the newest lines: %d, %q, %v", len(list.Lines), list.Broken, err)
	}
	if list, err = s.Desk.Audit(t.Context(), s.Otto, deskapi.AuditFilter{Before: 12}); err != nil || len(list.Lines) != 2 || list.Broken == "" {
		t.Errorf("its page: %d lines, %q, %v", len(list.Lines), list.Broken, err)
	}
	if whole, err = s.Desk.AuditCheck(t.Context(), s.Otto, deskapi.Nothing{}); err != nil || !strings.Contains(whole.Broken, "line 9") {
		t.Errorf("the whole: %+v, %v; want that line 9 is named", whole, err)
	}
}
