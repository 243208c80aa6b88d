package server

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"parley/identity"
	"parley/wire"
)

// exportPage is how many records, events or entries one part of an export has.
const exportPage = 200

// An exportStep is one kind of thing that the server holds on an account. page
// writes those after a key and returns the last key, empty where there are no more.
type exportStep struct {
	name string
	page func(s *Server, ctx context.Context, w *exportWriter, after string) (next string, err error)
}

// exportSteps are all there are, in their order: what the [Store] keeps by account.
// (Key packages are public keys that wait to be used, and are counted by
// key_package_count; receipts are hashes.)
var exportSteps = []exportStep{
	{"account", (*Server).exportAccount},
	{"device_list", (*Server).exportLists},
	{"record", (*Server).exportRecords},
	{"enrollment", (*Server).exportEnrollments},
	{"attachment", (*Server).exportHolds},
	{"report", (*Server).exportMarks},
	{"event", (*Server).exportMail},
}

// An exportWriter writes JSON Lines for one account.
type exportWriter struct {
	account identity.Account
	device  identity.Device // whose session asks
	lines   bytes.Buffer
}

// line adds a line; v is a struct whose first field is the kind.
func (w *exportWriter) line(v any) error { return json.NewEncoder(&w.lines).Encode(v) }

// Export reads a part of what the server holds on the session's account.
func (s *Server) Export(ctx context.Context, device identity.Device, req *wire.ExportRequest) (*wire.Export, error) {
	step, after := 0, ""
	if req.After != "" {
		number, rest, ok := strings.Cut(req.After, " ")
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n < 0 || n >= len(exportSteps) {
			return nil, badRequest("The export has no such part.")
		}
		step, after = n, rest
	}
	if _, err := s.limiters.reserve(s.steady(), attempt{s.limiters.relate, string(device.Account())}); err != nil {
		return nil, err
	}
	w := &exportWriter{account: device.Account(), device: device}
	next, err := exportSteps[step].page(s, ctx, w, after)
	if err != nil {
		return nil, err
	}
	reply := &wire.Export{Lines: w.lines.Bytes()}
	switch {
	case next != "":
		reply.Next = strconv.Itoa(step) + " " + next
	case step+1 < len(exportSteps):
		reply.Next = strconv.Itoa(step+1) + " "
	}
	return reply, nil
}

func (s *Server) exportAccount(ctx context.Context, w *exportWriter, _ string) (string, error) {
	l, err := s.listing(ctx, w.account)
	if err != nil {
		return "", err
	}
	created, err := s.createdMS(ctx, w.account)
	if err != nil {
		return "", err
	}
	st, err := s.standing(ctx, w.account)
	if err != nil {
		return "", err
	}
	return "", w.line(struct {
		Kind        string           `json:"kind"`
		Account     identity.Account `json:"account"`
		CreatedMS   int64            `json:"created_ms"`
		ListVersion uint64           `json:"list_version"`
		Login       bool             `json:"login"` // a salted hash of one is kept
		Standing    wire.Standing    `json:"standing"`
	}{"account", w.account, created, l.account.Current.Version, len(l.account.Credential) > 0, st})
}

func (s *Server) exportLists(ctx context.Context, w *exportWriter, after string) (next string, err error) {
	from, err := strconv.ParseUint("0"+after, 10, 64)
	if err != nil {
		return "", badRequest("The export has no such part.")
	}
	lists, err := s.store.Lists(ctx, w.account, from+1, exportPage)
	if err != nil {
		return "", err
	}
	for i, l := range lists {
		parsed, err := l.Parse()
		if err != nil {
			return "", err
		}
		err = w.line(struct {
			Kind      string               `json:"kind"`
			Version   uint64               `json:"version"`
			List      *identity.DeviceList `json:"list"`
			Signer    identity.Device      `json:"signer"`
			Signature []byte               `json:"signature"`
			Body      []byte               `json:"body"`
		}{"device_list", from + 1 + uint64(i), parsed, l.Signer, l.Signature, l.Body})
		if err != nil {
			return "", err
		}
	}
	if len(lists) == exportPage {
		next = strconv.FormatUint(from+exportPage, 10)
	}
	return next, nil
}

// recordKinds are the kinds of [Records] that the server keeps.
var recordKinds = []string{
	RecordCreated, RecordRelation, RecordSeen, RecordPush, RecordPasskey, RecordNoLogin, RecordSanction, RecordNotice,
	RecordFacts, RecordPlatform, RecordKnock, RecordAsked, RecordSaid, RecordProof, RecordSpent,
}

// RecordKinds returns the kinds of [Records] that the server keeps.
func RecordKinds() []string { return slices.Clone(recordKinds) }

