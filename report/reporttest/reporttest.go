// Package reporttest makes reports for tests: a platform with its keys, people with
// devices, messages with franks and signatures, all from fixed seeds, so that the same
// calls give the same bytes.
package reporttest

import (
	"crypto/sha256"
	"fmt"

	"parley/content"
	"parley/franking"
	"parley/identity"
	"parley/mls/public"
	"parley/report"
)

// AtMS is when everything begins, in Unix milliseconds.
const AtMS = 1_750_000_000_000

// A World is one platform.
type World struct {
	Domain   string
	Room     identity.Room // where people talk, unless a Said says otherwise
	Franking identity.PrivateKey
	HubKey   []byte // 32 bytes
	Desk     Desk
}

// A Desk holds the private half of what the platform publishes.
type Desk struct {
	Suite   *public.Suite
	Key     *report.DeskKey
	Private public.HPKEPrivateKey
	Sign    identity.PrivateKey
}

// A Person has one device and the list that names it.
type Person struct {
	Account identity.Account
	Device  identity.Device
	Key     identity.PrivateKey
	Lists   report.Lists
	Leaf    public.LeafIndex
}

// New returns the platform of domain.
func New(domain string) *World {
	w := &World{Domain: domain, Franking: key(domain, "franking"), HubKey: seed(domain, "hub")}
	w.Room = w.NewRoom("room")
	suite := public.XWing(public.SuiteXWing)
	priv, pub, err := suite.DeriveHPKEKey(seed(domain, "desk"))
	must(err)
	sign := key(domain, "desk-sign")
	w.Desk = Desk{Suite: suite, Private: priv, Sign: sign, Key: &report.DeskKey{
		Version: 1, Domain: domain, Suite: suite.ID(), KEMKey: pub, SignKey: sign.Public(), NotAfterMS: AtMS + 90*24*3600*1000,
	}}
	return w
}

// NewRoom returns a room of the platform.
func (w *World) NewRoom(name string) identity.Room {
	d := identity.NewDevice(must1(identity.NewAccount(w.Domain, "x")), [16]byte(seed(w.Domain, name)))
	return must1(identity.ParseRoom("mimi://" + w.Domain + "/r/" + d.ID()))
}

// Person returns the person of that name, with a list of one device.
func (w *World) Person(name string) *Person {
	p := &Person{Account: must1(identity.NewAccount(w.Domain, name)), Key: key(w.Domain, "device "+name)}
	p.Device = identity.NewDevice(p.Account, [16]byte(seed(w.Domain, "device id "+name)))
	list := identity.DeviceList{
		Account: p.Account, Version: 1, Change: identity.Create, At: AtMS,
		Devices: []identity.ListedDevice{{Device: p.Device, SignatureKey: p.Key.Public(), Suites: []uint16{uint16(public.SuiteXWing)}, Name: "phone", AddedAt: AtMS}},
	}
	p.Leaf = public.LeafIndex(seed("leaf", name)[0])
	p.Lists = report.Lists{Account: p.Account, Lists: []identity.SignedDeviceList{list.Sign(p.Device, p.Key)}}
	return p
}

// View returns what p's messages say of its newest list.
func (p *Person) View() content.ListView {
	l := must1(p.Lists.Lists[len(p.Lists.Lists)-1].Parse())
	return content.ListView{Account: p.Account, Version: l.Version, Hash: [32]byte(l.Hash())}
}

// Said is one message.
type Said struct {
	From       *Person
	Text       string
	Room       identity.Room // empty: the world's
	Generation uint32
	Epoch      uint64
	Seq        uint64
	Seen       content.LastSeen
	Message    func(content.Extensions) *content.Message // instead of Text

	// What a liar would change, before tag, frank and signature are made.
	Extensions func(*content.Extensions)
	AAD        func([]byte) []byte
	TBS        func(*public.FramedContentTBS)
}

