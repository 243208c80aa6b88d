package browser

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/content"
	"parley/desk/adminhttp"
	"parley/identity"
	"parley/mls/public"
	"parley/report"
	"parley/wire"
	"parley/wire/admin"
)

// A watchedSite is a site whose operator has a safety desk: the test holds its key, and
// reaches the server as a desk does.
type watchedSite struct {
	*site
	*adminhttp.Client
	suite *public.Suite
	priv  public.HPKEPrivateKey
	key   *report.DeskKey
}

// newWatchedSite starts a server, and publishes the key of its desk.
func newWatchedSite(t testing.TB) *watchedSite {
	t.Helper()
	need(t)
	tokens := filepath.Join(t.TempDir(), "tokens")
	secret, err := exec.CommandContext(t.Context(), parley, "admin", "token", "new", "desk", "--scopes", "reports,accounts,sanctions,notices,desk_key", "--file", tokens).Output()
	if err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	s := newSite(t, "--admin-listen", address, "--admin-tokens", tokens)
	api, err := adminhttp.New("http://"+address, strings.TrimSpace(string(secret)), nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &watchedSite{site: s, Client: api, suite: public.XWing(public.SuiteXWing)}
	priv, pub, err := w.suite.GenerateHPKEKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	sign := identity.GenerateKey()
	w.priv = priv
	w.key = &report.DeskKey{
		Version: 1, Domain: "localhost", Suite: w.suite.ID(), KEMKey: pub, SignKey: sign.Public(),
		NotAfterMS: uint64(time.Now().Add(24 * time.Hour).UnixMilli()),
	}
	eventually(t, "the admin API answers", func() bool { return api.PutDeskKey(t.Context(), w.key.Sign(sign, nil)) == nil })
	return w
}

// next waits for what somebody sends to the desk, opens it, and acknowledges it.
func (w *watchedSite) next(kind wire.ReportKind, sealedAs report.Kind) (from identity.Account, body []byte) {
	w.t.Helper()
	var found *admin.Report
	eventually(w.t, "that the desk gets the "+string(kind), func() bool {
		all, err := w.Reports(w.t.Context(), "")
		if err != nil || len(all.Reports) == 0 {
			return false
		}
		found = &all.Reports[0]
		return true
	})
	if found.Kind != kind {
		w.t.Fatalf("the desk gets a %s; want a %s", found.Kind, kind)
	}
	body, err := report.Open(w.suite, w.key, w.priv, sealedAs, found.Sealed)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.Acknowledge(w.t.Context(), found.ID); err != nil {
		w.t.Fatal(err)
	}
	return found.Account, body
}

// textsOf are the texts of what was reported.
func textsOf(t testing.TB, r *report.Report) (texts []string) {
	t.Helper()
	for _, item := range r.Items {
		m, _, err := content.Decode(item.ApplicationData)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, m.Summary().Text)
	}
	return texts
}
