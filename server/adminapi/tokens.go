package adminapi

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"parley/wire/admin"
)

// The tokens file has a line for each token:
//
//	NAME SCOPE[,SCOPE…] HASH
//
// where HASH is the SHA-256 of the secret in hexadecimal. Empty lines and those that
// begin with # say nothing. A secret is 32 random bytes, so that its hash gives
// nothing away. "*" stands for all scopes.

// secretPrefix begins each secret, so that one that leaks is recognized.
const secretPrefix = "parley_admin_"

// A Token is one who may come.
type Token struct {
	Name   string // for the log: 1 to 32 of a-z 0-9 . _ -
	Scopes []admin.Scope
	hash   [sha256.Size]byte
}

func (t *Token) has(scope admin.Scope) bool { return slices.Contains(t.Scopes, scope) }

// Tokens are all who may come. They may be replaced while they are used.
type Tokens struct {
	byHash atomic.Pointer[map[[sha256.Size]byte]*Token]
}

// find returns the token of a secret, nil if there is none. It looks up a hash: how
// long that takes says nothing of the secret.
func (t *Tokens) find(secret string) *Token {
	all := t.byHash.Load()
	if all == nil || len(secret) > 256 {
		return nil
	}
	return (*all)[sha256.Sum256([]byte(secret))]
}

// Names returns the tokens' names, sorted.
func (t *Tokens) Names() (names []string) {
	if all := t.byHash.Load(); all != nil {
		for _, token := range *all {
			names = append(names, token.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Read reads a tokens file in the place of what was there; after an error nothing is
// changed. The error says the line, and no secret.
func (t *Tokens) Read(r io.Reader) error {
	all := map[[sha256.Size]byte]*Token{}
	names := map[string]bool{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		token, err := parseToken(text)
		if err == nil && names[token.Name] {
			err = errors.New("the name is there twice")
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		all[token.hash], names[token.Name] = token, true
	}
	if err := lines.Err(); err != nil {
		return err
	}
	t.byHash.Store(&all)
	return nil
}

func parseToken(text string) (*Token, error) {
	fields := strings.Fields(text)
	if len(fields) != 3 {
		return nil, errors.New("a line has a name, scopes and a hash")
	}
	t := &Token{Name: fields[0]}
	if !isName(t.Name) {
		return nil, errors.New("a name has 1 to 32 of a-z 0-9 . _ -")
	}
	var err error
	if t.Scopes, err = ParseScopes(fields[1]); err != nil {
		return nil, err
	}
	if n, err := hex.Decode(t.hash[:], []byte(fields[2])); err != nil || n != sha256.Size || len(fields[2]) != 2*sha256.Size {
		return nil, errors.New("a hash has 64 hexadecimal digits")
	}
	return t, nil
}

// ParseScopes reads scopes that commas part; "*" is all.
func ParseScopes(text string) ([]admin.Scope, error) {
	if text == "*" {
		return slices.Clone(admin.Scopes), nil
	}
	var scopes []admin.Scope
	for name := range strings.SplitSeq(text, ",") {
		if !slices.Contains(admin.Scopes, admin.Scope(name)) {
			return nil, errors.New("there is no such scope")
		}
		scopes = append(scopes, admin.Scope(name))
	}
	slices.Sort(scopes)
	return slices.Compact(scopes), nil
}

func isName(name string) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("._-", c) {
			return false
		}
	}
	return len(name) > 0 && len(name) <= 32
}

// NewToken makes a token: its secret, for who is to have it, and its line for the
// tokens file.
func NewToken(name string, scopes []admin.Scope) (secret, line string, err error) {
	if !isName(name) {
		return "", "", errors.New("adminapi: a name has 1 to 32 of a-z 0-9 . _ -")
	}
	if len(scopes) == 0 {
		return "", "", errors.New("adminapi: a token has scopes")
	}
	random := make([]byte, 32)
	rand.Read(random) // never fails: crypto/rand ends the program instead
	secret = secretPrefix + base64.RawURLEncoding.EncodeToString(random)
	hash := sha256.Sum256([]byte(secret))
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = string(s)
	}
	return secret, name + " " + strings.Join(names, ",") + " " + hex.EncodeToString(hash[:]), nil
}
