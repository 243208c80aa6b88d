package server

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"

	"parley/identity"
	"parley/wire"
)

// ErrWrongLogin is what a [Login] answers to a proof that doesn't fit.
var ErrWrongLogin = errors.New("server: wrong login")

// A Login decides who may make an account, enroll a device to it, or reset it. A
// device that is enrolled doesn't need it any more. proof is the login field of
// the request.
type Login interface {
	// Register returns what to keep with a new account: never the proof itself.
	// ErrWrongLogin if proof doesn't entitle to it.
	Register(ctx context.Context, account identity.Account, proof []byte) (credential []byte, err error)
	// Check returns ErrWrongLogin unless proof is that of account, for which
	// Register returned credential. It takes as long whether it is or not.
	Check(ctx context.Context, account identity.Account, credential, proof []byte) error
}

// LocalLogin is the Login of accounts that live here alone. The proof is the
// 32-byte login key that the client derives from the passphrase with Argon2id;
// what is kept is a salted hash of it. (The key has 256 bits, so the slow hash
// is where the passphrase is: at the client.)
type LocalLogin struct{}

var _ Login = LocalLogin{}

const (
	localVersion = 1
	saltSize     = 16
)

// Register implements [Login].
func (LocalLogin) Register(_ context.Context, _ identity.Account, proof []byte) ([]byte, error) {
	if len(proof) != wire.LoginSize {
		return nil, ErrWrongLogin
	}
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails: crypto/rand ends the program instead
	return append(append([]byte{localVersion}, salt...), loginHash(salt, proof)...), nil
}

// Check implements [Login].
func (LocalLogin) Check(_ context.Context, _ identity.Account, credential, proof []byte) error {
	if len(credential) != 1+saltSize+sha256.Size || credential[0] != localVersion {
		return errors.New("server: unknown form of credential")
	}
	if !hmac.Equal(loginHash(credential[1:1+saltSize], proof), credential[1+saltSize:]) {
		return ErrWrongLogin
	}
	return nil
}

func loginHash(salt, proof []byte) []byte {
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte("parley/login-hash/v1\x00"))
	mac.Write(proof)
	return mac.Sum(nil)
}

// login returns account if proof is its own; wrong_login alike where there is no
// such account. Failed attempts are limited, for the account and for the
// address that they come from.
func (s *Server) login(ctx context.Context, from string, account identity.Account, proof []byte) (*Account, error) {
	now := s.steady()
	release, err := s.limiters.reserve(now, attempt{s.limiters.login, string(account)}, attempt{s.limiters.address, from})
	if err != nil {
		return nil, err
	}
	a, err := s.store.Account(ctx, account)
	credential := s.fakeLogin
	switch {
	case err == nil:
		credential = a.Credential
	case !errors.Is(err, ErrNotFound):
		return nil, err
	}
	switch checked := s.cfg.Login.Check(ctx, account, credential, proof); {
	case errors.Is(checked, ErrWrongLogin), a == nil:
		return nil, errWrongLogin
	case checked != nil:
		return nil, checked
	}
	release() // only what fails counts
	return a, nil
}
