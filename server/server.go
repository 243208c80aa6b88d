package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"parley/identity"
	"parley/mls/public"
	"parley/wire"
)

// Defaults of [Config].
const (
	DefaultResetDelay = 7 * 24 * time.Hour
	DefaultRetention  = 30 * 24 * time.Hour
	DefaultPoll       = 5 * time.Second
)

// A Config is what a server is made of. Store, Domain, Origins and Suites must
// be given; it must not be changed afterwards.
type Config struct {
	Store   Store
	Domain  string          // of its accounts and rooms: lower case, host or host:port
	Origins []string        // scheme://host[:port], each under which clients reach the server
	Suites  []*public.Suite // that it takes, best first

	SignUpOpen bool
	Version    string           // of the program, for people
	Now        func() time.Time // nil: time.Now
	// Uptime is how long the process runs, whatever the clock is set to: by it the
	// server knows that Now jumped. Nil: that of the process where Now is nil, else
	// Now is taken to be right.
	Uptime       func() time.Duration
	Limits       wire.Limits    // a zero field: that of wire.DefaultLimits
	Rates        Rates          // a zero field: that of DefaultRates
	ResetDelay   time.Duration  // 0: DefaultResetDelay
	Retention    time.Duration  // of envelopes; 0: DefaultRetention
	Login        Login          // nil: LocalLogin
	Passkeys     Passkeys       // nil: accounts aren't proved by passkeys
	Push         Pusher         // nil: nobody is woken
	Blobs        BlobConfig     // attachments; without a Store there are none
	Reports      ReportConfig   // what waits for the safety desk
	PushTimes    PushTimes      // when; a zero field: that of DefaultPushTimes
	Unfurler     Unfurler       // nil: nothing is fetched for anyone
	Unfurl       bool           // it is asked what pages say of themselves
	Platform     *wire.Platform // whose posts it resolves; nil: none
	BlockListKey []byte         // what clients check the list of bad links by, Ed25519; empty: there is none
	Policy       Policy         // nil: who isn't blocked may do anything; see SetPolicy
	Relations    Platform       // says who people are to each other; nil: what was put through the admin API
	Captcha      Captcha        // after too many puzzles; nil: none
	Hints        Hints          // to the other nodes; nil: this is the only one
	Poll         time.Duration  // how often who waits looks without a hint, where there are Hints; 0: DefaultPoll
	Logger       *slog.Logger   // nil: slog.Default
}

// A Server is the delivery server. Its methods are safe for concurrent use. A
// method that fails returns a *[wire.Error], or an error that [AsWire] turns
// into one.
type Server struct {
	cfg      Config
	store    Store
	log      *slog.Logger
	ring     *KeyRing
	groups   *public.Config
	suites   []uint16
	clock    clock
	tokens   *tokens
	sessions sessions
	nonces   *nonces
	passkeys passkeyChallenges
	pushes   pushes
	pushLog  seldom
	stopPush func()
	recheck  recheck
	blocks   blocks
	desk     deskKey

	sanctioning atomic.Uint64 // counts changes of sanctions here
	verdicts    verdicts
	policy      atomic.Pointer[policySet] // nil inside: no policy, everybody may
	signals     signals
	hub         hub
	limiters    limiters
	allow       allow
	budgets     budgets
	decided     sync.Map // of *decided, by rule
	gate        gate
	drain       drain
	stats       *counters
	stopHints   func()
	fakeLogin   []byte                    // a credential that nothing fits
	fakeList    identity.SignedDeviceList // see readNobody
}

// New returns a server. It reads what the store keeps for the server itself, the
// franking key and the keys of sessions and challenges, and makes it where there
// is none. [Server.Close] ends what New begins.
func New(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Store == nil || len(cfg.Suites) == 0 || len(cfg.Origins) == 0 {
		return nil, errors.New("server: Config needs Store, Suites and Origins")
	}
	if _, err := identity.NewAccount(cfg.Domain, "x"); err != nil {
		return nil, fmt.Errorf("server: Config.Domain: %w", err)
	}
	cfg.setDefaults()
	s := &Server{
		cfg: cfg, store: cfg.Store, log: cfg.Logger,
		limiters: newLimiters(cfg.Rates), gate: gate{delay: cfg.Rates.Delay},
		drain: drain{c: make(chan struct{})}, stats: new(counters), stopHints: func() {}, stopPush: func() {},
	}
	s.groups = &public.Config{Suites: cfg.Suites, Now: s.steady, MaxLeaves: maxLeaves}
	s.clock.start(cfg.Now, cfg.Uptime)
	s.allow.init(cfg.Rates)
	s.budgets.init(cfg.Rates)
	s.pushes.init(cfg.PushTimes, cfg.Push != nil)
	s.hub.stats, s.hub.poll = s.stats, cfg.Poll
	s.blocks.init(cfg.Poll)
	s.verdicts.init(cfg.Poll)
	s.SetPolicy(cfg.Policy)
	for _, suite := range cfg.Suites {
		s.suites = append(s.suites, uint16(suite.ID()))
	}
	var err error
	if s.ring, err = OpenKeyRing(ctx, cfg.Store, cfg.Domain, s.steady()); err != nil {
		return nil, err
	}
	if err := s.sessionKeys(ctx); err != nil {
		return nil, err
	}
	if s.fakeLogin, err = cfg.Login.Register(ctx, "", make([]byte, wire.LoginSize)); err != nil {
		return nil, err
	}
	s.fakeList = nobodysList(cfg.Domain)
	if cfg.Hints != nil {
		s.stopHints = sync.OnceFunc(cfg.Hints.Listen(s.hinted))
	}
	if cfg.Push != nil {
		s.stopPush = s.startPush()
	}
	return s, nil
}

