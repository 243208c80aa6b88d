package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"parley/client"
	"parley/cmd/parley/chat"
	"parley/identity"
	"parley/report"
)

var reportCommand = command{
	name: "report", usage: "report ID…|--whole NAME|--choose NAME|--list --category CATEGORY [--note TEXT] [--about NAME] [--block] [--yes] [--json]",
	summary: "Report messages to the platform's safety desk.",
	more: `
It prints exactly what would leave this device: the messages with these ids, their
edits and what they were before they were taken back, and what proves who sent them.
Nothing else of the conversation leaves, and nothing at all without --yes. It is sealed
for the desk: the server can't read it. Whoever is reported isn't told by whom; parley
notices tells you what came of it. What was edited, taken back, viewed once or has
disappeared can be reported for some time (14 days, unless the server says otherwise:
--choose says it).

CATEGORY is harassment, sexual_content, child_safety, terror, scam, self_harm or other.
--whole reports all of the conversation with somebody, as of a stranger who has written:
the newest that one report holds. --choose lists what can be reported of it, with ids.
Both take a group, too, by its mimi:// URI (parley rooms). --list says what became of
reports. --about names who is meant, in a group. --block blocks them, too.`,
	run: runReport,
}

// A reporting is what the command line asks for.
type reporting struct {
	ids                            []string
	whole, choose, about, category string
	note                           string
	list, block, yes, json         bool
}

func runReport(ctx context.Context, p *program, args []string) error {
	var r reporting
	fs := newFlags("report")
	fs.StringVar(&r.whole, "whole", "", "")
	fs.StringVar(&r.choose, "choose", "", "")
	fs.StringVar(&r.about, "about", "", "")
	fs.StringVar(&r.category, "category", "", "")
	fs.StringVar(&r.note, "note", "", "")
	fs.BoolVar(&r.list, "list", false, "")
	fs.BoolVar(&r.block, "block", false, "")
	fs.BoolVar(&r.yes, "yes", false, "")
	fs.BoolVar(&r.json, "json", false, "")
	var err error
	if r.ids, err = parse(fs, args); err != nil {
		return err
	}
	if err := r.check(); err != nil {
		return err
	}
	return p.withClient(ctx, func(c *client.Client) error {
		synced := c.Sync(ctx)
		switch {
		case r.list:
			return errors.Join(p.listReports(ctx, c, r.json), synced)
		case r.choose != "":
			return errors.Join(p.listReportable(ctx, c, &r), synced)
		}
		return p.report(ctx, c, &r)
	})
}

func (r *reporting) check() error {
	ways := 0
	for _, on := range []bool{len(r.ids) > 0, r.whole != "", r.choose != "", r.list} {
		if on {
			ways++
		}
	}
	if ways != 1 {
		return usagef("report needs ids of messages, or one of --whole, --choose and --list")
	}
	for _, name := range []string{r.whole, r.choose, r.about} {
		if _, err := identity.ParseRoom(name); name == "" || err == nil && name != r.about {
			continue
		}
		if err := checkNames(name); err != nil {
			return err
		}
	}
	if (len(r.ids) > 0 || r.whole != "") && !report.Category(r.category).Valid() {
		return usagef("report needs --category: one of %s", categories())
	}
	return nil
}

func categories() string {
	var out []string
	for _, c := range report.Categories() {
		out = append(out, string(c))
	}
	return strings.Join(out, ", ")
}

// report shows what would leave and, if that was said, sends it: the messages that
// were shown.
func (p *program) report(ctx context.Context, c *client.Client, r *reporting) error {
	d, err := r.draft(ctx, c)
	if err != nil {
		return err
	}
	v, err := c.PreviewReport(ctx, d)
	if err != nil {
		return err
	}
	if len(v.Messages) == 0 {
		return errors.New("there is nothing, or nothing any more, that can be shown to be theirs: nothing was sent")
	}
	if err := p.printPreview(c, v, &d, r.json); err != nil {
		return err
	}
	if !r.yes {
		p.note("nothing was sent: with --yes it is")
		return nil
	}
	d.Whole, d.Exact, d.Messages, d.About = false, true, nil, v.About
	for _, m := range v.Messages {
		d.Messages = append(d.Messages, m.ID)
	}
	if err := c.SendReport(ctx, d); err != nil {
		return &handed{"report", err}
	}
	p.note("sent: parley notices tells what comes of it")
	return nil
}

