package desk_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"parley/desk"
	"parley/desk/deskapi"
	"parley/desk/desktest"
	"parley/internal/cbor"
	"parley/report"
)

// An outsider has the log, a checkpoint and the desk's public key, and shares no code
// with the desk: it does what docs/audit-format.md says.
func outsider(t *testing.T, log, checkpoint []byte, key ed25519.PublicKey) (counts map[string]map[string]int, head string) {
	t.Helper()
	counts = map[string]map[string]int{}
	add := func(what, by string) {
		if counts[what] == nil {
			counts[what] = map[string]int{}
		}
		counts[what][by]++
	}
	var waits []int
	hashes := []string{strings.Repeat("0", 64)}
	for _, raw := range bytes.Split(bytes.TrimSuffix(log, []byte("\n")), []byte("\n")) {
		var l struct {
			Seq                 int
			Prev, Actor, Action string
			Data                map[string]string
		}
		if err := json.Unmarshal(raw, &l); err != nil || l.Seq != len(hashes) || l.Prev != hashes[len(hashes)-1] {
			t.Fatalf("line %d: %v, %+v", len(hashes), err, l)
		}
		sum := sha256.Sum256(append([]byte("parley/audit/v1\x00"), raw...))
		hashes = append(hashes, hex.EncodeToString(sum[:]))
		add("lines", "")
		switch l.Action {
		case "report.received":
			add("reports", l.Data["category"])
		case "report.refused":
			add("reports", "unreadable")
		case "decision.made":
			add("decisions", l.Data["kind"])
			add("table", l.Data["category"]+"/"+l.Data["kind"])
			if g := l.Data["ground"]; g != "" {
				add("by_ground", g)
			}
			if l.Actor == "desk" {
				add("automated", "")
			}
			n, err := strconv.Atoi(l.Data["after_ms"])
			if err != nil {
				t.Fatal(err)
			}
			waits = append(waits, n)
		case "appeal.received":
			add("appeals", "received")
		case "appeal.decided":
			add("appeals", l.Data["result"])
		case "legal.asked":
			add("legal", "received")
		case "legal.answered":
			add("legal", "answered")
		default:
			looks := map[string]string{
				"case.opened": "cases", "media.revealed": "attachments", "account.opened": "accounts", "appeal.opened": "appeals", "case.exported": "exports",
			}
			if of := looks[l.Action]; of != "" {
				add("looks", of)
			}
		}
	}
	slices.Sort(waits)
	counts["median_ms"] = map[string]int{"": waits[len(waits)/2]}
	checkSigned(t, checkpoint, key, hashes)
	return counts, hashes[len(hashes)-1]
}

// checkSigned holds the log's hashes against a checkpoint.
func checkSigned(t *testing.T, checkpoint []byte, key ed25519.PublicKey, hashes []string) {
	t.Helper()
	var c struct {
		V, Seq       int
		Origin, Hash string
		AtMS         int64 `json:"at_ms"`
		Sig          []byte
	}
	if err := json.Unmarshal(checkpoint, &c); err != nil {
		t.Fatal(err)
	}
	hash, err := hex.DecodeString(c.Hash)
	if err != nil {
		t.Fatal(err)
	}
	body := cbor.MustMarshal([]any{c.V, c.Origin, c.Seq, hash, c.AtMS})
	if !ed25519.Verify(key, append([]byte("parley/audit-checkpoint/v1\x00"), body...), c.Sig) || hashes[c.Seq] != c.Hash {
		t.Errorf("the checkpoint %+v isn't that of the log", c)
	}
}

// What the desk says that it did, outsiders count again from the log.
func TestOutsider(t *testing.T) {
	s := desktest.New(t)
	ctx := t.Context()
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	s.Server.Send(s.Alice.Account, "report", []byte("nothing"))
	dec, err := s.Decide(ctx, s.Rita, suspend(s.Case(report.Scam, s.Attach(s.Bob, "image/png", pngOf(t, 2, 2))), 3))
	must(dec, err)
	must(s.Desk.Reveal(ctx, s.Ron, deskapi.RevealMedia{ID: dec.Case}))
	must(s.Desk.Export(ctx, s.Sara, deskapi.NewExport{ID: dec.Case, Format: deskapi.ExportStatement}))
	s.Wait(1000_000_000)
	must(s.Decide(ctx, s.Rita, deskapi.NewDecision{ID: s.Case(report.Harassment), Kind: deskapi.Dismiss}))
	s.Appeal(s.Bob, dec.ID, "Why?")
	s.Step()
	list, err := s.Desk.Appeals(ctx, s.Ron, deskapi.AppealFilter{})
	must(list, err)
	must(s.Desk.DecideAppeal(ctx, s.Ron, deskapi.AppealDecision{ID: list.Appeals[0].ID, Reverse: true, Reply: "x"}))
	for _, who := range []desk.Actor{s.Sara, s.Lena} {
		must(s.Desk.Legal(ctx, who, deskapi.NewLegal{Account: string(s.Bob.Account), Order: "AZ 17"}))
	}
	must(s.Desk.Account(ctx, s.Ron, deskapi.AccountID{Account: string(s.Bob.Account)}))
	shown, err := s.Desk.Transparency(ctx, s.Otto, deskapi.Period{})
	must(shown, err)
	log, err := os.ReadFile(s.LogPath())
	must(log, err)
	checkpoint, err := os.ReadFile(s.LogPath() + ".checkpoint")
	must(checkpoint, err)
	public := s.Config.Keys.Public()
	counts, head := outsider(t, log, checkpoint, public[:])
	want := map[string]map[string]int{
		"reports": shown.Reports, "decisions": shown.Decisions, "by_ground": shown.ByGround, "table": shown.Table, "appeals": shown.Appeals,
		"legal": shown.Legal, "looks": shown.Looks, "lines": {"": int(shown.Lines)}, "median_ms": {"": int(shown.MedianMS)},
	}
	if !reflect.DeepEqual(counts, want) || head != shown.Head {
		t.Errorf("an outsider counts\n%v, the desk\n%v", counts, want)
	}
	if want := map[string]int{"received": 1, "reversed": 1}; !reflect.DeepEqual(counts["appeals"], want) || len(counts["looks"]) != 5 || counts["reports"]["unreadable"] != 1 {
		t.Errorf("counted %v", counts)
	}
	for _, secret := range []string{"/u/bob", "/u/alice", "AZ 17"} {
		if bytes.Contains(log, []byte(secret)) {
			t.Errorf("the log has %q", secret)
		}
	}
}
