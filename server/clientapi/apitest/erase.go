package apitest

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"time"

	"parley/identity"
	"parley/server"
	"parley/wire"
	"parley/wire/admin"
)

// Erasure gives an account a bit of all that one may have, erases it, has
// who else is there do what lets the last of it go, and returns what must not be found in
// anything that the site keeps. Before the erasure, found is called, to see that the search
// finds something.
func (s *Site) Erasure(found func(needles [][]byte)) (needles [][]byte) {
	s.TB.Helper()
	erin, bob := s.Person("erin.to-be-erased"), s.Person("bob")
	needles = [][]byte{[]byte("erin.to-be-erased"), []byte(erin.Device.ID()), []byte("claim-of-erin"), []byte("words to erin")}
	for _, n := range slices.Clone(needles) {
		needles = append(needles, []byte(hex.EncodeToString(n)), []byte(base64.StdEncoding.EncodeToString(n[:len(n)/3*3])))
	}
	room := s.Room(erin, bob)
	blob := erin.MustUpload(Content(20_000))
	s.must(erin.Send(room, blob))
	s.must(bob.Send(room))
	s.fill(erin, bob)
	needles = append(needles, s.fillRecords(erin)...)
	found(needles)

	_, err := s.Server.Erase(s.TB.Context(), "", erin.Session(), &wire.EraseRequest{Account: erin.Account, Login: make([]byte, wire.LoginSize)})
	s.must(err)
	if _, err := s.Blobs.Open(s.TB.Context(), blob, 0, 1); err == nil {
		s.TB.Error("the attachment of an account that was erased is there still")
	}
	s.removeLeaf(room, bob)
	head, err := s.Store.Read(s.TB.Context(), bob.Device, 0, 1, 1)
	s.must(err)
	s.must(s.Store.Acknowledge(s.TB.Context(), bob.Device, head.Head))
	s.Pass(25 * time.Hour)
	s.Pass(25 * time.Hour)
	return needles
}

func (s *Site) must(err error) {
	s.TB.Helper()
	if err != nil {
		s.TB.Fatal(err)
	}
}

// fill gives p records of all kinds, and what else an account may have.
func (s *Site) fill(p, other *Person) {
	s.TB.Helper()
	ctx := s.TB.Context()
	id := make([]byte, wire.IDSize)
	rand.Read(id)
	_, err := s.Server.Relate(ctx, p.Device, &wire.RelateRequest{Accounts: []identity.Account{other.Account}, Relation: wire.RelationAccepted})
	s.must(err)
	s.must(s.Server.PutFacts(ctx, p.Account, server.Facts{Region: "DE"}))
	s.must(s.Server.PutRelationship(ctx, p.Account, other.Account, server.Relationship{Follows: true}))
	statement := &wire.Statement{Explanation: "words to erin"}
	_, err = s.Server.Sanction(ctx, p.Account, &admin.SanctionRequest{Decision: "d", Kind: admin.SanctionLimit, Statement: statement})
	s.must(err)
	s.must(s.Server.PutDeskKey(ctx, []byte("statement")))
	_, err = s.Server.Report(ctx, p.Device, &wire.ReportRequest{ID: id, Kind: wire.ReportReport, Sealed: bytes.Repeat([]byte{1}, 100_000)})
	s.must(err)
	waiting, _, err := s.Server.QueuedReports(ctx, 0, 10, 1<<20)
	s.must(err)
	for _, r := range waiting {
		s.must(s.Server.AcknowledgeReport(ctx, r.N))
	}
	later := s.Now().Add(90 * 24 * time.Hour)
	packages := []server.KeyPackage{
		{Device: p.Device, Ref: bytes.Repeat([]byte{1}, 32), Suite: 1, NotAfter: later.Unix(), Message: []byte("package")},
		{Device: p.Device, Ref: bytes.Repeat([]byte{2}, 32), Suite: 1, NotAfter: later.Unix(), Message: []byte("package")},
		{Device: p.Device, Ref: bytes.Repeat([]byte{3}, 32), Suite: 1, NotAfter: later.Unix(), LastResort: true, Message: []byte("package")},
	}
	s.must(s.Store.AddKeyPackages(ctx, p.Device, packages, 100))
	_, err = s.Store.ClaimKeyPackages(ctx, []identity.Device{p.Device}, []uint16{1}, s.Now().Unix())
	s.must(err)
	s.must(s.Store.PutEnrollment(ctx, p.Account, server.Enrollment{
		Device: identity.RandomDevice(p.Account), Claim: []byte("claim-of-erin"), KeyPackages: packages, Expires: s.Now().Add(time.Hour).UnixMilli(),
	}, s.Now().UnixMilli(), 5))
}

// fillRecords gives p a record of each kind that the server keeps, where it has none,
// and returns their values.
func (s *Site) fillRecords(p *Person) (values [][]byte) {
	s.TB.Helper()
	for _, kind := range server.RecordKinds() {
		if have, err := s.Store.AccountRecords(s.TB.Context(), p.Account, kind, "", 1); err != nil || len(have) > 0 {
			s.must(err)
			continue
		}
		key, value := "record", []byte("erins-record-of-"+kind)
		if server.OfDevice(kind) {
			key = string(p.Device)
		}
		s.must(s.Store.UpdateRecords(s.TB.Context(), server.RecordUpdate{
			Account: p.Account, Kind: kind, Put: []server.KeyValue{{Key: key, Value: value}}, Max: 1 << 10,
		}))
		values = append(values, value)
	}
	return values
}

// removeLeaf has p commit a group without the leaves of others.
func (s *Site) removeLeaf(name identity.Room, p *Person) {
	s.TB.Helper()
	room, err := s.Store.Room(s.TB.Context(), name)
	s.must(err)
	at, next := room.At(), *room
	next.Epoch++
	next.Set, next.Accounts = []identity.Account{p.Account}, []identity.Account{p.Account}
	next.Leaves = room.LeavesOf(p.Account)
	id := make([]byte, wire.IDSize)
	rand.Read(id)
	_, err = s.Store.Commit(s.TB.Context(), server.RoomUpdate{
		Op:     server.OperationID{Kind: wire.EventCommit, Device: p.Device, ID: id},
		Before: &at, Was: room.Accounts, Next: next, State: []byte("state 2"), Info: []byte("info 2"),
		Envelope: wire.Envelope{
			Kind: wire.EventCommit, Room: name, Epoch: room.Epoch, AcceptedMS: s.Now().UnixMilli(), Sender: p.Device, ID: id, Message: []byte("commit"),
		},
	})
	s.must(err)
}
