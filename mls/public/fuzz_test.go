package public

import (
	"bytes"
	"runtime"
	"testing"
)

// seeds returns one message of each kind, and what else parsers read.
func seeds(tb testing.TB) [][]byte {
	w := newWorldOf(tb, X25519(), 4)
	w.propose(1, w.update(1, nil))
	return [][]byte{
		w.commit(2, append(w.adds(1), &Remove{3}, w.psk(nil), &GroupContextExtensions{Extensions{{1, nil}}})...),
		w.external(w.group.tree.Leaf(2), w.externalInit(), &Remove{2}),
		w.raw(1, &Commit{Proposals: append(inline(&ReInit{Version: MLS10}), ProposalOrRef{Reference: []byte("ref")})}),
		w.message(w.content(FramedContent{Sender: MemberSender(1), ContentType: ContentProposal, Proposal: w.update(1, nil)}, w.key(1))),
		(&PrivateMessage{GroupID: []byte("g"), ContentType: ContentCommit, Ciphertext: make([]byte, 40)}).Message(),
		(&Welcome{CipherSuite: 1, Secrets: []EncryptedGroupSecrets{{NewMember: []byte("a")}}}).Message(),
		w.currentInfo(nil), w.keyPackage(nil).Message(), w.group.TreeBytes(), w.group.Marshal(),
		Marshal(ExternalSenders{{make([]byte, 32), NewBasicCredential([]byte("x"))}}),
		Marshal(&RequiredCapabilities{Extensions: []ExtensionType{1, 2}}),
		Marshal(AppDataDictionary{{1, nil}, {4, []byte("y")}}),
		{0, 2, 5, 1, 'a', 2, 'b', 'c'},
	}
}

// fuzzSame fuzzes a parser: what decodes encodes to the same bytes.
func fuzzSame(f *testing.F, parse func([]byte) ([]byte, error)) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := parse(b); err == nil && !bytes.Equal(got, b) {
			t.Errorf("%x encodes to %x", b, got)
		}
	})
}

// again parses b as a T and encodes it again.
func again[T any, D interface {
	Decoder[T]
	Encoder
}](b []byte) ([]byte, error) {
	v, err := Parse[T, D](b)
	if err != nil {
		return nil, err
	}
	return Marshal(D(v)), nil
}

func FuzzMLSMessage(f *testing.F)        { fuzzSame(f, again[MLSMessage]) }
func FuzzKeyPackage(f *testing.F)        { fuzzSame(f, again[KeyPackage]) }
func FuzzLeafNode(f *testing.F)          { fuzzSame(f, again[LeafNode]) }
func FuzzUpdatePath(f *testing.F)        { fuzzSame(f, again[UpdatePath]) }
func FuzzCommit(f *testing.F)            { fuzzSame(f, again[Commit]) }
func FuzzGroupContext(f *testing.F)      { fuzzSame(f, again[GroupContext]) }
func FuzzAuthenticated(f *testing.F)     { fuzzSame(f, again[AuthenticatedContent]) }
func FuzzPreSharedKeyID(f *testing.F)    { fuzzSame(f, again[PreSharedKeyID]) }
func FuzzCredential(f *testing.F)        { fuzzSame(f, again[Credential]) }
func FuzzRequirements(f *testing.F)      { fuzzSame(f, again[RequiredCapabilities]) }
func FuzzExternalSenders(f *testing.F)   { fuzzSame(f, again[ExternalSenders]) }
func FuzzWireFormats(f *testing.F)       { fuzzSame(f, again[WireFormats]) }
func FuzzAppDataDictionary(f *testing.F) { fuzzSame(f, again[AppDataDictionary]) }

func FuzzFramedContentTBS(f *testing.F) {
	w := newWorldOf(f, X25519(), 2)
	a := AuthenticatedContent{WireFormat: WirePrivateMessage, Content: FramedContent{
		Sender: MemberSender(1), ContentType: ContentApplication, ApplicationData: []byte("x"),
	}}
	f.Add(a.TBS(w.group.Context()))
	fuzzSame(f, again[FramedContentTBS])
}

