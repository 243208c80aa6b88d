package client

import (
	"context"
	"slices"

	"parley/content"
	"parley/identity"
	"parley/wire"
)

// standing says how an account stands to the own one.
func (t *tx) standing(a identity.Account) (content.Standing, error) {
	n, err := t.number(content.StatePerson, string(a))
	return content.Standing(n), err
}

// stand sets how an account stands to the own one, here, for the own other devices
// and, as soon as it can be reached, for the server.
func (t *tx) stand(a identity.Account, s content.Standing) error {
	if a == t.c.self.Account {
		return nil
	}
	now, err := t.standing(a)
	if err != nil || now == s {
		return err
	}
	relation := wire.RelationNone
	switch s {
	case content.Accepted:
		relation = wire.RelationAccepted
	case content.Blocked:
		relation = wire.RelationBlocked
	case content.Restricted: // who might write still may, and nobody else
		known, err := t.isWanted(a)
		if err != nil {
			return err
		}
		if known || now == content.Accepted {
			relation = wire.RelationAccepted
		}
	}
	t.relate(a, relation)
	return t.setState(content.State{Kind: content.StatePerson, Subject: string(a), Number: int64(s)})
}

// relate has the server told how an account stands.
func (t *tx) relate(a identity.Account, relation wire.Relation) {
	t.save(relatePrefix+t.c.store.hide(string(a)), &relateRecord{Account: a, Relation: relation})
	t.c.related.Store(true)
}

// welcome counts an account among those that are accepted. Who is restricted may
// write, and stays so: only [Client.Unrestrict] ends that.
func (t *tx) welcome(a identity.Account) error {
	now, err := t.standing(a)
	if err != nil || now != content.Restricted {
		return cmpErr(err, t.stand(a, content.Accepted))
	}
	t.relate(a, wire.RelationAccepted)
	return nil
}

// noneBlocked returns ErrBlocked where one of some accounts is blocked: to be with them
// in a new room, one unblocks them first.
func (t *tx) noneBlocked(set []identity.Account) error {
	for _, a := range set {
		if s, err := t.standing(a); err != nil || s == content.Blocked {
			return cmpErr(err, ErrBlocked)
		}
	}
	return nil
}

// isWanted reports whether there is a conversation with an account that doesn't wait
// to be accepted here.
func (t *tx) isWanted(a identity.Account) (bool, error) {
	r, err := t.roomFor(sortedPair(t.c.self.Account, a))
	if err != nil || r == nil {
		return false, err
	}
	acceptance, err := t.acceptance(r.Room)
	return acceptance != content.Waits, err
}

// A relateRecord is a relation that the server has still to be told.
type relateRecord struct {
	_        struct{} `cbor:",toarray"`
	Account  identity.Account
	Relation wire.Relation
}

// Block ends what some accounts may do: they neither write to the own one nor add
// it to groups, and their requests don't show.
func (c *Client) Block(ctx context.Context, names ...string) error {
	return c.standAll(ctx, names, func(*tx, identity.Account) (content.Standing, error) { return content.Blocked, nil })
}

// Restrict sets some accounts apart: they may write as they might before, and aren't
// told; their conversations stand with the archived ones, nothing that they write is
// notified, and their conversations never tell them that somebody reads: also not
// afterwards. Only [Client.Unrestrict] ends it, and [Client.Block].
func (c *Client) Restrict(ctx context.Context, names ...string) error {
	return c.standAll(ctx, names, func(*tx, identity.Account) (content.Standing, error) { return content.Restricted, nil })
}

// Unrestrict takes Restrict back. Who had been accepted is so again.
func (c *Client) Unrestrict(ctx context.Context, names ...string) error {
	return c.backFrom(ctx, content.Restricted, names)
}

// Unblock takes Block back. Who had been accepted is so again.
func (c *Client) Unblock(ctx context.Context, names ...string) error {
	return c.backFrom(ctx, content.Blocked, names)
}

// backFrom ends a standing of some accounts: those whose conversation is wanted are
// accepted, others strangers.
func (c *Client) backFrom(ctx context.Context, from content.Standing, names []string) error {
	return c.standAll(ctx, names, func(t *tx, a identity.Account) (content.Standing, error) {
		now, err := t.standing(a)
		if err != nil || now != from {
			return now, err
		}
		wanted, err := t.isWanted(a)
		if wanted {
			return content.Accepted, err
		}
		return content.Stranger, err
	})
}

func sortedPair(a, b identity.Account) []identity.Account {
	set := []identity.Account{a, b}
	slices.Sort(set)
	return set
}

// standAll sets how some accounts stand, and shows it in their conversations.
func (c *Client) standAll(ctx context.Context, names []string, how func(*tx, identity.Account) (content.Standing, error)) error {
	var accounts []identity.Account
	for _, name := range names {
		a, err := c.Resolve(name)
		if err != nil {
			return err
		}
		accounts = append(accounts, a)
	}
	err := c.step(ctx, func(t *tx) error {
		for _, a := range accounts {
			s, err := how(t, a)
			if err != nil {
				return err
			}
			if err := t.standShown(a, s); err != nil {
				return err
			}
		}
		return nil
	})
	return cmpErr(err, c.soon(ctx))
}

// standShown sets how an account stands, and shows it in the conversations that it is in.
func (t *tx) standShown(a identity.Account, s content.Standing) error {
	was, err := t.standing(a)
	if err != nil {
		return err
	}
	if err := t.stand(a, s); err != nil {
		return err
	}
	if err := t.showStanding(a); err != nil {
		return err
	}
	r, err := t.roomFor(sortedPair(t.c.self.Account, a))
	if err != nil || r == nil {
		return err
	}
	if s == content.Accepted && was == content.Blocked {
		t.tellProfile(r, false) // it may have changed meanwhile
	}
	return nil
}
