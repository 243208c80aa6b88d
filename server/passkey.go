package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"parley/identity"
	"parley/internal/cbor"
	"parley/wire"
)

// ErrBadPasskey is what [Passkeys] answers to an answer that doesn't fit.
var ErrBadPasskey = errors.New("server: bad passkey")

// Passkeys knows W3C WebAuthn (Level 3): it writes what a browser is given and
// checks what it answers. What is kept, and whether a challenge is good, is the
// server's. Each answer has at most [wire.MaxPasskey] bytes; a bad one gives
// ErrBadPasskey, which may come wrapped and is told to nobody.
type Passkeys interface {
	// CreationOptions returns a PublicKeyCredentialCreationOptionsJSON.
	CreationOptions(o PasskeyCreation) ([]byte, error)
	// RequestOptions returns a PublicKeyCredentialRequestOptionsJSON that any
	// passkey of the site can answer: it names none.
	RequestOptions(challenge []byte) ([]byte, error)
	// Created returns the passkey of a RegistrationResponseJSON that answers
	// challenge.
	Created(answer, challenge []byte) (*Passkey, error)
	// Used checks an AuthenticationResponseJSON that answers challenge. It must be
	// of one of known, and of the user where it names one. It returns the index of
	// that one, and the count of signatures that the authenticator says.
	Used(answer, challenge, user []byte, known []Passkey) (which int, count uint32, err error)
}

// PasskeyCreation is what a new passkey is made of.
type PasskeyCreation struct {
	User      []byte   // 32 bytes that stand for the account, and say nothing of it
	Name      string   // of the account, for people
	Challenge []byte   // at most 64 bytes
	Exclude   [][]byte // ids of passkeys that the account has
}

// A Passkey is what is kept of a passkey, as a record of [RecordPasskey].
type Passkey struct {
	_        struct{} `cbor:",toarray"`
	Version  uint8    // of this record: 2
	ID       []byte   // of the credential: 1 to 1,023 bytes
	Key      []byte   // COSE_Key: public
	Backup   bool     // it may be copied to other devices of its owner
	Count    uint32   // of signatures, as the authenticator said last; 0 where it doesn't count
	MadeMS   int64    // Unix milliseconds
	Answer   []byte   // SHA-256 of the answer that made it: repeating that does nothing
	Answered []passkeyUse
	Name     string // of the device that it was made on
	UsedDay  int64  // that it last proved the account on, counted from 1970; 0: never
}

// A passkeyV1 is what version 1 of the record had.
type passkeyV1 struct {
	_        struct{} `cbor:",toarray"`
	Version  uint8
	ID, Key  []byte
	Backup   bool
	Count    uint32
	MadeMS   int64
	Answer   []byte
	Answered []passkeyUse
}

// A passkeyUse is a challenge that was answered, until it expires.
type passkeyUse struct {
	_       struct{} `cbor:",toarray"`
	Nonce   []byte   // of the challenge
	For     []byte   // SHA-256 of what it was answered for
	Expires int64    // Unix milliseconds
}

// maxAnswered bounds the challenges that one passkey answers within their time.
const maxAnswered = 32

