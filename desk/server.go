package desk

import (
	"context"
	"errors"
	"io"

	"parley/identity"
	"parley/wire/admin"
)

// A Server is the delivery server, as far as a desk may ask of it: its admin API.
// There is nothing in it that gives what people write. All that changes something may
// be repeated.
//
// Errors: ErrGone where what is named isn't there any more, so that asking again is
// no use; others may pass.
type Server interface {
	Queue
	Enforcer
	Evidence
}

// A Queue has the sealed reports and appeals that wait.
type Queue interface {
	Reports(ctx context.Context, after string) (*admin.Reports, error)
	Acknowledge(ctx context.Context, id string) error
}

// An Enforcer does what was decided.
type Enforcer interface {
	Sanction(ctx context.Context, account identity.Account, r admin.SanctionRequest) error
	Lift(ctx context.Context, account identity.Account, decision string) error
	Notify(ctx context.Context, account identity.Account, r admin.NoticeRequest) error
	TakeDown(ctx context.Context, blob [32]byte, decision string) error
	// Restore takes back that a decision took a blob down. ErrGone where it isn't served
	// then: its bytes are gone, or another decision took it down too.
	Restore(ctx context.Context, blob [32]byte, decision string) error
}

// Evidence is what else a desk needs.
type Evidence interface {
	Account(ctx context.Context, account identity.Account) (*admin.Account, error)
	// Blob gives a sealed attachment: of no more than limit bytes.
	Blob(ctx context.Context, blob [32]byte, limit int64) (io.ReadCloser, error)
	// FrankingKeys gives statements of franking.KeyStatement.
	FrankingKeys(ctx context.Context) ([][]byte, error)
	CheckFrank(ctx context.Context, r admin.FrankRequest) (*admin.FrankVerdict, error)
	PutDeskKey(ctx context.Context, statement []byte) error
	Legal(ctx context.Context, account identity.Account) (*admin.LegalAccount, error)
}

// ErrGone is returned by a [Server] for what isn't there any more.
var ErrGone = errors.New("desk: the server has it no more")
