package attack

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"parley/content"
	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/wire"
)

// A verb is something that mallory does. room is the group of $ROOM, nil where
// mallory has none.
type verb func(c *turn, args []string) error

// A turn is one command of mallory's.
type turn struct {
	*device
	ts   *testscript.TestScript
	room *group
}

// verbs are what mallory can do, beside join. Texts are in quotes.
var verbs = map[string]verb{
	// As any client does.
	"open": doOpen,                                                          // open direct|group NAME…: a room; $ROOM
	"sync": func(c *turn, _ []string) error { return c.sync() },             // read the mailbox; "sync" prints nothing
	"say":  func(c *turn, a []string) error { return c.post(c.text(a[1])) }, // say TEXT
	"add":  func(c *turn, a []string) error { return c.addNames(a) },        // add NAME…
	"list": func(c *turn, _ []string) error { return c.newList() },          // put a next device list

	// Messages.
	"resend":  doResend, // resend TEXT [ROOM]: a captured ciphertext as one of mallory's own
	"forge":   doForge,  // forge sender NAME TEXT | room ROOM TEXT: content that claims something else
	"repeat":  doRepeat, // repeat TEXT: one content encrypted and sent twice; repeat id TEXT: twice with one request id
	"edit":    doEdit,   // edit TEXT NEW: an edit of somebody's message
	"unsend":  doEdit,   // unsend TEXT
	"prepare": doPrepare,
	"view":    doView,   // view NAME VERSION TEXT: a message that claims another device list of NAME
	"throw":   doThrow,  // throw random|large|junk: what is no ciphertext
	"attach":  doAttach, // attach html|path|…: photos with a lie in them, see lies
	"hide":    doHide,   // hide none|random|other TEXT: with a tag by which it can't be reported
	"garble":  doGarble, // garble random|empty|nested: encrypted in order, but no content

	// Commits.
	"commit": doCommit, // commit bad-tag | bad-path NAME | unlisted | extension | update | remove NAME | random…
	"craft":  doCraft,  // the same, kept and not sent: for evil event message=prepared
	"rejoin": doRejoin, // an external commit

	// Requests.
	"raw":     doRaw,     // raw OPERATION random|empty|huge|deep|claims-much: a body that is none
	"session": doSession, // session wrong-key|used-nonce|wrong-origin|foreign-nonce|unlisted|forged NAME
	"mailbox": doMailbox, // mailbox beyond|acknowledge|no-token|random-token|cut-token
	"flood":   doFlood,   // flood NAME: claim key packages until the server refuses
}

func cmdMallory(ts *testscript.TestScript, neg bool, args []string) {
	s := siteOf(ts)
	if args[0] == "join" {
		d, err := newDevice(s, accountOf("mallory"))
		ts.Check(err)
		ts.Check(d.signUp())
		s.mallory = d
		return
	}
	do := verbs[args[0]]
	if do == nil || s.mallory == nil {
		ts.Fatalf("mallory %s?", strings.Join(args, " "))
	}
	c := &turn{device: s.mallory, ts: ts, room: s.mallory.groups[identity.Room(ts.Getenv("ROOM"))]}
	err := do(c, args)
	refusal, refused := errors.AsType[*wire.Error](err)
	switch {
	case refused:
		fmt.Fprintln(ts.Stdout(), refusal.Code)
	case err != nil:
		ts.Fatalf("mallory %s: %v", strings.Join(args, " "), err)
	}
	if refused != neg {
		ts.Fatalf("mallory %s: %v", strings.Join(args, " "), err)
	}
}

func deviceName(id []byte) string {
	d, err := identity.ParseDevice(string(id))
	if err != nil {
		return ""
	}
	return d.Account().Name()
}

func doOpen(c *turn, a []string) error {
	g, err := c.open(wire.Kind(a[1]), a[2:])
	if err == nil {
		c.ts.Setenv("ROOM", string(g.room))
	}
	return err
}

// text returns the content of a message in $ROOM.
func (c *turn) text(text string) []byte {
	return c.encode(content.NewText(c.claims(), text))
}

// claims are what a message of mallory's says of itself.
func (c *turn) claims() content.Extensions {
	return content.Extensions{Sender: c.device.device.Account(), Room: c.room.room}
}

func (c *turn) encode(m *content.Message) []byte {
	data, _, err := m.Encode()
	c.ts.Check(err)
	return data
}

// post encrypts content and sends it.
func (c *turn) post(data []byte) error { return c.send(c.seal(data), newID()) }