// Batch returns the items of messages that the server stored at once.
func (w *World) Batch(said ...Said) []report.Item {
	items := make([]report.Item, len(said))
	leaves := make([]franking.Hash, len(said))
	for i, s := range said {
		items[i], leaves[i] = w.item(s)
	}
	root, paths := franking.Tree(leaves)
	signature := franking.SignBatch(w.Franking, uint64(len(said)), root)
	for i := range items {
		items[i].LeafIndex, items[i].TreeSize, items[i].Path, items[i].Signature = uint64(i), uint64(len(said)), paths[i], signature
	}
	return items
}

func (w *World) item(s Said) (report.Item, franking.Hash) {
	if s.Room == "" {
		s.Room = w.Room
	}
	data, salt := w.content(s)
	tag := franking.Tag(salt, data)
	aad := public.Marshal(public.SafeAAD{{ID: franking.Component, Data: tag[:]}})
	if s.AAD != nil {
		aad = s.AAD(aad)
	}
	context := franking.NewContext(seed("hub id", w.Domain)[:8], s.Room, s.Generation, s.From.Device, s.Epoch, s.Seq, AtMS+int64(s.Seq)*1000).Marshal()
	frank := franking.Frank(w.HubKey, tag[:], context)
	tbs, signature := w.sign(s, data, aad)
	item := report.Item{
		ApplicationData: data, AuthenticatedData: aad, Context: context, Frank: frank[:], TBS: tbs, LeafSignature: signature,
	}
	return item, franking.LeafHash(tag[:], frank[:], context)
}

func (w *World) content(s Said) (data, salt []byte) {
	ext := content.Extensions{Sender: s.From.Account, Room: s.Room, LastSeen: s.Seen, Lists: []content.ListView{s.From.View()}}
	if s.Extensions != nil {
		s.Extensions(&ext)
	}
	m := content.NewText(ext, s.Text)
	if s.Message != nil {
		m = s.Message(ext)
	}
	m.Salt = [content.SaltSize]byte(seed("salt", fmt.Sprint(s.Text, s.Seq, s.From.Account)))
	data, _, err := m.Encode()
	must(err)
	return data, m.Salt[:]
}

func (w *World) sign(s Said, data, aad []byte) (tbs, signature []byte) {
	group := s.Room.GroupID(s.Generation)
	t := &public.FramedContentTBS{
		WireFormat: public.WirePrivateMessage,
		Content: public.FramedContent{
			GroupID: group, Epoch: s.Epoch, Sender: public.MemberSender(s.From.Leaf),
			AuthenticatedData: aad, ContentType: public.ContentApplication, ApplicationData: data,
		},
		Context: &public.GroupContext{
			Version: public.MLS10, CipherSuite: public.SuiteXWing, GroupID: group, Epoch: s.Epoch,
			TreeHash: seed("tree", fmt.Sprint(s.Epoch)), ConfirmedTranscriptHash: seed("transcript", fmt.Sprint(s.Epoch)),
		},
	}
	if s.TBS != nil {
		s.TBS(t)
	}
	tbs = public.Marshal(t)
	suite := public.X25519()
	priv, _, err := suite.NewSignaturePrivateKey(s.From.Key.Seed())
	must(err)
	signature, err = suite.SignWithLabel(priv, public.FramedContentLabel, tbs)
	must(err)
	return tbs, signature
}

// Report returns a report of about by by, with the lists of all that said something.
func (w *World) Report(by, about *Person, items []report.Item) *report.Report {
	return &report.Report{
		Version: 1, ID: seed("report", w.Domain)[:report.IDSize], Domain: w.Domain, Reporter: by.Account, Reported: about.Account,
		Room: w.Room, Category: report.Harassment, Note: "He keeps writing.", AtMS: AtMS + 3600*1000, Items: items,
		Lists: []report.Lists{by.Lists, about.Lists},
	}
}

// Keys returns what the platform publishes.
func (w *World) Keys() report.Keys {
	return report.Keys{Domain: w.Domain, Franking: []franking.Key{{Key: w.Franking.Public()}}}
}

func seed(parts ...string) []byte {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return h.Sum(nil)
}

func key(domain, name string) identity.PrivateKey {
	return must1(identity.NewPrivateKey(seed(domain, name)))
}

func must1[T any](v T, err error) T {
	must(err)
	return v
}

func must(err error) {
	if err != nil {
		panic("reporttest: " + err.Error())
	}
}
