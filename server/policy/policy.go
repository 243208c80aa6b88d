package policy

import (
	_ "embed"
	"errors"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"parley/server"
	"parley/wire"
)

// Bounds of a condition. Without macros each of its parts is looked at once, so that
// its size bounds its work; the cost is CEL's own measure of it.
const (
	maxNodes   = 400
	maxNesting = 50
	maxCost    = 20_000
	maxRegex   = 200
)

//go:embed default.policy
var defaultText []byte

//go:embed open.policy
var openText []byte

// Shipped returns a policy that comes with the program, by its name.
func Shipped(name string) ([]byte, bool) {
	switch name {
	case "default":
		return slices.Clone(defaultText), true
	case "open":
		return slices.Clone(openText), true
	}
	return nil, false
}

// A Policy is one that was loaded, and that does what its cases say.
type Policy struct {
	rules []rule
	cases []check
	uses  map[string]bool
}

var _ server.Policy = (*Policy)(nil)

// A rule is one that was compiled.
type rule struct {
	name string
	line int
	on   []server.Action
	when cel.Program // nil: always
	then server.Decision
}

// Parse reads a policy and compiles it. file is its name, for errors, which are
// [Errors]. It doesn't run the cases.
func Parse(file string, data []byte) (*Policy, error) {
	r := reader{file: file}
	r.read(data)
	env, err := environment()
	if err != nil {
		return nil, err
	}
	p := &Policy{uses: map[string]bool{}}
	for _, b := range r.blocks {
		switch b.kind {
		case "rule":
			p.rules = append(p.rules, r.rule(env, b, p.uses))
		case "case":
			p.cases = append(p.cases, r.check(b))
		}
	}
	r.whole(p)
	if len(r.errs) > 0 {
		slices.SortStableFunc(r.errs, func(a, b *Error) int { return a.Line - b.Line })
		return nil, r.errs
	}
	return p, nil
}

