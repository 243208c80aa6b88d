package chat

import (
	"cmp"
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"parley/client"
	"parley/identity"
)

// page is how many messages are loaded at once.
const page = 100

// A mode says what the keys do.
type mode int

const (
	modeCompose mode = iota // typing a message
	modeList                // choosing a conversation
	modeSelect              // choosing a message of the open conversation
	modePrompt              // answering a question with text
	modeConfirm             // answering a question with y or n
	modeHelp                // reading the keys
)

// A model is the state of the screen. Only the program's goroutine touches it.
type model struct {
	ctx    context.Context
	client Client
	opts   Options
	own    identity.Account

	width, height int
	method        ansi.Method // how the terminal counts cells
	focused       bool        // the terminal window has the focus, as far as it says

	mode     mode
	rooms    []client.Room                 // newest first
	cursor   int                           // in rooms, in modeList
	open     identity.Room                 // the open conversation; empty: none, or a new one
	newTo    []string                      // names of a conversation that begins with the first message
	views    []client.View                 // of the open conversation, oldest first
	warnings map[client.MessageID][]string // of views: lines below each
	unfolded map[client.MessageID]bool     // of views: those of blocked people that one wants to see
	limit    int                           // how many were asked for
	loading  bool                          // a history of the open conversation is on its way
	selected int                           // in views, in modeSelect
	scroll   int                           // drawn lines hidden below the message pane; 0: at the end
	read     uint64                        // highest seq of the open conversation marked as read

	drafts map[identity.Room]*composer             // also under "", for a new conversation
	target target                                  // what the composer's text will be
	mine   map[client.MessageID][]client.MessageID // message → own reactions to it, made here

	prompt  prompt
	status  string  // one line for the person; empty: none
	upload  *upload // the newest file on its way; nil: none
	jobs    []job   // calls that change something: one at a time, in order
	busy    bool    // the first of jobs is running
	leaving bool    // quit when jobs is empty
	ended   error   // why the client stopped, if it did
}

// A target says what a composed text does.
type target struct {
	reply, edit *client.MessageID // at most one; neither: a new message
	label       string            // for the person
	draft       string            // what was in the composer before an edit
}

// A prompt is a question on the line of the composer.
type prompt struct {
	label  string
	input  composer
	answer func(text string) tea.Cmd // modePrompt: for enter; modeConfirm: for y, with ""
	back   mode                      // where esc leads
}

func newModel(ctx context.Context, c Client, opts Options) *model {
	if opts.Location == nil {
		opts.Location = time.Local
	}
	return &model{
		ctx: ctx, client: c, opts: opts, own: c.Account(), focused: true,
		limit: page, mode: modeList, drafts: map[identity.Room]*composer{},
		mine: map[client.MessageID][]client.MessageID{},
	}
}

// Init implements [tea.Model].
func (m *model) Init() tea.Cmd { return m.loadRooms() }

// Update implements [tea.Model].
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.ModeReportMsg:
		if msg.Mode == ansi.ModeUnicodeCore && !msg.Value.IsNotRecognized() && !msg.Value.IsPermanentlyReset() {
			m.method = ansi.GraphemeWidth // as the renderer decides
		}
	case tea.FocusMsg:
		m.focused = true
		return m, m.markRead()
	case tea.BlurMsg:
		m.focused = false
	case tea.PasteMsg:
		m.paste(msg.Content)
	case tea.KeyPressMsg:
		return m, m.press(msg)
	default:
		return m, m.handle(msg)
	}
	return m, nil
}

// handle takes what the commands bring back.
func (m *model) handle(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case changedMsg:
		return tea.Batch(m.loadRooms(), m.loadHistory())
	case roomsMsg:
		return m.gotRooms(msg)
	case historyMsg:
		return m.gotHistory(msg)
	case doneMsg:
		return m.done(msg)
	case openMsg:
		return m.show(msg.room)
	case resetMsg:
		m.gotReset(msg)
	case reportMsg:
		m.gotReport(msg)
	case endedMsg:
		m.ended = msg.err
		if m.ended != nil {
			return tea.Quit
		}
	case failedMsg:
		m.say(m.opts.Explain(msg.err))
	case saidMsg:
		m.say(msg.text)
	case uploadMsg:
		return m.showUpload(msg.u)
	}
	return nil
}

func (m *model) say(status string) { m.status = SanitizeLine(status) }

// draft returns the composer of what is open.
func (m *model) draft() *composer {
	d := m.drafts[m.open]
	if d == nil {
		d = &composer{}
		m.drafts[m.open] = d
	}
	return d
}

