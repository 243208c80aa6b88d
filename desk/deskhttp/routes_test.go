package deskhttp_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"parley/desk"
	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/desk/desktest"
	"parley/report"
)

// mayCall says by hand which roles each route is for: a new one has to be thought
// about here.
var mayCall = map[string]string{
	"Me": "reviewer senior lead auditor", "SignOut": "reviewer senior lead auditor", "NewToken": "reviewer senior lead auditor",
	"Staff": "reviewer senior lead auditor", "Checkpoint": "reviewer senior lead auditor", "Transparency": "reviewer senior lead auditor",

	"Cases": "reviewer senior lead", "Case": "reviewer senior lead", "Claim": "reviewer senior lead", "Note": "reviewer senior lead",
	"Reveal": "reviewer senior lead", "Media": "reviewer senior lead", "Decide": "reviewer senior lead", "Decision": "reviewer senior lead",
	"Account": "reviewer senior lead", "Appeals": "reviewer senior lead", "Appeal": "reviewer senior lead", "DecideAppeal": "reviewer senior lead",

	"Confirm": "senior lead", "Refuse": "senior lead", "ConfirmAppeal": "senior lead", "RefuseAppeal": "senior lead",
	"Export": "senior lead", "LegalRequests": "senior lead", "Legal": "senior lead",
	"Invite": "lead", "SetStaff": "lead", "Audit": "lead auditor", "AuditCheck": "lead auditor",
}

// routed are all routes that need somebody, that of attachments too.
func routed() []deskapi.Route {
	all := slices.Clone(deskapi.Routes)
	all = append(all, deskapi.Route{Name: "Media", Method: "GET", Path: deskapi.MediaPath})
	return slices.DeleteFunc(all, func(r deskapi.Route) bool { return r.Public })
}

// come has somebody of a role be signed in at the browser.
func (s *site) come(role deskapi.Role) {
	s.T.Helper()
	in, err := desk.InviteFirst(s.T.Context(), s.Config, deskapi.NewInvite{Name: "A " + string(role), Role: role})
	if err != nil {
		s.T.Fatal(err)
	}
	_, secret, _ := strings.Cut(in.Link, "#invite=")
	session, err := s.Desk.Join(s.T.Context(), secret, desk.Passkey{ID: []byte(role)})
	if err != nil {
		s.T.Fatal(err)
	}
	s.jar, s.csrf = session.Secret, session.CSRF
}

// path fills the holes of a route.
func path(r deskapi.Route, s *site, id string) string {
	return deskapi.Prefix + strings.NewReplacer("{id}", id, "{n}", "0", "{account}", "mimi:%2F%2F"+s.World.Domain+"%2Fu%2Fbob").Replace(r.Path)
}

// Each route is for the roles above and for no others, and who is refused is told of
// in the log.
func TestEachRouteEachRole(t *testing.T) {
	for _, role := range []deskapi.Role{deskapi.Reviewer, deskapi.Senior, deskapi.Lead, deskapi.Auditor} {
		t.Run(string(role), func(t *testing.T) {
			s := newSite(t)
			id := s.Case(report.Scam)
			s.come(role)
			for _, r := range routed() {
				allowed := slices.Contains(strings.Fields(mayCall[r.Name]), string(role))
				before := s.Count(audit.Denied)
				w := s.ask(r.Method, path(r, s, id), struct{}{})
				forbidden := w.Code == 403 && strings.Contains(w.Body.String(), `"forbidden"`)
				if forbidden == allowed || w.Code == 401 {
					t.Errorf("%s: %d %s; want allowed: %v", r.Name, w.Code, w.Body, allowed)
				}
				if denied := s.Count(audit.Denied) - before; denied == 0 != allowed {
					t.Errorf("%s: %d lines of a refusal", r.Name, denied)
				}
				if r.Name == "SignOut" {
					s.come2(role)
				}
			}
		})
	}
	for name := range mayCall {
		if !slices.ContainsFunc(routed(), func(r deskapi.Route) bool { return r.Name == name }) {
			t.Errorf("there is no route %s", name)
		}
	}
}

// come2 signs the same person in again.
func (s *site) come2(role deskapi.Role) {
	s.T.Helper()
	list, err := s.Desk.Staff(s.T.Context(), s.Lena, deskapi.Nothing{})
	if err != nil {
		s.T.Fatal(err)
	}
	i := slices.IndexFunc(list.People, func(p deskapi.Person) bool { return p.Name == "A "+string(role) })
	session, err := s.Desk.SignedIn(s.T.Context(), list.People[i].ID, 0, 0)
	if err != nil {
		s.T.Fatal(err)
	}
	s.jar, s.csrf = session.Secret, session.CSRF
}

// A body for each route that changes something, such that it is done.
func bodies(s *site) map[string]any {
	return map[string]any{
		"Claim": deskapi.Claim{}, "Note": deskapi.NewNote{Text: "x"}, "Reveal": deskapi.RevealMedia{},
		"Decide":  deskapi.NewDecision{Kind: deskapi.Suspend, Days: 1, Reasons: desktest.Reasons(), Seen: "1.0"},
		"Confirm": deskapi.Confirmation{Seen: "1.1"}, "Export": deskapi.NewExport{Format: deskapi.ExportReport},
		"DecideAppeal": deskapi.AppealDecision{Reply: "x"}, "Invite": deskapi.NewInvite{Name: "X", Role: deskapi.Reviewer},
		"SetStaff": deskapi.StaffChange{Role: deskapi.Reviewer}, "Legal": deskapi.NewLegal{Account: string(s.Bob.Account), Order: "1"},
	}
}