// Load is Parse of a policy whose cases all come out as they should.
func Load(file string, data []byte) (*Policy, error) {
	p, err := Parse(file, data)
	if err != nil {
		return nil, err
	}
	var errs Errors
	for _, result := range p.Test() {
		if !result.OK() {
			errs = append(errs, &Error{file, result.Line, "the case comes out as " + result.Got + ", not as " + result.Want})
		}
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return p, nil
}

// environment is what conditions are compiled in.
func environment() (*cel.Env, error) {
	options := []cel.EnvOption{
		cel.ClearMacros(), cel.ParserExpressionSizeLimit(maxWhen), cel.ParserRecursionLimit(maxNesting),
		cel.ExpressionNodeLimit(maxNodes), cel.ExpressionNestingDepthLimit(maxNesting), cel.RegexProgramSizeLimit(maxRegex),
	}
	for _, v := range Variables {
		options = append(options, cel.Variable(v.Name, celTypes[v.Type]))
	}
	for name, band := range ages {
		options = append(options, cel.Constant(name, ageType, age(band)))
	}
	return cel.NewEnv(options...)
}

// rule compiles one.
func (r *reader) rule(env *cel.Env, b *block, uses map[string]bool) rule {
	out := rule{name: b.name, line: b.line}
	if strings.ContainsFunc(b.name, func(c rune) bool { return c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') }) {
		r.fail(b.line, "a rule's name is of a to z, 0 to 9, - and _: it stands in the log")
	}
	out.on = r.actions(b)
	out.then = r.effect(b)
	if when, ok := b.parts["when"]; ok {
		out.when = r.compile(env, when, uses)
	}
	return out
}

func (r *reader) actions(b *block) (all []server.Action) {
	on, ok := b.parts["on"]
	if !ok {
		r.fail(b.line, "the rule doesn't say on what: message, group_add or both")
	}
	for name := range strings.SplitSeq(on.text, ",") {
		a := server.Action(strings.TrimSpace(name))
		if ok && a != server.ActionMessage && a != server.ActionGroupAdd {
			r.fail(on.line, "the actions are message and group_add, not %q", shorten(string(a)))
		}
		all = append(all, a)
	}
	return all
}

// reasons are what a denial may say.
var reasons = []wire.Reason{
	wire.ReasonOwnAge, wire.ReasonMutualsOnly, wire.ReasonGroupSize, wire.ReasonGroupStrangers, wire.ReasonOperator,
}

func (r *reader) effect(b *block) server.Decision {
	then, ok := b.parts["then"]
	if !ok {
		r.fail(b.line, "the rule doesn't say what then: allow, knock, challenge or deny")
		return server.Decision{}
	}
	d, wrong := parseEffect(strings.Fields(then.text))
	if wrong != "" {
		r.fail(then.line, "%s", wrong)
	}
	d.Rule = b.name
	return d
}

// parseEffect reads what decides: an effect and, of deny, a reason.
func parseEffect(fields []string) (d server.Decision, wrong string) {
	if len(fields) == 0 {
		return d, "there is no effect: allow, knock, challenge or deny"
	}
	d.Effect = server.Effect(fields[0])
	switch d.Effect {
	case server.EffectAllow, server.EffectKnock, server.EffectChallenge:
		if len(fields) > 1 {
			return d, "only deny has a reason"
		}
	case server.EffectDeny:
		if len(fields) > 2 {
			return d, "deny has one reason"
		}
		if len(fields) == 2 {
			d.Reason = wire.Reason(fields[1])
			if !slices.Contains(reasons, d.Reason) {
				return d, "the reasons are own_age, mutuals_only, group_size, group_strangers and operator: without one the sender is told what a blocked one is"
			}
		}
	default:
		return d, "the effects are allow, knock, challenge and deny"
	}
	return d, ""
}

// compile compiles a condition and notes what it asks.
func (r *reader) compile(env *cel.Env, when part, uses map[string]bool) cel.Program {
	if len(when.text) > maxWhen {
		r.fail(when.line, "the condition is longer than %d KiB", maxWhen>>10)
		return nil
	}
	compiled, issues := env.Compile(when.text)
	if issues.Err() != nil {
		for _, e := range issues.Errors() {
			r.fail(when.line+max(e.Location.Line()-1, 0), "%s", plain(e.Message))
		}
		return nil
	}
	if compiled.OutputType() != cel.BoolType {
		r.fail(when.line, "a condition is true or false, and this is of type %s", compiled.OutputType())
		return nil
	}
	for _, v := range compiled.NativeRep().ReferenceMap() {
		if v.Name != "" {
			uses[v.Name] = true
		}
	}
	program, err := env.Program(compiled, cel.CostLimit(maxCost), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		r.fail(when.line, "the condition can't be prepared: %s", plain(err.Error()))
		return nil
	}
	return program
}

// plain keeps of an error of CEL its sentence.
func plain(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if strings.Contains(s, "undeclared reference to '") && strings.ContainsAny(s, "@") || len(s) > 300 {
		return shorten(s)
	}
	return s
}

// whole checks that each action is decided in every case.
func (r *reader) whole(p *Policy) {
	if len(p.rules) > maxRules || len(p.cases) > maxCases {
		r.fail(1, "a policy has at most %d rules and %d cases", maxRules, maxCases)
	}
	for _, a := range []server.Action{server.ActionMessage, server.ActionGroupAdd} {
		decided := 0
		for _, one := range p.rules {
			if !slices.Contains(one.on, a) {
				continue
			}
			if decided > 0 {
				r.fail(one.line, "the rule is never asked on %s: the one in line %d always holds", a, decided)
			}
			if one.when == nil && !r.failedIn(one.line) {
				decided = one.line
			}
		}
		if decided == 0 && len(r.errs) == 0 {
			r.fail(1, "nothing decides on %s where no condition holds: the last rule on it has no when", a)
		}
	}
}

// failedIn reports whether something is wrong with a rule: then its condition may be
// nil for that.
func (r *reader) failedIn(line int) bool {
	for i, b := range r.blocks {
		if b.line != line {
			continue
		}
		end := 1 << 62
		if i+1 < len(r.blocks) {
			end = r.blocks[i+1].line
		}
		return slices.ContainsFunc(r.errs, func(e *Error) bool { return e.Line >= line && e.Line < end })
	}
	return false
}

var errUndecided = errors.New("policy: a condition failed")

// Decide implements [server.Policy].
func (p *Policy) Decide(q *server.Question) (server.Decision, error) {
	for i := range p.rules {
		r := &p.rules[i]
		if !slices.Contains(r.on, q.Action) {
			continue
		}
		if r.when == nil {
			return r.then, nil
		}
		out, _, err := r.when.Eval(activation{q})
		if err != nil {
			return server.Decision{Effect: server.EffectDeny, Rule: r.name}, errUndecided
		}
		if out == types.True {
			return r.then, nil
		}
	}
	return server.Decision{Effect: server.EffectDeny}, errUndecided
}

// Uses implements [server.Policy].
func (p *Policy) Uses(variable string) bool { return p.uses[variable] }
