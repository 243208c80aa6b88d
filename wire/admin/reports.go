package admin

import (
	"parley/identity"
	"parley/wire"
)

// Bounds of a page of reports: as many as fit are given, and one at least.
const (
	MaxReports     = 100
	MaxReportBytes = 8 << 20 // bytes of Sealed in all, unless the first alone is larger
)

// Reports is a page of the queue, in the order in which they came.
type Reports struct {
	Reports []Report `json:"reports"`
	Next    string   `json:"next,omitempty"` // for after; empty: there is no more now
}

// A Report is a sealed report or appeal, which waits until it is acknowledged
// (DELETE). One may be given twice: the desk knows it by what is inside.
type Report struct {
	ID         string           `json:"id"`      // of the queue: for DELETE
	Account    identity.Account `json:"account"` // who sent it, as the server says
	Kind       wire.ReportKind  `json:"kind"`
	ReceivedMS int64            `json:"received_ms"`
	Sealed     []byte           `json:"sealed"` // for the desk's key
}

// A DeskKey is put by the desk, and given to every client in wire.Info.Desk.
type DeskKey struct {
	Statement []byte `json:"statement"` // report.DeskKey: 1 to wire.MaxDeskKey bytes, opaque to the server
}

// A FrankRequest asks whether the server made a frank.
type FrankRequest struct {
	HubKey  []byte `json:"hub_key"` // 8 bytes: its id
	Tag     []byte `json:"tag"`     // 32 bytes
	Context []byte `json:"context"` // CBOR of franking.Context: at most 4 KiB
	Frank   []byte `json:"frank"`   // 32 bytes
}

// A FrankVerdict is the answer.
type FrankVerdict struct {
	Valid  bool   `json:"valid"`
	Reason string `json:"reason,omitempty"` // why not: wrong_frank, or unknown_key (destroyed after the window, or never there)
}

// FrankingKeys are the statements by which the franking key was ever changed, the
// first one first: what GET /v1/franking-keys publishes to everyone.
type FrankingKeys struct {
	Statements [][]byte `json:"statements"` // franking.KeyStatement
}

// A TakeDownRequest takes a blob down: nobody gets it any more, and it can't be uploaded
// again. Its bytes stay for the desk, through the evidence window, and while somebody
// could appeal. Each decision counts: what two took down stays down when one is taken back.
type TakeDownRequest struct {
	Decision string `json:"decision"` // 1 to wire.MaxDecision bytes
}

// A TakeDown says what was done.
type TakeDown struct {
	Blob     string `json:"blob"` // in hexadecimal
	Decision string `json:"decision"`
	Known    bool   `json:"known"` // it was there; else it is only kept out
}

// A RestoreRequest takes back what a decision took down.
type RestoreRequest struct {
	Decision string `json:"decision"`
}

// A Restore says what came of it.
type Restore struct {
	Blob     string `json:"blob"` // in hexadecimal
	Decision string `json:"decision"`
	Served   bool   `json:"served"` // now; not where its bytes are gone, or something else took it down too
}
