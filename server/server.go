package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"parley/identity"
	"parley/internal/cbor"
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
	Uptime      func() time.Duration
	Limits      wire.Limits         // a zero field: that of wire.DefaultLimits
	Rates       Rates               // a zero field: that of DefaultRates
	FrankingKey identity.PrivateKey // zero: made once, and kept in the store
	ResetDelay  time.Duration       // 0: DefaultResetDelay
	Retention   time.Duration       // of envelopes; 0: DefaultRetention
	Login       Login               // nil: LocalLogin
	Passkeys    Passkeys            // nil: accounts aren't proved by passkeys
	Push        Pusher              // nil: nobody is woken
	PushTimes   PushTimes           // when; a zero field: that of DefaultPushTimes
	Hints       Hints               // to the other nodes; nil: this is the only one
	Poll        time.Duration       // how often who waits looks without a hint, where there are Hints; 0: DefaultPoll
	Logger      *slog.Logger        // nil: slog.Default
}

// A Server is the delivery server. Its methods are safe for concurrent use. A
// method that fails returns a *[wire.Error], or an error that [AsWire] turns
// into one.
type Server struct {
	cfg       Config
	store     Store
	log       *slog.Logger
	franking  identity.PublicKey
	groups    *public.Config
	suites    []uint16
	clock     clock
	tokens    *tokens
	sessions  sessions
	nonces    *nonces
	passkeys  passkeyChallenges
	pushes    pushes
	pushLog   seldom
	stopPush  func()
	recheck   recheck
	blocks    blocks
	signals   signals
	hub       hub
	limiters  limiters
	allow     allow
	gate      gate
	drain     drain
	stats     *counters
	stopHints func()
	fakeLogin []byte // a credential that nothing fits
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
	s.pushes.init(cfg.PushTimes, cfg.Push != nil)
	s.hub.stats, s.hub.poll = s.stats, cfg.Poll
	s.blocks.init(cfg.Poll)
	for _, suite := range cfg.Suites {
		s.suites = append(s.suites, uint16(suite.ID()))
	}
	var err error
	if s.franking, err = s.frankingKey(ctx); err != nil {
		return nil, err
	}
	if err := s.sessionKeys(ctx); err != nil {
		return nil, err
	}
	if s.fakeLogin, err = cfg.Login.Register(ctx, "", make([]byte, wire.LoginSize)); err != nil {
		return nil, err
	}
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
	c.Rates.setDefaults()
}

func orDefault[T ~int | ~int64](n *T, value T) {
	if *n == 0 {
		*n = value
	}
}

// A metaRecord is what a server keeps about itself.
type metaRecord struct {
	_            struct{} `cbor:",toarray"`
	Version      uint8    // 1
	FrankingSeed []byte   // 32 bytes: a secret
}

// frankingKey returns the public key that rooms pin: the configured one's, or
// that of the store.
func (s *Server) frankingKey(ctx context.Context) (identity.PublicKey, error) {
	if !s.cfg.FrankingKey.Equal(identity.PrivateKey{}) {
		return s.cfg.FrankingKey.Public(), nil
	}
	fresh := metaRecord{Version: 1, FrankingSeed: identity.GenerateKey().Seed()}
	kept, err := s.store.Meta(ctx, "", cbor.MustMarshal(fresh))
	if err != nil {
		return identity.PublicKey{}, err
	}
	var meta metaRecord
	if err := cbor.Unmarshal(kept, &meta); err != nil || meta.Version != 1 {
		return identity.PublicKey{}, errors.New("server: the store's meta record can't be read")
	}
	key, err := identity.NewPrivateKey(meta.FrankingSeed)
	if err != nil {
		return identity.PublicKey{}, err
	}
	return key.Public(), nil
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
	info := &wire.Info{
		Domain: s.cfg.Domain, Version: s.cfg.Version, SignUpOpen: s.cfg.SignUpOpen,
		Suites: slices.Clone(s.suites), FrankingKey: s.franking[:], Limits: s.cfg.Limits,
		Passkeys: s.cfg.Passkeys != nil,
	}
	if s.cfg.Push != nil {
		info.PushKey = s.cfg.Push.Key()
	}
	return info, nil
}

// Limits returns what the server refuses to exceed.
func (s *Server) Limits() wire.Limits { return s.cfg.Limits }

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
	return s.store.Sweep(ctx, SweepLimits{
		Now:       now.UnixMilli(),
		Envelopes: now.Add(-s.cfg.Retention).UnixMilli(),
		Receipts:  now.AddDate(0, 0, -wire.IdempotentDays).UnixMilli(),
	})
}
