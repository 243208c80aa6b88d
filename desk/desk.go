package desk

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"parley/desk/audit"
	"parley/desk/cybertip"
	"parley/desk/deskapi"
	"parley/desk/statement"
	"parley/franking"
	"parley/identity"
)

// A Log is the audit log: [audit.Log].
type Log interface {
	Append(audit.Event) (*audit.Line, error)
	Read(each func(*audit.Line)) (audit.Summary, error)
	Page(q audit.Query) (audit.Page, error)
	Checkpoint(nowMS int64) (*audit.Checkpoint, error)
}

// A Config is what a desk is made of.
type Config struct {
	Keys   *Keys
	Store  Store
	Log    Log
	Server Server
	Now    func() time.Time // nil: time.Now
	Logger *slog.Logger     // of what goes wrong, without content; nil: none

	// Origin is where staff reach the desk: scheme://host[:port], for links.
	Origin string
	// Rules say which decisions need two persons; nil: DefaultRules.
	Rules []deskapi.TwoPersonRule
	// Company is who the desk works for, for exports.
	Company cybertip.Company
	// Platform is what statements of reasons say of it.
	Platform statement.Platform
	// KeyFile is where Keys are; new ones are written there in time. Empty: never.
	KeyFile string
	// Poll is how often the server's queue is looked at; 0: five seconds.
	Poll time.Duration
	// Keep is how long the reports of a decided case are kept; 0: for ever.
	Keep time.Duration
	// NewStaff is how long whom a lead has invited, let in again or given the role can't be a
	// second person; 0: they can at once.
	NewStaff time.Duration
	// FrankingKey pins the server's first franking key; nil: that of the first sight.
	FrankingKey *identity.PublicKey
}

// A Desk is a safety desk. It is safe for concurrent use.
type Desk struct {
	keys     *Keys
	store    Store
	log      Log
	server   Server
	now      func() time.Time
	logger   *slog.Logger
	origin   string
	rules    []deskapi.TwoPersonRule
	company  cybertip.Company
	platform statement.Platform
	poll     time.Duration
	keyFile  string
	keep     time.Duration
	newStaff time.Duration

	mu     sync.Mutex // held while something changes; guards broken
	broken bool       // the log and the store may differ: only a new start helps

	enforcing chan struct{} // holds one token while tasks are carried out
	decoding  chan struct{} // and while an attachment is opened
	kick      chan struct{}

	judgesMu sync.Mutex // guards what follows
	judges   []franking.Key
	pin      *identity.PublicKey

	warned map[string]warning // only Step uses it

	shelf  *shelf // attachments that were revealed
	toldMS int64  // when the server was given the key for reports; 0: it has to be
	swept  int64  // when Step last forgot what is over
	aged   int64  // and the reports of old cases
}

// DefaultRules: who loses an account over the worst that there is, and more than one
// attachment at once.
func DefaultRules() []deskapi.TwoPersonRule {
	return []deskapi.TwoPersonRule{
		{Kind: deskapi.Suspend, Category: deskapi.ChildSafety},
		{Kind: deskapi.Remove, Above: 1},
	}
}

// Errors of a desk that must be started anew.
var (
	errAudit  = errors.New("desk: the audit log can't be written")
	errBroken = errors.New("desk: stopped: the audit log or the store couldn't be written")
)

// New returns a desk over what a desk before it has left: it carries out what that
// one had begun. Only one process at a time may have a store's desk; [InviteFirst] aside.
func New(ctx context.Context, c Config) (*Desk, error) {
	d := newDesk(c)
	if err := d.recover(ctx); err != nil {
		return nil, err
	}
	if err := d.loadPin(ctx, c.FrankingKey); err != nil {
		return nil, err
	}
	_, err := d.log.Append(audit.Event{AtMS: d.nowMS(), Actor: audit.Desk, Action: audit.Started, Subject: d.keys.Domain})
	return d, err
}

