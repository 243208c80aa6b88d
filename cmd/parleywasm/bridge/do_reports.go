package bridge

import (
	"context"
	"encoding/hex"
	"slices"

	"parley/client"
	"parley/identity"
	"parley/report"
)

// reportCalls lists the methods of this file.
func (c *Core) reportCalls() map[string]call {
	return map[string]call{
		"reporting":     without(c.Reporting),
		"reportables":   with(c.Reportables),
		"previewReport": with(c.PreviewReport),
		"sendReport":    with(c.SendReport),
		"notices":       without(c.Notices),
		"readNotices":   with(c.ReadNotices),
		"appeal":        with(c.Appeal),
	}
}

// maxReportables bounds the messages among which a page lets choose.
const maxReportables = 1000

const day = 24 * 3600

// Reporting says whether and how long something can be reported.
func (c *Core) Reporting(ctx context.Context) (Reporting, error) {
	cl, err := c.client()
	if err != nil {
		return Reporting{}, err
	}
	keep, err := cl.EvidenceFor(ctx)
	if err != nil {
		return Reporting{}, err
	}
	desk, err := cl.HasDesk(ctx)
	return Reporting{Desk: desk, Days: int(keep.Seconds()) / day, Note: report.MaxNote}, err
}

// Reportables returns what can be reported. Codes: unknown_room.
func (c *Core) Reportables(ctx context.Context, p InRoom) (Reportables, error) {
	cl, err := c.client()
	if err != nil {
		return Reportables{}, err
	}
	all, err := cl.Reportables(ctx, identity.Room(p.Room), maxReportables)
	if err != nil {
		return Reportables{}, err
	}
	messages, people, err := reported(ctx, cl, all)
	return Reportables{Messages: messages, People: people}, err
}

// PreviewReport returns what would leave. Codes: unknown_room, bad_params, too_much.
func (c *Core) PreviewReport(ctx context.Context, p Report) (ReportPreview, error) {
	cl, draft, err := c.draft(p)
	if err != nil {
		return ReportPreview{}, err
	}
	v, err := cl.PreviewReport(ctx, draft)
	if err != nil {
		return ReportPreview{}, err
	}
	out := ReportPreview{Desk: v.Desk, Missing: v.Missing, Signed: v.Signed, Bytes: v.Bytes}
	if out.Messages, out.People, err = reported(ctx, cl, v.Messages); err != nil {
		return ReportPreview{}, err
	}
	for _, a := range v.Lists {
		out.Lists = append(out.Lists, string(a))
	}
	about, err := cl.Person(ctx, v.About)
	if err == nil {
		out.About = personOf(about)
	}
	return out, err
}

// SendReport hands it to the desk. Codes: those of PreviewReport, no_desk, queued: it
// is kept, and sent as soon as possible.
func (c *Core) SendReport(ctx context.Context, p Report) (Nothing, error) {
	cl, draft, err := c.draft(p)
	if err != nil {
		return Nothing{}, err
	}
	draft.Exact = !draft.Whole
	return Nothing{}, cl.SendReport(ctx, draft)
}

// draft reads what a page wants to report.
func (c *Core) draft(p Report) (*client.Client, client.ReportDraft, error) {
	d := client.ReportDraft{
		Room: identity.Room(p.Room), About: identity.Account(p.About), Whole: p.Whole,
		Category: report.Category(p.Category), Note: p.Note, Block: p.Block,
	}
	for _, s := range p.Messages {
		id, err := client.ParseMessageID(s)
		if err != nil {
			return nil, d, err
		}
		d.Messages = append(d.Messages, id)
	}
	cl, err := c.client()
	return cl, d, err
}

// reported returns messages as a page shows them, and who wrote them.
func reported(ctx context.Context, cl *client.Client, all []client.Reportable) (out []ReportedMessage, people []Person, err error) {
	var from []identity.Account
	for i := range all {
		m := &all[i]
		v := ReportedMessage{ID: m.ID.String(), From: string(m.From), AtMS: m.AtMS, Kind: string(m.Kind), Text: m.Text}
		if !m.Replaces.IsZero() {
			v.Replaces = m.Replaces.String()
		}
		if m.Media != nil {
			v.Media = glimpseOf(m.Media)
			for n := range m.Media.Attachments {
				v.Attachments = append(v.Attachments, namedOf(&m.Media.Attachments[n]))
			}
		}
		out, from = append(out, v), append(from, m.From)
	}
	people, err = persons(ctx, cl, from)
	return out, people, err
}

// namedOf returns what an attachment is, without what opens or shows it: what was to
// be viewed once, or was taken back, isn't there to be looked at again.
func namedOf(a *client.Attachment) Attachment {
	out := attachmentOf(a)
	return Attachment{
		Role: out.Role, Size: out.Size, Type: out.Type, Name: out.Name, Alt: out.Alt,
		Width: out.Width, Height: out.Height, DurationMS: out.DurationMS,
	}
}

// persons returns what is known of some accounts, each once.
func persons(ctx context.Context, cl *client.Client, accounts []identity.Account) (out []Person, err error) {
	slices.Sort(accounts)
	for _, a := range slices.Compact(accounts) {
		p, err := cl.Person(ctx, a)
		if err != nil {
			return nil, err
		}
		out = append(out, personOf(p))
	}
	return out, nil
}

// Notices returns what the operator has said.
func (c *Core) Notices(ctx context.Context) (Notices, error) {
	cl, err := c.client()
	if err != nil {
		return Notices{}, err
	}
	all, standing, err := cl.Notices(ctx)
	if err != nil {
		return Notices{}, err
	}
	sent, err := cl.Reports(ctx)
	if err != nil {
		return Notices{}, err
	}
	out := Notices{State: string(standing.State), Decision: standing.Decision, UntilMS: standing.UntilMS}
	var named []identity.Account
	for i := range all {
		if !all[i].Read {
			out.Unread++
		}
		if all[i].About != "" {
			named = append(named, all[i].About)
		}
		out.Notices = append(out.Notices, operatorNotice(&all[i]))
	}
	for _, r := range sent {
		if r.About != "" {
			named = append(named, r.About)
		}
		out.Reports = append(out.Reports, SentReport{
			ID: hex.EncodeToString(r.ID), Kind: string(r.Kind), State: string(r.State), Problem: r.Problem, About: string(r.About),
			Category: ReportCategory(r.Category), Messages: r.Messages, Decision: r.Decision, AtMS: r.AtMS,
		})
	}
	out.People, err = persons(ctx, cl, named)
	return out, err
}

func operatorNotice(n *client.OperatorNotice) OperatorNotice {
	out := OperatorNotice{
		N: n.N, Kind: string(n.Kind), AtMS: n.AtMS, Read: n.Read, Decision: n.Decision, Outcome: string(n.Outcome),
		UntilMS: n.UntilMS, Appealable: n.Appealable, Appealed: n.Appealed, About: string(n.About), Category: ReportCategory(n.Category),
	}
	if s := n.Statement; s != nil {
		v := Statement(*s)
		out.Statement = &v
	}
	return out
}

// ReadNotices says that notices were read.
func (c *Core) ReadNotices(ctx context.Context, p ReadNotices) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.ReadNotices(ctx, p.N)
}

// Appeal asks that a decision be looked at again. Codes: no_desk, bad_params, queued.
func (c *Core) Appeal(ctx context.Context, p Appeal) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.Appeal(ctx, p.Decision, p.Text)
}
