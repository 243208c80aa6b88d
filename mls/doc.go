// Package mls implements Messaging Layer Security (RFC 9420) as a member of a
// group sees it: end-to-end encrypted groups from two to many thousands of
// members, whose keys are renewed as people come and go.
//
// What anyone may see of a group, and the rules that need no secret, are in
// mls/public, which a delivery server imports; this package adds the secrets and
// what they prove. It does no input or output: it takes and gives bytes, and the
// client moves them.
//
// # A client's way
//
// A [Config] says what a client accepts: at least one suite, usually a function
// that judges members. A client publishes key packages ([NewKeyPackage]) and
// then takes part in groups:
//
//	Create ────────┐
//	JoinWelcome ───┼─► Group ─┬─► Encrypt, Decrypt, Export
//	Load ──────────┤          ├─► Commit ─► StagedCommit ─┐
//	JoinExternal ──┘          └─► Stage ──► StagedCommit ─┴─► Merge
//
// ([JoinExternal], by which one joins without being invited, gives a StagedCommit
// too, whose Join gives the Group.)
//
// Members change a group by commits. Each commit ends an epoch and begins the
// next, and the delivery service must let exactly one commit end each epoch
// (RFC 9420, Section 14). Therefore [Group.Commit] changes nothing: it gives a
// [StagedCommit], whose message goes to the service. If it wins, [Group.Merge]
// puts it into effect, and the Welcome may go to the new members; if another
// commit wins, [Group.Stage] checks that one and Merge drops ours.
//
// The examples show two members who meet and talk, and one who lost its way and
// comes back.
//
// # State
//
// A Group lives in memory; each operation that changes it returns [Changes],
// small records that the client writes atomically with whatever depends on them,
// before it sends or shows anything. [Load] reads the group back. When writing
// fails, or an operation fails to read records, the Group is thrown away and
// loaded again. A message writes less than 1 KiB, a commit the nodes that it
// changes. The records hold secrets in clear: the client seals them.
//
// # Checking
//
// Checking comes before changing: Decrypt, Stage and the joins check everything
// (encryption or membership tag, signature, proposals, path, confirmation tag)
// before any state changes. What breaks a rule gives a [*public.RuleError] that
// names it; [errors.Is] tells the kinds that a client must tell apart, as
// [ErrFutureEpoch] (keep it in a [Waiting]), [ErrReplayed] (drop it) and
// [ErrConfirmationTag] (rejoin, or leave the author out by [Branch]).
//
// MLS proves that a message is from a leaf. Whose leaf it is, the credential
// says, and whether that is true the application decides: by
// [Config.CheckMember], and by a [CredentialVerifier] for types other than basic.
// Without either any name is believed. The same goes for outsiders whom a group
// lets propose: [Config.CheckExternalSender].
//
// # Proposals
//
// What a commit changes is a list of proposals. Most clients need only the fields
// of [CommitOptions], which commit by value. A member that can't commit now, or
// must not, sends a proposal ([Group.Propose], [Group.ProposeUpdate]) that others
// commit by reference; so can outsiders ([public.OutsideProposal]).
// [CommitOptions.Received] commits what has come, as far as it is valid together,
// and [Group.Encrypt] insists on it with [ErrProposals].
//
// # Groups that follow groups
//
// A group whose parameters must change is shut down by a ReInit and goes on as
// its [Successor]. A part of a group becomes a group of its own by [Branch]. Both
// are tied to the old group by a resumption PSK, so that only its members can be
// in them. After a fork ([Group.CheckEpoch]), or a commit that can't be followed,
// [Group.Rejoin] comes back by an external commit.
//
// # Components
//
// Parts of an application that share a group are components, each with a number
// of its own (draft-ietf-mls-extensions). A component keeps data that all members
// agree on in the GroupContext, which [public.AppDataUpdate] proposals change
// through [Config.UpdateComponent]; says something of a client in its key package
// or leaf ([KeyPackageOptions]); tells joiners something in secret
// ([CommitOptions]); attaches items to messages ([public.SafeAAD]); and has keys,
// signatures and secrets apart from those of the others ([Group.SafeExport],
// [Group.SafeSign], [Group.SafeDecrypt], [Config.ComponentPSK]).
//
// # Forward secrecy
//
// A key is deleted when it is used, with all that it could be derived from
// (RFC 9420, Section 9.2); secrets of an epoch that late messages do not need go
// at its end, the rest after [MaxPastEpochs] epochs or [MaxPastAge]. Copies in
// memory are overwritten as far as Go lets one do that: keys inside the standard
// library's ciphers, and what the collector has moved, are out of reach. Deletion
// in the store is as good as the store's.
//
// # Records
//
// Each record begins with a version byte. The keys:
//
//	g            secrets of the current epoch, private keys, numbers of past epochs
//	p/group      context, confirmation tag         } the public state, as mls/public
//	p/node/…     one node of the ratchet tree each } lays it out
//	p/proposals  proposals received in the epoch   }
//	e<epoch>/…   secret tree of an epoch, as package secrettree lays it out
//	x<epoch>/…   exporter tree of the current epoch, likewise
//	h<epoch>     a past epoch: context, sender data secret, resumption PSK, when it
//	             ended, and the leaves that the commit at its end changed
//	c            secrets of our pending commit
//	u            secrets of our Update proposals of the epoch
//
// A message writes the sender's ratchet, and at the sender's first message of an
// epoch a logarithmic number of node secrets.
package mls
