// Package passkeytest is an authenticator in software, with the browser in front of
// it, for tests: it answers WebAuthn options with ES256 keys. Its fields make it
// misbehave.
package passkeytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"

	"parley/internal/cbor"
)

// An Authenticator has the passkeys of one person. It isn't safe for concurrent use.
type Authenticator struct {
	Origin     string // of the page that asks
	RPID       string // empty: what the options say
	TopOrigin  string // of the page that shows that one in a frame; empty: none
	Unverified bool   // it doesn't ask who its person is
	Count      uint32 // of signatures: grows by Step with each
	Step       uint32 // 0: it doesn't count

	keys []*key
}

// A key is one passkey.
type key struct {
	id, user []byte
	private  *ecdsa.PrivateKey
}

// creation and request are the parts of the options that matter here.
type creation struct {
	RP                 struct{ ID string }
	User               struct{ ID string }
	Challenge          string
	ExcludeCredentials []struct{ ID string }
}

type request struct {
	RPID             string `json:"rpId"`
	Challenge        string
	AllowCredentials []struct{ ID string }
}

// ErrNone is returned where the authenticator has no passkey for the site, or has
// one already.
var ErrNone = errors.New("passkeytest: no passkey to use")

// Create makes a passkey for PublicKeyCredentialCreationOptionsJSON, and returns the
// RegistrationResponseJSON.
func (a *Authenticator) Create(options []byte) ([]byte, error) {
	var o creation
	if err := json.Unmarshal(options, &o); err != nil {
		return nil, err
	}
	for _, x := range o.ExcludeCredentials {
		for _, k := range a.keys {
			if x.ID == encode(k.id) {
				return nil, ErrNone
			}
		}
	}
	user, err := decode(o.User.ID)
	if err != nil {
		return nil, err
	}
	k := &key{id: make([]byte, 16), user: user}
	rand.Read(k.id)
	if k.private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	a.keys = append(a.keys, k)
	point, err := k.private.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	cose := cbor.MustMarshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	data := a.data(o.RP.ID, 0x40)
	data = append(data, make([]byte, 16)...) // AAGUID: none
	data = binary.BigEndian.AppendUint16(data, uint16(len(k.id)))
	data = append(append(data, k.id...), cose...)
	object := cbor.MustMarshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	return answer(k.id, map[string]any{
		"clientDataJSON": encode(a.clientData("webauthn.create", o.Challenge)), "attestationObject": encode(object),
	})
}

// Get answers PublicKeyCredentialRequestOptionsJSON with the newest passkey, and
// returns the AuthenticationResponseJSON.
func (a *Authenticator) Get(options []byte) ([]byte, error) {
	var o request
	if err := json.Unmarshal(options, &o); err != nil {
		return nil, err
	}
	if len(a.keys) == 0 {
		return nil, ErrNone
	}
	k := a.keys[len(a.keys)-1]
	client, data := a.clientData("webauthn.get", o.Challenge), a.data(o.RPID, 0)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(data[:len(data):len(data)], hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, k.private, digest[:])
	if err != nil {
		return nil, err
	}
	return answer(k.id, map[string]any{
		"clientDataJSON": encode(client), "authenticatorData": encode(data), "signature": encode(signature), "userHandle": encode(k.user),
	})
}

// data returns authenticator data (WebAuthn, Section 6.1).
func (a *Authenticator) data(rpID string, flags byte) []byte {
	if a.RPID != "" {
		rpID = a.RPID
	}
	flags |= 0x01 // somebody is there
	if !a.Unverified {
		flags |= 0x04
	}
	a.Count += a.Step
	hash := sha256.Sum256([]byte(rpID))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), a.Count)
}

func (a *Authenticator) clientData(kind, challenge string) []byte {
	data := map[string]any{"type": kind, "challenge": challenge, "origin": a.Origin, "crossOrigin": a.TopOrigin != ""}
	if a.TopOrigin != "" {
		data["topOrigin"] = a.TopOrigin
	}
	text, err := json.Marshal(data)
	if err != nil {
		panic(err) // of strings
	}
	return text
}

func answer(id []byte, response map[string]any) ([]byte, error) {
	return json.Marshal(map[string]any{
		"id": encode(id), "rawId": encode(id), "type": "public-key", "clientExtensionResults": map[string]any{}, "response": response,
	})
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func decode(s string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(s) }
