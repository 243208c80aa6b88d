package desktest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"parley/content"
	"parley/desk"
	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/desk/deskstore"
	"parley/media"
	"parley/mls/public"
	"parley/report"
	"parley/report/reporttest"
	"parley/wire"
)

// A Scene is a platform with Alice, Bob and Carol, its server, and a desk with staff:
// Rita and Ron review, Sara and Sam are seniors, Lena leads, Otto audits.
type Scene struct {
	T                 testing.TB
	World             *reporttest.World
	Alice, Bob, Carol *reporttest.Person
	Server            *Server
	Config            desk.Config
	Dir               string
	Desk              *desk.Desk
	Log               *audit.Log
	Store             *deskstore.Store

	Rita, Ron, Sara, Sam, Lena, Otto desk.Actor

	// Wrap, if set, stands between the desk and its store and log from the next Reopen on.
	WrapStore func(desk.Store) desk.Store
	WrapLog   func(desk.Log) desk.Log

	clock   time.Time
	seq     uint64
	reports int
}

// base is the disk of a desk with its staff, which every scene begins with.
var base struct {
	sync.Mutex
	files map[string][]byte
	staff []desk.Actor
}

// New returns a scene whose desk has begun.
func New(t testing.TB) *Scene {
	t.Helper()
	w := reporttest.New("parley.example")
	s := &Scene{
		T: t, World: w, Alice: w.Person("alice"), Bob: w.Person("bob"), Carol: w.Person("carol"), Server: NewServer(w), Dir: t.TempDir(),
		clock: time.UnixMilli(reporttest.AtMS).Add(time.Hour),
	}
	base.Lock()
	defer base.Unlock()
	if base.files == nil {
		s.makeBase()
	}
	for name, data := range base.files {
		s.must(os.WriteFile(filepath.Join(s.Dir, name), data, 0o600))
	}
	for i, who := range []*desk.Actor{&s.Rita, &s.Ron, &s.Sara, &s.Sam, &s.Lena, &s.Otto} {
		*who = base.staff[i]
	}
	keys, err := desk.LoadKeys(filepath.Join(s.Dir, "desk.key"))
	s.must(err)
	s.Config = desk.Config{Keys: keys, Server: s.Server, Now: s.Now, Origin: "http://localhost:8450"}
	s.Open()
	s.must(s.Desk.Step(t.Context()))
	return s
}

// makeBase has the staff invited, and takes the disk over.
func (s *Scene) makeBase() {
	keys, err := desk.NewKeys(s.World.Domain, s.clock)
	s.must(err)
	s.must(keys.Save(filepath.Join(s.Dir, "desk.key")))
	s.Config = desk.Config{Keys: keys, Server: s.Server, Now: s.Now, Origin: "http://localhost:8450"}
	s.Open()
	for _, p := range []deskapi.NewInvite{
		{Name: "Rita", Role: deskapi.Reviewer},
		{Name: "Ron", Role: deskapi.Reviewer},
		{Name: "Sara", Role: deskapi.Senior},
		{Name: "Sam", Role: deskapi.Senior},
		{Name: "Lena", Role: deskapi.Lead},
		{Name: "Otto", Role: deskapi.Auditor},
	} {
		in, err := desk.InviteFirst(s.T.Context(), s.Config, p)
		s.must(err)
		base.staff = append(base.staff, desk.Actor{ID: in.Person.ID, Name: p.Name, Role: p.Role})
	}
	s.Close()
	entries, err := os.ReadDir(s.Dir)
	s.must(err)
	base.files = map[string][]byte{}
	for _, e := range entries {
		if base.files[e.Name()], err = os.ReadFile(filepath.Join(s.Dir, e.Name())); err != nil {
			s.T.Fatal(err)
		}
	}
}

func (s *Scene) must(err error) {
	s.T.Helper()
	if err != nil {
		s.T.Fatal(err)
	}
}

// Now is the scene's clock.
func (s *Scene) Now() time.Time { return s.clock }

// Wait moves it on.
func (s *Scene) Wait(d time.Duration) { s.clock = s.clock.Add(d) }

// Open begins the desk anew over what is on the disk: as after a crash.
func (s *Scene) Open() {
	s.T.Helper()
	s.must(s.TryOpen())
}

// TryOpen is Open that may fail.
func (s *Scene) TryOpen() (err error) {
	s.Close()
	if s.Store, err = deskstore.Open(filepath.Join(s.Dir, "desk.db"), s.Config.Keys.StoreKey()); err != nil {
		return err
	}
	s.T.Cleanup(s.Close)
	if s.Log, err = audit.Open(s.LogPath(), s.World.Domain, s.Config.Keys.AuditKey(), s.clock.UnixMilli()); err != nil {
		return err
	}
	s.Config.Store, s.Config.Log = s.Store, s.Log
	if s.WrapStore != nil {
		s.Config.Store = s.WrapStore(s.Store)
	}
	if s.WrapLog != nil {
		s.Config.Log = s.WrapLog(s.Log)
	}
	s.Desk, err = desk.New(context.Background(), s.Config)
	return err
}

// Close ends the desk.
func (s *Scene) Close() {
	if s.Store != nil {
		s.Store.Close()
	}
	if s.Log != nil {
		s.Log.Close()
	}
	s.Store, s.Log = nil, nil
}

// LogPath is where the audit log is.
func (s *Scene) LogPath() string { return filepath.Join(s.Dir, "audit.log") }

// Lines returns the audit log's lines.
func (s *Scene) Lines() (all []audit.Line) {
	s.T.Helper()
	f, err := os.Open(s.LogPath())
	s.must(err)
	defer f.Close()
	_, err = audit.Verify(f, nil, func(l *audit.Line) { all = append(all, *l) })
	s.must(err)
	return all
}

