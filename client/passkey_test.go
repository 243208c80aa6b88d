package client_test

import (
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/client"
	"parley/client/memstore"
	"parley/client/nettransport"
	"parley/identity"
	"parley/mls/public"
	"parley/server"
	"parley/server/clientapi"
	servermem "parley/server/memstore"
	"parley/server/passkeys"
	"parley/server/passkeys/passkeytest"
	"parley/wire"
)

// passkeySite starts a server that takes passkeys, and returns its address.
func passkeySite(t *testing.T) (url string) {
	t.Helper()
	http := httptest.NewUnstartedServer(nil)
	url = strings.Replace("http://"+http.Listener.Addr().String(), "127.0.0.1", "localhost", 1)
	verifier, err := passkeys.New(passkeys.Config{Origins: []string{url}})
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server.New(t.Context(), server.Config{
		Store: servermem.New(), Domain: domain, Origins: []string{url}, SignUpOpen: true, Passkeys: verifier,
		Suites: []*public.Suite{public.X25519()}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	api := clientapi.New(srv, clientapi.Options{Logger: slog.New(slog.DiscardHandler)})
	http.Config.Handler = api
	http.Start()
	t.Cleanup(func() { api.Close(); http.Close(); srv.Close() })
	return url
}

// passkeyDevice is the config of a new device.
func passkeyDevice(t *testing.T, url string) client.Config {
	t.Helper()
	transport, err := nettransport.New(url, nettransport.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { transport.Close() })
	return client.Config{Store: memstore.New(), Transport: transport, Suites: []*public.Suite{public.X25519()}, Now: time.Now, DeviceName: "test"}
}

// seal returns the key that a device seals its store under.
func seal(t *testing.T) client.SealKey {
	t.Helper()
	k, err := client.NewSealKey(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestPasskeys: an account lives by a passkey alone: it is made, gets a second
// device, another passkey, and is reset.
func TestPasskeys(t *testing.T) {
	url, ctx := passkeySite(t), t.Context()
	a := &passkeytest.Authenticator{Origin: url, Step: 1}
	alice, err := identity.NewAccount(domain, "alice")
	if err != nil {
		t.Fatal(err)
	}
	answer := func(cfg client.Config, use wire.PasskeyUse) client.Proof {
		t.Helper()
		options, err := client.PasskeyOptions(ctx, cfg.Transport, alice, use)
		if err != nil {
			t.Fatal(err)
		}
		respond := a.Get
		if use == wire.PasskeySignUp {
			respond = a.Create
		}
		passkey, err := respond(options)
		if err != nil {
			t.Fatal(err)
		}
		return client.Proof{Passkey: passkey}
	}
	first := passkeyDevice(t, url)
	one, err := client.SignUpWith(ctx, first, seal(t), alice, answer(first, wire.PasskeySignUp))
	if err != nil {
		t.Fatal(err)
	}

	// A second device; the first try is refused, for a passkey that isn't hers.
	second := passkeyDevice(t, url)
	stranger := &passkeytest.Authenticator{Origin: url}
	options, err := client.PasskeyOptions(ctx, second.Transport, alice, wire.PasskeySignUp)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stranger.Create(options); err != nil {
		t.Fatal(err)
	}
	if options, err = client.PasskeyOptions(ctx, second.Transport, alice, wire.PasskeyLogin); err != nil {
		t.Fatal(err)
	}
	wrong, err := stranger.Get(options)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.EnrollWith(ctx, second, seal(t), alice, client.Proof{Passkey: wrong})
	if !errors.Is(err, &wire.Error{Code: wire.CodeBadPasskey}) {
		t.Fatalf("another's passkey: %v; want bad_passkey", err)
	}
	two, err := client.EnrollWith(ctx, second, seal(t), alice, answer(second, wire.PasskeyLogin))
	if err != nil {
		t.Fatal(err)
	}
	if err := one.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	if err := one.Approve(ctx, two.Code()); err != nil {
		t.Fatal(err)
	}
	if err := two.AwaitApproval(ctx); err != nil {
		t.Fatal(err)
	}

	// Another passkey, in another authenticator.
	key := &passkeytest.Authenticator{Origin: url}
	if options, err = two.PasskeyOptions(ctx); err != nil {
		t.Fatal(err)
	}
	made, err := key.Create(options)
	if err != nil {
		t.Fatal(err)
	}
	if err := two.AddPasskey(ctx, made); err != nil {
		t.Fatal(err)
	}
	a = key
	third := passkeyDevice(t, url)
	three, err := client.ResetWith(ctx, third, seal(t), alice, answer(third, wire.PasskeyLogin))
	if err != nil {
		t.Fatal(err)
	}
	if three.Account() != alice {
		t.Errorf("got %s", three.Account())
	}

	// The first one is removed; the other one then stays.
	list, err := three.Passkeys(ctx)
	if err != nil || len(list.Passkeys) != 2 || list.Passphrase {
		t.Fatalf("%+v, %v; want two, and no passphrase", list, err)
	}
	if err := three.RemovePasskey(ctx, list.Passkeys[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := three.RemovePasskey(ctx, list.Passkeys[1].ID); !errors.Is(err, &wire.Error{Code: wire.CodeLastPasskey}) {
		t.Errorf("the last one: %v; want last_passkey", err)
	}
}
