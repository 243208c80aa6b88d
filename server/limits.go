package server

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"parley/wire"
)

// A Rate is a token bucket: Burst at once, then one each Every.
type Rate struct {
	Burst int
	Every time.Duration
}

// Rates bound what costs others something. A field that is zero is that of
// [DefaultRates]; a Burst, number or time below zero is no bound.
type Rates struct {
	Login    Rate // failed logins for one account
	Address  Rate // failed logins from one address
	SignUp   Rate // accounts made from one address
	Session  Rate // sessions opened by one device
	Claimer  Rate // key packages claimed by one account
	Claimed  Rate // key packages claimed from one account
	Claiming Rate // key packages claimed by one account from one other
	Unfurl   Rate // addresses fetched for one account
	Report   Rate // reports and appeals sent by one account
	Relate   Rate // relations set by one account: requests of up to wire.MaxRelate
	Upload   Rate // attachments that one account begins to upload

	Conversation      Rate          // conversations with strangers begun by one account
	YoungConversation Rate          // the same by a young account
	GroupAdd          Rate          // strangers added to groups by one account
	YoungGroupAdd     Rate          // the same by a young account
	Forward           Rate          // attachments of others that one account passes on
	YoungForward      Rate          // the same by a young account
	Lookup            Rate          // looks of one account at strangers, or for who isn't there
	YoungLookup       Rate          // the same by a young account
	Challenge         Rate          // requests beyond the eight before that one account may pay for by puzzles
	Pending           int           // requests of one account that wait to be accepted
	YoungPending      int           // the same of a young account
	Young             time.Duration // until what age an account is young; below zero: none is

	Request     Rate          // operations of one device
	Send        Rate          // messages sent by one device
	Signal      Rate          // signals sent by one device
	Anonymous   Rate          // operations without a session from one address
	Bytes       int64         // of the requests of one account in an hour
	Streams     int           // open at once for one account
	Connections int           // streams open at once from one address
	Delay       time.Duration // that a message may wait to be stored: what would wait longer is refused at once
}

// DefaultRates are the rates of a server that isn't configured otherwise. A
// claimer can open a group of 1,000 at once; nobody can empty another's stock of
// key packages alone. What one device may do is far more than a person does, and
// about what one core can.
var DefaultRates = Rates{
	Request:     Rate{20_000, 200 * time.Microsecond},
	Send:        Rate{10_000, 400 * time.Microsecond},
	Signal:      Rate{40, 250 * time.Millisecond},
	Anonymous:   Rate{50_000, 200 * time.Microsecond},
	Bytes:       8 << 30,
	Streams:     64,
	Connections: 20_000,
	Delay:       75 * time.Millisecond,

	Conversation:      Rate{60, time.Minute},
	YoungConversation: Rate{20, 3 * time.Minute},
	GroupAdd:          Rate{200, 30 * time.Second},
	YoungGroupAdd:     Rate{50, 2 * time.Minute},
	Forward:           Rate{200, 15 * time.Second},
	YoungForward:      Rate{60, time.Minute},
	Lookup:            Rate{600, 3 * time.Second},
	YoungLookup:       Rate{200, 10 * time.Second},
	Challenge:         Rate{32, 10 * time.Minute},
	Pending:           300,
	YoungPending:      100,
	Young:             7 * 24 * time.Hour,

	Login:    Rate{10, time.Minute},
	Address:  Rate{30, 2 * time.Second},
	SignUp:   Rate{500, time.Second},
	Session:  Rate{600, 100 * time.Millisecond},
	Claimer:  Rate{1200, time.Second},
	Claimed:  Rate{300, time.Second},
	Claiming: Rate{30, 10 * time.Second},
	Relate:   Rate{200, time.Second},
	Upload:   Rate{300, 2 * time.Second},
	Unfurl:   Rate{30, 4 * time.Second},
	Report:   Rate{20, time.Hour},
}

// captchaRate bounds the answers of one account about which the platform's captcha is
// asked: a person gives one now and then.
var captchaRate = Rate{10, 20 * time.Second}