// room returns the open conversation's entry, or nil.
func (m *model) room() *client.Room {
	i := slices.IndexFunc(m.rooms, func(r client.Room) bool { return r.Room == m.open })
	if m.open == "" || i < 0 {
		return nil
	}
	return &m.rooms[i]
}

// show opens a conversation.
func (m *model) show(room identity.Room) tea.Cmd {
	if m.open != room {
		m.views, m.limit, m.scroll, m.read, m.loading = nil, page, 0, 0, false
		m.target = target{}
	}
	m.open, m.newTo, m.mode, m.status = room, nil, modeCompose, ""
	return m.loadHistory()
}

// startNew opens the conversation with names: the one there is, else one that
// begins with the first message.
func (m *model) startNew(names []string) tea.Cmd {
	if room := m.find(names); room != "" {
		return m.show(room)
	}
	m.show("")
	m.newTo = names
	return nil
}

// find returns the room whose accounts are exactly names and the own one.
func (m *model) find(names []string) identity.Room {
	want := map[identity.Account]bool{m.own: true}
	for _, n := range names {
		want[m.account(n)] = true
	}
	for _, r := range m.rooms {
		if r.Active && len(r.Accounts) == len(want) &&
			!slices.ContainsFunc(r.Accounts, func(a identity.Account) bool { return !want[a] }) {
			return r.Room
		}
	}
	return ""
}

func (m *model) account(name string) identity.Account {
	if a, err := identity.ParseAccount(name); err == nil {
		return a
	}
	a, _ := identity.NewAccount(m.own.Domain(), name)
	return a
}

// name returns how an account is called on the screen: its NAME if it is of the
// own domain, else its URI.
func (m *model) name(a identity.Account) string {
	if a.Domain() == m.own.Domain() {
		return a.Name()
	}
	return string(a)
}

// gotRooms takes a new list of conversations.
func (m *model) gotRooms(msg roomsMsg) tea.Cmd {
	var at identity.Room
	if m.cursor < len(m.rooms) {
		at = m.rooms[m.cursor].Room
	}
	m.rooms = slices.Clone(msg.rooms)
	slices.SortStableFunc(m.rooms, func(a, b client.Room) int { return cmp.Compare(lastMS(b), lastMS(a)) })
	if m.mode == modeList { // the cursor stays on its conversation
		if i := slices.IndexFunc(m.rooms, func(r client.Room) bool { return r.Room == at }); i >= 0 {
			m.cursor = i
		}
	}
	m.cursor = max(0, min(m.cursor, len(m.rooms)-1))
	return nil
}

func lastMS(r client.Room) int64 {
	if r.Last == nil {
		return 0
	}
	return r.Last.AtMS
}

// gotHistory takes the messages of a conversation, if it still is the open one.
// What is on the screen stays in its place if the person has scrolled up.
func (m *model) gotHistory(msg historyMsg) tea.Cmd {
	if msg.room != m.open {
		return nil
	}
	m.loading = false
	var selected *client.MessageID
	if m.mode == modeSelect && m.selected < len(m.views) {
		selected = &m.views[m.selected].ID
	}
	m.warnings = msg.warnings
	below := 0
	if m.scroll > 0 && len(m.views) > 0 {
		below = m.linesAfter(msg.views, m.views[len(m.views)-1].ID)
	}
	m.views = msg.views
	if m.scroll > 0 {
		m.scroll += below
	}
	if selected != nil {
		m.selected = max(0, slices.IndexFunc(m.views, func(v client.View) bool { return v.ID == *selected }))
	}
	if len(m.views) == 0 && m.mode == modeSelect {
		m.mode = modeCompose
	}
	return m.markRead()
}

// more loads older messages, if there may be some.
func (m *model) more() tea.Cmd {
	if m.loading || len(m.views) < m.limit {
		return nil
	}
	m.limit += page
	return m.loadHistory()
}

// markRead says that the open conversation has been seen to its end, if it has.
func (m *model) markRead() tea.Cmd {
	if m.open == "" || m.scroll > 0 || !m.focused || m.mode == modeHelp {
		return nil
	}
	newest := uint64(0)
	for _, v := range m.views {
		newest = max(newest, v.Seq)
	}
	if newest <= m.read {
		return nil
	}
	m.read = newest
	room, seq := m.open, newest
	return func() tea.Msg {
		if err := m.client.MarkRead(m.ctx, room, seq); err != nil {
			return failedMsg{err}
		}
		return m.readRooms()
	}
}