// key is the record's: an id may be longer than a key.
func (p *Passkey) key() string {
	sum := sha256.Sum256(p.ID)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (p *Passkey) record() KeyValue { return KeyValue{Key: p.key(), Value: cbor.MustMarshal(p)} }

func parsePasskey(value []byte) (*Passkey, error) {
	p := new(Passkey)
	if cbor.Unmarshal(value, p) == nil && p.Version == 2 {
		return p, nil
	}
	var old passkeyV1
	if err := cbor.Unmarshal(value, &old); err != nil || old.Version != 1 {
		return nil, errors.New("server: a record of a passkey can't be read")
	}
	return &Passkey{
		Version: 2, ID: old.ID, Key: old.Key, Backup: old.Backup, Count: old.Count, MadeMS: old.MadeMS,
		Answer: old.Answer, Answered: old.Answered,
	}, nil
}

// passkeysOf returns the passkeys of account: none where there is no such account.
func (s *Server) passkeysOf(ctx context.Context, account identity.Account) ([]Passkey, error) {
	records, err := s.store.AccountRecords(ctx, account, RecordPasskey, "", wire.MaxPasskeys)
	if err != nil {
		return nil, err
	}
	all := make([]Passkey, len(records))
	for i, r := range records {
		p, err := parsePasskey(r.Value)
		if err != nil {
			return nil, err
		}
		all[i] = *p
	}
	return all, nil
}

var (
	errBadPasskey = wire.Refuse(wire.CodeBadPasskey, "This passkey isn't one of the account's.")
	errNoPasskeys = wire.Refuse(wire.CodeForbidden, "This server takes no passkeys.")
)

// PasskeyOptions begins with a passkey. It says the same of every account, whether
// there is one or not, except to a session of its own. session is nil where there
// is none.
func (s *Server) PasskeyOptions(ctx context.Context, session *Session, req *wire.PasskeyOptionsRequest) (*wire.PasskeyOptions, error) {
	if s.cfg.Passkeys == nil {
		return nil, errNoPasskeys
	}
	account, err := identity.ParseAccount(string(req.Account))
	if err != nil || account.Domain() != s.cfg.Domain {
		return nil, badRequest("This server has no accounts of that domain.")
	}
	expires := s.steady().Add(passkeyTime).UnixMilli()
	reply := &wire.PasskeyOptions{Expires: expires}
	challenge := s.passkeys.make(req.Use, account, expires)
	switch req.Use {
	case wire.PasskeyLogin:
		reply.Options, err = s.cfg.Passkeys.RequestOptions(challenge)
		return reply, err
	case wire.PasskeySignUp:
		if !s.cfg.SignUpOpen {
			return nil, errSignUpClosed
		}
		reply.Options, err = s.cfg.Passkeys.CreationOptions(s.newPasskey(account, challenge))
		return reply, err
	case wire.PasskeyAdd:
		if session == nil || session.account != account {
			return nil, errUnauthorized
		}
		have, err := s.passkeysOf(ctx, account)
		if err != nil {
			return nil, err
		}
		o := s.newPasskey(account, challenge)
		for _, p := range have {
			o.Exclude = append(o.Exclude, p.ID)
		}
		reply.Options, err = s.cfg.Passkeys.CreationOptions(o)
		return reply, err
	}
	return nil, badRequest("This is no use of a passkey.")
}

func (s *Server) newPasskey(account identity.Account, challenge []byte) PasskeyCreation {
	return PasskeyCreation{User: s.passkeys.user(account), Name: account.Name(), Challenge: challenge}
}

// AddPasskey adds a passkey to the account of the session's device.
func (s *Server) AddPasskey(ctx context.Context, device identity.Device, req *wire.AddPasskeyRequest) (*wire.Empty, error) {
	account := device.Account()
	p, err := s.created(wire.PasskeyAdd, account, req.Passkey)
	if err != nil {
		return nil, err
	}
	switch have, err := s.samePasskey(ctx, account, p); {
	case err != nil:
		return nil, err
	case have:
		return &wire.Empty{}, nil
	}
	l, err := s.listing(ctx, account)
	if err != nil {
		return nil, err
	}
	if d, ok := l.chain.Current.Find(device); ok {
		p.Name = d.Name
	}
	err = s.store.UpdateRecords(ctx, RecordUpdate{
		Account: account, Kind: RecordPasskey, Put: []KeyValue{p.record()}, New: true, Max: wire.MaxPasskeys,
	})
	switch {
	case errors.Is(err, ErrExists): // another credential of this id
		return nil, errBadPasskey
	case errors.Is(err, ErrTooMany):
		return nil, wire.Refuse(wire.CodeForbidden, "The account has as many passkeys as there can be.")
	case err != nil:
		return nil, err
	}
	return &wire.Empty{}, nil
}

// samePasskey reports whether account has a passkey that the same answer made.
func (s *Server) samePasskey(ctx context.Context, account identity.Account, p *Passkey) (bool, error) {
	value, err := s.store.AccountRecord(ctx, account, RecordPasskey, p.key())
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	have, err := parsePasskey(value)
	return err == nil && string(have.Answer) == string(p.Answer), err
}

// created returns the passkey that an answer to options of a use makes.
func (s *Server) created(use wire.PasskeyUse, account identity.Account, answer []byte) (*Passkey, error) {
	challenge, err := s.answered(use, account, answer)
	if err != nil {
		return nil, err
	}
	p, err := s.cfg.Passkeys.Created(answer, challenge)
	if errors.Is(err, ErrBadPasskey) {
		return nil, errBadPasskey
	}
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(answer)
	p.Version, p.MadeMS, p.Answer = 2, s.nowMS(), sum[:]
	return p, nil
}

// answered returns the challenge that an answer names, if the site gave it for use
// and account and it hasn't expired.
func (s *Server) answered(use wire.PasskeyUse, account identity.Account, answer []byte) ([]byte, error) {
	if s.cfg.Passkeys == nil {
		return nil, errNoPasskeys
	}
	if len(answer) > wire.MaxPasskey {
		return nil, tooLarge("The passkey's answer is too large.")
	}
	challenge, err := challengeOf(answer)
	if err != nil || !s.passkeys.valid(challenge, use, account, s.nowMS()) {
		return nil, errBadPasskey
	}
	return challenge, nil
}

// challengeOf returns the challenge that an answer of WebAuthn names. Nothing of it
// is checked.
func challengeOf(answer []byte) ([]byte, error) {
	var outer struct {
		Response struct {
			ClientDataJSON string `json:"clientDataJSON"`
		} `json:"response"`
	}
	if err := json.Unmarshal(answer, &outer); err != nil {
		return nil, fmt.Errorf("server: a passkey's answer: %w", err)
	}
	data, err := base64.RawURLEncoding.DecodeString(outer.Response.ClientDataJSON)
	if err != nil {
		return nil, err
	}
	var inner struct {
		Challenge string `json:"challenge"`
	}
	if err := json.Unmarshal(data, &inner); err != nil {
		return nil, err
	}
	return base64.RawURLEncoding.DecodeString(inner.Challenge)
}

// signUpPasskey returns what an account begins with that is made by a passkey: its
// record, that it has no login, and a credential that none fits.
func (s *Server) signUpPasskey(ctx context.Context, first *identity.DeviceList, answer []byte) (credential []byte, records []NewRecord, err error) {
	account := first.Account
	p, err := s.created(wire.PasskeySignUp, account, answer)
	if err != nil {
		return nil, nil, err
	}
	p.Name = first.Devices[0].Name
	nobodys := make([]byte, wire.LoginSize)
	rand.Read(nobodys) // never fails: crypto/rand ends the program instead
	if credential, err = s.cfg.Login.Register(ctx, account, nobodys); err != nil {
		return nil, nil, err
	}
	return credential, []NewRecord{{RecordPasskey, p.record()}, {RecordNoLogin, KeyValue{Key: noLoginKey}}}, nil
}
