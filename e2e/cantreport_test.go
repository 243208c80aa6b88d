package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/identity"
	"parley/internal/freeport"
	"parley/mls/public"
	"parley/report"
	"parley/server/adminapi"
	"parley/wire"
	"parley/wire/admin"
)

// An adminSite is a site with an admin API, as the desk sees it. The desk's key is
// this process's, and the server's never.
type adminSite struct {
	*site
	admin  string // its address
	secret string
	suite  *public.Suite
	key    *report.DeskKey
	priv   public.HPKEPrivateKey
}

func newAdminSite(t *testing.T) *adminSite {
	t.Helper()
	address, err := freeport.Address()
	if err != nil {
		t.Fatal(err)
	}
	tokens := filepath.Join(t.TempDir(), "tokens")
	secret, line, err := adminapi.NewToken("desk", admin.Scopes)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(tokens, []byte(line+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &adminSite{
		site: newSite(t, "--admin-listen", address, "--admin-tokens", tokens), admin: "http://" + address + admin.Prefix,
		secret: secret, suite: public.XWing(public.SuiteXWing),
	}
	s.start()
	sign := identity.GenerateKey()
	priv, pub, err := s.suite.GenerateHPKEKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.priv = priv
	s.key = &report.DeskKey{
		Version: 1, Domain: "localhost", Suite: s.suite.ID(), KEMKey: pub, SignKey: sign.Public(),
		NotAfterMS: uint64(time.Now().Add(24 * time.Hour).UnixMilli()),
	}
	s.ask("PUT", "/desk-key", admin.DeskKey{Statement: s.key.Sign(sign, nil)}, nil)
	return s
}

// ask does a request of the admin API, and decodes its answer to reply if it isn't nil.
func (s *adminSite) ask(method, path string, body, reply any) {
	s.t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.admin+path, bytes.NewReader(encoded))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.secret)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		s.t.Fatalf("%s %s = %d %s, %v", method, path, resp.StatusCode, answer, err)
	}
	if reply != nil {
		if err := json.Unmarshal(answer, reply); err != nil {
			s.t.Fatal(err)
		}
	}
}

// The server can't open a report: what is reported, the note, and an appeal are
// marked, and every byte of the server's data, log and memory is searched for them,
// while the report waits, after the desk has taken it, and after the server has
// stopped. The desk, which is this process, does find them.
func TestServerCantOpenReports(t *testing.T) {
	s := newAdminSite(t)
	s.join("alice", "bob")
	said, note, plea := secret(), secret(), secret()
	marks := needles{"message": forms(said), "note": forms(note), "appeal": forms(plea)}
	known := needles{"reporter": {[]byte("mimi://localhost/u/alice")}}
	id := strings.TrimSpace(s.as("bob", "send", "alice", "you "+said))
	s.as("alice", "read", "--json")
	s.as("alice", "report", id, "--category", "harassment", "--note", note, "--yes")
	s.ask("POST", "/accounts/mimi:%2F%2Flocalhost%2Fu%2Fbob/sanctions",
		admin.SanctionRequest{Decision: "d-1", Kind: admin.SanctionLimit, Appealable: true}, nil)
	s.as("bob", "appeal", "d-1", plea)

	var page admin.Reports
	s.ask("GET", "/reports", nil, &page)
	if len(page.Reports) != 2 {
		t.Fatalf("%d reports wait; want a report and an appeal", len(page.Reports))
	}
	opened := findings{}
	for _, r := range page.Reports {
		kind := report.KindReport
		if r.Kind == wire.ReportAppeal {
			kind = report.KindAppeal
		}
		body, err := report.Open(s.suite, s.key, s.priv, kind, r.Sealed)
		if err != nil {
			t.Fatal(err)
		}
		opened.search(body, marks)
		known["sealed "+string(r.Kind)] = pieces(r.Sealed[len(r.Sealed)/2:][:512])
	}
	opened.wantAll(t, "desk", marks)

	disk := searchFiles(t, marks, known, s.data())
	disk.wantNone(t, "data directory", marks)
	disk.wantAll(t, "data directory", known)
	memory := searchMemory(t, s.proc.Process.Pid, marks, known)
	memory.wantNone(t, "memory", marks)
	memory.wantAll(t, "memory", needles{"reporter": known["reporter"]})
	for _, r := range page.Reports {
		s.ask("DELETE", "/reports/"+r.ID, nil, nil)
	}
	s.stop()
	log := searchFiles(t, marks, known, s.log())
	log.wantNone(t, "log", marks)
	log.wantNone(t, "log", known)
	searchFiles(t, marks, known, s.data()).wantNone(t, "data directory of the stopped server", marks)
}
