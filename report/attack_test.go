package report_test

import (
	"slices"
	"strings"
	"testing"

	"parley/content"
	"parley/franking"
	"parley/identity"
	"parley/mls/public"
	"parley/report"
	"parley/report/reporttest"
)

// scene is Bob, who says three things to Alice, with Carol there, too.
type scene struct {
	*reporttest.World
	alice, bob, carol *reporttest.Person
}

func newScene() *scene {
	w := reporttest.New("parley.example")
	return &scene{World: w, alice: w.Person("alice"), bob: w.Person("bob"), carol: w.Person("carol")}
}

func (s *scene) say(seq uint64, from *reporttest.Person, text string) reporttest.Said {
	return reporttest.Said{From: from, Text: text, Epoch: 3, Seq: seq}
}

func (s *scene) three() []report.Item {
	return s.Batch(s.say(5, s.bob, "one"), s.say(6, s.bob, "two"), s.say(10, s.bob, "three"))
}

func TestVerify(t *testing.T) {
	s := newScene()
	v := report.Verify(s.Report(s.alice, s.bob, s.three()), s.Keys())
	if v.Grade != report.Signed {
		t.Fatalf("grade = %q, want %q: %s", v.Grade, report.Signed, v.Why)
	}
	for i, item := range v.Items {
		if len(item.Steps) != 10 || item.Failed != 0 || item.Sender != s.bob.Account || item.Room != s.Room {
			t.Errorf("item %d = %+v", i, item)
		}
		for n, step := range item.Steps {
			if step.Number != n+1 || step.Result != report.OK || step.Why == "" {
				t.Errorf("item %d step %d = %+v", i, n+1, step)
			}
		}
	}
	if want := []report.Gap{{After: 6, Before: 10, Events: 3}}; !slices.Equal(v.Gaps, want) {
		t.Errorf("gaps = %v, want %v", v.Gaps, want)
	}
}

// TestAttested: without signatures of the device the platform's word is left.
func TestAttested(t *testing.T) {
	s := newScene()
	items := s.three()
	items[1].TBS, items[1].LeafSignature = nil, nil
	v := report.Verify(s.Report(s.alice, s.bob, items), s.Keys())
	if v.Grade != report.Attested || v.Items[0].Grade != report.Signed || v.Items[1].Grade != report.Attested {
		t.Errorf("grades = %v, %v, %v", v.Grade, v.Items[0].Grade, v.Items[1].Grade)
	}
	r := s.Report(s.alice, s.bob, s.three())
	r.Lists = nil
	if v := report.Verify(r, s.Keys()); v.Grade != report.Attested {
		t.Errorf("without lists: %v (%s), want attested", v.Grade, v.Why)
	}
	later := s.bob.View()
	later.Version++
	for name, change := range map[string]func(*content.Extensions){
		"without a list that the message names": func(e *content.Extensions) { e.Lists = nil },
		"with another's list":                   func(e *content.Extensions) { e.Lists = []content.ListView{s.alice.View()} },
		"of a list that isn't enclosed":         func(e *content.Extensions) { e.Lists = []content.ListView{later} },
	} {
		one := s.say(5, s.bob, "one")
		one.Extensions = change
		r := s.Report(s.alice, s.bob, s.Batch(one))
		if v := report.Verify(r, s.Keys()); v.Grade != report.Attested || v.Items[0].Steps[8].Result != report.Skipped {
			t.Errorf("%s: %v (%s), want attested", name, v.Grade, v.Why)
		}
		if r.Lists[1].Prover()(&r.Items[0]) {
			t.Errorf("%s: the lists prove it", name)
		}
	}
}

// An attack is something that somebody may try with a report, and the step at which
// it ends.
type attack struct {
	name string
	step int // 0: no item fails
	make func() *report.Report
}