func newDesk(c Config) *Desk {
	d := &Desk{
		keys: c.Keys, store: c.Store, log: c.Log, server: c.Server, now: c.Now, logger: c.Logger, origin: c.Origin, rules: c.Rules,
		company: c.Company, platform: c.Platform, poll: c.Poll, keyFile: c.KeyFile, keep: c.Keep, newStaff: c.NewStaff, enforcing: make(chan struct{}, 1), decoding: make(chan struct{}, 1), kick: make(chan struct{}, 1), warned: map[string]warning{}, shelf: newShelf(),
	}
	if d.now == nil {
		d.now = time.Now
	}
	if d.rules == nil {
		d.rules = DefaultRules()
	}
	if d.logger == nil {
		d.logger = slog.New(slog.DiscardHandler)
	}
	if d.poll <= 0 {
		d.poll = 5 * time.Second
	}
	return d
}

func (d *Desk) nowMS() int64 { return d.now().UnixMilli() }

// Run takes in reports and carries out decisions until ctx is done, or until the
// audit log or the store can't be written.
func (d *Desk) Run(ctx context.Context) error {
	tick := time.NewTicker(d.poll)
	defer tick.Stop()
	for {
		if err := d.Step(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-d.kick:
		}
	}
}

// Step takes in what waits and carries out what is due, once. It returns an error
// only where the desk can't go on.
func (d *Desk) Step(ctx context.Context) error {
	if err := d.rotateKeys(ctx); err != nil {
		d.warn("the key for reports", err)
	}
	if err := d.tellKey(ctx); err != nil {
		d.warn("the server didn't take the desk's key", err)
	}
	if err := d.refreshKeys(ctx); err != nil {
		d.warn("the server's franking keys", err)
	}
	if err := d.takeIn(ctx); err != nil {
		d.warn("taking in reports", err)
	}
	if err := d.enforce(ctx, ""); err != nil {
		d.warn("carrying out decisions", err)
	}
	if now := d.nowMS(); now >= d.swept+60_000 {
		d.swept = now
		d.shelf.sweep(now - revealLife.Milliseconds())
		if err := d.sweep(ctx); err != nil {
			d.warn("forgetting what is over", err)
		}
	}
	if now := d.nowMS(); now >= d.aged+millisEachHour {
		d.aged = now
		if err := d.forget(ctx); err != nil {
			d.warn("forgetting old reports", err)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken {
		return errBroken
	}
	return nil
}

// warnEvery is how often the same trouble is told of.
const warnEvery = 10 * time.Minute

// warn logs what goes wrong: not with each Step, while it is the same.
func (d *Desk) warn(what string, err error) {
	now, text := d.nowMS(), err.Error()
	if old, ok := d.warned[what]; ok && old.text == text && now < old.atMS+warnEvery.Milliseconds() {
		return
	}
	d.warned[what] = warning{text, now}
	d.logger.Warn(what, "error", err)
}

// A warning is one that was logged.
type warning struct {
	text string
	atMS int64
}

// wake has Run look at once.
func (d *Desk) wake() {
	select {
	case d.kick <- struct{}{}:
	default:
	}
}

// rotateKeys makes a new key for reports where it is time. Only Step calls it: nothing
// else reads these keys meanwhile.
func (d *Desk) rotateKeys(ctx context.Context) error {
	if d.keyFile == "" {
		return nil
	}
	next := *d.keys
	changed, err := next.Rotate(d.now())
	if err != nil || !changed {
		return err
	}
	if err := next.Save(d.keyFile); err != nil {
		return err // nobody gets a key whose other half may be lost
	}
	d.keys.kem, d.toldMS = next.kem, 0
	return nil
}

// tellKey gives the server the key for reports, till it has taken it, and now and then
// again: a server that lost it, or has an old one from a backup, would leave people who can't
// report. Only Step calls it.
func (d *Desk) tellKey(ctx context.Context) error {
	now := d.nowMS()
	if d.toldMS != 0 && now < d.toldMS+millisEachHour {
		return nil
	}
	err := d.server.PutDeskKey(ctx, d.keys.Statement())
	if err == nil {
		d.toldMS = now
	}
	return err
}
