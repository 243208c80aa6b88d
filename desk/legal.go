package desk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"unicode"

	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/identity"
)

// maxOrder bounds an order's number, in bytes.
const maxOrder = 128

// A legalRecord is a lawful request as it is kept: not its answer.
type legalRecord struct {
	ID      string           `json:"id"`
	Account identity.Account `json:"account"`
	Order   string           `json:"order"`
	AtMS    int64            `json:"at_ms"`
	By      string           `json:"by"`
	Second  string           `json:"second"`
	Salt    []byte           `json:"salt"`
}

// LegalRequests are the lawful requests, the newest first.
func (d *Desk) LegalRequests(ctx context.Context, who Actor, _ deskapi.Nothing) (deskapi.LegalList, error) {
	list := deskapi.LegalList{Requests: []deskapi.Legal{}}
	if err := d.allow(who, deskapi.ActLegal, "LegalRequests"); err != nil {
		return list, err
	}
	if err := d.look(who, audit.LegalListed, "", nil); err != nil {
		return list, err
	}
	all, err := listRecords[legalRecord](ctx, d.store, keyLegal)
	for i := range all {
		list.Requests = append(list.Requests, d.viewLegal(ctx, &all[i]))
	}
	slices.SortFunc(list.Requests, func(a, b deskapi.Legal) int { return cmp.Compare(b.AtMS, a.AtMS) })
	return list, err
}

func (d *Desk) viewLegal(ctx context.Context, r *legalRecord) deskapi.Legal {
	return deskapi.Legal{
		ID: r.ID, Account: string(r.Account), Order: r.Order, AtMS: r.AtMS, By: r.By, ByName: d.nameOf(ctx, r.By), Second: r.Second,
		SecondName: d.nameOf(ctx, r.Second),
	}
}

// Legal answers a lawful request with what there is: account, devices, dates. Two
// persons ask for the same; the second one gets the file.
func (d *Desk) Legal(ctx context.Context, who Actor, p deskapi.NewLegal) (deskapi.Legal, error) {
	if err := d.allow(who, deskapi.ActLegal, "Legal"); err != nil {
		return deskapi.Legal{}, err
	}
	a, err := identity.ParseAccount(p.Account)
	if err != nil || a.Domain() != d.keys.Domain {
		return deskapi.Legal{}, invalid("This isn't an account of the platform.")
	}
	if p.Order == "" || len(p.Order) > maxOrder || !printable(p.Order) {
		return deskapi.Legal{}, invalid("Give the order's number, of 1 to 128 bytes.")
	}
	for range 3 { // somebody may ask for the same at the same time
		l, err := d.nextLegal(ctx, who, a, p.Order)
		if !errors.Is(err, errMeanwhile) {
			return l, err
		}
	}
	return deskapi.Legal{}, refuse(deskapi.Unavailable, "Somebody asks for the same just now. Try again.")
}

// errMeanwhile is returned where another request came between.
var errMeanwhile = errors.New("desk: somebody else was first")

// nextLegal is the next step of a request: the first person's, or the second one's.
func (d *Desk) nextLegal(ctx context.Context, who Actor, a identity.Account, order string) (deskapi.Legal, error) {
	first, err := d.pendingLegal(ctx, a, order)
	switch {
	case err != nil:
		return deskapi.Legal{}, err
	case first == nil:
		return d.askLegal(ctx, who, a, order)
	case first.By == who.ID:
		return d.viewLegal(ctx, first), nil // it waits for somebody else
	}
	why, err := d.noPair(ctx, first.By, who.ID)
	if err != nil {
		return deskapi.Legal{}, err
	}
	if why != nil {
		return deskapi.Legal{}, d.deny(who, "Legal", map[string]string{"request": first.ID}, why)
	}
	return d.answerLegal(ctx, who, first)
}

func printable(s string) bool {
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// pendingLegal finds the same request by a first person, who may ask for it still.
func (d *Desk) pendingLegal(ctx context.Context, a identity.Account, order string) (*legalRecord, error) {
	all, err := listRecords[legalRecord](ctx, d.store, keyLegal)
	for i := range all {
		r := &all[i]
		if r.Account != a || r.Order != order || r.Second != "" {
			continue
		}
		if ok, err := d.entitled(ctx, r.By, deskapi.ActLegal); err != nil || ok {
			return r, err
		}
	}
	return nil, err
}

func (d *Desk) askLegal(ctx context.Context, who Actor, a identity.Account, order string) (deskapi.Legal, error) {
	r := &legalRecord{ID: newID("l"), Account: a, Order: order, AtMS: d.nowMS(), By: who.ID, Salt: newSalt()}
	event := audit.Event{Action: audit.LegalAsked, Subject: r.ID}
	err := d.commitBy(ctx, who, deskapi.ActLegal, event, func(t *draft, e *audit.Event) (err error) {
		if other, err := d.pendingLegal(t.ctx, a, order); err != nil {
			return err
		} else if other != nil {
			return errMeanwhile
		}
		if e.Detail, err = json.Marshal(r); err != nil {
			return err
		}
		return t.put(keyLegal+r.ID, r)
	})
	if err != nil {
		return deskapi.Legal{}, err
	}
	return d.viewLegal(ctx, r), nil
}

// answerLegal fetches the answer first, so that nothing is told as given that wasn't;
// the log has it before it is handed over.
func (d *Desk) answerLegal(ctx context.Context, who Actor, r *legalRecord) (deskapi.Legal, error) {
	known, err := d.server.Legal(ctx, r.Account)
	if errors.Is(err, ErrGone) {
		return deskapi.Legal{}, refuse(deskapi.NotFound, "The platform has no such account.")
	}
	if err != nil {
		return deskapi.Legal{}, refuse(deskapi.Unavailable, "The platform doesn't answer.")
	}
	data, err := json.MarshalIndent(struct {
		Order   string `json:"order"`
		AtMS    int64  `json:"at_ms"`
		Account any    `json:"account"`
	}{r.Order, d.nowMS(), known}, "", "  ")
	if err != nil {
		return deskapi.Legal{}, err
	}
	file := newFile(r.ID+".json", "application/json", data)
	event := audit.Event{Action: audit.LegalAnswered, Subject: r.ID, Data: map[string]string{"sha256": file.SHA256}}
	err = d.commitBy(ctx, who, deskapi.ActLegal, event, func(t *draft, _ *audit.Event) error {
		if _, err := t.get(keyLegal+r.ID, r); err != nil {
			return err
		}
		ok, err := d.entitled(t.ctx, r.By, deskapi.ActLegal)
		if err != nil {
			return err
		}
		if r.Second != "" || r.By == who.ID || !ok {
			return errMeanwhile
		}
		r.Second = who.ID
		return t.put(keyLegal+r.ID, r)
	})
	if err != nil {
		return deskapi.Legal{}, err
	}
	v := d.viewLegal(ctx, r)
	v.File = file
	return v, nil
}

func newFile(name, mediaType string, data []byte) *deskapi.File {
	sum := sha256.Sum256(data)
	return &deskapi.File{Name: name, Type: mediaType, Base64: base64.StdEncoding.EncodeToString(data), SHA256: hex.EncodeToString(sum[:])}
}