// exportRecords gives the account's records, kind by kind: after is "KIND KEY", the
// key in hexadecimal.
func (s *Server) exportRecords(ctx context.Context, w *exportWriter, after string) (string, error) {
	kind, digits, _ := strings.Cut(after, " ")
	key, err := hex.DecodeString(digits)
	if err != nil {
		return "", badRequest("The export has no such part.")
	}
	i := 0
	for i < len(recordKinds) && kind != "" && recordKinds[i] != kind {
		i++
	}
	if i == len(recordKinds) {
		return "", badRequest("The export has no such part.")
	}
	list, err := s.store.AccountRecords(ctx, w.account, recordKinds[i], string(key), exportPage)
	if err != nil {
		return "", err
	}
	for _, r := range list {
		err := w.line(struct {
			Kind  string `json:"kind"`
			Of    string `json:"of"`
			Key   []byte `json:"key"`
			Text  string `json:"text,omitempty"` // the key, where it is text
			Value []byte `json:"value"`          // CBOR, or as the kind has it
		}{"record", recordKinds[i], []byte(r.Key), strings.ToValidUTF8(r.Key, "\ufffd"), r.Value})
		if err != nil {
			return "", err
		}
	}
	switch {
	case len(list) == exportPage:
		return recordKinds[i] + " " + hex.EncodeToString([]byte(list[len(list)-1].Key)), nil
	case i+1 < len(recordKinds):
		return recordKinds[i+1] + " ", nil
	}
	return "", nil
}

func (s *Server) exportEnrollments(ctx context.Context, w *exportWriter, _ string) (string, error) {
	waiting, err := s.store.Enrollments(ctx, w.account, s.nowMS())
	for _, e := range waiting {
		err = errors.Join(err, w.line(struct {
			Kind      string          `json:"kind"`
			Device    identity.Device `json:"device"`
			Claim     []byte          `json:"claim"`
			ExpiresMS int64           `json:"expires_ms"`
		}{"enrollment", e.Device, e.Claim, e.Expires}))
	}
	return "", err
}

// exportHolds gives the attachments that the account keeps: names and sizes of what is
// sealed.
func (s *Server) exportHolds(ctx context.Context, w *exportWriter, after string) (next string, err error) {
	prefix := prefixHold + string(w.account) + "\x00"
	from := prefix
	if blob, ok := ParseBlobID(after); ok {
		from = prefix + string(blob[:]) + "\x00"
	}
	list, err := s.store.EntryRange(ctx, from, prefixEnd(prefix), exportPage)
	for _, kv := range list {
		if len(kv.Key) != len(prefix)+len(BlobID{}) {
			return "", errEntry
		}
		blob := BlobID([]byte(kv.Key[len(prefix):]))
		t := &ledgerTx{ledger: s.store, was: map[string][]byte{}}
		if err := t.load(ctx, blobKey(blob)); err != nil {
			return "", err
		}
		e, err := getEntry[blobEntry](t, blobKey(blob))
		if err != nil || e == nil {
			continue
		}
		err = w.line(struct {
			Kind    string `json:"kind"`
			Blob    string `json:"blob"`
			Size    int64  `json:"size"`
			TakenMS int64  `json:"taken_ms,omitempty"`
		}{"attachment", blob.String(), e.Size, e.TakenMS})
		if err != nil {
			return "", err
		}
		next = blob.String()
	}
	if len(list) < exportPage {
		next = ""
	}
	return next, err
}

func (s *Server) exportMarks(ctx context.Context, w *exportWriter, _ string) (string, error) {
	list, err := s.store.EntryRange(ctx, marksOf(w.account), prefixEnd(marksOf(w.account)), maxMarks)
	for _, kv := range list {
		t := &ledgerTx{was: map[string][]byte{kv.Key: kv.Value}}
		m, errEntry := getEntry[markEntry](t, kv.Key)
		if err = errors.Join(err, errEntry); err != nil {
			return "", err
		}
		err = w.line(struct {
			Kind    string `json:"kind"`
			ID      []byte `json:"id"`
			AtMS    int64  `json:"at_ms"`
			Waiting bool   `json:"waiting"`
		}{"report", []byte(kv.Key[len(marksOf(w.account)):]), m.AtMS, m.N != 0})
	}
	return "", err
}

// exportMail gives what waits in the mailbox, sealed as it is.
func (s *Server) exportMail(ctx context.Context, w *exportWriter, after string) (next string, err error) {
	pos, err := strconv.ParseUint("0"+after, 10, 64)
	if err != nil {
		return "", badRequest("The export has no such part.")
	}
	reply, err := s.store.Read(ctx, w.device, pos, exportPage, wire.MaxReadBytes/2)
	if err != nil {
		return "", err
	}
	events, err := reply.Decode()
	if err != nil {
		return "", err
	}
	for _, e := range events.Events {
		err := w.line(struct {
			Kind     string        `json:"kind"`
			Pos      uint64        `json:"pos"`
			Envelope wire.Envelope `json:"envelope"`
		}{"event", e.Pos, e.Envelope})
		if err != nil {
			return "", err
		}
		next = strconv.FormatUint(e.Pos, 10)
	}
	if len(events.Events) == 0 || next == strconv.FormatUint(events.Head, 10) {
		next = ""
	}
	return next, nil
}
