// Package mls is an MLS group as a member sees it (RFC 9420): it joins, encrypts,
// commits and follows commits. What anyone may see of a group, and the rules that
// need no secret, are in mls/public; this package adds the secrets and what they
// prove.
//
// # A group's life
//
//	Create ─┐                       Encrypt  Decrypt
//	JoinWelcome, JoinBranch ─► Group ─┤
//	JoinExternal ─► StagedCommit ─Join┘ Commit ─► StagedCommit ─┐
//	Load ───────────────────┘           Stage  ─► StagedCommit ─┴─► Merge
//
// Checking comes before changing: Decrypt, Stage and the joins check everything
// (encryption or membership tag, signature, proposals, path, confirmation tag)
// before any state changes, and a StagedCommit has no effect until it is merged.
//
// # State
//
// A Group lives in memory; each operation that changes it returns [Changes],
// small records that the client writes atomically with whatever depends on them,
// before it sends or shows anything. [Load] reads the group back. When writing
// fails, or an operation fails to read records, the Group is thrown away and
// loaded again. Each record begins with a version byte. The keys:
//
//	g            secrets of the current epoch, private keys, numbers of past epochs
//	p/group      context, confirmation tag         } the public state, as mls/public
//	p/node/…     one node of the ratchet tree each } lays it out
//	p/proposals  proposals received in the epoch   }
//	e<epoch>/…   secret tree of an epoch, as package secrettree lays it out
//	h<epoch>     a past epoch: context, sender data secret, resumption PSK, when it
//	             ended, and the leaves that the commit at its end changed
//	c            secrets of our pending commit
//
// A message writes the sender's ratchet, and at the sender's first message of an
// epoch a logarithmic number of node secrets. A commit writes the nodes that it
// changes. The records hold secrets in clear: the client seals them.
//
// # Forward secrecy
//
// A key is deleted when it is used, with all that it could be derived from
// (RFC 9420, Section 9.2); secrets of an epoch that late messages do not need go
// at its end, the rest after [MaxPastEpochs] epochs or [MaxPastAge]. Copies in
// memory are overwritten as far as Go lets one do that. Deletion in the store is
// as good as the store's.
package mls