func (c *turn) seal(data []byte) []byte {
	message, changes, err := c.room.Encrypt(tagged(data), data)
	c.ts.Check(err)
	c.room.records.Write(changes)
	return message
}

func (c *turn) send(message, id []byte) error {
	_, err := call[wire.SendReply](c.device, wire.OpSend, wire.SendRequest{
		ID: id, Room: c.room.room, Generation: c.room.generation, Message: message,
	})
	return err
}

func doResend(c *turn, a []string) error {
	old, err := c.captured(a[1])
	if err != nil {
		return err
	}
	return c.send(old.Message, newID())
}

func doForge(c *turn, a []string) error {
	ext := c.claims()
	if a[1] == "sender" {
		ext.Sender = accountOf(a[2])
	} else {
		ext.Room = identity.Room(a[2])
	}
	return c.post(c.encode(content.NewText(ext, a[3])))
}

func doRepeat(c *turn, a []string) error {
	id := newID()
	data := c.text(a[len(a)-1])
	if err := c.send(c.seal(data), id); err != nil {
		return err
	}
	if a[1] != "id" {
		id = newID()
	}
	return c.send(c.seal(data), id)
}

func doEdit(c *turn, a []string) error {
	old, err := c.captured(a[1])
	if err != nil {
		return err
	}
	if a[0] == "unsend" {
		return c.post(c.encode(content.NewUnsend(c.claims(), old.id, content.MessageID{})))
	}
	return c.post(c.encode(content.NewEdit(c.claims(), old.id, content.MessageID{}, a[2])))
}

// doPrepare encrypts a message and keeps it: for evil event message=prepared.
func doPrepare(c *turn, a []string) error {
	c.prepared = c.seal(c.text(a[1]))
	return nil
}

func doView(c *turn, a []string) error {
	version, err := strconv.ParseUint(a[2], 10, 64)
	if err != nil {
		return err
	}
	ext := c.claims()
	ext.Lists = []content.ListView{{Account: accountOf(a[1]), Version: version, Hash: [32]byte{1, 2, 3}}}
	return c.post(c.encode(content.NewText(ext, a[3])))
}

// doGarble sends, properly encrypted, what is no content: garble random|empty|nested.
func doGarble(c *turn, a []string) error {
	switch a[1] {
	case "empty":
		return c.post(nil)
	case "nested":
		return c.post(slices.Repeat([]byte{0x81}, 60_000))
	}
	return c.post(random(500))
}

func doThrow(c *turn, a []string) error {
	switch a[1] {
	case "large":
		return c.send(random(wire.DefaultLimits.Message+1), newID())
	case "junk":
		return c.send(junkMessage(c.room.GroupID(), c.room.Epoch()), newID())
	}
	return c.send(random(1000), newID())
}

// put sends a commit and returns what became of it.
func (c *turn) put(f *forged) error {
	_, err := call[wire.CommitReply](c.device, wire.OpCommit, wire.CommitRequest{
		ID: newID(), Room: c.room.room, Generation: c.room.generation, Commit: f.commit, Welcome: f.welcome, GroupInfo: f.info,
	})
	return err
}

// ordinary makes a commit by package mls and forgets that it is pending.
func (g *group) ordinary(opts mls.CommitOptions) (*forged, error) {
	s, err := g.commit(opts)
	if err != nil {
		return nil, err
	}
	f := &forged{s.CommitMessage(), s.Welcome(), s.GroupInfo()}
	g.records.Write(g.DropPending())
	return f, nil
}

// Update makes a commit that renews mallory's keys.
func (g *group) Update() (*forged, error) { return g.ordinary(mls.CommitOptions{Update: true}) }

// addNames adds people in order.
func (c *turn) addNames(a []string) error {
	var add [][]byte
	for _, name := range a[1:] {
		kp, err := c.claim(name)
		if err != nil {
			return err
		}
		add = append(add, kp...)
	}
	f, err := c.room.ordinary(mls.CommitOptions{Add: add, Update: true})
	if err != nil {
		return err
	}
	return c.put(f)
}

func doCommit(c *turn, a []string) error {
	f, err := c.forge(a[1], a[2:])
	if err != nil {
		return err
	}
	return c.put(f)
}

func doCraft(c *turn, a []string) error {
	f, err := c.forge(a[1], a[2:])
	if err == nil {
		c.prepared = f.commit
	}
	return err
}