// FuzzTree fuzzes the ratchet_tree extension. A tree that decodes can be hashed
// and checked, whatever it holds.
func FuzzTree(f *testing.F) {
	s := X25519()
	fuzzSame(f, func(b []byte) ([]byte, error) {
		tree, err := ParseTree(s, b, 1<<10)
		if err != nil {
			return nil, err
		}
		cfg := &Config{Suites: []*Suite{s}}
		_ = cfg.ValidateTree(tree, &GroupContext{TreeHash: tree.Hash()})
		_ = tree.VerifyParentHashes()
		if !tree.encodesTo(b) {
			return []byte("not its own encoding"), nil
		}
		return Marshal(tree), nil
	})
}

// FuzzState fuzzes a saved group.
func FuzzState(f *testing.F) {
	cfg := &Config{Suites: []*Suite{X25519()}}
	fuzzSame(f, func(b []byte) ([]byte, error) {
		g, err := UnmarshalGroup(cfg, b)
		if err != nil {
			return nil, err
		}
		return g.Marshal(), nil
	})
}

// FuzzStage fuzzes commits: a change of one byte is refused.
func FuzzStage(f *testing.F) {
	w := newWorldOf(f, X25519(), 4)
	good := w.commit(1, w.adds(1)...)
	f.Add(uint(0), byte(1))
	f.Fuzz(func(t *testing.T, at uint, flip byte) {
		bad := bytes.Clone(good)
		bad[at%uint(len(bad))] ^= flip
		if _, err := w.group.Stage(bad); err == nil && flip != 0 && !tagOnly(good, bad, w.suite) {
			t.Errorf("accepted with byte %d changed", at%uint(len(bad)))
		}
	})
}

// tagOnly reports whether a and b differ only in the confirmation and membership
// tags at their end, which nobody can check without secrets.
func tagOnly(a, b []byte, s *Suite) bool {
	end := len(a) - 2*(1+s.HashSize())
	return bytes.Equal(a[:end], b[:end])
}

// TestBoundedAllocation feeds parsers what makes them allocate most for each
// byte, and lengths without the bytes.
func TestBoundedAllocation(t *testing.T) {
	const size = 1 << 16
	blank := make([]byte, size) // a tree of blank nodes
	huge := func(head ...byte) []byte { return append(head, 0xbf, 0xff, 0xff, 0xff) }
	vector := func(content []byte) []byte { // as one vector
		n := len(content)
		return append([]byte{0x80 | byte(n>>24), byte(n >> 16), byte(n >> 8), byte(n)}, content...)
	}
	nodeAtEnd := []byte{1, nodeParent, 0, 0, 0}
	references := bytes.Repeat([]byte{proposalByReference, 0}, size/2)
	for _, c := range []struct {
		name  string
		input []byte
		parse func([]byte)
	}{
		{"blank tree", vector(append(blank, 0)), func(b []byte) { _, _ = ParseTree(X25519(), b, 1<<20) }},
		{"nearly blank tree", vector(append(blank[1:], nodeAtEnd...)), func(b []byte) { _, _ = ParseTree(X25519(), b, 1<<20) }},
		{"huge tree", huge(), func(b []byte) { _, _ = ParseTree(X25519(), b, 1<<20) }},
		{"references", append(vector(references), 0), func(b []byte) { _, _ = Parse[Commit](b) }},
		{"extensions", vector(bytes.Repeat([]byte{0, 1, 0}, size/3)), func(b []byte) { _, _ = Parse[Extensions](b) }},
		{"huge list", huge(), func(b []byte) { _, _ = Parse[Commit](b) }},
		{"huge message", huge(0, 1, 0, 2), func(b []byte) { _, _ = Parse[MLSMessage](b) }},
		{"huge Welcome", huge(0, 1, 0, 3, 0, 1), func(b []byte) { _, _ = PeekWelcome(b) }},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c.parse(c.input)
		runtime.ReadMemStats(&after)
		if got, limit := after.TotalAlloc-before.TotalAlloc, uint64(256*len(c.input)+1<<16); got > limit {
			t.Errorf("%s: %d bytes allocated for %d, limit %d", c.name, got, len(c.input), limit)
		}
	}
}
