// Package live lets our clients and those that others wrote live in one MLS
// group: the same scenario is played with each role given to either side, and
// after every step all members must hold the same secrets.
//
// The others run in Node (see ../node): one process a peer, spoken to in lines
// of JSON. They are developers' tools, never linked or shipped.
package live

import "errors"

// What a party returns for what its implementation has no means to do. The
// scenario then leaves the step out, and the table says so.
var (
	errPeerCannot = errors.New("live: the peer has no means to do it")
	errWeCannot   = errors.New("live: we have no means to do it")
)

// cannot reports whether err is one of those.
func cannot(err error) bool { return errors.Is(err, errPeerCannot) || errors.Is(err, errWeCannot) }

// A party is one client: an identity with keys, and at most one group.
// A commit that it makes is accepted at once, as by a delivery service that
// sees no other.
type party interface {
	name() string
	identity() []byte

	keyPackage() ([]byte, error)
	create(groupID []byte) error
	join(welcome []byte) error
	joinExternal(groupInfo []byte, resync bool) (commit []byte, err error)

	encrypt(data []byte) ([]byte, error)
	decrypt(message []byte) ([]byte, error)

	commit(change) (sent, error)
	propose(change) ([]byte, error) // change asks for exactly one thing
	// proposeAdd asks for membership from outside.
	proposeAdd(groupInfo []byte) ([]byte, error)
	// handle takes a commit or proposal of another.
	handle(message []byte) error
	groupInfo() ([]byte, error)
	psk(id, secret []byte) error

	// succeed begins the group that follows the present one, and joinNext joins
	// it: suspend comes before either, and gives the key package that joinNext
	// needs (nil to the one who succeeds).
	suspend(next succession) (keyPackage []byte, err error)
	succeed(next succession, add [][]byte) (sent, error)
	joinNext(next succession, welcome []byte) error

	state() (state, error)
}

// change is what a commit or a proposal does; the zero value renews the keys of
// the committer.
type change struct {
	add        [][]byte // key packages
	remove     [][]byte // identities
	psks       [][]byte // identifiers of external ones
	update     bool
	reinit     *succession
	extensions []byte // replaces those of the GroupContext with one of this content
	private    bool   // encrypted, where the party has the choice
}

// sent is what a committer sends.
type sent struct {
	commit  []byte
	welcome []byte // nil if nobody is added
}

// succession says what follows a group.
type succession struct {
	usage   string // "reinit" or "branch"
	groupID []byte
	suite   *suite // of the new group
}

// state is what all members of an epoch must agree on.
type state struct {
	epoch         uint64
	authenticator string // base64; empty if the implementation does not tell
	exported      string // base64: 32 bytes under the label "exporter"
	removed       bool
}
