package live

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

// play is one run of the scenario: a cast, and the group as it is now.
type play struct {
	t    *testing.T
	row  *row
	kind kind                             // the peer
	cast func(role string) (party, error) // a new client in the role
	n    int                              // distinguishes messages

	refused  int     // joins, by a fault of the peer that is known
	branched bool    // the group is one that followed another
	over     bool    // the group is shut down and nothing follows
	members  []party // of the present epoch, the first one began
}

// step plays one step, unless one before it failed. What an implementation
// cannot do is missing from the table, and no failure.
func (p *play) step(name string, f func() error) {
	if p.row.failed {
		return
	}
	err := f()
	if err == nil {
		err = p.agree()
	}
	switch {
	case errors.Is(err, errPeerCannot):
		p.row.set(name, peerLacks)
	case errors.Is(err, errWeCannot):
		p.row.set(name, missing)
	case err != nil:
		p.row.set(name, failed)
		p.t.Errorf("%s: %v", name, err)
	default:
		p.row.set(name, ok)
	}
}

// agree checks that all members hold the same secrets.
func (p *play) agree() error {
	var first state
	for i, m := range p.members {
		s, err := m.state()
		if err != nil {
			return fmt.Errorf("state of %s: %w", m.name(), err)
		}
		if i == 0 {
			first = s
			continue
		}
		if err := first.same(s); err != nil {
			return fmt.Errorf("%s and %s: %w", p.members[0].name(), m.name(), err)
		}
		if first.authenticator == "" {
			first.authenticator = s.authenticator
		}
	}
	return nil
}

// same compares what both tell.
func (s state) same(other state) error {
	switch {
	case s.removed || other.removed:
		return errors.New("one is removed")
	case s.epoch != other.epoch:
		return fmt.Errorf("epochs %d and %d", s.epoch, other.epoch)
	case s.authenticator != "" && other.authenticator != "" && s.authenticator != other.authenticator:
		return errors.New("different epoch authenticators")
	case s.exported != other.exported:
		return errors.New("different exported secrets")
	}
	return nil
}

// others returns the members except x.
func (p *play) others(x party) []party {
	var list []party
	for _, m := range p.members {
		if m != x {
			list = append(list, m)
		}
	}
	return list
}

// deliver gives a commit or proposal of x to all others.
func (p *play) deliver(x party, message []byte) error {
	for _, m := range p.others(x) {
		if err := m.handle(message); err != nil {
			return fmt.Errorf("%s, sent by %s: %w", m.name(), x.name(), err)
		}
	}
	return nil
}

// commit lets x commit c, and everyone follow; added are the clients whose key
// packages c adds.
func (p *play) commit(x party, c change, added ...party) error {
	out, err := x.commit(c)
	if err != nil {
		return fmt.Errorf("%s commits: %w", x.name(), err)
	}
	if err := p.deliver(x, out.commit); err != nil {
		return err
	}
	return p.welcome(x, out, added)
}

func (p *play) welcome(x party, out sent, added []party) error {
	for _, a := range added {
		if err := a.join(out.welcome); err != nil {
			return fmt.Errorf("%s joins by the Welcome of %s: %w", a.name(), x.name(), err)
		}
	}
	p.members = append(p.members, added...)
	return nil
}

// add lets x add a new client in the role.
func (p *play) add(x party, role string) error {
	m, err := p.cast(role)
	if err != nil {
		return err
	}
	kp, err := m.keyPackage()
	if err != nil {
		return fmt.Errorf("%s makes a key package: %w", m.name(), err)
	}
	return p.commit(x, change{add: [][]byte{kp}}, m)
}

// messages lets every member say two things, which the others hear in the
// opposite order.
func (p *play) messages() error {
	for _, x := range p.members {
		var said, sent [2][]byte
		for i := range said {
			p.n++
			said[i] = fmt.Appendf(nil, "message %d of %s", p.n, x.name())
			m, err := x.encrypt(said[i])
			if err != nil {
				return fmt.Errorf("%s encrypts: %w", x.name(), err)
			}
			sent[i] = m
		}
		for _, m := range p.others(x) {
			for _, i := range []int{1, 0} {
				if err := hears(m, sent[i], said[i]); err != nil {
					return fmt.Errorf("message of %s: %w", x.name(), err)
				}
			}
		}
	}
	return nil
}

func hears(m party, message, want []byte) error {
	got, err := m.decrypt(message)
	if err != nil {
		return fmt.Errorf("%s decrypts: %w", m.name(), err)
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%s hears %q, want %q", m.name(), got, want)
	}
	return nil
}

// late lets x say something that the others hear after y's next commit.
func (p *play) late(x, y party) error {
	said := []byte("late")
	message, err := x.encrypt(said)
	if err != nil {
		return err
	}
	if err := p.commit(y, change{}); err != nil {
		return err
	}
	for _, m := range p.others(x) {
		if err := hears(m, message, said); err != nil {
			return err
		}
	}
	return nil
}