// handed is why what is for the desk didn't reach the server.
type handed struct {
	what string // report or appeal
	err  error
}

// Error implements error.
func (h *handed) Error() string { return h.err.Error() }

// Unwrap returns why.
func (h *handed) Unwrap() error { return h.err }

// draft finds the conversation.
func (r *reporting) draft(ctx context.Context, c *client.Client) (client.ReportDraft, error) {
	d := client.ReportDraft{Category: report.Category(r.category), Note: r.note, Block: r.block, Whole: r.whole != ""}
	for _, s := range r.ids {
		id, err := parseMessage(s)
		if err != nil {
			return d, err
		}
		d.Messages = append(d.Messages, id)
	}
	if r.about != "" {
		about, err := c.Resolve(r.about)
		if err != nil {
			return d, err
		}
		d.About = about
	}
	var err error
	if d.Whole {
		d.Room, err = conversation(ctx, c, r.whole)
	} else {
		d.Room, err = roomOfMessage(ctx, c, d.Messages[0])
	}
	return d, err
}

// conversation returns the one that name is the URI of, or that with name alone.
func conversation(ctx context.Context, c *client.Client, name string) (identity.Room, error) {
	if room, err := identity.ParseRoom(name); err == nil {
		return room, nil
	}
	a, err := c.Resolve(name)
	if err != nil {
		return "", err
	}
	rooms, err := c.Rooms(ctx)
	if err != nil {
		return "", err
	}
	for _, r := range rooms {
		if r.Direct && slices.Contains(r.Accounts, a) {
			return r.Room, nil
		}
	}
	return "", client.ErrUnknownRoom
}

// roomOfMessage returns the conversation in which a message was sent, though it may be
// gone.
func roomOfMessage(ctx context.Context, c *client.Client, id client.MessageID) (identity.Room, error) {
	if v, err := c.Lookup(ctx, id); err == nil {
		return v.Room, nil
	}
	rooms, err := c.Rooms(ctx)
	if err != nil {
		return "", err
	}
	for _, r := range rooms {
		all, err := c.Reportables(ctx, r.Room, maxReportables)
		if err != nil {
			return "", err
		}
		if slices.ContainsFunc(all, func(m client.Reportable) bool { return m.ID == id }) {
			return r.Room, nil
		}
	}
	return "", client.ErrUnknownMessage
}

// maxReportables bounds the messages that are listed of a conversation.
const maxReportables = 100_000

// A previewJSON is what report prints with --json.
type previewJSON struct {
	Desk     string           `json:"desk"`
	About    string           `json:"about"`
	Category string           `json:"category"`
	Note     string           `json:"note"`
	Messages []reportableJSON `json:"messages"`
	Missing  int              `json:"missing"`
	Lists    []string         `json:"lists"`  // whose device lists leave
	Signed   int              `json:"signed"` // messages whose senders' own signature leaves
	Bytes    int              `json:"bytes"`
}

// A reportableJSON is one message.
type reportableJSON struct {
	ID       string `json:"id"`
	Seq      uint64 `json:"seq"`
	At       string `json:"at"`
	From     string `json:"from"`
	Kind     string `json:"kind"`
	Text     string `json:"text"`
	Files    int    `json:"files"`
	Replaces string `json:"replaces,omitempty"`
}

func reportable(m *client.Reportable) reportableJSON {
	out := reportableJSON{
		ID: m.ID.String(), Seq: m.Seq, At: rfc3339(m.AtMS), From: string(m.From), Kind: string(m.Kind), Text: m.Text,
	}
	if m.Media != nil {
		out.Files = len(m.Media.Attachments)
	}
	if !m.Replaces.IsZero() {
		out.Replaces = m.Replaces.String()
	}
	return out
}