func attacks(s *scene) []attack {
	far := reporttest.New("elsewhere.example")
	other := reporttest.New("parley.example") // the same domain: other keys follow
	other.Franking = far.Franking
	room := s.NewRoom("another")
	return []attack{
		{"a file that brings its own keys", 5, func() *report.Report {
			return s.Report(s.alice, s.bob, other.Batch(s.say(5, s.bob, "forged")))
		}},
		{"another platform", 3, func() *report.Report {
			return s.Report(s.alice, s.bob, far.Batch(reporttest.Said{From: far.Person("bob"), Text: "x", Seq: 5, Room: far.Room}))
		}},
		{"forged text", 2, func() *report.Report {
			items := s.three()
			i := strings.Index(string(items[0].ApplicationData), "one")
			items[0].ApplicationData[i] = 'z'
			return s.Report(s.alice, s.bob, items)
		}},
		{"not a message", 1, func() *report.Report {
			items := s.three()
			items[0].ApplicationData = items[0].ApplicationData[1:]
			return s.Report(s.alice, s.bob, items)
		}},
		{"a tag that doesn't match", 2, func() *report.Report {
			said := s.say(5, s.bob, "one")
			said.AAD = func(aad []byte) []byte { aad[len(aad)-1] ^= 1; return aad }
			return s.Report(s.alice, s.bob, s.Batch(said))
		}},
		{"two tags", 2, func() *report.Report {
			said := s.say(5, s.bob, "one")
			said.AAD = func(aad []byte) []byte {
				d, _ := public.Parse[public.SafeAAD](aad)
				return public.Marshal(d.With(0x21, (*d)[0].Data))
			}
			return s.Report(s.alice, s.bob, s.Batch(said))
		}},
		{"a swapped frank", 5, func() *report.Report {
			items := s.three()
			items[0].Frank, items[1].Frank = items[1].Frank, items[0].Frank
			return s.Report(s.alice, s.bob, items)
		}},
		{"a spliced context", 5, func() *report.Report {
			items := s.three()
			items[0].Context = items[1].Context
			return s.Report(s.alice, s.bob, items)
		}},
		{"a spliced message with its own tag", 5, func() *report.Report {
			items := s.three()
			items[0].ApplicationData, items[0].AuthenticatedData = items[1].ApplicationData, items[1].AuthenticatedData
			return s.Report(s.alice, s.bob, items)
		}},
		{"an altered time", 5, func() *report.Report {
			items := s.three()
			c, _ := franking.ParseContext(items[0].Context)
			c.AcceptedMS -= 1000
			items[0].Context = c.Marshal()
			return s.Report(s.alice, s.bob, items)
		}},
		{"another place in the batch", 5, func() *report.Report {
			items := s.three()
			items[0].LeafIndex = 1
			return s.Report(s.alice, s.bob, items)
		}},
		{"replayed", 6, func() *report.Report {
			items := s.three()
			return s.Report(s.alice, s.bob, append(items, items[0]))
		}},
		{"a second message for one place", 6, func() *report.Report {
			return s.Report(s.alice, s.bob, append(s.three(), s.Batch(s.say(5, s.bob, "five again"))...))
		}},
		{"cross-room", 6, func() *report.Report {
			said := s.say(5, s.bob, "elsewhere")
			said.Room = room
			return s.Report(s.alice, s.bob, s.Batch(said))
		}},
		{"written for another room", 4, func() *report.Report {
			said := s.say(5, s.bob, "elsewhere")
			said.Extensions = func(e *content.Extensions) { e.Room = room }
			return s.Report(s.alice, s.bob, s.Batch(said))
		}},
		{"written in another's name", 4, func() *report.Report {
			said := s.say(5, s.carol, "I am Bob")
			said.Extensions = func(e *content.Extensions) { e.Sender = s.bob.Account }
			return s.Report(s.alice, s.bob, s.Batch(said))
		}},
		{"cross-sender: another's messages", 0, func() *report.Report {
			return s.Report(s.alice, s.bob, s.Batch(s.say(5, s.carol, "something")))
		}},
		{"a desk worker who invents a report", 5, func() *report.Report {
			items := s.three()[:1]
			data, salt := inContent(s.bob, s.Room, "what Bob never said")
			tag := franking.Tag(salt, data)
			items[0].ApplicationData = data
			items[0].AuthenticatedData = public.Marshal(public.SafeAAD{{ID: franking.Component, Data: tag[:]}})
			items[0].TBS, items[0].LeafSignature = nil, nil
			return s.Report(s.alice, s.bob, items)
		}},
		{"an invented report without messages", 0, func() *report.Report { return s.Report(s.alice, s.bob, nil) }},
		{"a handshake message's signature", 7, func() *report.Report {
			return s.tbs(func(t *public.FramedContentTBS) { t.WireFormat = public.WirePublicMessage })
		}},
		{"another group's signature", 7, func() *report.Report {
			return s.tbs(func(t *public.FramedContentTBS) { t.Content.GroupID = room.GroupID(0) })
		}},
		{"another generation's signature", 7, func() *report.Report {
			return s.tbs(func(t *public.FramedContentTBS) { t.Context.GroupID = s.Room.GroupID(1) })
		}},
		{"another epoch's signature", 7, func() *report.Report {
			return s.tbs(func(t *public.FramedContentTBS) { t.Content.Epoch, t.Context.Epoch = 4, 4 })
		}},
		{"another sender type's signature", 7, func() *report.Report {
			return s.tbs(func(t *public.FramedContentTBS) { t.Content.Sender.Type = public.SenderExternal })
		}},
		{"another message's signature", 8, func() *report.Report {
			items := s.three()
			items[0].TBS, items[0].LeafSignature = items[1].TBS, items[1].LeafSignature
			return s.Report(s.alice, s.bob, items)
		}},
		{"another tag's signature", 8, func() *report.Report {
			return s.tbs(func(t *public.FramedContentTBS) {
				t.Content.AuthenticatedData = append([]byte(nil), t.Content.AuthenticatedData...)
				t.Content.AuthenticatedData[5] ^= 1
			})
		}},
		{"device lists of another account", 9, func() *report.Report {
			r := s.Report(s.alice, s.bob, s.three())
			r.Lists = []report.Lists{{Account: s.bob.Account, Lists: s.carol.Lists.Lists}}
			return r
		}},
		{"device lists from the middle", 9, func() *report.Report {
			r := s.Report(s.alice, s.bob, s.three())
			first, _ := s.bob.Lists.Lists[0].Parse()
			second := first.Next(identity.Rotate, reporttest.AtMS)
			second.Devices[0].SignatureKey = s.carol.Key.Public()
			r.Lists = []report.Lists{{Account: s.bob.Account, Lists: []identity.SignedDeviceList{second.Sign(s.bob.Device, s.bob.Key)}}}
			return r
		}},
		{"device lists that somebody made up", 9, func() *report.Report {
			liar := *s.bob
			liar.Key = s.carol.Key
			r := s.Report(s.alice, s.bob, s.Batch(s.say(5, &liar, "x")))
			first, _ := s.bob.Lists.Lists[0].Parse()
			first.Devices[0].SignatureKey = liar.Key.Public()
			r.Lists = []report.Lists{{Account: s.bob.Account, Lists: []identity.SignedDeviceList{first.Sign(liar.Device, liar.Key)}}}
			return r
		}},
		{"device lists that somebody continued", 10, func() *report.Report {
			liar := *s.bob
			liar.Key = s.carol.Key
			r := s.Report(s.alice, s.bob, s.Batch(s.say(5, &liar, "x")))
			first, _ := s.bob.Lists.Lists[0].Parse()
			between := first.Next(identity.Reset, reporttest.AtMS)
			other := identity.GenerateKey()
			between.Devices[0].Device, between.Devices[0].SignatureKey = identity.RandomDevice(s.bob.Account), other.Public()
			last := between.Next(identity.Reset, reporttest.AtMS)
			last.Devices[0].Device, last.Devices[0].SignatureKey = s.bob.Device, liar.Key.Public()
			r.Lists = []report.Lists{{Account: s.bob.Account, Lists: []identity.SignedDeviceList{
				s.bob.Lists.Lists[0], between.Sign(between.Devices[0].Device, other), last.Sign(liar.Device, liar.Key),
			}}}
			return r
		}},
		{"a signature by another device's key", 10, func() *report.Report {
			liar := *s.bob
			liar.Key = s.carol.Key
			return s.Report(s.alice, s.bob, s.Batch(s.say(5, &liar, "x")))
		}},
		{"a spliced leaf signature", 10, func() *report.Report {
			items := s.three()
			items[0].LeafSignature = items[1].LeafSignature
			return s.Report(s.alice, s.bob, items)
		}},
	}
}

