// Package report says what a person hands to a platform's safety desk: messages
// with the proof of who sent them, sealed to the desk's key, and how a desk, a
// court or any outsider checks them with public keys alone. It is pure: no clock,
// no network, no files.
//
//	device                          delivery server            desk
//	Report ── Seal(DeskKey) ──────► keeps sealed bytes ──────► Open ── Verify(Keys) ── Verdict
//	                                                             └── Case: the file that outsiders verify
//
// What proves what is in [Item]; docs/report-format.md has the bytes. A report
// never brings the keys by which it is judged: [Keys] come from the caller.
package report

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"parley/franking"
	"parley/identity"
	"parley/internal/cbor"
)

// Errors that callers may match. Each may come wrapped.
var (
	// ErrMalformed: not a report, appeal, case or key statement in its one encoding.
	ErrMalformed = errors.New("report: malformed")
	// ErrLimit: more than one of the limits below.
	ErrLimit = errors.New("report: over a limit")
	// ErrDeskKey: a statement of the desk's key that isn't to be believed.
	ErrDeskKey = errors.New("report: the desk's key isn't to be believed")
	// ErrDeskChanged: a statement by another desk than the one that was pinned.
	ErrDeskChanged = errors.New("report: another desk's key")
	// ErrDeskExpired: the desk's key is past its time.
	ErrDeskExpired = errors.New("report: the desk's key has expired")
	// ErrSealed: bytes that weren't sealed to this key, or not as this kind.
	ErrSealed = errors.New("report: not sealed to this key")
)

// Limits.
const (
	IDSize     = 16        // bytes of an id
	MaxItems   = 500       // messages of one report
	MaxNote    = 4096      // bytes of a note or an appeal's text, UTF-8
	MaxLists   = 64        // chains of device lists in one report
	MaxVersion = 256       // device lists of one chain
	MaxSize    = 960 << 10 // bytes of an encoded report
	MaxSealed  = 1 << 20   // bytes of a sealed one
	maxTBS     = 256 << 10 // bytes of a FramedContentTBS
	maxAAD     = 4 << 10   // bytes of authenticated data
	maxPath    = 64 * franking.HashSize
)

// version is that of each format of this package.
const version = 1

// A Category says what a report is about. Wire values.
type Category string

// The categories.
const (
	Harassment    Category = "harassment"
	SexualContent Category = "sexual_content"
	ChildSafety   Category = "child_safety"
	Terror        Category = "terror"
	Scam          Category = "scam"
	SelfHarm      Category = "self_harm"
	Other         Category = "other"
)

// Categories returns all categories, in the order in which a person is asked.
func Categories() []Category {
	return []Category{Harassment, SexualContent, ChildSafety, Terror, Scam, SelfHarm, Other}
}

// Valid reports whether c is one of [Categories].
func (c Category) Valid() bool {
	switch c {
	case Harassment, SexualContent, ChildSafety, Terror, Scam, SelfHarm, Other:
		return true
	}
	return false
}

// An Item is one message and what proves it.
//
// The platform's word: Frank and the path to a signed batch say that the server
// took a message with the tag of ApplicationData in the Context. The sender's
// word: LeafSignature is its device's over TBS. TBS discloses the room, its policy,
// the epoch and the sender's place in the roster; it may be missing, then so is
// LeafSignature, and only the platform's word is left.
type Item struct {
	_                 struct{} `cbor:",toarray"`
	ApplicationData   []byte   // MIMI content, at most [content.MaxSize]
	AuthenticatedData []byte   // of the PrivateMessage: SafeAAD with the franking tag
	Context           []byte   // a franking.Context in CBOR: who, when, where, its place
	Frank             []byte   // 32 bytes: HMAC-SHA256(hub key, tag || Context)
	LeafIndex         uint64   // in the signed batch
	TreeSize          uint64   // leaves of the batch
	Path              []byte   // hashes of 32 bytes each, the lowest first
	Signature         []byte   // 64 bytes, by the platform's franking key over the batch's root
	TBS               []byte   // FramedContentTBS (RFC 9420, Section 6.1), or empty
	LeafSignature     []byte   // over TBS, or empty
}

// Lists is the chain of an account's device lists, from version 1 on.
type Lists struct {
	_       struct{} `cbor:",toarray"`
	Account identity.Account
	Lists   []identity.SignedDeviceList
}

