package report

import (
	"fmt"
	"strings"

	"parley/content"
	"parley/franking"
	"parley/identity"
	"parley/mls/public"
)

// The steps of an item, in order. docs/report-format.md says what each checks.
var steps = []struct {
	name  string
	check func(*check) (Result, string)
}{
	{"content", (*check).content},
	{"tag", (*check).tag},
	{"context", (*check).context},
	{"author", (*check).author},
	{"batch", (*check).batch},
	{"place", (*check).place},
	{"framing", (*check).framing},
	{"signed data", (*check).signedData},
	{"device list", (*check).deviceList},
	{"leaf signature", (*check).leafSignature},
}

// Verify checks every item of r by keys, in the steps that docs/report-format.md
// numbers. It never fails: what can't be checked is NotVerified, and says why. r may be
// anything that [Decode] returns.
func Verify(r *Report, keys Keys) *Verdict {
	v := &verifier{report: r, keys: keys, seqs: map[uint64]int{}, chains: map[identity.Account]*chain{}}
	out := &Verdict{Items: []ItemVerdict{}}
	for i := range r.Items {
		out.Items = append(out.Items, v.item(i))
	}
	out.order()
	out.Grade, out.Why = conclude(r, out)
	return out
}

// verifier is what the checks of one report share.
type verifier struct {
	report *Report
	keys   Keys
	seqs   map[uint64]int // which item has this place in the room
	chains map[identity.Account]*chain
}

// check is the state of one item's check: each step fills in what later ones use.
type check struct {
	*verifier
	index int
	item  *Item
	out   *ItemVerdict

	message *content.Message
	said    *franking.Context
	tbs     *public.FramedContentTBS
	listed  []identity.PublicKey // that the platform listed for the device
}

// item takes the steps for one item. After the first that failed the others aren't
// taken.
func (v *verifier) item(i int) ItemVerdict {
	out := ItemVerdict{Grade: NotVerified}
	c := &check{verifier: v, index: i, item: &v.report.Items[i], out: &out}
	skipped := false
	for n, step := range steps {
		s := Step{Number: n + 1, Name: step.name, Result: Skipped, Why: "an earlier step failed"}
		if out.Failed == 0 {
			s.Result, s.Why = step.check(c)
		}
		if s.Result == Failed {
			out.Failed = s.Number
		}
		skipped = skipped || s.Result == Skipped
		out.Steps = append(out.Steps, s)
	}
	switch {
	case out.Failed != 0:
	case skipped:
		out.Grade = Attested
	default:
		out.Grade = Signed
	}
	return out
}

func failed(why string) (Result, string)  { return Failed, why }
func fine(why string) (Result, string)    { return OK, why }
func missing(why string) (Result, string) { return Skipped, why }

// content is step 1: the message is MIMI content in its one encoding.
func (c *check) content() (Result, string) {
	m, id, err := content.Decode(c.item.ApplicationData)
	if err != nil {
		return failed("the message is not in the form of a message")
	}
	c.message, c.out.ID, c.out.SeenSeq = m, id, m.Extensions.LastSeen.Seq
	return fine("message " + id.String())
}

// tag is step 2: the authenticated data is one safe AAD item, which commits to the
// message by its salt (draft-ietf-mimi-protocol-06, Section 5.4.1.1).
func (c *check) tag() (Result, string) {
	aad, err := public.Parse[public.SafeAAD](c.item.AuthenticatedData)
	if err != nil || len(*aad) != 1 || (*aad)[0].ID != franking.Component {
		return failed("the authenticated data is not one franking tag")
	}
	tag := (*aad)[0].Data
	if franking.CheckTag(tag, c.message.Salt[:], c.item.ApplicationData) != nil {
		return failed("the tag is not that of the message")
	}
	c.out.Tag = tag
	return fine("the tag commits to the message")
}

// context is step 3: the server's context has its form and is of the platform.
func (c *check) context() (Result, string) {
	said, err := franking.ParseContext(c.item.Context)
	if err != nil {
		return failed("the context is not in its form")
	}
	if said.Room.Domain() != c.keys.Domain {
		return failed("the context is of another platform")
	}
	c.said = said
	o := c.out
	o.Sender, o.Device, o.Room, o.Generation = said.Sender, said.Device, said.Room, said.Generation
	o.Epoch, o.Seq, o.AcceptedMS = said.Epoch, said.Seq, said.AcceptedMS
	return fine(fmt.Sprintf("sent by %s as event %d of the conversation", said.Sender, said.Seq))
}

// author is step 4: the message itself names the context's sender and room.
func (c *check) author() (Result, string) {
	if c.message.Extensions.Sender != c.said.Sender {
		return failed("the message names another sender")
	}
	if c.message.Extensions.Room != c.said.Room {
		return failed("the message names another conversation")
	}
	return fine("the message names the same sender and conversation")
}

