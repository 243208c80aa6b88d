package bridge

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"parley/server"
	"parley/server/clientapi"
	servermem "parley/server/memstore"
	"parley/server/passkeys"
	"parley/server/passkeys/passkeytest"
)

// newPasskeyServer starts a server that takes passkeys and returns its URL.
func newPasskeyServer(t *testing.T) string {
	t.Helper()
	h := httptest.NewUnstartedServer(nil)
	url := strings.Replace("http://"+h.Listener.Addr().String(), "127.0.0.1", "localhost", 1)
	verifier, err := passkeys.New(passkeys.Config{Origins: []string{url}})
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	srv, err := server.New(t.Context(), server.Config{
		Store: servermem.New(), Domain: "example.com", Origins: []string{url}, SignUpOpen: true, Passkeys: verifier, Suites: suites(), Logger: quiet,
	})
	if err != nil {
		t.Fatal(err)
	}
	api := clientapi.New(srv, clientapi.Options{Logger: quiet})
	h.Config.Handler = api
	h.Start()
	t.Cleanup(func() { api.Close(); h.Close() })
	return url
}

// TestPasskeys: a person signs up and in by passkeys, as the page asks for it.
func TestPasskeys(t *testing.T) {
	url, ctx := newPasskeyServer(t), t.Context()
	a := &passkeytest.Authenticator{Origin: url, Step: 1}
	one, two := newPage(t, url), newPage(t, url)
	options, err := one.PasskeyOptions(ctx, PasskeyUse{Name: "alice", Use: "sign_up"})
	if err != nil {
		t.Fatal(err)
	}
	made, err := a.Create([]byte(options.Options))
	if err != nil {
		t.Fatal(err)
	}
	boot, err := one.SignUp(ctx, SignUp{Name: "alice", Passkey: string(made), DeviceName: "one"})
	if err != nil || boot.Phase != PhaseReady {
		t.Fatal(boot, err)
	}
	if options, err = two.PasskeyOptions(ctx, PasskeyUse{Name: "alice", Use: "login"}); err != nil {
		t.Fatal(err)
	}
	answer, err := a.Get([]byte(options.Options))
	if err != nil {
		t.Fatal(err)
	}
	if boot, err = two.SignIn(ctx, SignIn{Name: "alice", Passkey: string(answer), DeviceName: "two"}); err != nil || boot.Phase != PhaseWaiting {
		t.Fatal(boot, err)
	}
	if options, err = one.PasskeyOptions(ctx, PasskeyUse{Use: "add"}); err != nil {
		t.Fatal(err)
	}
	if made, err = (&passkeytest.Authenticator{Origin: url}).Create([]byte(options.Options)); err != nil {
		t.Fatal(err)
	}
	if _, err := one.AddPasskey(ctx, PasskeyAnswer{Passkey: string(made)}); err != nil {
		t.Fatal(err)
	}
	list, err := one.Passkeys(ctx)
	if err != nil || len(list.Passkeys) != 2 || list.Passphrase || list.Passkeys[0].Name != "one" || list.Passkeys[0].UsedMS == 0 {
		t.Fatalf("passkeys: %+v, %v; want two, the first made on \"one\" and used", list, err)
	}
	if _, err := one.RemovePasskey(ctx, OnePasskey{ID: list.Passkeys[0].ID}); err != nil {
		t.Fatal(err)
	}
	for id, code := range map[string]string{list.Passkeys[1].ID: "last_passkey", "not base64!": "bad_params"} {
		if _, err := one.RemovePasskey(ctx, OnePasskey{ID: id}); err == nil || errorOf(err).Code != code {
			t.Errorf("removing %q: got %v, want %s", id, err, code)
		}
	}
	if list, err = one.Passkeys(ctx); err != nil || len(list.Passkeys) != 1 {
		t.Errorf("passkeys: %+v, %v; want the other one", list, err)
	}
	for _, test := range []struct{ name, use, code string }{
		{"alice", "", "bad_params"}, {"Not A Name", "login", "bad_name"}, {"alice", "add", "nobody"},
	} {
		if _, err := newPage(t, url).PasskeyOptions(ctx, PasskeyUse{Name: test.name, Use: test.use}); err == nil || errorOf(err).Code != test.code {
			t.Errorf("%+v: got %v", test, err)
		}
	}
	if _, err := one.AddPasskey(ctx, PasskeyAnswer{Passkey: "{}"}); err == nil || errorOf(err).Code != "bad_passkey" {
		t.Errorf("no answer: got %v, want bad_passkey", err)
	}
	if _, err := one.SubscribePush(ctx, Subscription{Endpoint: "https://push.example", Key: "AA", Auth: "AA"}); err == nil || errorOf(err).Code != "bad_params" {
		t.Errorf("a subscription without keys: got %v, want bad_params", err)
	}
}