func (c *turn) forge(what string, a []string) (*forged, error) {
	g := c.room
	switch what {
	case "bad-tag":
		return c.badTag(g)
	case "bad-path":
		return c.badPath(g, a[0])
	case "update":
		return g.Update()
	case "unlisted":
		other, err := newDevice(c.site, c.device.device.Account())
		if err != nil {
			return nil, err
		}
		kp, err := other.keyPackage()
		if err != nil {
			return nil, err
		}
		return g.ordinary(mls.CommitOptions{Add: [][]byte{kp}, Update: true})
	case "extension":
		ext := wire.RoomExtension{Version: 1, Mode: wire.ModePrivate, Kind: wire.KindGroup, FrankingKey: random(32)}
		return g.ordinary(mls.CommitOptions{Update: true, Extensions: &public.Extensions{
			{Type: public.ExtensionType(wire.RoomExtensionType), Data: ext.Marshal()},
		}})
	case "remove":
		for _, m := range g.Members() {
			if deviceName(m.Identity) == a[0] {
				return g.ordinary(mls.CommitOptions{Remove: []public.LeafIndex{m.Index}})
			}
		}
	case "random":
		f, err := g.Update()
		if err == nil {
			f.commit = random(2000)
		}
		return f, err
	case "large":
		f, err := g.Update()
		if err == nil {
			f.commit = make([]byte, wire.DefaultLimits.Commit)
		}
		return f, err
	case "random-info":
		f, err := g.Update()
		if err == nil {
			f.info = random(2000)
		}
		return f, err
	case "random-welcome", "junk-welcome":
		return c.spoiltWelcome(what, a[0])
	}
	return nil, fmt.Errorf("commit %s?", what)
}

// spoiltWelcome adds somebody by a Welcome that can't be opened.
func (c *turn) spoiltWelcome(what, name string) (*forged, error) {
	kp, err := c.claim(name)
	if err != nil {
		return nil, err
	}
	f, err := c.room.ordinary(mls.CommitOptions{Add: kp, Update: true})
	if err != nil {
		return nil, err
	}
	parsed, err := public.ParseKeyPackage(kp[0])
	if err != nil {
		return nil, err
	}
	f.welcome = random(2000)
	if what == "junk-welcome" {
		f.welcome = junkWelcome(c.suite, parsed.Ref(c.suite))
	}
	return f, nil
}

// doRejoin joins $ROOM by an external commit.
func doRejoin(c *turn, _ []string) error {
	room := identity.Room(c.ts.Getenv("ROOM"))
	info, err := call[wire.GroupInfo](c.device, wire.OpGroupInfo, wire.GroupInfoRequest{Room: room})
	if err != nil {
		return err
	}
	s, err := mls.JoinExternal(c.cfg, info.GroupInfo, []byte(c.device.device), c.signer, mls.ExternalOptions{Resync: true})
	if err != nil {
		return err
	}
	g := &group{room: room, generation: info.Generation, records: map[string][]byte{}}
	c.room = g
	if err := c.put(&forged{s.CommitMessage(), nil, s.GroupInfo()}); err != nil {
		return err
	}
	mg, changes, err := s.Join()
	if err != nil {
		return err
	}
	g.Group = mg
	g.records.Write(changes)
	c.groups[room] = g
	return nil
}

// newList adds a device to mallory's list.
func (c *turn) newList() error {
	signed, next, err := c.nextList()
	if err != nil {
		return err
	}
	if _, err := call[wire.Empty](c.device, wire.OpPutDeviceList, wire.PutDeviceListRequest{List: signed}); err != nil {
		return err
	}
	c.list = next
	return nil
}

// nextList makes a list that follows mallory's, with a device that is there only
// to make it another.
func (d *device) nextList() (identity.SignedDeviceList, *identity.DeviceList, error) {
	other, err := newDevice(d.site, d.device.Account())
	if err != nil {
		return identity.SignedDeviceList{}, nil, err
	}
	next := d.list.Next(identity.Add, 2)
	next.Devices = append(slices.Clone(d.list.Devices), other.listed())
	return next.Sign(d.device, d.key), next, nil
}

// status is the HTTP status and a header of an operation, asked as mallory.
func (d *device) status(op wire.Operation, request any, header string) (int, string, error) {
	body, err := wire.Marshal(request)
	if err != nil {
		return 0, "", err
	}
	return d.post(op, body, header)
}

func (d *device) post(op wire.Operation, body []byte, header string) (int, string, error) {
	r, err := http.NewRequest(http.MethodPost, d.site.url+wire.PathPrefix+string(op), strings.NewReader(string(body)))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", wire.ContentType)
	r.Header.Set("Authorization", "Bearer "+encodeToken(d.token))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	return resp.StatusCode, resp.Header.Get(header), nil
}
