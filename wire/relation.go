package wire

import "parley/identity"

// A Relation is how an account stands to another one, as it told the server. The
// server keeps it so that what is unwanted is refused before it is stored; it is
// told to nobody else.
type Relation string

// The relations. The empty one is a stranger's.
const (
	RelationNone     Relation = ""
	RelationAccepted Relation = "accepted" // may write, and add to groups
	RelationBlocked  Relation = "blocked"  // may do neither: see not_accepting
)

// MaxRelate bounds the accounts of one RelateRequest and of one Relations, and
// MaxRelations those that one account has something to say of.
const (
	MaxRelate    = 100
	MaxRelations = 10_000
)

// RelateRequest sets how the session's account stands to others: 1 to MaxRelate.
// It may be repeated. too_large beyond MaxRelations.
type RelateRequest struct {
	Accounts []identity.Account `cbor:"accounts" json:"accounts"`
	Relation Relation           `cbor:"relation" json:"relation"`
}

// RelationsRequest reads the relations of the session's account, in the order of
// the accounts' URIs.
type RelationsRequest struct {
	After identity.Account `cbor:"after,omitempty" json:"after,omitempty"` // the last one of the page before
}

// Relations is a page of at most MaxRelate. Fewer than that is the last page.
type Relations struct {
	Relations []AccountRelation `cbor:"relations" json:"relations"`
}

// An AccountRelation is one of [Relations].
type AccountRelation struct {
	Account  identity.Account `cbor:"account" json:"account"`
	Relation Relation         `cbor:"relation" json:"relation"`
}
