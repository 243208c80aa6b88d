package report_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/franking"
	"parley/mls/public"
	"parley/report"
)

var update = flag.Bool("update", false, "write testdata anew")

// vectors is testdata/vectors.json, which docs/report-format.md describes. Bytes are
// base64.
type vectors struct {
	Cases []vectorCase `json:"cases"`
	Seal  vectorSeal   `json:"seal"`
}

// A vectorCase is a file of testdata and what is to be found of it with keys.json.
type vectorCase struct {
	File  string   `json:"file"`
	Grade string   `json:"grade"`
	Step  int      `json:"step"` // that failed first, or 0
	Items []string `json:"items"`
	Order []int    `json:"order"`
	Gaps  []uint64 `json:"gaps"` // events that aren't disclosed, in order
}

// A vectorSeal is a report that was sealed once: sealing isn't deterministic, opening is.
type vectorSeal struct {
	Suite     uint16 `json:"suite"`
	Statement []byte `json:"statement"` // of the desk's key
	Private   []byte `json:"private"`   // that key's private half
	Kind      string `json:"kind"`
	Body      []byte `json:"body"`
	Sealed    []byte `json:"sealed"`
}

// keysFile is what a platform publishes at /v1/franking-keys.
type keysFile struct {
	Statements [][]byte `json:"statements"`
}

// published are the attacks that have a file, beside the honest reports.
var published = []string{
	"a file that brings its own keys", "forged text", "a tag that doesn't match", "a swapped frank", "a spliced context", "replayed",
	"cross-room", "written in another's name", "cross-sender: another's messages", "a desk worker who invents a report",
	"another epoch's signature", "another message's signature", "device lists from the middle", "device lists that somebody made up", "a signature by another device's key",
}

func TestVectors(t *testing.T) {
	s := newScene()
	if *update {
		writeVectors(t, s)
	}
	var v vectors
	readJSON(t, "vectors.json", &v)
	var k keysFile
	readJSON(t, "keys.json", &k)
	first, err := franking.ParseKeyStatement(k.Statements[0])
	if err != nil || first.Check(s.Domain) != nil {
		t.Fatalf("keys.json: %v", err)
	}
	keys := report.Keys{Domain: s.Domain, Franking: []franking.Key{{Key: first.Key}}}
	if len(v.Cases) != len(published)+2 {
		t.Errorf("%d cases, want %d", len(v.Cases), len(published)+2)
	}
	for _, want := range v.Cases {
		t.Run(want.File, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", want.File))
			if err != nil {
				t.Fatal(err)
			}
			c, err := report.DecodeCase(data)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := json.Marshal(found(want.File, report.Verify(&c.Report, keys)))
			if want, _ := json.Marshal(want); !bytes.Equal(got, want) {
				t.Errorf("found %s, want %s", got, want)
			}
		})
	}
	checkSeal(t, s, &v.Seal)
}

func checkSeal(t *testing.T, s *scene, v *vectorSeal) {
	k, err := report.ParseDeskKey(v.Statement, s.Domain, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	suite := public.XWing(public.CipherSuite(v.Suite))
	body, err := report.Open(suite, k, v.Private, report.Kind(v.Kind), v.Sealed)
	if err != nil || !bytes.Equal(body, v.Body) {
		t.Errorf("the sealed report doesn't open to its body: %v", err)
	}
	again, err := s.Report(s.alice, s.bob, s.three()).Encode()
	if err != nil || !bytes.Equal(again, v.Body) {
		t.Errorf("the report is encoded to other bytes (%v)", err)
	}
}

func writeVectors(t *testing.T, s *scene) {
	v := vectors{}
	honest := s.three()
	attested := s.three()
	for i := range attested {
		attested[i].TBS, attested[i].LeafSignature = nil, nil
	}
	add := func(name string, r *report.Report) {
		c := aCase(s)
		if c.Report = *r; len(r.Items) < 2 {
			c.Media = nil
		}
		data, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		file := strings.Join(strings.FieldsFunc(strings.ReplaceAll(name, "'", ""), func(r rune) bool { return r < 'A' || r > 'z' }), "-") + ".case"
		if err := os.WriteFile(filepath.Join("testdata", file), data, 0o644); err != nil {
			t.Fatal(err)
		}
		v.Cases = append(v.Cases, found(file, report.Verify(r, s.Keys())))
	}
	add("signed", s.Report(s.alice, s.bob, honest))
	add("attested", s.Report(s.alice, s.bob, attested))
	for _, a := range attacks(s) {
		for _, name := range published {
			if a.name == name {
				add(name, a.make())
			}
		}
	}
	d := s.Desk
	body, err := s.Report(s.alice, s.bob, s.three()).Encode()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := report.Seal(d.Suite, d.Key, report.KindReport, body)
	if err != nil {
		t.Fatal(err)
	}
	v.Seal = vectorSeal{uint16(d.Suite.ID()), d.Key.Sign(d.Sign, nil), d.Private, string(report.KindReport), body, sealed}
	writeJSON(t, "vectors.json", v)
	first := franking.First(s.Domain, s.Franking)
	writeJSON(t, "keys.json", keysFile{[][]byte{first.Marshal()}})
}

func found(file string, v *report.Verdict) vectorCase {
	out := vectorCase{File: file, Grade: string(v.Grade), Step: firstFailed(v), Order: v.Order, Items: []string{}, Gaps: []uint64{}}
	for _, item := range v.Items {
		out.Items = append(out.Items, string(item.Grade))
	}
	for _, gap := range v.Gaps {
		out.Gaps = append(out.Gaps, gap.Events)
	}
	return out
}

func readJSON(t *testing.T, name string, v any) {
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func writeJSON(t *testing.T, name string, v any) {
	data, err := json.MarshalIndent(v, "", " ")
	if err == nil {
		err = os.WriteFile(filepath.Join("testdata", name), append(data, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
