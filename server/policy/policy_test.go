package policy_test

import (
	"errors"
	"fmt"
	"sort"
	"strings"
	"testing"

	"parley/server"
	"parley/server/policy"
	"parley/wire"
)

// shipped loads one of the policies that come with the program.
func shipped(t testing.TB, name string) *policy.Policy {
	t.Helper()
	data, ok := policy.Shipped(name)
	if !ok {
		t.Fatalf("no policy %q", name)
	}
	p, err := policy.Load(name, data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestShipped(t *testing.T) {
	for name, least := range map[string]int{"default": 20, "open": 8} {
		if n := len(shipped(t, name).Test()); n < least {
			t.Errorf("%s: %d cases; want at least %d", name, n, least)
		}
	}
	if _, ok := policy.Shipped("other"); ok {
		t.Error("there is a policy of any name")
	}
}

// TestMinors: under every default, whatever else is true of them, a child exchanges
// nothing, and a teen only with mutuals.
func TestMinors(t *testing.T) {
	for _, name := range []string{"default", "open"} {
		t.Run(name, func(t *testing.T) { testMinors(t, shipped(t, name)) })
	}
}

func testMinors(t *testing.T, p *policy.Policy) {
	bands := []server.AgeBand{server.AgeUnknown, server.AgeUnder16, server.Age16To17, server.AgeAdult}
	n := 0
	for bits := range 1 << 5 {
		for _, action := range []server.Action{server.ActionMessage, server.ActionGroupAdd} {
			for _, from := range bands {
				for _, to := range bands {
					q := server.Question{Action: action, Mutual: bits&1 != 0, Follows: bits&2 != 0, Followed: bits&4 != 0, Contact: bits&8 != 0, Accepted: bits&16 != 0}
					q.Sender.Age, q.Recipient.Age = from, to
					q.Group = server.GroupFacts{Size: 3, Known: 2}
					d, err := p.Decide(&q)
					if err != nil {
						t.Fatalf("%+v: %v", q, err)
					}
					child := from == server.AgeUnder16 || to == server.AgeUnder16
					teen := from == server.Age16To17 || to == server.Age16To17
					if want := child || teen && !q.Mutual; (d.Effect == server.EffectDeny) != want {
						t.Errorf("%+v: %+v; want denied %v", q, d, want)
					}
					// What is told is never about the other one.
					if to != from && d.Effect == server.EffectDeny && from != server.AgeUnder16 && from != server.Age16To17 && d.Reason != "" {
						t.Errorf("%+v: the sender is told %q", q, d.Reason)
					}
					n++
				}
			}
		}
	}
	if n != 32*2*16 {
		t.Errorf("%d questions", n)
	}
}

const rest = "\nrule rest\n  on message, group_add\n  then knock\n"

// TestErrors: what is wrong is said with file, line and what.
func TestErrors(t *testing.T) {
	rule := func(when string) string { return "rule a\n  on message\n  when " + when + "\n  then allow\n" + rest }
	for name, test := range map[string]struct{ text, want string }{
		"a misspelt name":             {rule("sender.aeg == adult"), "p:3: undeclared reference to 'sender"},
		"an age as a number":          {rule("sender.age == 15"), "p:3: found no matching overload for '_==_'"},
		"an age as a word":            {rule(`sender.age == "adult"`), "p:3: found no matching overload for '_==_'"},
		"no such age":                 {rule("sender.age == under18"), "p:3: undeclared reference to 'under18'"},
		"days as a word":              {rule(`sender.days < "7"`), "p:3: found no matching overload for '_<_'"},
		"not true or false":           {rule("sender.days"), "p:3: a condition is true or false, and this is of type int"},
		"the second line":             {rule("sender.days > 7 &&\n    recipient.dys > 1"), "p:4: undeclared reference to 'recipient"},
		"syntax":                      {rule("sender.days >"), "p:3: Syntax error"},
		"a loop":                      {rule("[1,2,3].all(x, x > 0)"), "p:3: undeclared reference to 'all'"},
		"loops in loops":              {rule("[1,2].exists(x, [1,2].exists(y, [1,2].exists(z, x == z)))"), "p:3: undeclared reference to 'exists'"},
		"an unknown function":         {rule("http.get('https://example.org') == 'ok'"), "p:3: undeclared reference to 'http'"},
		"nested too deep":             {rule(strings.Repeat("(", 600) + "true" + strings.Repeat(")", 600)), "p:3: "},
		"too long":                    {rule("true" + strings.Repeat(" || true", 600)), "p:3: the condition is longer than 4 KiB"},
		"too many parts":              {rule("sender.days in [" + strings.Repeat("1,", 900) + "1]"), "p:3: "},
		"no effect":                   {"rule a\n  on message\n" + rest, "p:1: the rule doesn't say what then"},
		"another effect":              {"rule a\n  on message\n  then alow\n" + rest, "p:3: the effects are allow, knock, challenge and deny"},
		"another reason":              {"rule a\n  on message\n  then deny because\n" + rest, "p:3: the reasons are own_age"},
		"a reason to allow":           {"rule a\n  on message\n  then allow own_age\n" + rest, "p:3: only deny has a reason"},
		"another action":              {"rule a\n  on call\n  then allow\n" + rest, `p:2: the actions are message and group_add, not "call"`},
		"no action":                   {"rule a\n  then allow\n" + rest, "p:1: the rule doesn't say on what"},
		"another word":                {"rule a\n  on message\n  if true\n  then allow\n" + rest, "p:2: the actions are"},
		"two of one name":             {rest + rest, "p:6: there is a rule of this name in line 2"},
		"twice the same":              {"rule a\n  on message\n  on message\n  then allow\n" + rest, "p:3: on stands in line 2 already"},
		"not a rule":                  {"rle a\n  on message\n" + rest, "p:1: a line that isn't indented begins with rule or case"},
		"nothing at all":              {"", "p:1: nothing decides on message"},
		"an action undecided":         {"rule a\n  on message\n  then allow\n", "p:1: nothing decides on group_add"},
		"never asked":                 {rest + "rule b\n  on message\n  when sender.days > 1\n  then deny\n", "p:5: the rule is never asked on message: the one in line 2 always holds"},
		"a name that can't be logged": {"rule Ann Smith\n  on message\n  then allow\n" + rest, "p:1: a rule's name is of a to z"},
		"a case that fails":           {rest + "case b\n  given message\n  want allow\n", "p:5: the case comes out as knock by rest, not as allow"},
		"a case of another rule":      {rest + "case b\n  given message\n  want knock by a\n", "p:5: the case comes out as knock by rest, not as knock by a"},
		"a case without an action":    {rest + "case b\n  given sender.age: adult\n  want knock\n", "p:6: the case has no action"},
		"a case of what there isn't":  {rest + "case b\n  given message, sender.name: ann\n  want knock\n", `p:6: there is no "sender.name" to give`},
		"a case that can't be":        {rest + "case b\n  given message, sender.age: 12\n  want knock\n", `p:6: sender.age can't be "12"`},
		"too large":                   {strings.Repeat("# x\n", 100_000), "p:1: the file is larger than 256 KiB"},
	} {
		_, err := policy.Load("p", []byte(test.text))
		var all policy.Errors
		if !errors.As(err, &all) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v; want %q", name, err, test.want)
		}
		if err != nil && len(err.Error()) > 20_000 {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
	}
}

// TestBounded: no condition that is taken costs more than its size: each is made as
// large as is taken, and asked with a region far larger than there is.
func TestBounded(t *testing.T) {
	for name, when := range map[string]func(n int) string{
		"all parts": func(n int) string { return strings.Repeat("sender.days > 1 && ", n) + "true" },
		"a regex":   func(n int) string { return `sender.region.matches("` + strings.Repeat("(a+)+", n) + `$")` },
		"regexes":   func(n int) string { return strings.Repeat(`!sender.region.matches("(a|aa)+b$") && `, n) + "true" },
		"strings":   func(n int) string { return "(" + strings.Repeat("sender.region + ", n) + `"x").size() > 0` },
		"conditions": func(n int) string {
			return strings.Repeat("(sender.days > 1 ? ", n) + "true" + strings.Repeat(" : false)", n)
		},
		"a list": func(n int) string { return "sender.days in [" + strings.Repeat("1 + 1, ", n) + "1]" },
	} {
		p, n := largest(t, when)
		q := &server.Question{Action: server.ActionMessage, Sender: server.Person{Facts: server.Facts{Region: strings.Repeat("a", 1000)}, Days: 5}}
		var d server.Decision
		allocs := testing.AllocsPerRun(10, func() { d, _ = p.Decide(q) })
		if allocs > 2000 {
			t.Errorf("%s, %d times: %v allocations", name, n, allocs)
		}
		if d.Effect == "" {
			t.Errorf("%s, %d times: nothing is decided", name, n)
		}
	}
}

// largest returns the policy with the largest condition of a kind that is taken.
func largest(t *testing.T, when func(n int) string) (p *policy.Policy, n int) {
	t.Helper()
	n = sort.Search(400, func(i int) bool { // the first that isn't
		next, err := policy.Parse("p", []byte("rule a\n  on message\n  when "+when(i+1)+"\n  then allow\n"+rest))
		if err == nil {
			p = next
		}
		return err != nil
	})
	if p == nil {
		t.Fatalf("%s isn't taken", when(1))
	}
	return p, n
}

// A condition that fails when it is asked denies.
func TestFailureDenies(t *testing.T) {
	p, err := policy.Parse("p", []byte("rule a\n  on message\n  when 1 / sender.days > 0\n  then allow\n"+rest))
	if err != nil {
		t.Fatal(err)
	}
	d, err := p.Decide(&server.Question{Action: server.ActionMessage})
	if err == nil || d.Effect != server.EffectDeny {
		t.Errorf("%+v, %v; want a denial and an error", d, err)
	}
}

func TestUses(t *testing.T) {
	p := shipped(t, "default")
	for name, want := range map[string]bool{"sender.age": true, "group.minors": true, "group.known": true, "recipient.region": false, "adult": false} {
		if got := p.Uses(name); got != want {
			t.Errorf("Uses(%s) = %v", name, got)
		}
	}
}

func TestReasons(t *testing.T) {
	for _, reason := range []wire.Reason{wire.ReasonOwnAge, wire.ReasonMutualsOnly, wire.ReasonGroupSize, wire.ReasonGroupStrangers, wire.ReasonOperator} {
		p, err := policy.Load("p", fmt.Appendf(nil, "rule a\n  on message, group_add\n  then deny %s\n", reason))
		if err != nil {
			t.Fatal(err)
		}
		if d, err := p.Decide(&server.Question{Action: server.ActionMessage}); err != nil || d != (server.Decision{Effect: server.EffectDeny, Rule: "a", Reason: reason}) {
			t.Errorf("%s: %+v, %v", reason, d, err)
		}
	}
}

// BenchmarkDecide is what a new conversation pays for.
func BenchmarkDecide(b *testing.B) {
	p := shipped(b, "default")
	q := &server.Question{Action: server.ActionMessage, Sender: server.Person{Facts: server.Facts{Age: server.AgeAdult}}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Decide(q); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, name := range []string{"default", "open"} {
		data, _ := policy.Shipped(name)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := policy.Load("p", data)
		if err != nil {
			return
		}
		for _, a := range []server.Action{server.ActionMessage, server.ActionGroupAdd} {
			_, _ = p.Decide(&server.Question{Action: a})
		}
	})
}
