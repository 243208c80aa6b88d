package server

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"parley/identity"
	"parley/wire"
)

// A puzzle's token is
//
//	nonce (16 bytes) || expires (8 bytes, Unix milliseconds) || what for (1 byte) || bits (1 byte) || captcha (1 byte) || MAC (32 bytes)
//
// where the MAC is HMAC-SHA256, under a key that all nodes of a site share, of
// "parley/puzzle/v1" || 0x00 || CBOR of a puzzleClaim. Nothing is kept for a puzzle
// until it is solved: then its nonce is, until it has expired, so that it pays once,
// at whichever node.
const (
	puzzleNonce = 16
	puzzleToken = puzzleNonce + 8 + 3 + 32
	puzzleTime  = 10 * time.Minute
	puzzleUse   = "parley/puzzle/v1"
)

// Records of puzzles, by what for, a slash and the nonce. The values are when the
// puzzle expires: 8 bytes, Unix milliseconds.
const (
	RecordProof = "proof" // solved; also by "captcha", a slash and the SHA-256 of an answer
	RecordSpent = "spent" // that have paid
)

// maxProofs bounds the puzzles that one account has solved within puzzleTime.
const maxProofs = 256

type puzzleClaim struct {
	_       struct{} `cbor:",toarray"`
	Account identity.Account
	Body    []byte // of the token, up to the MAC
}

var errBadAnswer = wire.Refuse(wire.CodeBadAnswer, "This doesn't answer a question that was asked, or not in time.")

// newPuzzle returns a puzzle for account.
func (s *Server) newPuzzle(account identity.Account, kind Spend, bits uint8, captcha bool) *wire.Puzzle {
	nonce := make([]byte, puzzleNonce, puzzleToken)
	rand.Read(nonce) // never fails: crypto/rand ends the program instead
	expires := s.steady().Add(puzzleTime).UnixMilli()
	body := binary.BigEndian.AppendUint64(nonce, uint64(expires))
	body = append(body, byte(slices.Index(spends, kind)), bits, 0)
	p := &wire.Puzzle{Bits: bits, Expires: expires}
	if captcha {
		body[len(body)-1], p.Captcha = 1, s.cfg.Captcha.Page()
	}
	p.Token = append(body, s.passkeys.mac(puzzleUse, puzzleClaim{Account: account, Body: body})...)
	return p
}

// answered is an answer to a puzzle of this server's, in time, by whom it was given to.
type answered struct {
	account identity.Account
	kind    Spend
	bits    uint8
	captcha bool
	key     string // of its record
	expires []byte // the record's value
}

// readProof checks the work of an answer, and whose it is.
func (s *Server) readProof(account identity.Account, req *wire.AnswerChallengeRequest) (*answered, error) {
	if len(req.Token) != puzzleToken || len(req.Captcha) > wire.MaxCaptcha {
		return nil, errBadAnswer
	}
	body := req.Token[:puzzleToken-32]
	if !hmac.Equal(req.Token[len(body):], s.passkeys.mac(puzzleUse, puzzleClaim{Account: account, Body: body})) {
		return nil, errBadAnswer
	}
	expires, kind := int64(binary.BigEndian.Uint64(body[puzzleNonce:])), int(body[puzzleNonce+8])
	puzzle := wire.Puzzle{Token: req.Token, Bits: body[puzzleNonce+9]}
	if s.nowMS() >= expires || kind >= len(spends) || !puzzle.Solved(req.N) {
		return nil, errBadAnswer
	}
	return &answered{
		account: account, kind: spends[kind], bits: puzzle.Bits, captcha: body[puzzleNonce+10] != 0,
		key: proofKey(spends[kind], body[:puzzleNonce]), expires: body[puzzleNonce : puzzleNonce+8],
	}, nil
}

// AnswerChallenge takes the answer to a puzzle: it pays for one request.
func (s *Server) AnswerChallenge(ctx context.Context, device identity.Device, req *wire.AnswerChallengeRequest) (*wire.Empty, error) {
	p, err := s.readProof(device.Account(), req)
	if err != nil {
		return nil, err
	}
	_, err = s.store.AccountRecord(ctx, p.account, RecordProof, p.key)
	if !errors.Is(err, ErrNotFound) { // solved before
		return nil, cmpError(err, errBadAnswer)
	}
	u := RecordUpdate{Account: p.account, Kind: RecordProof, New: true, Max: maxProofs, Put: []KeyValue{{Key: p.key, Value: p.expires}}}
	if p.captcha {
		err = s.checkCaptcha(ctx, p.account, req.Captcha)
		sum := sha256.Sum256([]byte(req.Captcha)) // once, also where the service says yes twice
		u.Put = append(u.Put, KeyValue{Key: proofKey(captchaWord, sum[:]), Value: p.expires})
	} else {
		err = s.countProof(p)
	}
	if err != nil {
		return nil, err
	}
	if err := s.forgetProofs(ctx, p.account, s.nowMS()); err != nil {
		return nil, err
	}
	switch err := s.store.UpdateRecords(ctx, u); {
	case errors.Is(err, ErrExists):
		return nil, errBadAnswer
	case errors.Is(err, ErrTooMany):
		return nil, s.limited(puzzleTime)
	case errors.Is(err, ErrNotFound):
		return nil, errUnauthorized
	case err != nil:
		return nil, err
	}
	return &wire.Empty{}, nil
}

