package client

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"

	"parley/content"
	"parley/identity"
	"parley/report"
)

// Errors of reporting.
var (
	// ErrNoDesk: the server has no safety desk, and nothing can be reported there.
	ErrNoDesk = errors.New("client: the server has no safety desk")
	// ErrDeskAway: the server names no safety desk any more, and what is reported waits.
	ErrDeskAway = errors.New("client: the server names no safety desk any more")
	// ErrReport: what is to be reported can't be, as it was asked for.
	ErrReport = errors.New("client: this can't be reported so")
	// ErrTooMuch: the messages together are more than one report holds.
	ErrTooMuch = errors.New("client: too much for one report: choose fewer messages")
)

// A ReportDraft is what a person wants to hand to the safety desk.
type ReportDraft struct {
	Room     identity.Room
	About    identity.Account // empty: who wrote the first chosen message, or the other one of two
	Messages []MessageID      // those chosen; each with its edits, and with its end if it was taken back
	Exact    bool             // Messages alone: those of a preview, so that what comes meanwhile doesn't leave
	Whole    bool             // all of the room that can be proven: a stranger's request
	Category report.Category
	Note     string // at most [report.MaxNote] bytes
	Block    bool   // block About, in the same moment
}

// A ReportPreview is exactly what would leave: it is read from the report itself.
type ReportPreview struct {
	Desk     string           // the domain whose desk gets it
	About    identity.Account // who is reported; isn't told by whom
	Reporter identity.Account
	Room     identity.Room
	Messages []Reportable // all of them, in their order
	Missing  int          // chosen ones that can't be proven any more, or that there is no room for: they don't leave
	// Lists are the accounts whose lists of devices leave, with the names of their
	// devices: what shows that a device is its person's.
	Lists []identity.Account
	// Signed counts the messages with which what their device signed leaves, too: the
	// room, its policy and epoch, and the sender's place among the members.
	Signed int
	Bytes  int // of the report, before it is sealed
}

// PreviewReport returns what SendReport would send, and sends nothing. It returns
// ErrReport, ErrTooMuch, ErrUnknownRoom.
func (c *Client) PreviewReport(ctx context.Context, d ReportDraft) (*ReportPreview, error) {
	built, err := c.buildReport(ctx, d)
	if err != nil {
		return nil, err
	}
	r := built.report
	p := &ReportPreview{
		Desk: r.Domain, About: r.Reported, Reporter: r.Reporter, Room: r.Room, Missing: built.missing, Bytes: len(built.body),
	}
	for i := range r.Items {
		if len(r.Items[i].TBS) > 0 {
			p.Signed++
		}
		shown, err := shownItem(&r.Items[i])
		if err != nil {
			return nil, err
		}
		p.Messages = append(p.Messages, shown)
	}
	for _, l := range r.Lists {
		p.Lists = append(p.Lists, l.Account)
	}
	return p, nil
}

// builtReport is a report before it is kept.
type builtReport struct {
	report  *report.Report
	body    []byte
	missing int
}

// buildReport makes the report of d from what this device keeps. It needs no
// network: who is reported shows in no request.
func (c *Client) buildReport(ctx context.Context, d ReportDraft) (*builtReport, error) {
	if !d.Category.Valid() || len(d.Note) > report.MaxNote {
		return nil, ErrReport
	}
	all, err := c.Reportables(ctx, d.Room, maxReportable)
	if err != nil {
		return nil, err
	}
	chosen, missing := choose(all, &d)
	about, err := c.reportedOf(ctx, &d, chosen)
	if err != nil {
		return nil, err
	}
	for {
		built, err := c.reportOf(ctx, &d, about, chosen, true)
		fewer := chosen
		if errors.Is(err, ErrTooMuch) {
			fewer = fewerEdits(chosen, &d)
		}
		if errors.Is(err, ErrTooMuch) && len(fewer) == len(chosen) {
			if built, err = c.reportOf(ctx, &d, about, chosen, false); errors.Is(err, ErrTooMuch) {
				fewer = newest(chosen, &d)
			}
		}
		if len(fewer) == len(chosen) {
			if built != nil {
				built.missing += missing
			}
			return built, err
		}
		missing += len(chosen) - len(fewer)
		chosen = fewer
	}
}

// newest returns the newer messages of chosen, where that is a whole conversation. Where
// all of it is too much, edits stay out first, then the senders' own word (the server's
// is left), then the oldest messages.
func newest(chosen []Reportable, d *ReportDraft) []Reportable {
	if !d.Whole || len(chosen) < 2 {
		return chosen
	}
	return chosen[max((len(chosen)+3)/4, len(chosen)-report.MaxItems):]
}

