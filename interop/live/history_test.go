package live

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/mls/public"
)

const (
	historySteps = 60
	historySize  = 12 // members at most
)

// TestHistories: random lives of groups of both sides, in which trees get blank
// nodes, unmerged leaves, and shrink. INTEROP_SEED repeats one.
func TestHistories(t *testing.T) {
	for _, k := range []kind{tsMLS, coreCrypto} {
		n := start(t, k)
		for i := range 3 {
			seed := uint64(time.Now().UnixNano()) + uint64(i)
			if s := os.Getenv("INTEROP_SEED"); s != "" {
				seed, _ = strconv.ParseUint(s, 10, 64)
			}
			t.Run(fmt.Sprintf("%s/%d", k.name, i), func(t *testing.T) {
				history(t, k, n, rand.New(rand.NewPCG(seed, 0)), seed)
			})
		}
	}
}

func history(t *testing.T, k kind, n *node, random *rand.Rand, seed uint64) {
	t.Logf("seed %d", seed)
	s := known(public.X25519())[0]
	cast := func(role string) (party, error) {
		return casting(k, n, s, random.IntN(2) == 0)(fmt.Sprintf("%s of %d", role, seed))
	}
	p := &play{t: t, kind: k, row: &row{outcomes: map[string]outcome{}}, cast: cast}
	creator, err := cast("member 0")
	if err == nil {
		err = creator.create(fmt.Appendf(nil, "%s %d", t.Name(), seed))
	}
	if err != nil {
		t.Fatal(err)
	}
	p.members = []party{creator}
	for i := range historySteps {
		what, err := p.randomStep(random, fmt.Sprintf("member %d", i+1))
		if err == nil {
			err = p.agree()
		}
		if err != nil && !cannot(err) {
			t.Fatalf("seed %d, step %d, %s: %v", seed, i, what, err)
		}
	}
	if err := p.messages(); err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	t.Logf("%d joins refused by the peer's check of unmerged leaves", p.refused)
}

// tooStrict reports whether err is a refusal of ts-mls to join a valid tree: it
// wants the same unmerged leaves at all nodes above an unmerged leaf, while
// RFC 9420, Section 12.4.3.1 wants that leaf at the nodes below.
func tooStrict(err error) bool {
	return err != nil && strings.Contains(err.Error(), "non-blank intermediate node must list leaf node in its unmerged_leaves")
}

// addOrForget is add; who then refuses to join is removed.
func (p *play) addOrForget(x party, role string) error {
	var added party
	cast := p.cast
	defer func() { p.cast = cast }()
	p.cast = func(role string) (m party, err error) {
		added, err = cast(role)
		return added, err
	}
	err := p.add(x, role)
	if !tooStrict(err) {
		return err
	}
	p.refused++
	return p.commit(x, change{remove: [][]byte{added.identity()}})
}

// joinOrNot is external; who refuses stays as it was.
func (p *play) joinOrNot(err error) error {
	if !tooStrict(err) {
		return err
	}
	p.refused++
	return nil
}

// randomStep lets a random member do something; role is for a new one.
func (p *play) randomStep(random *rand.Rand, role string) (what string, err error) {
	x := p.members[random.IntN(len(p.members))]
	y := p.members[random.IntN(len(p.members))]
	do := random.IntN(10)
	switch {
	case len(p.members) < 4 || do < 3 && len(p.members) < historySize:
		return x.name() + " adds " + role, p.addOrForget(x, role)
	case do == 3 && len(p.members) < historySize:
		return role + " joins by the GroupInfo of " + x.name(), p.joinOrNot(p.join(x, role))
	case do < 6 && x != y:
		return x.name() + " removes " + y.name(), p.remove(x, y)
	case do == 6 && x != y:
		return y.name() + " rejoins by the GroupInfo of " + x.name(), p.joinOrNot(p.external(x, y, true))
	case do == 7:
		return "messages", p.messages()
	}
	return x.name() + " updates", p.commit(x, change{})
}
