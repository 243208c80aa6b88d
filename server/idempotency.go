package server

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"
)

// Requests of the admin API that bring a key are done once: the [Ledger] keeps what
// came of each.
//
//	Sk HASH        onceEntry: HASH is of who asks, and the key
//	Sl TIME HASH   empty; the entry may go then
const (
	prefixOnce    = "Sk"
	prefixOnceDue = "Sl"

	answerTime = 24 * time.Hour  // for which an answer is kept
	answerRun  = 2 * time.Minute // after which one that never ended may be done again
)

// What [Server.Once] answers, beside what its function does.
var (
	// ErrOtherRequest: the key came with another request.
	ErrOtherRequest = errors.New("server: the key was used with another request")
	// ErrRunning: the first request with the key still runs.
	ErrRunning = errors.New("server: a request with this key still runs")
)

// An Answer is what came of a request.
type Answer struct {
	_      struct{} `cbor:",toarray"`
	Status int
	Body   []byte // at most 32 KiB
}

// A onceEntry is a request that was begun, or done.
type onceEntry struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // 1
	Request []byte   // 32 bytes: a hash of it
	BegunMS int64
	Answer  *Answer // nil: it runs, or its node died
}

func onceDue(ms int64, hash string) string {
	return string(binary.BigEndian.AppendUint64([]byte(prefixOnceDue), uint64(max(ms, 0)))) + hash
}

// Once calls f unless a request with the same key of the same caller was answered
// within a day; then it returns that answer. request is a hash of all that the request
// says. ErrOtherRequest, ErrRunning. An answer of 500 and above isn't kept, nor is 429.
func (s *Server) Once(ctx context.Context, caller, key string, request [32]byte, f func() Answer) (Answer, error) {
	sum := sha256.Sum256([]byte(caller + "\x00" + key))
	hash, now := string(sum[:]), s.nowMS()
	first, err := s.beginOnce(ctx, hash, request, now)
	if err != nil || first != nil {
		if first == nil {
			first = &Answer{}
		}
		return *first, err
	}
	a := f()
	if a.Status >= 500 || a.Status == 429 {
		return a, s.endOnce(ctx, hash, nil)
	}
	return a, s.endOnce(ctx, hash, &onceEntry{Version: 1, Request: request[:], BegunMS: now, Answer: &a})
}

// beginOnce notes that a request is begun, or returns what came of it.
func (s *Server) beginOnce(ctx context.Context, hash string, request [32]byte, now int64) (answer *Answer, err error) {
	err = s.changeLedger(ctx, func(t *ledgerTx) error {
		answer = nil
		if err := t.load(ctx, prefixOnce+hash); err != nil {
			return err
		}
		e, err := getEntry[onceEntry](t, prefixOnce+hash)
		switch {
		case err != nil:
			return err
		case e == nil || now-e.BegunMS >= answerTime.Milliseconds():
		case string(e.Request) != string(request[:]):
			return ErrOtherRequest
		case e.Answer != nil:
			answer = e.Answer
			return nil
		case now-e.BegunMS < answerRun.Milliseconds():
			return ErrRunning
		}
		setEntry(t, prefixOnce+hash, &onceEntry{Version: 1, Request: request[:], BegunMS: now})
		t.mark(onceDue(now+answerTime.Milliseconds(), hash))
		return nil
	})
	return answer, err
}

// endOnce keeps what came of a request; nil forgets it.
func (s *Server) endOnce(ctx context.Context, hash string, e *onceEntry) error {
	return s.changeLedger(context.WithoutCancel(ctx), func(t *ledgerTx) error {
		if e == nil {
			t.set(prefixOnce+hash, nil)
		} else {
			setEntry(t, prefixOnce+hash, e)
		}
		return nil
	})
}

// sweepOnce forgets old answers.
func (s *Server) sweepOnce(ctx context.Context, now int64) error {
	list, err := s.store.EntryRange(ctx, prefixOnceDue, onceDue(now+1, ""), maxReportsSwept)
	for _, due := range list {
		if err != nil {
			return err
		}
		err = s.changeLedger(ctx, func(t *ledgerTx) error {
			key := prefixOnce + due.Key[min(len(due.Key), len(prefixOnceDue)+8):]
			if err := t.load(ctx, key); err != nil {
				return err
			}
			t.set(due.Key, nil)
			e, err := getEntry[onceEntry](t, key)
			if err == nil && e != nil && now-e.BegunMS >= answerTime.Milliseconds() {
				t.set(key, nil)
			}
			return err
		})
	}
	return err
}
