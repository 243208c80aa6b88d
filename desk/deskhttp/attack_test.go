package deskhttp_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/server/passkeys/passkeytest"
)

// Attack: strangers ask for challenges without end, so that nobody can sign in, and
// answer them, so that the log grows.
func TestStrangersFlood(t *testing.T) {
	s := newSite(t)
	s.join(deskapi.Lead)
	before := len(s.Lines())
	nobody := passkeytest.Authenticator{Origin: origin}
	_, err := nobody.Create([]byte(`{"rp":{"id":"localhost"},"user":{"id":"cC1hYWFh","name":"x"},"challenge":"AAAA","pubKeyCredParams":[{"type":"public-key","alg":-7}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1500 {
		o := read[deskapi.PasskeyOptions](t, s.ask("POST", "/desk/v1/session/options", nil))
		if i%50 != 0 {
			continue
		}
		answer, err := nobody.Get([]byte(o.Options))
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range []string{string(answer), "{}"} {
			if w := s.ask("POST", "/desk/v1/session", deskapi.PasskeyAnswer{State: o.State, Answer: a}); w.Code != 401 {
				t.Fatalf("a stranger: %d", w.Code)
			}
		}
	}
	if n := len(s.Lines()) - before; n != 0 {
		t.Errorf("strangers wrote %d lines into the log", n)
	}
	if w := s.signIn(); w.Code != 200 {
		t.Errorf("the lead can't sign in: %d", w.Code)
	}
}

// Attack: who has learnt somebody's id tries in their name. That is told of, and
// bounded.
func TestTriedInName(t *testing.T) {
	s := newSite(t)
	s.join(deskapi.Lead)
	before := s.Count(audit.SignInFailed)
	for range 70 {
		o := read[deskapi.PasskeyOptions](t, s.ask("POST", "/desk/v1/session/options", nil))
		bad := s.auth
		bad.Unverified = true
		answer, err := bad.Get([]byte(o.Options))
		if err != nil {
			t.Fatal(err)
		}
		s.ask("POST", "/desk/v1/session", deskapi.PasskeyAnswer{State: o.State, Answer: string(answer)})
	}
	if n := s.Count(audit.SignInFailed) - before; n != 60 {
		t.Errorf("%d lines of 70 attempts, want 60", n)
	}
	if w := s.signIn(); w.Code != 200 {
		t.Errorf("the lead can't sign in: %d", w.Code)
	}
}

// Attack, session fixation: a cookie that somebody else has put into the browser is
// nobody's session, before and after its person signs in. And an answer made for one
// purpose is none for another.
func TestFixation(t *testing.T) {
	s := newSite(t)
	s.join(deskapi.Lead)
	const planted = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	s.jar = planted
	w := s.signIn()
	if c := w.Result().Cookies(); len(c) != 1 || c[0].Value == planted {
		t.Fatalf("cookies %+v", c)
	}
	if w := s.ask("GET", "/desk/v1/me", nil); w.Code != 401 {
		t.Errorf("the planted cookie: %d, want 401", w.Code)
	}
	in, err := s.Desk.Invite(t.Context(), s.Lena, deskapi.NewInvite{Name: "N", Role: deskapi.Reviewer})
	if err != nil {
		t.Fatal(err)
	}
	_, secret, _ := strings.Cut(in.Link, "#invite=")
	o := read[deskapi.PasskeyOptions](t, s.ask("POST", "/desk/v1/session/options", nil))
	if w := s.ask("POST", "/desk/v1/invites/register", deskapi.Registration{Token: secret, State: o.State, Answer: "{}"}); w.Code != 401 {
		t.Errorf("a challenge for signing in, used for an invitation: %d, want 401", w.Code)
	}
	for name, state := range map[string]string{
		"another key's": base64.RawURLEncoding.EncodeToString(make([]byte, 56)), "cut": o.State[:20], "longer": o.State + "AAAA", "": "",
	} {
		if w := s.ask("POST", "/desk/v1/session", deskapi.PasskeyAnswer{State: state, Answer: "{}"}); w.Code != 401 {
			t.Errorf("a challenge that isn't one (%s): %d, want 401", name, w.Code)
		}
	}
}
