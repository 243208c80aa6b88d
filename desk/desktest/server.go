// Package desktest is a desk for tests: a small server behind it that keeps what it
// is told, a platform's people whose messages prove themselves, and staff.
package desktest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"parley/desk"
	"parley/franking"
	"parley/identity"
	"parley/report/reporttest"
	"parley/wire"
	"parley/wire/admin"
)

// ErrDown is what a [Server] that is down answers.
var ErrDown = errors.New("desktest: the server is down")

// A Server is a desk.Server in memory. Its rules are those of the admin API: what is
// repeated does nothing.
type Server struct {
	mu        sync.Mutex
	world     *reporttest.World
	n         int
	queue     []admin.Report
	sanctions map[string]admin.SanctionRequest
	of        map[string]identity.Account // sanction: whose
	lifted    []string
	notices   map[string]admin.NoticeRequest
	order     []string // ids of notices
	to        map[string]identity.Account
	taken     map[[32]byte][]string // by which decisions
	blobs     map[[32]byte][]byte

	Down      bool // nothing is answered
	Disown    bool // CheckFrank says that no frank is the server's
	Requests  int  // that changed something, repeated ones too
	Effects   int  // that did
	Statement []byte
	// Keys, if not nil, is answered instead of the world's franking keys.
	Keys [][]byte
}

var _ desk.Server = (*Server)(nil)

// NewServer returns the server of a platform.
func NewServer(w *reporttest.World) *Server {
	return &Server{
		world: w, sanctions: map[string]admin.SanctionRequest{}, of: map[string]identity.Account{}, notices: map[string]admin.NoticeRequest{},
		to: map[string]identity.Account{}, taken: map[[32]byte][]string{}, blobs: map[[32]byte][]byte{},
	}
}

// Send puts something sealed into the queue, as a session of account does.
func (s *Server) Send(account identity.Account, kind wire.ReportKind, sealed []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	s.queue = append(s.queue, admin.Report{
		ID: fmt.Sprintf("q%04d", s.n), Account: account, Kind: kind, ReceivedMS: reporttest.AtMS + int64(s.n)*1000, Sealed: sealed,
	})
}

// AddBlob keeps a sealed attachment.
func (s *Server) AddBlob(data []byte) (id [32]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id = sha256.Sum256(data)
	s.blobs[id] = data
	return id
}

// Waiting counts the queue.
func (s *Server) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue)
}

// Sanctioned lists the decisions that hold against an account.
func (s *Server) Sanctioned(a identity.Account) (all []admin.SanctionRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, r := range s.sanctions {
		if s.of[id] == a && !slices.Contains(s.lifted, id) {
			all = append(all, r)
		}
	}
	return all
}

// Told lists an account's notices, in order.
func (s *Server) Told(a identity.Account) (all []admin.NoticeRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range s.order {
		if s.to[id] == a {
			all = append(all, s.notices[id])
		}
	}
	return all
}

// Taken lists the blobs that are taken down, in no order.
func (s *Server) Taken() [][32]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.taken))
}

func (s *Server) up() error {
	if s.Down {
		return ErrDown
	}
	return nil
}

// Reports implements desk.Queue.
func (s *Server) Reports(_ context.Context, after string) (*admin.Reports, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	page := &admin.Reports{}
	for _, r := range s.queue {
		if r.ID > after {
			page.Reports = append(page.Reports, r)
		}
	}
	if len(page.Reports) > 2 {
		page.Reports = page.Reports[:2]
		page.Next = page.Reports[1].ID
	}
	return page, s.up()
}

// Acknowledge implements desk.Queue.
func (s *Server) Acknowledge(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Down {
		return ErrDown
	}
	s.queue = slices.DeleteFunc(s.queue, func(r admin.Report) bool { return r.ID == id })
	return nil
}

// change is a request that changes something; do reports whether it did.
func (s *Server) change(do func() bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Down {
		return ErrDown
	}
	s.Requests++
	if do() {
		s.Effects++
	}
	return nil
}

// Sanction implements desk.Enforcer.
func (s *Server) Sanction(_ context.Context, a identity.Account, r admin.SanctionRequest) error {
	return s.change(func() bool {
		_, there := s.sanctions[r.Decision]
		if !there {
			s.sanctions[r.Decision], s.of[r.Decision] = r, a
		}
		return !there
	})
}