// batch is step 5: tag, frank and context are in a batch that a franking key of the
// caller's signed, in that key's time (RFC 9162, Section 2.1.3.2).
func (c *check) batch() (Result, string) {
	proof := franking.Proof{
		LeafIndex: c.item.LeafIndex, TreeSize: c.item.TreeSize, Path: c.item.Path, Signature: c.item.Signature,
	}
	if len(c.item.Frank) != franking.FrankSize {
		return failed("the frank has the wrong size")
	}
	root, err := proof.Root(franking.LeafHash(c.out.Tag, c.item.Frank, c.item.Context))
	if err != nil {
		return failed("the path does not fit the place in the batch")
	}
	for _, k := range c.keys.Franking {
		if franking.VerifyBatch(k.Key, proof.TreeSize, root, proof.Signature) != nil {
			continue
		}
		if !k.Good(c.said.AcceptedMS) {
			return failed("the batch is signed by a key outside its time")
		}
		return fine("the platform's key " + Fingerprint(k.Key) + " signed the batch")
	}
	return failed("no key of the platform signed the batch")
}

// place is step 6: the item is of the report's room, and nothing else has its place.
func (c *check) place() (Result, string) {
	if c.said.Room != c.report.Room {
		return failed("the message is from another conversation")
	}
	if c.said.Seq == 0 {
		return failed("the place in the conversation is missing")
	}
	if _, twice := c.seqs[c.said.Seq]; twice {
		return failed("the place in the conversation is taken by another item")
	}
	c.seqs[c.said.Seq] = c.index
	return fine(fmt.Sprintf("event %d, once", c.said.Seq))
}

// framing is step 7: what the device signed is an application message in private
// framing, of the same group and epoch (RFC 9420, Section 6.1).
func (c *check) framing() (Result, string) {
	if len(c.item.TBS) == 0 {
		return missing("no signature by the device is enclosed")
	}
	tbs, err := public.Parse[public.FramedContentTBS](c.item.TBS)
	if err != nil {
		return failed("what the device signed is not in its form")
	}
	f := &tbs.Content
	group := string(c.said.Room.GroupID(c.said.Generation))
	switch {
	case tbs.WireFormat != public.WirePrivateMessage:
		return failed("what the device signed has another wire format")
	case f.ContentType != public.ContentApplication:
		return failed("what the device signed is not an application message")
	case f.Sender.Type != public.SenderMember || tbs.Context == nil:
		return failed("what the device signed is not by a member")
	case string(f.GroupID) != group || string(tbs.Context.GroupID) != group:
		return failed("what the device signed is of another group")
	case f.Epoch != c.said.Epoch || tbs.Context.Epoch != c.said.Epoch:
		return failed("what the device signed is of another epoch")
	}
	c.tbs = tbs
	return fine("an application message of the same group and epoch")
}

// signedData is step 8: the device signed this message and this tag.
func (c *check) signedData() (Result, string) {
	if c.tbs == nil {
		return missing("no signature by the device is enclosed")
	}
	if string(c.tbs.Content.ApplicationData) != string(c.item.ApplicationData) {
		return failed("the device signed another message")
	}
	if string(c.tbs.Content.AuthenticatedData) != string(c.item.AuthenticatedData) {
		return failed("the device signed another tag")
	}
	return fine("the same message and tag")
}

// deviceList is step 9: the sender's enclosed device lists follow from each other
// and have the list that the message goes by, and the device is or was on them.
func (c *check) deviceList() (Result, string) {
	if c.tbs == nil {
		return missing("no signature by the device is enclosed")
	}
	ch := c.chain(c.said.Sender)
	if ch == nil {
		return missing("the sender's device lists are not enclosed")
	}
	if ch.err != nil {
		return failed("the sender's device lists do not follow from each other")
	}
	view, said := ownView(c.message)
	switch {
	case !said:
		return missing("the message does not name its sender's device list")
	case view.Version > uint64(len(ch.lists)):
		return missing("the sender's device lists end before the one that the message names")
	case !ch.has(view):
		return failed("the message names another list of its sender's devices")
	}
	c.listed = ch.keys(view, c.said.Device)
	if len(c.listed) == 0 {
		return failed("the sender's device lists do not name the device")
	}
	return fine(fmt.Sprintf("version %d of the sender's lists is the one that the message names, and they name the device", view.Version))
}

// leafSignature is step 10: a key that was listed for the device made the
// signature (RFC 9420, Section 5.1.2).
func (c *check) leafSignature() (Result, string) {
	if c.tbs == nil || len(c.listed) == 0 {
		return missing("there is no key to check the signature with")
	}
	if key, ok := c.item.signer(c.listed); ok {
		return fine("the device's key " + Fingerprint(key) + " signed it")
	}
	return failed("no key of the device signed it")
}

// chain returns the enclosed lists of account, checked once; nil if there are none.
func (v *verifier) chain(account identity.Account) *chain {
	if c, done := v.chains[account]; done {
		return c
	}
	var out *chain
	for i := range v.report.Lists {
		if l := &v.report.Lists[i]; l.Account == account && len(l.Lists) > 0 {
			out = walk(l)
		}
	}
	v.chains[account] = out
	return out
}

// Fingerprint returns the first characters of a public key, for people who
// compare what they see with what is published.
func Fingerprint(key identity.PublicKey) string {
	s := key.String()
	return strings.Join([]string{s[:4], s[4:8], s[8:12]}, " ")
}

// Said returns the server's context of the item, which [Verify] judges. It returns
// franking.ErrContext.
func (i *Item) Said() (*franking.Context, error) { return franking.ParseContext(i.Context) }
