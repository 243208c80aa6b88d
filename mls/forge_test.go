package mls

import (
	"slices"
	"testing"

	"parley/mls/internal/secrettree"
	"parley/mls/public"
)

// What a malicious member can make, for the tests of rules and of histories.

// EncryptPadded is Encrypt with padding that ends in pad.
func (g *Group) EncryptPadded(t testing.TB, pad byte) []byte {
	t.Helper()
	a := &public.AuthenticatedContent{WireFormat: public.WirePrivateMessage, Content: g.frame(public.ContentApplication, nil)}
	must(t, a.Sign(g.suite, g.signer, g.current.context))
	key, err := g.current.tree.Next(g.own, secrettree.Application, func(string, []byte) {})
	must(t, err)
	d, err := newSenderData(nil, a, &key)
	must(t, err)
	e := fill(g.suite, a, &d)
	e.content[len(e.content)-g.suite.TagSize()-1] = pad
	must(t, e.seal(g.suite, &key, d.guard, g.current.senderData))
	return e.message
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// WrongSecrets returns our commit c, which g made, with random path secrets,
// correctly encrypted.
func (g *Group) WrongSecrets(t testing.TB, c *StagedCommit) []byte {
	t.Helper()
	path := c.public.Tree().FilteredDirectPath(c.public.Committer().Index)
	context := public.Marshal(c.public.ProvisionalContext())
	return g.Reseal(c.message, func(m *public.AuthenticatedContent) bool {
		for i := range m.Content.Commit.Path.Nodes {
			for k, x := range c.public.Recipients(path[i]) {
				secret, err := g.suite.RandomSecret(nil)
				must(t, err)
				kem, ct, err := g.suite.EncryptWithLabel(c.public.Tree().PublicKey(x), pathLabel, context, secret)
				must(t, err)
				m.Content.Commit.Path.Nodes[i].PathSecrets[k] = public.HPKECiphertext{KEMOutput: kem, Ciphertext: ct}
			}
		}
		return true
	})
}

// A Forgery changes a Welcome before it is encrypted.
type Forgery struct {
	Linked    []public.PreSharedKeyID // pre-shared keys that no proposal names
	Info      func(*public.GroupInfo) // before it is signed
	WrongPSK  bool                    // encrypt the GroupInfo under another key
	WrongPath bool                    // send another path secret
}

// ForgeWelcome returns the Welcome of a commit of ours, changed as f says. Keys of
// f.Linked come from the Config.
func (g *Group) ForgeWelcome(t testing.TB, opts CommitOptions, f Forgery) []byte {
	t.Helper()
	d, err := g.draft(&opts)
	must(t, err)
	must(t, d.make())
	if f.Linked != nil {
		d.psk, err = g.cfg.pskSecret(g.suite, f.Linked, nil)
		must(t, err)
		d.schedule()
	}
	info, err := signGroupInfo(g.cfg, g.suite, g.signer, infoParts{
		tree: d.staged.Tree(), context: d.staged.Context(), external: d.secrets.External,
		tag: slices.Clone(d.staged.ConfirmationTag()), signer: g.own,
	})
	must(t, err)
	if f.Info != nil {
		f.Info(info)
		must(t, info.Sign(g.suite, g.signer))
	}
	if f.WrongPSK {
		d.psk = append(slices.Clone(d.psk), 1)
	}
	if f.WrongPath {
		for i := range d.path.steps {
			d.path.steps[i].secret, err = g.suite.RandomSecret(nil)
			must(t, err)
		}
	}
	w, err := makeWelcome(g.suite, welcomeParts{
		joiner: d.joiner, psk: d.psk, psks: slices.Concat(d.staged.PSKs, f.Linked), info: info, path: d.path, added: d.staged.Added,
	})
	must(t, err)
	return w.Message()
}

// ForgeInfo returns our GroupInfo, changed before it is signed.
func (g *Group) ForgeInfo(t testing.TB, change func(*public.GroupInfo)) []byte {
	t.Helper()
	message, err := g.GroupInfo()
	must(t, err)
	info, err := public.ParseGroupInfo(message)
	must(t, err)
	change(info)
	must(t, info.Sign(g.suite, g.signer))
	return info.Message()
}