func TestAttacks(t *testing.T) {
	s := newScene()
	for _, c := range attacks(s) {
		t.Run(c.name, func(t *testing.T) {
			v := report.Verify(c.make(), s.Keys())
			if v.Grade != report.NotVerified || v.Why == "" {
				t.Errorf("grade = %q (%s), want not verified", v.Grade, v.Why)
			}
			if got := firstFailed(v); got != c.step {
				t.Errorf("ends at step %d, want %d: %s", got, c.step, v.Why)
			}
		})
	}
}

// tbs returns a report of one message of whose signed data something was changed.
func (s *scene) tbs(change func(*public.FramedContentTBS)) *report.Report {
	said := s.say(5, s.bob, "one")
	said.TBS = change
	return s.Report(s.alice, s.bob, s.Batch(said))
}

func firstFailed(v *report.Verdict) int {
	for _, item := range v.Items {
		if item.Failed != 0 {
			return item.Failed
		}
	}
	return 0
}

func inContent(from *reporttest.Person, room identity.Room, text string) (data, salt []byte) {
	m := content.NewText(content.Extensions{Sender: from.Account, Room: room}, text)
	m.Salt = [content.SaltSize]byte{1, 2, 3}
	data, _, err := m.Encode()
	if err != nil {
		panic(err)
	}
	return data, m.Salt[:]
}