// byReference lets x propose c and y commit it.
func (p *play) byReference(x, y party, c change) error {
	message, err := x.propose(c)
	if err != nil {
		return fmt.Errorf("%s proposes: %w", x.name(), err)
	}
	if err := p.deliver(x, message); err != nil {
		return err
	}
	return p.commit(y, change{})
}

// external lets a client join by itself, with a GroupInfo of x. Some tell theirs
// only with a commit of their own.
func (p *play) external(x, joiner party, resync bool) error {
	info, err := x.groupInfo()
	if cannot(err) {
		if err := p.commit(x, change{}); err != nil {
			return err
		}
		info, err = x.groupInfo()
	}
	if err != nil {
		return fmt.Errorf("GroupInfo of %s: %w", x.name(), err)
	}
	commit, err := joiner.joinExternal(info, resync)
	if err != nil {
		return fmt.Errorf("%s joins by the GroupInfo of %s: %w", joiner.name(), x.name(), err)
	}
	if !resync {
		p.members = append(p.members, joiner)
	}
	return p.deliver(joiner, commit)
}

// join lets a new client in the role join by itself.
func (p *play) join(x party, role string) error {
	m, err := p.cast(role)
	if err != nil {
		return err
	}
	return p.external(x, m, false)
}

// remove lets x remove y, who must notice.
func (p *play) remove(x, y party) error {
	if err := p.commit(x, change{remove: [][]byte{y.identity()}}); err != nil {
		return err
	}
	s, err := y.state()
	if err == nil && !s.removed {
		return fmt.Errorf("%s does not know that it was removed", y.name())
	}
	p.members = p.others(y)
	return err
}

// private lets x commit in a PrivateMessage.
func (p *play) private(x party) error {
	if p.kind.publicOnly {
		return errPeerCannot
	}
	return p.commit(x, change{private: true})
}

// sharePSK gives all members an external pre-shared key.
func (p *play) sharePSK(id string) error {
	for _, m := range p.members {
		if err := m.psk([]byte(id), []byte("the same secret for everyone, 32")); err != nil {
			return fmt.Errorf("PSK of %s: %w", m.name(), err)
		}
	}
	return nil
}

// withPSK shares a key, which x commits.
func (p *play) withPSK(x party, id string) error {
	if err := p.sharePSK(id); err != nil {
		return err
	}
	return p.commit(x, change{psks: [][]byte{[]byte(id)}})
}

// proposePSK shares a key, which x proposes and y commits.
func (p *play) proposePSK(x, y party, id string) error {
	if err := p.sharePSK(id); err != nil {
		return err
	}
	return p.byReference(x, y, change{psks: [][]byte{[]byte(id)}})
}

// proposeAdd lets x propose a new client in the role, and y commit it.
func (p *play) proposeAdd(x, y party, role string) error {
	m, err := p.cast(role)
	if err != nil {
		return err
	}
	kp, err := m.keyPackage()
	if err != nil {
		return err
	}
	message, err := x.propose(change{add: [][]byte{kp}})
	if err != nil {
		return fmt.Errorf("%s proposes: %w", x.name(), err)
	}
	if err := p.deliver(x, message); err != nil {
		return err
	}
	return p.commit(y, change{}, m)
}

// ask lets a new client in the role propose itself, with a GroupInfo of x, who
// commits it.
func (p *play) ask(x party, role string) error {
	m, err := p.cast(role)
	if err != nil {
		return err
	}
	info, err := x.groupInfo()
	if err != nil {
		return fmt.Errorf("GroupInfo of %s: %w", x.name(), err)
	}
	message, err := m.proposeAdd(info)
	if err != nil {
		return fmt.Errorf("%s proposes itself: %w", m.name(), err)
	}
	if err := p.deliver(m, message); err != nil {
		return err
	}
	return p.commit(x, change{}, m)
}

// proposeRemove lets x propose to remove the last member, and y commit it.
func (p *play) proposeRemove(x, y party) error {
	z := p.members[len(p.members)-1]
	if z == x || z == y {
		return errPeerCannot // whoever was to be added was not
	}
	if err := p.byReference(x, y, change{remove: [][]byte{z.identity()}}); err != nil {
		return err
	}
	p.members = p.others(z)
	return nil
}

// follow replaces the group by the one that x begins: a branch, or after a
// ReInit, which must have been committed.
func (p *play) follow(x party, next succession) error {
	var add [][]byte
	for _, m := range p.members {
		kp, err := m.suspend(next)
		if err != nil {
			return fmt.Errorf("%s prepares for a %s: %w", m.name(), next.usage, err)
		}
		if m != x {
			add = append(add, kp)
		}
	}
	out, err := x.succeed(next, add)
	if err != nil {
		return fmt.Errorf("%s begins the new group: %w", x.name(), err)
	}
	for _, m := range p.others(x) {
		if err := m.joinNext(next, out.welcome); err != nil {
			return fmt.Errorf("%s joins the new group of %s: %w", m.name(), x.name(), err)
		}
	}
	p.branched = true
	return nil
}