// maxLeaves bounds the leaves of a room's tree.
const maxLeaves = 1 << 14

func (c *Config) setDefaults() {
	if c.Now == nil {
		c.Now = time.Now
		if c.Uptime == nil {
			c.Uptime = sinceStart()
		}
	}
	if c.ResetDelay == 0 {
		c.ResetDelay = DefaultResetDelay
	}
	if c.Retention == 0 {
		c.Retention = DefaultRetention
	}
	if c.Login == nil {
		c.Login = LocalLogin{}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Hints == nil {
		c.Poll = 0
	} else if c.Poll <= 0 {
		c.Poll = DefaultPoll
	}
	orDefault(&c.Limits.Message, wire.DefaultLimits.Message)
	orDefault(&c.Limits.Commit, wire.DefaultLimits.Commit)
	orDefault(&c.Limits.KeyPackages, wire.DefaultLimits.KeyPackages)
	orDefault(&c.Limits.Members, wire.DefaultLimits.Members)
	if c.Relations == nil {
		c.Relations = recordPlatform{c.Store}
	}
	c.Rates.setDefaults()
	c.Blobs.setDefaults()
	c.Reports.setDefaults()
}

func orDefault[T ~int | ~int64](n *T, value T) {
	if *n == 0 {
		*n = value
	}
}

// secretSize is the size of the keys of sessions and challenges, in bytes.
const secretSize = 32

// sessionKeys reads the keys that all nodes of the site share.
func (s *Server) sessionKeys(ctx context.Context) error {
	var keys [2][]byte
	for i, name := range []string{"nonce", "passkey"} {
		fresh := make([]byte, secretSize)
		rand.Read(fresh) // never fails: crypto/rand ends the program instead
		var err error
		if keys[i], err = s.store.Meta(ctx, name, fresh); err != nil {
			return err
		}
		if len(keys[i]) != secretSize {
			return errMetaSession
		}
	}
	s.tokens, s.nonces = newTokens(s.store, s.cfg.Domain), newNonces(keys[0])
	s.passkeys.key = keys[1]
	_, err := s.tokens.keys.of(ctx, dayOf(s.steady()))
	return err
}

// Info says what the server is.
func (s *Server) Info(ctx context.Context, _ *wire.InfoRequest) (*wire.Info, error) {
	desk, err := s.DeskKey(ctx)
	if err != nil {
		desk = nil // what the server is can be said without its store
	}
	current := s.ring.current(s.nowMS())
	info := &wire.Info{
		BlockListKey: s.cfg.BlockListKey,
		Desk:         desk, EvidenceMS: s.cfg.Blobs.Evidence.Milliseconds(),
		Domain: s.cfg.Domain, Version: s.cfg.Version, SignUpOpen: s.cfg.SignUpOpen,
		Suites: slices.Clone(s.suites), FrankingKey: current[:], Limits: s.cfg.Limits,
		Passkeys: s.cfg.Passkeys != nil, Blobs: s.cfg.Blobs.limits(),
		Unfurl: s.cfg.Unfurler != nil && s.cfg.Unfurl,
	}
	for _, statement := range s.ring.Statements() {
		info.FrankingKeys = append(info.FrankingKeys, statement.Marshal())
	}
	if s.cfg.Unfurler != nil {
		info.Platform = s.cfg.Platform
	}
	if s.cfg.Push != nil {
		info.PushKey = s.cfg.Push.Key()
	}
	return info, nil
}

// Limits returns what the server refuses to exceed.
func (s *Server) Limits() wire.Limits { return s.cfg.Limits }

// BlobLimits returns what the server takes of attachments.
func (s *Server) BlobLimits() wire.BlobLimits { return s.cfg.Blobs.limits() }

// nowMS is steady in Unix milliseconds.
func (s *Server) nowMS() int64 { return s.steady().UnixMilli() }

// steady is the time by which things last: see [clock].
func (s *Server) steady() time.Time {
	now, _ := s.clock.steady()
	return now
}

// Sweep forgets what has expired and takes the consequences of resets whose
// delay is over. It should be called every few minutes. A time of
// day that jumps makes nothing expire.
func (s *Server) Sweep(ctx context.Context) error {
	now, jumped := s.clock.agree()
	if jumped {
		s.log.Warn("the time of day jumped and isn't followed: if it is right now, start the server anew")
	}
	due, err := s.store.RunningResets(ctx, now.Add(-s.cfg.ResetDelay).UnixMilli()+1)
	if err != nil {
		return err
	}
	for _, account := range due {
		if _, err := s.listing(ctx, account); err != nil { // finishes the reset
			return err
		}
	}
	s.sessions.expire(now)
	errKeys := s.sweepKeys(ctx, now)               // what can't be written now keeps nothing else from going
	errBlobs := s.sweepBlobs(ctx, now.UnixMilli()) // nor does a blob store that is away
	if err := s.sweepMarks(ctx, now.UnixMilli()); err != nil {
		return err
	}
	if err := s.sweepOnce(ctx, now.UnixMilli()); err != nil {
		return err
	}
	return errors.Join(errKeys, errBlobs, s.store.Sweep(ctx, SweepLimits{
		Now:       now.UnixMilli(),
		Envelopes: now.Add(-s.cfg.Retention).UnixMilli(),
		Receipts:  now.AddDate(0, 0, -wire.IdempotentDays).UnixMilli(),
	}))
}
