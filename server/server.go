package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
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

	SignUpOpen  bool
	Version     string              // of the program, for people
	Now         func() time.Time    // nil: time.Now
	Limits      wire.Limits         // a zero field: that of wire.DefaultLimits
	Rates       Rates               // a zero field: that of DefaultRates
	FrankingKey identity.PrivateKey // zero: made once, and kept in the store
	ResetDelay  time.Duration       // 0: DefaultResetDelay
	Retention   time.Duration       // of envelopes; 0: DefaultRetention
	Login       Login               // nil: LocalLogin
	Hints       Hints               // to the other nodes; nil: this is the only one
	Poll        time.Duration       // how often who waits looks without a hint; 0: DefaultPoll where there are Hints
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
	sessions  *sessions
	nonces    *nonces
	hub       hub
	limiters  limiters
	fakeLogin []byte // a credential that nothing fits
}

// New returns a server. It reads the store's meta record and makes it where
// there is none.
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
		sessions: newSessions(), nonces: newNonces(), limiters: newLimiters(cfg.Rates),
		groups: &public.Config{Suites: cfg.Suites, Now: cfg.Now, MaxLeaves: maxLeaves},
	}
	for _, suite := range cfg.Suites {
		s.suites = append(s.suites, uint16(suite.ID()))
	}
	var err error
	if s.franking, err = s.frankingKey(ctx); err != nil {
		return nil, err
	}
	s.fakeLogin, err = cfg.Login.Register(ctx, "", make([]byte, wire.LoginSize))
	return s, err
}

// maxLeaves bounds the leaves of a room's tree.
const maxLeaves = 1 << 14

func (c *Config) setDefaults() {
	if c.Now == nil {
		c.Now = time.Now
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
	orDefault(&c.Limits.Message, wire.DefaultLimits.Message)
	orDefault(&c.Limits.Commit, wire.DefaultLimits.Commit)
	orDefault(&c.Limits.KeyPackages, wire.DefaultLimits.KeyPackages)
	orDefault(&c.Limits.Members, wire.DefaultLimits.Members)
	c.Rates.setDefaults()
}

func orDefault(n *int, value int) {
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

// Info says what the server is.
func (s *Server) Info(ctx context.Context, _ *wire.InfoRequest) (*wire.Info, error) {
	return &wire.Info{
		Domain: s.cfg.Domain, Version: s.cfg.Version, SignUpOpen: s.cfg.SignUpOpen,
		Suites: slices.Clone(s.suites), FrankingKey: s.franking[:], Limits: s.cfg.Limits,
	}, nil
}

// Limits returns what the server refuses to exceed.
func (s *Server) Limits() wire.Limits { return s.cfg.Limits }

func (s *Server) nowMS() int64 { return s.cfg.Now().UnixMilli() }

// Sweep forgets what has expired and takes the consequences of resets whose
// delay is over. It should be called every few minutes.
func (s *Server) Sweep(ctx context.Context) error {
	now := s.cfg.Now()
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
