package desk

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"parley/desk/audit"
	"parley/desk/deskapi"
)

// How long links, sessions and tokens last.
const (
	inviteLife  = 24 * time.Hour
	sessionIdle = 30 * time.Minute
	sessionLife = 12 * time.Hour
	tokenLife   = 90 * 24 * time.Hour
	maxName     = 64
	maxStaff    = 500
	maxPasskeys = 10
)

// A person is one of the staff as they are kept.
type person struct {
	ID       string       `json:"id"`
	Name     string       `json:"name"`
	Role     deskapi.Role `json:"role"`
	Disabled bool         `json:"disabled"`
	SinceMS  int64        `json:"since_ms"`
	SeenMS   int64        `json:"seen_ms"`
	Passkeys []Passkey    `json:"passkeys"`
	Token    string       `json:"token"` // hash of the one for scripts
	// InvitedBy is the lead who invited them; empty: the desk's own machine.
	InvitedBy string `json:"invited_by,omitempty"`
	// VouchedMS is when a lead last let them in, or gave them a role that can be a second
	// person; 0: the desk's own machine did.
	VouchedMS int64 `json:"vouched_ms,omitempty"`
}

// A Passkey is a person's, as internal/webauthn gives it.
type Passkey struct {
	ID     []byte `json:"id"`
	Key    []byte `json:"key"` // COSE
	Backup bool   `json:"backup"`
	Count  uint32 `json:"count"`
}

func (p *person) view() deskapi.Person {
	return deskapi.Person{
		ID: p.ID, Name: p.Name, Role: p.Role, Disabled: p.Disabled, Invited: len(p.Passkeys) == 0 && p.Token == "", SinceMS: p.SinceMS, SeenMS: p.SeenMS,
	}
}

// invite is a one-time link. Its person comes into being with it.
type invite struct {
	Person string `json:"person"`
	EndsMS int64  `json:"ends_ms"`
}

// session is somebody who is signed in.
type session struct {
	Person  string `json:"person"`
	SinceMS int64  `json:"since_ms"`
	SeenMS  int64  `json:"seen_ms"`
	CSRF    string `json:"csrf"`
}

// token is a person's for scripts.
type token struct {
	Person string `json:"person"`
	EndsMS int64  `json:"ends_ms"`
}

// inviteMark stands before a link's secret, in the fragment: no server and no log
// gets it.
const inviteMark = "/#invite="

// newSecret returns 32 random bytes in base64url, and the hash by which they are
// known again.
func newSecret() (secret, hash string) {
	b := make([]byte, 32)
	rand.Read(b)
	secret = base64.RawURLEncoding.EncodeToString(b)
	return secret, hashOf(secret)
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return encodeID(sum[:])
}

// nameOf is a person's name, empty where there is none.
func (d *Desk) nameOf(ctx context.Context, id string) string {
	var p person
	if ok, err := d.getRecord(ctx, keyPerson+id, &p); id == "" || err != nil || !ok {
		return ""
	}
	return p.Name
}

// Staff is everybody.
func (d *Desk) Staff(ctx context.Context, who Actor, _ deskapi.Nothing) (deskapi.StaffList, error) {
	list := deskapi.StaffList{People: []deskapi.Person{}}
	if err := d.look(who, audit.StaffListed, "", nil); err != nil {
		return list, err
	}
	all, err := listRecords[person](ctx, d.store, keyPerson)
	for i := range all {
		p := all[i].view()
		p.InvitedBy, p.SecondFromMS = d.nameOf(ctx, all[i].InvitedBy), d.secondFrom(&all[i])
		list.People = append(list.People, p)
	}
	slices.SortFunc(list.People, func(a, b deskapi.Person) int { return cmp.Compare(a.SinceMS, b.SinceMS) })
	return list, err
}

// Invite makes a person and a link that works once.
func (d *Desk) Invite(ctx context.Context, who Actor, p deskapi.NewInvite) (deskapi.Invitation, error) {
	if err := d.allow(who, deskapi.ActStaff, "Invite"); err != nil {
		return deskapi.Invitation{}, err
	}
	return d.invite(ctx, who, p)
}

// InviteFirst is Invite on the desk's own machine, by who holds its keys: for the
// first person, or where everybody has lost their passkeys. Another process may run the desk
// meanwhile.
func InviteFirst(ctx context.Context, c Config, p deskapi.NewInvite) (deskapi.Invitation, error) {
	return newDesk(c).invite(ctx, Actor{ID: audit.Desk}, p)
}