// printPreview prints exactly what leaves.
func (p *program) printPreview(c *client.Client, v *client.ReportPreview, d *client.ReportDraft, asJSON bool) error {
	out := previewJSON{
		Desk: v.Desk, About: string(v.About), Category: string(d.Category), Note: d.Note, Missing: v.Missing, Signed: v.Signed, Bytes: v.Bytes,
		Messages: []reportableJSON{}, Lists: []string{},
	}
	for i := range v.Messages {
		out.Messages = append(out.Messages, reportable(&v.Messages[i]))
	}
	for _, a := range v.Lists {
		out.Lists = append(out.Lists, string(a))
	}
	if asJSON {
		return printJSON(p.stdout, out)
	}
	var b strings.Builder
	line := func(format string, args ...any) {
		b.WriteString(chat.SanitizeLine(fmt.Sprintf(format, args...)) + "\n")
	}
	line("To the safety desk of %s, from you, about %s: %s", v.Desk, shortName(v.About, c.Account()), d.Category)
	if d.Note != "" {
		line("note: %s", d.Note)
	}
	for _, m := range out.Messages {
		line("%s\t%s\t%s\t%s", m.At, shortName(identity.Account(m.From), c.Account()), m.Kind, textOrFiles(&m))
	}
	if v.Missing > 0 {
		line("%d of those chosen, or of their edits, stay here: of another conversation, not to be shown to be theirs any more, or without room", v.Missing)
	}
	if !slices.ContainsFunc(v.Messages, func(m client.Reportable) bool { return m.From == v.About }) {
		line("none of it is by %s: it shows nothing of what they wrote", shortName(v.About, c.Account()))
	}
	if v.Signed > 0 {
		line("with what proves them: the names of the writers' devices, which conversation it is, its rules, and the writers' places in it")
	}
	if d.Block {
		line("and %s is blocked", shortName(v.About, c.Account()))
	}
	_, err := p.stdout.Write([]byte(b.String()))
	return err
}

func textOrFiles(m *reportableJSON) string {
	if m.Files > 0 {
		return strings.TrimSpace(fmt.Sprintf("[%d files, which the desk can open] %s", m.Files, m.Text))
	}
	return m.Text
}

// listReportable prints what can be reported of a conversation.
func (p *program) listReportable(ctx context.Context, c *client.Client, r *reporting) error {
	room, err := conversation(ctx, c, r.choose)
	if err != nil {
		return err
	}
	all, err := c.Reportables(ctx, room, maxReportables)
	if err != nil {
		return err
	}
	keep, err := c.EvidenceFor(ctx)
	if err != nil {
		return err
	}
	p.note("what comes can be reported for %d days, and then no more", int(keep.Hours())/24)
	for i := range all {
		m := reportable(&all[i])
		if r.json {
			err = printJSON(p.stdout, m)
		} else {
			_, err = fmt.Fprintln(p.stdout, chat.SanitizeLine(strings.Join([]string{
				m.ID, m.At, shortName(identity.Account(m.From), c.Account()), m.Kind, textOrFiles(&m),
			}, "\t")))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A reportLine is a report or appeal as --list --json prints it.
type reportLine struct {
	ID       string `json:"id"`
	Kind     string `json:"kind"`
	State    string `json:"state"`
	Problem  string `json:"problem"`
	About    string `json:"about"`
	Category string `json:"category"`
	Messages int    `json:"messages"`
	Decision string `json:"decision"`
	At       string `json:"at"` // this device's clock
}

func (p *program) listReports(ctx context.Context, c *client.Client, asJSON bool) error {
	all, err := c.Reports(ctx)
	if err != nil {
		return err
	}
	for _, r := range all {
		l := reportLine{
			fmt.Sprintf("%x", r.ID), string(r.Kind), string(r.State), r.Problem, string(r.About), string(r.Category), r.Messages, r.Decision, rfc3339(r.AtMS),
		}
		if asJSON {
			err = printJSON(p.stdout, l)
		} else {
			_, err = fmt.Fprintln(p.stdout, chat.SanitizeLine(strings.Join([]string{l.At, l.Kind, l.State, l.About, l.Category, l.Decision, l.Problem}, "\t")))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
