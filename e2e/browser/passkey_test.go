package browser

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// TestPasskeys: an account is made with a passkey, without a passphrase; a second
// browser signs in with the same passkey.
func TestPasskeys(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alice, laptop := s.person("alice"), s.person("alice")
	first, second := alice.authenticator(), laptop.authenticator()

	alice.visit()
	alice.press("button", "Create an account")
	alice.types("Name", alice.account)
	alice.types("What should people call you?", alice.display())
	alice.press("button", "Use a passkey instead")
	alice.sees("No conversations yet")

	var made *webauthn.Credential
	alice.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		all, err := cdp.Call(ctx, target, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: first})
		if err == nil && len(all.Credentials) == 1 {
			made = all.Credentials[0]
		}
		return err
	}))
	if made == nil || made.RpID != "localhost" {
		t.Fatalf("the authenticator holds %+v; want one passkey for localhost", made)
	}
	laptop.visit()
	laptop.press("button", "Sign in")
	laptop.types("Name", "alice")
	laptop.heard.expect("NotAllowedError")
	laptop.press("button", "Sign in with a passkey")
	laptop.sees("The passkey wasn’t used") // it has none yet
	laptop.do(call(addCredential, addCredentialParams{second, credential{made.CredentialID, true, made.RpID, made.PrivateKey, made.UserHandle, made.SignCount}}))
	laptop.press("button", "Sign in with a passkey")
	laptop.approved(alice)

	alice.goTo("#/settings/account")
	alice.sees("It’s the only way to sign in")
}

// TestPasskeyList: somebody with a passphrase adds a passkey, sees it listed, and
// removes it. The button doesn't move away from them when the list comes late.
func TestPasskeyList(t *testing.T) {
	t.Parallel()
	bob := newSite(t).person("bob")
	bob.authenticator()
	bob.signUp()
	letGo := bob.door.holdsBack(t, "/v1/passkeys")
	bob.goTo("#/settings/account")
	_, before := bob.point("button", "Add a passkey")
	bob.until("that the list is awaited", "text() !== null && "+skeleton)
	letGo()
	bob.until("that it has come", "text() !== null && !"+skeleton)
	if _, after := bob.point("button", "Add a passkey"); after != before {
		t.Errorf("the button is at %g, and was at %g before the list came", after, before)
	}
	bob.press("button", "Add a passkey")
	bob.sees("Passkey added")
	bob.press("button", "Remove *")
	bob.press("button", "Remove")
	bob.sees("Passkey removed")
	bob.until("that none is listed", `names("button").every((n) => !n.startsWith("Remove "))`)
}

// skeleton is whether something is still awaited on a page of the settings.
const skeleton = `!!document.querySelector(".page .skeleton")`

// addCredential is the protocol's command with what this authenticator can do: it
// refuses the fields of newer kinds, even with nothing in them.
var addCredential = cdp.Command[addCredentialParams, cdp.Empty]{Method: webauthn.CommandAddCredential}

type addCredentialParams struct {
	AuthenticatorID webauthn.AuthenticatorID `json:"authenticatorId"`
	Credential      credential               `json:"credential"`
}

type credential struct {
	CredentialID         []byte  `json:"credentialId"`
	IsResidentCredential bool    `json:"isResidentCredential"`
	RpID                 string  `json:"rpId"`
	PrivateKey           []byte  `json:"privateKey"`
	UserHandle           []byte  `json:"userHandle"`
	SignCount            float64 `json:"signCount"`
}

// authenticator gives the tab a device that holds passkeys, and whose owner always
// agrees.
func (p *tab) authenticator() webauthn.AuthenticatorID {
	p.t.Helper()
	var id webauthn.AuthenticatorID
	p.do(call(webauthn.Enable, webauthn.EnableParams{}), chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		made, err := cdp.Call(ctx, target, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		id = made.AuthenticatorID
		return err
	}))
	return id
}