func (d *Desk) invite(ctx context.Context, by Actor, p deskapi.NewInvite) (deskapi.Invitation, error) {
	if p.Name = strings.TrimSpace(p.Name); p.Name == "" || len(p.Name) > maxName || !utf8.ValidString(p.Name) {
		return deskapi.Invitation{}, invalid("A name has 1 to 64 bytes.")
	}
	if acts[p.Role] == nil {
		return deskapi.Invitation{}, invalid("There is no such role: reviewer, senior, lead or auditor.")
	}
	secret, hash := newSecret()
	who := &person{ID: newID("p"), Name: p.Name, Role: p.Role, SinceMS: d.nowMS()}
	if by.ID != audit.Desk {
		who.InvitedBy = by.ID
	}
	ends := d.now().Add(inviteLife).UnixMilli()
	event := audit.Event{Actor: by.ID, Action: audit.StaffInvited, Subject: who.ID, Data: map[string]string{"role": string(p.Role)}}
	err := d.commit(ctx, event, func(t *draft, e *audit.Event) error {
		if by.ID != audit.Desk {
			if err := t.still(by, deskapi.ActStaff); err != nil {
				return err
			}
			d.vouch(who, e)
		}
		all, err := listRecords[person](ctx, d.store, keyPerson)
		if err != nil {
			return err
		}
		if len(all) >= maxStaff {
			return invalid("There are as many people as the desk takes.")
		}
		if slices.ContainsFunc(all, func(o person) bool { return o.Name == p.Name && !o.Disabled }) {
			return invalid("Somebody has this name.")
		}
		return errors.Join(t.put(keyPerson+who.ID, who), t.put(keyInvite+hash, invite{who.ID, ends}))
	})
	if err != nil {
		return deskapi.Invitation{}, err
	}
	return deskapi.Invitation{Person: who.view(), Link: d.origin + inviteMark + secret, EndsMS: ends}, nil
}

// Invited returns whose link a token is, for making a passkey.
func (d *Desk) Invited(ctx context.Context, secret string) (deskapi.Person, error) {
	var in invite
	if ok, err := d.getRecord(ctx, keyInvite+hashOf(secret), &in); err != nil || !ok || d.nowMS() >= in.EndsMS {
		return deskapi.Person{}, orNotFound(err)
	}
	var p person
	if ok, err := d.getRecord(ctx, keyPerson+in.Person, &p); err != nil || !ok || p.Disabled {
		return deskapi.Person{}, orNotFound(err)
	}
	return p.view(), nil
}

// Join ends an invitation: the passkey is its person's, who is signed in.
func (d *Desk) Join(ctx context.Context, secret string, key Passkey) (Session, error) {
	invited, err := d.Invited(ctx, secret)
	if err != nil {
		return Session{}, err
	}
	s, record, hash := d.newSession(invited.ID)
	event := audit.Event{Actor: invited.ID, Action: audit.StaffJoined, Subject: invited.ID}
	err = d.commit(ctx, event, func(t *draft, _ *audit.Event) error {
		var in invite
		if ok, err := t.get(keyInvite+hashOf(secret), &in); err != nil || !ok {
			return orNotFound(err)
		}
		var p person
		if ok, err := t.get(keyPerson+in.Person, &p); err != nil || !ok {
			return orNotFound(err)
		}
		if len(p.Passkeys) >= maxPasskeys {
			return invalid("There are as many passkeys as a person may have.")
		}
		p.Passkeys, p.SeenMS = append(p.Passkeys, key), d.nowMS()
		t.remove(keyInvite + hashOf(secret))
		return errors.Join(t.put(keyPerson+p.ID, &p), t.put(keySession+hash, record))
	})
	return s, err
}

// SetStaff changes a role, or shuts somebody out: their sessions and tokens end at
// once.
func (d *Desk) SetStaff(ctx context.Context, who Actor, c deskapi.StaffChange) (deskapi.Person, error) {
	if err := d.allow(who, deskapi.ActStaff, "SetStaff"); err != nil {
		return deskapi.Person{}, err
	}
	if acts[c.Role] == nil {
		return deskapi.Person{}, invalid("There is no such role.")
	}
	var p person
	event := audit.Event{Action: audit.StaffChanged, Subject: c.ID, Data: map[string]string{"role": string(c.Role)}}
	if c.Disabled {
		event.Data["disabled"] = "yes"
	}
	err := d.commitBy(ctx, who, deskapi.ActStaff, event, func(t *draft, e *audit.Event) error {
		all, err := listRecords[person](ctx, d.store, keyPerson)
		if err != nil {
			return err
		}
		if ok, err := t.get(keyPerson+c.ID, &p); err != nil || !ok {
			return orNotFound(err)
		}
		others := slices.ContainsFunc(all, func(o person) bool {
			return o.ID != c.ID && o.Role == deskapi.Lead && !o.Disabled && len(o.Passkeys) > 0
		})
		if !others && p.Role == deskapi.Lead && (c.Disabled || c.Role != deskapi.Lead) {
			return invalid("There has to be a lead.")
		}
		could := !p.Disabled && slices.Contains(acts[p.Role], deskapi.ActConfirm)
		p.Role, p.Disabled = c.Role, c.Disabled
		if !could {
			d.vouch(&p, e)
		}
		if p.Disabled {
			if err := t.shutOut(&p); err != nil {
				return err
			}
		}
		return t.put(keyPerson+p.ID, &p)
	})
	return p.view(), err
}

// shutOut removes all by which somebody could come in, but for their passkeys: who
// is let in again signs in anew.
func (t *draft) shutOut(p *person) error {
	if p.Token != "" {
		t.remove(keyToken + p.Token)
		p.Token = ""
	}
	for _, prefix := range []string{keySession, keyInvite} {
		keys, err := t.d.keysOf(t.ctx, prefix)
		if err != nil {
			return err
		}
		for _, key := range keys {
			var of struct {
				Person string `json:"person"`
			}
			if _, err := t.get(key, &of); err != nil {
				return err
			}
			if of.Person == p.ID {
				t.remove(key)
			}
		}
	}
	return nil
}
