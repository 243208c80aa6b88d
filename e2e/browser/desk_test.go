package browser

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A deskSite is a site with a safety desk: a process of its own.
type deskSite struct {
	*site
	dir    string // the desk's
	config string
	origin string // of its page
}

// newDeskSite starts a server and a desk.
func newDeskSite(t *testing.T) *deskSite {
	t.Helper()
	need(t)
	s := &deskSite{dir: t.TempDir()}
	s.config = filepath.Join(s.dir, "desk.toml")
	tokens, secret := filepath.Join(s.dir, "tokens"), filepath.Join(s.dir, "secret")
	token := s.runs(t, "admin", "token", "new", "desk", "--scopes", "reports,accounts,sanctions,notices,blobs,franks,desk_key,legal", "--file", tokens)
	adminAt, deskAt := freeAddress(t), freeAddress(t)
	_, port, _ := net.SplitHostPort(deskAt)
	s.origin = "http://localhost:" + port
	config := fmt.Sprintf("domain = \"localhost\"\ndata = %q\nserver = \"http://%s\"\ntoken_file = %q\nlisten = %q\norigin = %q\npoll = \"200ms\"\n",
		filepath.Join(s.dir, "data"), adminAt, secret, deskAt, s.origin)
	for name, text := range map[string]string{secret: token, s.config: config} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.site = newSite(t, "--admin-listen", adminAt, "--admin-tokens", tokens)
	answers(t, "the admin API", adminAt)
	s.runs(t, "desk", "init", "--config", s.config)
	s.serves(t, deskAt)
	return s
}

// runs runs a command of the program, and returns what it prints.
func (s *deskSite) runs(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), parley, args...)
	cmd.Env = []string{"HOME=" + s.dir}
	var told strings.Builder
	cmd.Stderr = &told
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("parley %s: %v\n%s", strings.Join(args, " "), err, told.String())
	}
	return string(out)
}

// serves runs the desk until the test ends.
func (s *deskSite) serves(t *testing.T, address string) {
	t.Helper()
	log, err := os.Create(filepath.Join(s.dir, "desk.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(parley, "desk", "serve", "--config", s.config)
	cmd.Env, cmd.Stdout, cmd.Stderr = []string{"HOME=" + s.dir}, log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		late.Stop()
		log.Close()
		if told, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("the desk's log:\n%s", told)
		}
	})
	answers(t, "the desk", address)
}