// Count counts the log's lines of an action.
func (s *Scene) Count(action string) (n int) {
	for _, l := range s.Lines() {
		if l.Action == action {
			n++
		}
	}
	return n
}

// Say is something that somebody says, as the server stores it.
func (s *Scene) Say(from *reporttest.Person, text string) reporttest.Said {
	s.seq++
	return reporttest.Said{From: from, Text: text, Epoch: 3, Seq: s.seq}
}

// Attach is Say of an attachment with some bytes, whose blob the server gets.
func (s *Scene) Attach(from *reporttest.Person, mediaType string, data []byte) reporttest.Said {
	s.T.Helper()
	var sealed bytes.Buffer
	key := media.NewKey()
	out, err := media.Seal(&sealed, bytes.NewReader(data), int64(len(data)), key)
	s.must(err)
	s.Server.AddBlob(sealed.Bytes())
	a := content.Attachment{
		Role: content.RoleOf(mediaType), Blob: out.Blob, Key: [32]byte(key), Hash: out.Hash, Size: out.Size, Sealed: out.SealedSize, Type: mediaType,
		Name: "picture",
	}
	said := s.Say(from, "")
	said.Message = func(ext content.Extensions) *content.Message {
		m, err := content.NewAttached(ext, content.SinglePart{}, content.Attached{Attachments: []content.Attachment{a}})
		s.must(err)
		return m
	}
	return said
}

// Report is a report that by's device makes: each with an id of its own.
func (s *Scene) Report(by, about *reporttest.Person, category report.Category, said ...reporttest.Said) *report.Report {
	r := s.World.Report(by, about, s.World.Batch(said...))
	s.reports++
	id := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(s.reports)))
	r.ID, r.Category = id[:report.IDSize], category
	return r
}

// Send seals a report and sends it by a session of its reporter.
func (s *Scene) Send(r *report.Report) {
	s.T.Helper()
	body, err := r.Encode()
	s.must(err)
	s.Server.Send(r.Reporter, wire.ReportReport, s.Seal(report.KindReport, body))
}

// Seal seals to the desk's key as the server hands it out.
func (s *Scene) Seal(kind report.Kind, body []byte) []byte {
	s.T.Helper()
	key, err := report.ParseDeskKey(s.Config.Keys.Statement(), s.World.Domain, nil, s.clock.UnixMilli())
	s.must(err)
	sealed, err := report.Seal(public.XWing(public.SuiteXWing), key, kind, body)
	s.must(err)
	return sealed
}

// Appeal has somebody appeal.
func (s *Scene) Appeal(by *reporttest.Person, decision, text string) {
	s.T.Helper()
	id := sha256.Sum256([]byte(decision + text))
	a := &report.Appeal{Version: 1, ID: id[:report.IDSize], Account: by.Account, Decision: decision, Text: text, AtMS: uint64(s.clock.UnixMilli())}
	body, err := a.Encode()
	s.must(err)
	s.Server.Send(by.Account, wire.ReportAppeal, s.Seal(report.KindAppeal, body))
}

// Step has the desk take in and carry out.
func (s *Scene) Step() {
	s.T.Helper()
	s.must(s.Desk.Step(s.T.Context()))
}

// Case has Alice report something that Bob said, and returns the case.
func (s *Scene) Case(category report.Category, said ...reporttest.Said) string {
	s.T.Helper()
	if len(said) == 0 {
		said = append(said, s.Say(s.Bob, "You will be sorry."))
	}
	s.Send(s.Report(s.Alice, s.Bob, category, said...))
	s.Step()
	return s.Queue().Cases[0].ID
}

// Seen is what somebody who opens a case now sees of it: without a line of the log.
func (s *Scene) Seen(id string) string {
	var c struct{ Reports, Decisions []string }
	s.read("case/"+id, &c)
	return fmt.Sprintf("%d.%d", len(c.Reports), len(c.Decisions))
}

// read reads a record of the store as it is; there may be none.
func (s *Scene) read(key string, v any) {
	if data, err := s.Store.Get(context.Background(), key); err == nil && data != nil {
		s.must(json.Unmarshal(data, v))
	}
}

// Decide has somebody decide who has just opened the case.
func (s *Scene) Decide(ctx context.Context, who desk.Actor, p deskapi.NewDecision) (deskapi.Decision, error) {
	p.Seen = s.Seen(p.ID)
	return s.Desk.Decide(ctx, who, p)
}

// Confirm has somebody confirm who has just opened the case.
func (s *Scene) Confirm(ctx context.Context, who desk.Actor, p deskapi.DecisionID) (deskapi.Decision, error) {
	var dec struct{ Case string }
	s.read("decision/"+p.ID, &dec)
	return s.Desk.Confirm(ctx, who, deskapi.Confirmation{ID: p.ID, Seen: s.Seen(dec.Case)})
}

// Queue is the queue as Lena sees it.
func (s *Scene) Queue() deskapi.CaseList {
	s.T.Helper()
	list, err := s.Desk.Cases(s.T.Context(), s.Lena, deskapi.CaseFilter{})
	s.must(err)
	return list
}

// Reasons are reasons that fit.
func Reasons() *deskapi.Reasons {
	return &deskapi.Reasons{
		Ground: deskapi.GroundTerms, Rule: "Terms, 4.2", Explanation: "Threats are not allowed.", Facts: "Threats in a conversation.",
	}
}

// Code is the code of a refusal, empty for no error.
func Code(err error) deskapi.ErrorCode {
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*deskapi.Error](err)
	if !ok {
		return "no code: " + deskapi.ErrorCode(err.Error())
	}
	return e.Code
}