// TestReordered: the order is the server's, however the items are handed in.
func TestReordered(t *testing.T) {
	s := newScene()
	items := s.three()
	items[0], items[2] = items[2], items[0]
	v := report.Verify(s.Report(s.alice, s.bob, items), s.Keys())
	if want := []int{2, 1, 0}; !slices.Equal(v.Order, want) || v.Grade != report.Signed {
		t.Errorf("order = %v (%s), want %v", v.Order, v.Why, want)
	}
}

// TestSeenOrder: what the senders had seen stands beside the server's order, and
// what can't be is named.
func TestSeenOrder(t *testing.T) {
	s := newScene()
	seen := func(seq uint64) content.LastSeen { return content.LastSeen{Seq: seq, ID: content.MessageID{1, 2}} }
	a, b, c := s.say(5, s.bob, "a"), s.say(6, s.alice, "b"), s.say(7, s.bob, "c")
	a.Seen, b.Seen, c.Seen = seen(4), seen(2), seen(9)
	c.Epoch = 2
	v := report.Verify(s.Report(s.alice, s.bob, s.Batch(a, b, c)), s.Keys())
	if want := []int{0, 1, 2}; !slices.Equal(v.Order, want) {
		t.Errorf("order = %v, want %v", v.Order, want)
	}
	if want := []int{1, 0, 2}; !slices.Equal(v.SeenOrder, want) {
		t.Errorf("order by last seen = %v, want %v", v.SeenOrder, want)
	}
	if len(v.Conflicts) != 2 || v.Conflicts[0].Item != 2 || v.Conflicts[1].Item != 2 {
		t.Errorf("conflicts = %v, want two of item 2", v.Conflicts)
	}
}

// TestKeyTime: a key is good for what was accepted in its time, and its successor
// for what came after.
func TestKeyTime(t *testing.T) {
	s := newScene()
	next := identity.GenerateKey()
	change := int64(reporttest.AtMS) - 2*franking.Overlap
	chain, err := franking.Chain(s.Domain, s.Franking.Public(),
		[]franking.KeyStatement{franking.Succeed(s.Domain, s.Franking, next.Public(), change)})
	if err != nil {
		t.Fatal(err)
	}
	r := s.Report(s.alice, s.bob, s.three())
	if v := report.Verify(r, report.Keys{Domain: s.Domain, Franking: chain}); firstFailed(v) != 5 {
		t.Errorf("with a key that had been replaced: %s", v.Why)
	}
	s.Franking = next
	r = s.Report(s.alice, s.bob, s.three())
	if v := report.Verify(r, report.Keys{Domain: s.Domain, Franking: chain}); v.Grade != report.Signed {
		t.Errorf("with its successor: %s", v.Why)
	}
}

// TestRotatedDevice: what a device signed stays signed when the device is gone.
func TestRotatedDevice(t *testing.T) {
	s := newScene()
	items := s.three()
	first, _ := s.bob.Lists.Lists[0].Parse()
	second := first.Next(identity.Rotate, reporttest.AtMS)
	next := identity.GenerateKey()
	second.Devices[0].SignatureKey = next.Public()
	s.bob.Lists.Lists = append(s.bob.Lists.Lists, second.Sign(s.bob.Device, s.bob.Key))
	if v := report.Verify(s.Report(s.alice, s.bob, items), s.Keys()); v.Grade != report.Signed {
		t.Errorf("grade = %q: %s", v.Grade, v.Why)
	}
	// What was written before, and signed with the new key, too.
	rotated := *s.bob
	rotated.Key = next
	said := s.say(11, &rotated, "four")
	said.Extensions = func(e *content.Extensions) { e.Lists[0].Version, e.Lists[0].Hash = 1, [32]byte(first.Hash()) }
	r := s.Report(s.alice, s.bob, s.Batch(said))
	if v := report.Verify(r, s.Keys()); v.Grade != report.Signed || !r.Lists[1].Prover()(&r.Items[0]) {
		t.Errorf("with the new key: grade = %q: %s", v.Grade, v.Why)
	}
}