// Every look and every change is a line that names who it was, and it is there before
// the answer: where the log can't be written no route gives or does anything.
func TestEachRouteIsLogged(t *testing.T) {
	for _, r := range routed() {
		if r.Name == "Me" || r.Name == "Media" { // the own name; what was revealed before: TestMedia
			continue
		}
		t.Run(r.Name, func(t *testing.T) {
			s := newSite(t)
			id := s.ready(t, r.Name)
			s.come(deskapi.Lead)
			before := len(s.Lines())
			w := s.ask(r.Method, path(r, s, id), bodies(s)[r.Name])
			if w.Code != 200 {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			lines := s.Lines()[before:]
			if len(lines) == 0 || !slices.ContainsFunc(lines, func(l audit.Line) bool { return strings.HasPrefix(l.Actor, "p-") }) {
				t.Errorf("no line tells of it: %+v", lines)
			}

			s = newSite(t)
			id = s.ready(t, r.Name)
			s.come(deskapi.Lead)
			requests := s.Server.Requests
			s.Log.Close()
			w = s.ask(r.Method, path(r, s, id), bodies(s)[r.Name])
			if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "mimi:") || w.Body.Len() > 300 {
				t.Errorf("without a log: %d %s", w.Code, w.Body)
			}
			if s.Server.Requests != requests {
				t.Error("without a log the server was told something")
			}
		})
	}
}

// ready makes what a route is about and returns its name.
func (s *site) ready(t *testing.T, route string) string {
	t.Helper()
	ctx := t.Context()
	category := report.Scam
	if slices.Contains([]string{"Confirm", "Refuse", "ConfirmAppeal", "RefuseAppeal"}, route) {
		category = report.ChildSafety
	}
	id := s.Case(category, s.Attach(s.Bob, "audio/ogg", []byte("OggS")), s.Say(s.Bob, "a secret"))
	if route == "SetStaff" {
		return s.Ron.ID
	}
	if !slices.Contains([]string{"Confirm", "Refuse", "Decision", "Appeal", "DecideAppeal", "ConfirmAppeal", "RefuseAppeal"}, route) {
		return id
	}
	dec, err := s.Decide(ctx, s.Rita, deskapi.NewDecision{ID: id, Kind: deskapi.Suspend, Days: 1, Reasons: desktest.Reasons()})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(route, "Appeal") {
		return dec.ID
	}
	if dec.NeedsSecond {
		if _, err := s.Confirm(ctx, s.Sam, deskapi.DecisionID{ID: dec.ID}); err != nil {
			t.Fatal(err)
		}
	}
	s.Appeal(s.Bob, dec.ID, "Why?")
	s.Step()
	list, err := s.Desk.Appeals(ctx, s.Ron, deskapi.AppealFilter{})
	if err != nil || len(list.Appeals) != 1 {
		t.Fatal(list, err)
	}
	if id = list.Appeals[0].ID; route == "ConfirmAppeal" || route == "RefuseAppeal" {
		if _, err := s.Desk.DecideAppeal(ctx, s.Ron, deskapi.AppealDecision{ID: id, Reverse: true, Reply: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	return id
}

// Attack: another site's page has the browser of a lead, who is signed in, make each
// request. None is answered, and none does anything.
func TestEachRouteFromElsewhere(t *testing.T) {
	s := newSite(t)
	id := s.Case(report.Scam)
	s.come(deskapi.Lead)
	before := len(s.Lines())
	refused := func(what string, w int, body string) {
		t.Helper()
		if w != 403 || !strings.Contains(body, `"forbidden"`) {
			t.Errorf("%s: %d %s, want 403", what, w, body)
		}
	}
	all := append(slices.Clone(deskapi.Routes), deskapi.Route{Name: "Media", Method: "GET", Path: deskapi.MediaPath})
	for _, r := range all {
		for name, change := range map[string]func(*http.Request){
			"of another site":   func(q *http.Request) { q.Header.Set("Sec-Fetch-Site", "cross-site") },
			"of a sister site":  func(q *http.Request) { q.Header.Set("Sec-Fetch-Site", "same-site") },
			"of another origin": func(q *http.Request) { q.Header.Del("Sec-Fetch-Site"); q.Header.Set("Origin", "https://evil.example") },
			"of a sandbox":      func(q *http.Request) { q.Header.Del("Sec-Fetch-Site"); q.Header.Set("Origin", "null") },
		} {
			w := s.ask(r.Method, path(r, s, id), bodies(s)[r.Name], change)
			refused(r.Name+" "+name, w.Code, w.Body.String())
		}
		if r.Public || r.Method == "GET" {
			continue
		}
		for name, value := range map[string]string{"without the header": "", "with another session's": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"} {
			w := s.ask(r.Method, path(r, s, id), bodies(s)[r.Name], func(q *http.Request) {
				q.Header.Del("Sec-Fetch-Site") // an old browser
				q.Header.Set(deskapi.CSRFHeader, value)
			})
			refused(r.Name+" "+name, w.Code, w.Body.String())
		}
	}
	if n := len(s.Lines()) - before; n != 0 || s.Server.Requests != 0 {
		t.Errorf("%d lines and %d requests to the server came of it", n, s.Server.Requests)
	}
}
