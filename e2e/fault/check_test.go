package fault

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/client"
	"parley/identity"
)

// told is what a client told its person: what the check goes by.
type told struct {
	name    string
	kept    map[string]bool           // texts that were sent or kept
	printed map[string]int            // texts of others: how often each was shown
	rooms   map[identity.Room][]entry // what it keeps of each room, in its order
}

// An entry is a message of a room.
type entry struct {
	seq  uint64
	text string // begins with its author's name
}

func (e entry) from() string { return e.text[:strings.IndexByte(e.text, ' ')] }

func newTold(name string) told {
	return told{name: name, kept: map[string]bool{}, printed: map[string]int{}, rooms: map[identity.Room][]entry{}}
}

// look notes what the client keeps of its rooms.
func (p *person) look() {
	p.t.Helper()
	all, err := p.Rooms(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	for _, r := range all {
		views, err := p.History(p.t.Context(), r.Room, 0, 1<<20)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, v := range views {
			if v.Kind != client.KindText {
				continue
			}
			if v.State == client.StateQueued {
				p.t.Errorf("%s still has %q in the outbox", p.name, v.Text)
			}
			p.rooms[r.Room] = append(p.rooms[r.Room], entry{v.Seq, v.Text})
		}
	}
}

// check returns what is wrong: everybody has to keep the same of each room,
// everything that was kept among it, each once, and has to have been shown what
// others said, each once.
func check(all []*told) (wrong []string) {
	fail := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	rooms := map[identity.Room][]entry{}
	there := map[string]int{}
	for _, p := range all {
		for room, entries := range p.rooms {
			if first, seen := rooms[room]; seen {
				if !slices.Equal(first, entries) {
					fail("%s keeps another conversation than others: %d and %d messages", p.name, len(entries), len(first))
				}
				continue
			}
			rooms[room] = entries
			for i, e := range entries {
				there[e.text]++
				if i > 0 && e.seq <= entries[i-1].seq {
					fail("seq %d follows %d", e.seq, entries[i-1].seq)
				}
			}
		}
	}
	for _, p := range all {
		for text := range p.kept {
			if there[text] != 1 {
				fail("%q, which was sent or kept, is there %d times", text, there[text])
			}
		}
		for text, n := range p.printed {
			if n != 1 {
				fail("%s was shown %q %d times", p.name, text, n)
			}
		}
		for _, entries := range p.rooms {
			for _, e := range entries {
				if e.from() != p.name && p.printed[e.text] == 0 {
					fail("%s was never shown %q", p.name, e.text)
				}
			}
		}
	}
	return wrong
}

// The check sees each way in which something can be wrong.
func TestCheckSees(t *testing.T) {
	for want, spoil := range map[string]func(ann, ben *told){
		"is there 0 times": func(ann, ben *told) {
			ann.rooms["r"], ben.rooms["r"] = ann.rooms["r"][:1], ben.rooms["r"][:1]
		},
		"is there 2 times": func(ann, ben *told) {
			again := append(slices.Clone(ann.rooms["r"]), entry{3, "ann 0"})
			ann.rooms["r"], ben.rooms["r"] = again, again
		},
		"another conversation":    func(ann, _ *told) { ann.rooms["r"][0], ann.rooms["r"][1] = ann.rooms["r"][1], ann.rooms["r"][0] },
		"shown \"ann 0\" 2 times": func(_, ben *told) { ben.printed["ann 0"]++ },
		"never shown \"ann 0\"":   func(_, ben *told) { delete(ben.printed, "ann 0") },
		"seq 1 follows 2": func(ann, ben *told) {
			swapped := []entry{{2, "ann 0"}, {1, "ann 1"}}
			ann.rooms["r"], ben.rooms["r"] = swapped, swapped
		},
		"": func(_, _ *told) {},
	} {
		ann, ben := newTold("ann"), newTold("ben")
		ann.kept = map[string]bool{"ann 0": true, "ann 1": true}
		ben.printed = map[string]int{"ann 0": 1, "ann 1": 1}
		for _, p := range []*told{&ann, &ben} {
			p.rooms["r"] = []entry{{1, "ann 0"}, {2, "ann 1"}}
		}
		spoil(&ann, &ben)
		got := strings.Join(check([]*told{&ann, &ben}), "\n")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("check says %q; want %q", got, want)
		}
	}
}
