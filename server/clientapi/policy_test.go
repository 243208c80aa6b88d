package clientapi_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"

	"parley/server"
	"parley/server/clientapi"
	"parley/server/policy"
	"parley/wire"
)

// TestStrangersOverHTTP: what an account may do among strangers is told as its other
// allowances are, and beyond it comes a puzzle, which any client can answer.
func TestStrangersOverHTTP(t *testing.T) {
	s := newSite(t, clientapi.Options{}, func(cfg *server.Config) {
		data, _ := policy.Shipped("default")
		p, err := policy.Load("default", data)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Policy, cfg.Rates.YoungLookup = p, server.Rate{Burst: 2, Every: time.Minute}
	})
	alice := s.person("alice")
	look := func(name string) (status int, refusal wire.Error, limit, retry string) {
		body, err := wire.Marshal(map[string]string{"account": "mimi://example.org/u/" + name})
		if err != nil {
			t.Fatal(err)
		}
		resp := s.post(wire.OpDeviceLists, alice.token, bytes.NewReader(body))
		answer, err := io.ReadAll(resp.Body)
		if err != nil || wire.Unmarshal(answer, &refusal) != nil {
			t.Fatalf("%v, %x", err, answer)
		}
		return resp.StatusCode, refusal, item(resp.Header, "RateLimit", "lookups"), resp.Header.Get("Retry-After")
	}
	for i, want := range []string{"", ";r=1"} {
		status, refusal, limit, _ := look(fmt.Sprintf("guess%d", i))
		if status != 404 || refusal.Code != wire.CodeUnknownAccount || limit != want {
			t.Errorf("look %d: %d %s, left %q; want 404 unknown_account, left %q", i, status, refusal.Code, limit, want)
		}
	}
	status, refusal, limit, retry := look("guess2")
	if status != 428 || refusal.Code != wire.CodeChallenge || refusal.Puzzle == nil || retry == "" || limit == "" {
		t.Fatalf("a third: %d %+v, left %q, Retry-After %q; want 428 with a puzzle", status, refusal, limit, retry)
	}
	n, ok := refusal.Puzzle.Solve(func() bool { return true })
	if !ok {
		t.Fatal("the puzzle can't be solved")
	}
	answer, err := wire.Marshal(wire.AnswerChallengeRequest{Token: refusal.Puzzle.Token, N: n})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{200, 403} { // the second time it is used
		if resp := s.post(wire.OpAnswerChallenge, alice.token, bytes.NewReader(answer)); resp.StatusCode != want {
			t.Errorf("answer %d: %d; want %d", i, resp.StatusCode, want)
		}
	}
	if status, refusal, _, _ := look("guess2"); status != 404 {
		t.Errorf("after the answer: %d %s; want 404", status, refusal.Code)
	}
}