// reportOf makes the report of chosen, signed with what their devices signed. It
// returns ErrTooMuch, ErrReport.
func (c *Client) reportOf(ctx context.Context, d *ReportDraft, about identity.Account, chosen []Reportable, signed bool) (*builtReport, error) {
	if len(chosen) > report.MaxItems {
		return nil, ErrTooMuch
	}
	var seqs []uint64
	for _, m := range chosen {
		seqs = append(seqs, m.Seq)
	}
	items, err := c.evidenceItems(ctx, d.Room, seqs)
	if err != nil {
		return nil, err
	}
	for i := range items {
		if !signed {
			items[i].TBS, items[i].LeafSignature = nil, nil
		}
	}
	r := &report.Report{
		Version: 1, ID: make([]byte, report.IDSize), Domain: c.self.Account.Domain(), Reporter: c.self.Account, Reported: about,
		Room: d.Room, Category: d.Category, Note: strings.ToValidUTF8(d.Note, ""), AtMS: uint64(max(c.nowMS(), 0)), Items: items,
	}
	if _, err := rand.Read(r.ID); err != nil {
		return nil, err
	}
	if err := c.encloseLists(ctx, r); err != nil {
		return nil, err
	}
	body, err := r.Encode()
	switch {
	case errors.Is(err, report.ErrLimit):
		return nil, ErrTooMuch
	case err != nil:
		return nil, errors.Join(ErrReport, err)
	}
	return &builtReport{report: r, body: body, missing: len(chosen) - len(items)}, nil
}

// fewerEdits returns chosen without the older half of the edits that nobody chose, but
// for the last one of each message: who wrote it could else edit it until no report
// has room for what was said first.
func fewerEdits(chosen []Reportable, d *ReportDraft) []Reportable {
	last := map[MessageID]int{}
	for i, m := range chosen {
		last[m.Replaces] = i
	}
	extra := func(i int) bool {
		m := &chosen[i]
		return !d.Exact && !m.Replaces.IsZero() && last[m.Replaces] != i && !slices.Contains(d.Messages, m.ID)
	}
	count := 0
	for i := range chosen {
		if extra(i) {
			count++
		}
	}
	var out []Reportable
	leave := (count + 1) / 2
	for i, m := range chosen {
		if leave > 0 && extra(i) {
			leave--
			continue
		}
		out = append(out, m)
	}
	return out
}

// maxReportable bounds the messages of a room among which a person chooses.
const maxReportable = 1 << 20

// choose returns what of all is meant, in order, and how many of the chosen messages
// aren't there. A chosen message brings its edits and its end with it: what they
// replaced can't be left standing alone, nor hidden.
func choose(all []Reportable, d *ReportDraft) (chosen []Reportable, missing int) {
	if d.Whole {
		return all, 0
	}
	there := map[MessageID]bool{}
	for _, m := range all {
		if slices.Contains(d.Messages, m.ID) || !d.Exact && !m.Replaces.IsZero() && slices.Contains(d.Messages, m.Replaces) {
			chosen = append(chosen, m)
			there[m.ID] = true
		}
	}
	for _, id := range d.Messages {
		if !there[id] {
			missing++
		}
	}
	return chosen, missing
}

// aside reports whether messages of a kind tell of a person or a room, beside what is
// said.
func aside(kind Kind) bool { return kind == KindProfile || kind == KindRoom }

// reportedOf returns who is reported.
func (c *Client) reportedOf(ctx context.Context, d *ReportDraft, chosen []Reportable) (identity.Account, error) {
	about := d.About
	var room *roomRecord
	err := c.step(ctx, func(t *tx) (err error) {
		room, err = t.room(d.Room)
		if err != nil || room == nil || about != "" {
			return err
		}
		about, _ = t.other(room)
		return nil
	})
	if err != nil {
		return "", err
	}
	if room == nil {
		return "", ErrUnknownRoom
	}
	for _, m := range chosen {
		if about == "" && m.From != c.self.Account {
			about = m.From
		}
	}
	if !isAccount(string(about)) || about == c.self.Account {
		return "", ErrReport
	}
	return about, nil
}

// encloseLists adds the device lists of those who signed something. Where what this
// device has doesn't show whose the signature is, what was signed stays out as well:
// the server's word is left.
func (c *Client) encloseLists(ctx context.Context, r *report.Report) error {
	provers := map[identity.Account]func(*report.Item) bool{}
	proven := map[identity.Account]bool{}
	for i := range r.Items {
		item := &r.Items[i]
		if len(item.TBS) == 0 {
			continue
		}
		device, err := senderOf(item)
		if err != nil {
			return err
		}
		account := device.Account()
		prove, known := provers[account]
		if !known && len(r.Lists) < report.MaxLists {
			l, err := c.chainOf(ctx, account)
			if err != nil {
				return err
			}
			if l != nil {
				prove, r.Lists = l.Prover(), append(r.Lists, *l)
			}
		}
		if provers[account] = prove; prove == nil || !prove(item) {
			item.TBS, item.LeafSignature = nil, nil
			continue
		}
		proven[account] = true
	}
	r.Lists = slices.DeleteFunc(r.Lists, func(l report.Lists) bool { return !proven[l.Account] })
	return nil
}

// shownItem reads what an item says to who has it: what the desk will read.
func shownItem(item *report.Item) (Reportable, error) {
	said, err := item.Said()
	if err != nil {
		return Reportable{}, err
	}
	m, id, err := content.Decode(item.ApplicationData)
	if err != nil {
		return Reportable{}, err
	}
	s := m.Summary()
	out := Reportable{
		ID: id, Seq: said.Seq, From: said.Sender, AtMS: serverTime(said.AcceptedMS), Kind: s.Kind, Text: s.Text, Replaces: s.Replaces,
	}
	if s.Kind == KindText {
		out.Media = mediaOf(m)
	}
	return out, nil
}

// senderOf returns the device that an item is by, as the server stamped it.
func senderOf(item *report.Item) (identity.Device, error) {
	said, err := item.Said()
	if err != nil {
		return "", err
	}
	return said.Device, nil
}
