package e2e

import "testing"

// TestUpgradePolicy: clients of the released version, which know of no requests, at a
// server of this one with the policy that it has by default. To somebody new they send one
// message; once that is answered the two write as ever. Who was in a conversation
// before goes on in it.
func TestUpgradePolicy(t *testing.T) {
	before := oldProgram(t)
	s := newSite(t)
	s.server = before
	s.programs = map[string]string{"olga": before, "oscar": before, "otto": before}
	s.start()
	s.join("olga", "oscar")
	s.as("olga", "send", "oscar", "before there were policies")
	s.wantTexts("oscar", "before there were policies")
	s.stop()

	s.server, s.args = "", []string{"--policy", "default"}
	s.start()
	s.as("olga", "send", "oscar", "one")
	s.as("olga", "send", "oscar", "two")
	s.wantTexts("oscar", "one", "two")

	s.join("otto")
	s.as("olga", "send", "otto", "hello")
	if out, err := s.try("olga", "send", "otto", "are you there?"); err == nil {
		t.Errorf("a second message to somebody new is sent: %s", out)
	}
	// A receipt of the released version can't be told from an answer: who reads with it
	// accepts (docs/policy.md says so).
	s.wantTexts("otto", "hello")
	s.as("olga", "send", "otto", "hello again") // after the one that has waited
	s.as("otto", "send", "olga", "who are you?")
	s.wantTexts("olga", "who are you?")
	s.as("olga", "send", "otto", "olga")
	s.wantTexts("otto", "are you there?", "hello again", "olga")
}
