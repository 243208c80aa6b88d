// Package content says what a message says: MIMI content, the plaintext of an
// application message (draft-ietf-mimi-content-08). It is pure: no clock, no
// network, no files.
//
// A message is one CBOR array in deterministic encoding:
//
//	[ salt        bytes .size 16, fresh and random
//	  replaces    null / message id
//	  topicId     bytes, at most 4,096
//	  expires     null / [relative bool, seconds uint32]
//	  inReplyTo   null / message id
//	  extensions  { 1: sender URI, 2: room URI, … }
//	  part        [disposition, language, cardinality, …] ]
//
// [Decode] takes nothing else: a message that breaks a limit, or that isn't the
// one encoding of what it says, is refused and not repaired. Where Parley is
// narrower than the draft, docs/spec/mimi-content.md says so.
//
// What a person wrote stays as it was written. Markdown of the variant GFM-MIMI
// holds no HTML: whoever renders it shows a tag as text, and whoever writes to a
// terminal takes out the control characters.
package content

import "errors"

// Errors that callers may match. Each may come wrapped.
var (
	// ErrMalformed is returned for what is not a message in its one encoding.
	ErrMalformed = errors.New("content: malformed message")
	// ErrLimit is returned for a message beyond one of the limits below.
	ErrLimit = errors.New("content: over a limit")
	// ErrSender is returned by [Message.Check] if another account sent the message.
	ErrSender = errors.New("content: written by another sender")
	// ErrRoom is returned by [Message.Check] if the message is for another room.
	ErrRoom = errors.New("content: written for another room")
	// ErrMessageID is returned for what is not a message id.
	ErrMessageID = errors.New("content: malformed message id")
	// ErrReaction is returned for a reaction that is not one emoji.
	ErrReaction = errors.New("content: a reaction is one emoji")
)

// Limits of a message, after draft-ietf-mimi-content-08, Section 9.1. MaxSize,
// MaxURI and MaxViews are our own.
const (
	MaxSize  = 64 << 10 // bytes of an encoded message; what is longer is an attachment
	MaxDepth = 4        // levels of parts, the outermost counted
	MaxParts = 1024     // parts of all levels together
	MaxTopic = 4096     // bytes of a topic id
	MaxURI   = 1024     // bytes of a sender's or a room's URI
	MaxViews = 64       // device lists of which one message tells
)