// captchaWord is in the place of a kind in the keys of answers of the platform's captcha.
const captchaWord Spend = "captcha"

// maxEasier is by how many bits a puzzle may be easier than one that would be asked for
// now: a device solves some at once.
const maxEasier = 2

// countProof counts a puzzle among those that were solved lately. It is refused beyond [Rates.Challenge], and
// where puzzles have become harder since: else who collects easy ones had as many as they like.
func (s *Server) countProof(p *answered) error {
	now, extra := s.steady(), s.budgets.extra[p.kind]
	from := extra.of(string(p.account), now)
	if p.bits+maxEasier < s.hardness(extra.used(from, now)) {
		return errBadAnswer
	}
	if wait := extra.take(from, now, 1); wait > 0 {
		return s.limited(wait)
	}
	s.tellProven(p.account, p.kind)
	return nil
}

// hardness returns the bits of a puzzle of who has solved so many lately.
func (s *Server) hardness(solved float64) uint8 {
	limit := max(float64(s.cfg.Rates.Challenge.Burst), 1)
	return wire.MinBits + uint8(float64(wire.MaxBits-wire.MinBits)*min(solved/limit, 1))
}

// checkCaptcha asks the platform's captcha about an answer, of one account not without end.
func (s *Server) checkCaptcha(ctx context.Context, account identity.Account, answer string) error {
	if s.cfg.Captcha == nil || answer == "" {
		return errBadAnswer
	}
	if _, err := s.limiters.reserve(s.steady(), attempt{s.limiters.captcha, string(account)}); err != nil {
		return err
	}
	ok, err := s.cfg.Captcha.Verify(ctx, answer)
	switch {
	case err != nil:
		s.log.Warn("the platform's captcha can't be asked", "error", err)
		return unavailable("It can't be checked now.", retryAfter)
	case !ok:
		return errBadAnswer
	}
	return nil
}

func proofKey(kind Spend, nonce []byte) string {
	return string(kind) + "/" + base64.RawURLEncoding.EncodeToString(nonce)
}

// forgetProofs forgets those that expired long enough ago that no other node, by its
// clock, takes them any more.
func (s *Server) forgetProofs(ctx context.Context, account identity.Account, now int64) error {
	for _, kind := range []string{RecordSpent, RecordProof} {
		list, err := s.store.AccountRecords(ctx, account, kind, "", maxProofs)
		if err != nil {
			return err
		}
		u := RecordUpdate{Account: account, Kind: kind, Max: maxProofs}
		for _, kv := range list {
			if expired(kv, now-puzzleTime.Milliseconds()) {
				u.Delete = append(u.Delete, kv.Key)
			}
		}
		if len(u.Delete) == 0 {
			continue
		}
		if err := s.store.UpdateRecords(ctx, u); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}

func expired(kv KeyValue, now int64) bool {
	return len(kv.Value) != 8 || int64(binary.BigEndian.Uint64(kv.Value)) <= now
}

// payByProof has a solved puzzle pay for one request, or asks for one: the harder,
// the more were solved lately. Beyond [Rates.Challenge] it asks for the platform's
// captcha, or else has account wait.
func (s *Server) payByProof(ctx context.Context, account identity.Account, kind Spend, wait time.Duration) error {
	paid, err := s.takeProof(ctx, account, kind)
	if err != nil || paid {
		return err
	}
	now, extra := s.steady(), s.budgets.extra[kind]
	from := extra.of(string(account), now)
	limit := float64(s.cfg.Rates.Challenge.Burst)
	used := extra.used(from, now)
	beyond := from != nil && used+1 > limit
	if beyond && s.cfg.Captcha == nil {
		return s.limited(max(wait, time.Duration(extra.each)))
	}
	bits := uint8(wire.MinBits) // where a person answers, that is the price
	if !beyond {
		bits = s.hardness(used)
	}
	s.stats.puzzles.Add(1)
	e := wire.Refuse(wire.CodeChallenge, "That was a lot at once: wait a while, or use the newest version of the program.")
	e.RetryAfter, e.Puzzle = wait.Milliseconds()+1, s.newPuzzle(account, kind, bits, beyond)
	return e
}

// takeProof reports whether there was a solved puzzle that hadn't paid yet.
func (s *Server) takeProof(ctx context.Context, account identity.Account, kind Spend) (bool, error) {
	list, err := s.store.AccountRecords(ctx, account, RecordProof, string(kind)+"/", maxProofs)
	if err != nil {
		return false, err
	}
	now := s.steady()
	for _, kv := range list {
		if len(kv.Key) <= len(kind) || kv.Key[:len(kind)+1] != string(kind)+"/" {
			break // of the next kind
		}
		if expired(kv, now.UnixMilli()) {
			continue
		}
		err := s.store.UpdateRecords(ctx, RecordUpdate{Account: account, Kind: RecordSpent, Put: []KeyValue{kv}, New: true, Max: maxProofs})
		if errors.Is(err, ErrExists) {
			continue
		}
		return err == nil, err
	}
	return false, nil
}