// A Report is what a person tells the desk. Only Items prove anything: who
// reported is the server's word (its session), and Category, Note and AtMS are the
// reporter's.
type Report struct {
	_        struct{} `cbor:",toarray"`
	Version  uint64   // 1
	ID       []byte   // 16 random bytes
	Domain   string   // of the platform
	Reporter identity.Account
	Reported identity.Account // never the reporter
	Room     identity.Room    // where the items were said; empty only without items
	Category Category
	Note     string  // UTF-8, at most [MaxNote]
	AtMS     uint64  // Unix milliseconds, by the reporter's clock
	Items    []Item  // in the order of their seq; at most [MaxItems]
	Lists    []Lists // of the items' senders, each account once; at most [MaxLists]
}

// An Appeal asks that a decision be looked at again.
type Appeal struct {
	_        struct{}         `cbor:",toarray"`
	Version  uint64           // 1
	ID       []byte           // 16 random bytes
	Account  identity.Account // who appeals; whether it is, is the server's word
	Decision string           // which the notice named, at most 64 bytes
	Text     string           // UTF-8, at most [MaxNote]
	AtMS     uint64           // Unix milliseconds, by the appellant's clock
}

// Encode returns the one encoding of r. It returns ErrMalformed or ErrLimit for
// what [Decode] would refuse.
func (r *Report) Encode() ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	return encode(r)
}

// Decode is the reverse of [Report.Encode]. Nothing in r is verified yet. It returns
// ErrMalformed or ErrLimit.
func Decode(data []byte) (*Report, error) {
	var r Report
	if err := decode(data, &r); err != nil {
		return nil, err
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	return &r, nil
}

// Encode returns the one encoding of a, or ErrMalformed or ErrLimit.
func (a *Appeal) Encode() ([]byte, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	return encode(a)
}

// DecodeAppeal is the reverse of [Appeal.Encode].
func DecodeAppeal(data []byte) (*Appeal, error) {
	var a Appeal
	if err := decode(data, &a); err != nil {
		return nil, err
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	return &a, nil
}

func encode(v any) ([]byte, error) {
	data, err := cbor.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%w: size", ErrLimit)
	}
	return data, nil
}

func decode(data []byte, v any) error {
	if len(data) > MaxSize {
		return fmt.Errorf("%w: size", ErrLimit)
	}
	if err := cbor.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%w: encoding", ErrMalformed)
	}
	return nil
}

// check applies the rules that a report obeys by its form.
func (r *Report) check() error {
	switch {
	case r.Version != version:
		return malformed("version")
	case len(r.ID) != IDSize:
		return malformed("id")
	case !r.Category.Valid():
		return malformed("category")
	case !validAccount(r.Reporter) || !validAccount(r.Reported) || r.Reporter == r.Reported:
		return malformed("accounts")
	case r.Reporter.Domain() != r.Domain:
		return malformed("domain")
	case !utf8.ValidString(r.Note):
		return malformed("note")
	case len(r.Note) > MaxNote, len(r.Items) > MaxItems, len(r.Lists) > MaxLists:
		return ErrLimit
	}
	if _, err := identity.ParseRoom(string(r.Room)); err != nil && (r.Room != "" || len(r.Items) > 0) {
		return malformed("room")
	}
	for i := range r.Items {
		if err := r.Items[i].check(); err != nil {
			return err
		}
	}
	seen := map[identity.Account]bool{}
	for i := range r.Lists {
		l := &r.Lists[i]
		if !validAccount(l.Account) || seen[l.Account] {
			return malformed("device lists")
		}
		if len(l.Lists) > MaxVersion {
			return ErrLimit
		}
		seen[l.Account] = true
	}
	return nil
}

// check bounds an item. What it says is for [Verify].
func (i *Item) check() error {
	if len(i.AuthenticatedData) > maxAAD || len(i.TBS) > maxTBS || len(i.Path) > maxPath {
		return ErrLimit
	}
	if (len(i.TBS) == 0) != (len(i.LeafSignature) == 0) {
		return malformed("a signature without what was signed")
	}
	return nil
}

func (a *Appeal) check() error {
	switch {
	case a.Version != version:
		return malformed("version")
	case len(a.ID) != IDSize:
		return malformed("id")
	case !validAccount(a.Account):
		return malformed("account")
	case a.Decision == "" || len(a.Decision) > 64 || !utf8.ValidString(a.Decision):
		return malformed("decision")
	case !utf8.ValidString(a.Text):
		return malformed("text")
	case len(a.Text) > MaxNote:
		return ErrLimit
	}
	return nil
}

func validAccount(a identity.Account) bool {
	_, err := identity.ParseAccount(string(a))
	return err == nil
}

func malformed(what string) error { return fmt.Errorf("%w: %s", ErrMalformed, what) }