// answers waits until somebody listens at an address.
func answers(t *testing.T, who, address string) {
	t.Helper()
	eventually(t, who+" listens", func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// staff invites somebody, who opens the link and makes a passkey.
func (s *deskSite) staff(t *testing.T, name, role string) *tab {
	t.Helper()
	p := newDeskTab(t, name)
	p.joins(strings.TrimSpace(s.runs(t, "desk", "invite", name, "--role", role, "--config", s.config)))
	p.has("heading", "Queue")
	return p
}

// refreshed presses Refresh until something has come in.
func (p *tab) refreshed(role, name string) {
	p.t.Helper()
	for range 60 {
		p.press("button", "Refresh")
		if p.within(time.Second, "has("+quote(role)+", "+quote(name)+")") {
			return
		}
	}
	p.t.Fatalf("%s: %s %q never comes in", p.name, role, name)
}

// TestDesk: a report is verified and decided at the desk, the account is suspended at
// once and learns why, appeals, and another reviewer reverses it. What is exported
// anybody can check offline.
func TestDesk(t *testing.T) {
	t.Parallel()
	s := newDeskSite(t)
	rita, ron := s.staff(t, "Rita", "reviewer"), s.staff(t, "Ron", "reviewer")
	all := s.people("alice", "bob")
	alice, bob := all[0], all[1]
	acquaint(bob, alice)
	threat := "you will be sorry " + mark
	bob.send(threat)
	alice.hears(threat)
	alice.reports(threat)

	rita.signsInAgain()
	rita.refreshed("link", "*Harassment*bob*")
	rita.press("link", "*Harassment*bob*")
	rita.sees(threat)
	rita.sees("Signed by a device that the platform lists")
	rita.key("j")
	rita.enter()
	rita.until("the steps", `text() && document.querySelectorAll("details.steps[open] li").length >= 8`)
	if failed := rita.must(`document.querySelectorAll("details.steps li.failed").length`); failed != "0" {
		t.Errorf("%s steps failed; want none", failed)
	}
	rita.suspends()

	bob.sees("Your account is suspended")
	bob.appeals("It was a joke " + mark)
	rita.key("g")
	rita.key("a")
	rita.refreshed("heading", "Appeals")
	ron.key("g")
	ron.key("a")
	ron.refreshed("link", "Suspension*bob*")
	rita.press("button", "Refresh")
	rita.sees("1 open appeal is against your own decisions")
	ron.press("link", "Suspension*bob*")
	ron.sees("It was a joke " + mark)
	ron.types("What the person reads", "We were wrong.")
	ron.press("button", "Reverse it")
	ron.sees("Reversed on appeal")
	bob.sees("Your account is in good standing again")
	bob.sees("We were wrong.")
	bob.goTo("#/")
	bob.open(alice.account)
	bob.send("thank you " + mark)
	alice.hears("thank you " + mark)
	s.exports(t)
}

// signsInAgain signs out, and in with the passkey.
func (p *tab) signsInAgain() {
	p.t.Helper()
	p.press("button", "Sign out")
	p.press("button", "Sign in with a passkey")
	p.has("heading", "Queue")
}

// reports reports a message of the open conversation, without blocking who wrote it.
func (p *person) reports(message string) {
	p.t.Helper()
	p.deeds("*: " + message + "*")
	p.press("menuitem", "Report…")
	p.press("button", "Next")
	p.press("button", "Harassment or bullying")
	p.press("switch", "Block as well*")
	p.press("button", "Show what will leave")
	p.sees("This will leave your device")
	p.press("button", "Send the report")
	p.sees("Reported.")
}

// suspends suspends the account of the open case, by the keyboard.
func (p *tab) suspends() {
	p.t.Helper()
	p.must(`document.activeElement.blur()`)
	p.key("4")
	p.has("dialog", "Suspend")
	p.types("Which part of the terms", "Terms, 4.2")
	p.types("Why it applies", "Threats are not allowed.")
	p.types("What happened", "A threat in a conversation.")
	p.press("button", "Suspend")
	p.hasNot("dialog", "Suspend")
	p.sees("Carried out")
}

// appeals tries to write, reads why one can't, and appeals.
func (p *person) appeals(text string) {
	p.t.Helper()
	p.types("Message to *", "and again "+mark)
	p.enter()
	p.until("that it isn't sent", `has("article", "You, *: and again*Not sent*")`)
	p.goTo("#/settings/notices")
	p.sees("Threats are not allowed.")
	p.sees("A threat in a conversation.")
	p.sees("Terms, 4.2")
	p.press("button", "Appeal")
	p.types("Why should it be decided otherwise?", text)
	p.press("button", "Send the appeal")
	p.sees("You’ve appealed.")
}

// exports has a senior reviewer save the case, and checks it with nothing but the
// keys that the server has published.
func (s *deskSite) exports(t *testing.T) {
	t.Helper()
	answer, err := http.Get("http://" + s.address + "/v1/franking-keys")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	keys, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("the keys: %v, %v", answer.Status, err)
	}
	sara := s.staff(t, "Sara", "senior")
	sara.press("radio", "Decided")
	sara.press("link", "*Harassment*bob*")
	sara.has("button", "Export")
	id := strings.TrimPrefix(strings.Trim(sara.must("location.hash"), `"`), "#/cases/")
	saved := (&person{tab: sara}).savesBy(t, func() {
		sara.press("button", "Export")
		sara.press("button", "Save the file")
	}, id+".parley-case")
	s.kill() // offline
	file, published := filepath.Join(s.dir, "case"), filepath.Join(s.dir, "keys.json")
	for name, data := range map[string][]byte{file: saved, published: keys} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out := s.runs(t, "verify-report", file, "--keys", published); !strings.Contains(out, "signed by a device that the platform lists") {
		t.Errorf("verify-report says\n%s", out)
	}
	broken := append([]byte(nil), saved...)
	broken[len(broken)/2] ^= 1
	_ = os.WriteFile(file, broken, 0o600)
	if out, err := exec.Command(parley, "verify-report", file, "--keys", published).CombinedOutput(); err == nil {
		t.Errorf("a changed file is verified:\n%s", out)
	}
}