func (r *Rates) setDefaults() {
	for _, f := range []struct{ have, def *Rate }{
		{&r.Login, &DefaultRates.Login},
		{&r.Address, &DefaultRates.Address},
		{&r.SignUp, &DefaultRates.SignUp},
		{&r.Session, &DefaultRates.Session},
		{&r.Claimer, &DefaultRates.Claimer},
		{&r.Claimed, &DefaultRates.Claimed},
		{&r.Claiming, &DefaultRates.Claiming},
		{&r.Relate, &DefaultRates.Relate},
		{&r.Upload, &DefaultRates.Upload},
		{&r.Unfurl, &DefaultRates.Unfurl},
		{&r.Report, &DefaultRates.Report},
		{&r.Conversation, &DefaultRates.Conversation},
		{&r.YoungConversation, &DefaultRates.YoungConversation},
		{&r.GroupAdd, &DefaultRates.GroupAdd},
		{&r.YoungGroupAdd, &DefaultRates.YoungGroupAdd},
		{&r.Forward, &DefaultRates.Forward},
		{&r.YoungForward, &DefaultRates.YoungForward},
		{&r.Lookup, &DefaultRates.Lookup},
		{&r.YoungLookup, &DefaultRates.YoungLookup},
		{&r.Challenge, &DefaultRates.Challenge},
		{&r.Request, &DefaultRates.Request},
		{&r.Send, &DefaultRates.Send},
		{&r.Signal, &DefaultRates.Signal},
		{&r.Anonymous, &DefaultRates.Anonymous},
	} {
		if *f.have == (Rate{}) {
			*f.have = *f.def
		}
	}
	orDefault(&r.Bytes, DefaultRates.Bytes)
	orDefault(&r.Streams, DefaultRates.Streams)
	orDefault(&r.Connections, DefaultRates.Connections)
	orDefault(&r.Delay, DefaultRates.Delay)
	orDefault(&r.Pending, DefaultRates.Pending)
	orDefault(&r.YoungPending, DefaultRates.YoungPending)
	orDefault(&r.Young, DefaultRates.Young)
}

// limiters hold a bucket for each key of each rate.
type limiters struct {
	login, address, signUp, session, claimer, claimed, claiming, relate, unfurl, upload, report, captcha *buckets
}

func newLimiters(r Rates) limiters {
	return limiters{
		login: newBuckets(r.Login), address: newBuckets(r.Address), signUp: newBuckets(r.SignUp), session: newBuckets(r.Session),
		claimer: newBuckets(r.Claimer), claimed: newBuckets(r.Claimed), claiming: newBuckets(r.Claiming),
		relate: newBuckets(r.Relate), unfurl: newBuckets(r.Unfurl), upload: newBuckets(r.Upload),
		report: newBuckets(r.Report), captcha: newBuckets(captchaRate),
	}
}

// An attempt is one token of the bucket of key.
type attempt struct {
	of  *buckets
	key string
}

// reserve takes one token of each bucket, all or none, and returns what gives
// them back. If a bucket is empty it returns rate_limited with the longest wait.
func (l *limiters) reserve(now time.Time, attempts ...attempt) (release func(), err error) {
	var taken []*rate.Reservation
	release = func() {
		for _, r := range taken {
			r.CancelAt(now)
		}
	}
	var wait time.Duration
	for _, a := range attempts {
		r := a.of.get(now, a.key).ReserveN(now, 1)
		taken = append(taken, r)
		wait = max(wait, r.DelayFrom(now))
	}
	if wait == 0 {
		return release, nil
	}
	release()
	refusal := wire.Refuse(wire.CodeRateLimited, "Too many attempts; wait a little.")
	refusal.RetryAfter = wait.Milliseconds() + 1
	return nil, refusal
}

// maxBuckets bounds the keys that one rate remembers.
const maxBuckets = 1 << 16

// buckets are the token buckets of one rate.
type buckets struct {
	rate     Rate
	mu       sync.Mutex // guards byKey
	byKey    map[string]*rate.Limiter
	overflow *rate.Limiter // shared by the keys for which there is no room
}

func newBuckets(r Rate) *buckets {
	return &buckets{rate: r, byKey: map[string]*rate.Limiter{}, overflow: r.limiter()}
}

func (r Rate) limiter() *rate.Limiter {
	if r.Burst < 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Every(r.Every), r.Burst)
}

func (b *buckets) get(now time.Time, key string) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l := b.byKey[key]; l != nil {
		return l
	}
	if len(b.byKey) >= maxBuckets {
		b.dropFull(now)
	}
	if len(b.byKey) >= maxBuckets {
		return b.overflow
	}
	l := b.rate.limiter()
	b.byKey[key] = l
	return l
}

// dropFull forgets the buckets that are as if new.
func (b *buckets) dropFull(now time.Time) {
	for key, l := range b.byKey {
		if l.TokensAt(now) >= float64(b.rate.Burst) {
			delete(b.byKey, key)
		}
	}
}