// Lift implements desk.Enforcer.
func (s *Server) Lift(_ context.Context, _ identity.Account, decision string) error {
	return s.change(func() bool {
		_, there := s.sanctions[decision]
		if there = there && !slices.Contains(s.lifted, decision); there {
			s.lifted = append(s.lifted, decision)
		}
		return there
	})
}

// Notify implements desk.Enforcer.
func (s *Server) Notify(_ context.Context, a identity.Account, r admin.NoticeRequest) error {
	return s.change(func() bool {
		_, there := s.notices[r.ID]
		if !there {
			s.notices[r.ID], s.to[r.ID], s.order = r, a, append(s.order, r.ID)
		}
		return !there
	})
}

// TakeDown implements desk.Enforcer.
func (s *Server) TakeDown(_ context.Context, blob [32]byte, decision string) error {
	return s.change(func() bool {
		there := slices.Contains(s.taken[blob], decision)
		if !there {
			s.taken[blob] = append(s.taken[blob], decision)
		}
		return !there
	})
}

// Restore implements desk.Enforcer.
func (s *Server) Restore(_ context.Context, blob [32]byte, decision string) error {
	served := false
	err := s.change(func() bool {
		by := slices.DeleteFunc(slices.Clone(s.taken[blob]), func(d string) bool { return d == decision })
		changed := len(by) < len(s.taken[blob])
		if s.taken[blob] = by; len(by) == 0 {
			delete(s.taken, blob)
		}
		served = len(by) == 0 && s.blobs[blob] != nil
		return changed
	})
	if err == nil && !served {
		err = desk.ErrGone
	}
	return err
}

// Account implements desk.Evidence.
func (s *Server) Account(_ context.Context, a identity.Account) (*admin.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &admin.Account{Account: a, CreatedMS: reporttest.AtMS, Devices: []admin.Device{{}}}
	for id, r := range s.sanctions {
		if s.of[id] == a && !slices.Contains(s.lifted, id) {
			out.Sanctions = append(out.Sanctions, admin.Sanction{Decision: id, Kind: r.Kind, UntilMS: r.UntilMS})
			if r.Kind == admin.SanctionSuspend {
				out.Standing.State = wire.StandingSuspended
			}
		}
	}
	return out, s.up()
}

// Blob implements desk.Evidence.
func (s *Server) Blob(_ context.Context, blob [32]byte, limit int64) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, ok := s.blobs[blob]
	if !ok {
		return nil, desk.ErrGone
	}
	return io.NopCloser(io.LimitReader(bytes.NewReader(data), limit)), s.up()
}

// FrankingKeys implements desk.Evidence.
func (s *Server) FrankingKeys(context.Context) ([][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Keys != nil {
		return s.Keys, s.up()
	}
	first := franking.First(s.world.Domain, s.world.Franking)
	return [][]byte{first.Marshal()}, s.up()
}

// CheckFrank implements desk.Evidence.
func (s *Server) CheckFrank(_ context.Context, r admin.FrankRequest) (*admin.FrankVerdict, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Down {
		return nil, ErrDown
	}
	if s.Disown || !franking.CheckFrank(s.world.HubKey, r.Frank, r.Tag, r.Context) {
		return &admin.FrankVerdict{Reason: "wrong_frank"}, nil
	}
	return &admin.FrankVerdict{Valid: true}, nil
}

// PutDeskKey implements desk.Evidence.
func (s *Server) PutDeskKey(_ context.Context, statement []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Statement = statement
	return s.up()
}

// Legal implements desk.Evidence.
func (s *Server) Legal(_ context.Context, a identity.Account) (*admin.LegalAccount, error) {
	return &admin.LegalAccount{Account: a, CreatedMS: reporttest.AtMS, Devices: []admin.Device{{AddedMS: reporttest.AtMS}}}, s.up()
}

// ChangeBlobs changes what is kept of every blob; nil: it is gone.
func (s *Server) ChangeBlobs(change func([]byte) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, data := range s.blobs {
		if data = change(bytes.Clone(data)); data == nil {
			delete(s.blobs, id)
		} else {
			s.blobs[id] = data
		}
	}
}
