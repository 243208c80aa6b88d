// Package public is an MLS group as anyone may see it: its messages, its
// ratchet tree and the rules that can be checked without any secret
// (RFC 9420). It holds no secret and can read no application message, so a
// delivery server may import it.
//
// # Layers
//
//	wire types   KeyPackage, LeafNode, Proposal, Commit, GroupInfo, MLSMessage …
//	             Each has MarshalMLS and UnmarshalMLS; [Marshal] and [Parse]
//	             do a whole value. Parsing judges form only.
//	Tree         the ratchet tree: hashes, resolution, proposals, paths.
//	             A Tree is cheap to [Tree.Clone]; nodes are immutable.
//	Group        the public state of one epoch. [Group.Stage] checks a commit
//	             and returns a [StagedCommit]; only [Group.Merge] changes the
//	             group.
//
// # An MLSMessage
//
//	version(2)=1 wire_format(2) body
//
//	wire_format  1 PublicMessage   FramedContent auth [membership_tag]
//	             2 PrivateMessage  group_id epoch content_type authenticated_data
//	                               encrypted_sender_data ciphertext
//	             3 Welcome         cipher_suite secrets encrypted_group_info
//	             4 GroupInfo       GroupContext extensions confirmation_tag signer signature
//	             5 KeyPackage      version cipher_suite init_key leaf_node extensions signature
//
// # What it can't check
//
// Membership tags, confirmation tags and path secrets need the group's
// secrets. A commit that passes [Group.Stage] may still be refused by the
// members; [Group.CheckGroupInfo] only ties the confirmation tag of the next
// GroupInfo to that of the commit.
//
// # Ownership and concurrency
//
// Parsed values own their memory: [Parse] copies its input once. Values in a
// Tree or Group are shared and must not be changed. No type here is safe for
// concurrent use, except that immutable values may be read from anywhere.
package public
