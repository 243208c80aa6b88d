package franking

import "errors"

// Why something doesn't check: each names its step. They are returned as they
// are.
var (
	// ErrTag: the tag isn't that of the content.
	ErrTag = errors.New("franking: the tag isn't that of the content")
	// ErrContext: the context can't be read.
	ErrContext = errors.New("franking: malformed context")
	// ErrPath: the proof's path doesn't have the form that its place in the tree
	// asks for.
	ErrPath = errors.New("franking: the path doesn't fit the place in the tree")
	// ErrSignature: the tree that the proof leads to isn't signed by the key.
	ErrSignature = errors.New("franking: the batch isn't signed by the key")
	// ErrStatement: a key statement can't be read, is of another domain, or isn't
	// signed by the key that it succeeds.
	ErrStatement = errors.New("franking: bad key statement")
	// ErrFork: a key has two successors.
	ErrFork = errors.New("franking: a key has two successors")
)
