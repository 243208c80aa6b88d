package policy

import (
	"errors"
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"parley/server"
)

// A Variable is something that a condition can ask.
type Variable struct {
	Name string
	Type string // age, string, int or bool
	Help string
	get  func(q *server.Question) any
}

// Variables are all there are.
var Variables = []Variable{
	{"sender.age", "age", "age band of who acts: under16, teen (16 and 17), adult or unknown", func(q *server.Question) any { return age(q.Sender.Age) }},
	{"sender.region", "string", "country of who acts, as \"DE\"; empty where it isn't known", func(q *server.Question) any { return q.Sender.Region }},
	{"sender.days", "int", "days since the account of who acts was made here", func(q *server.Question) any { return q.Sender.Days }},
	{"sender.pending", "int", "requests of who acts that nobody has accepted yet", func(q *server.Question) any { return q.Sender.Pending }},
	{"recipient.age", "age", "age band of the other person", func(q *server.Question) any { return age(q.Recipient.Age) }},
	{"recipient.region", "string", "country of the other person", func(q *server.Question) any { return q.Recipient.Region }},
	{"recipient.days", "int", "days since the other person's account was made here", func(q *server.Question) any { return q.Recipient.Days }},
	{"relationship.mutual", "bool", "each follows the other", func(q *server.Question) any { return q.Mutual }},
	{"relationship.follows", "bool", "who acts follows the other person", func(q *server.Question) any { return q.Follows }},
	{"relationship.followed", "bool", "the other person follows who acts", func(q *server.Question) any { return q.Followed }},
	{"relationship.contact", "bool", "the other person has who acts among its contacts", func(q *server.Question) any { return q.Contact }},
	{"relationship.accepted", "bool", "the other person has accepted who acts here", func(q *server.Question) any { return q.Accepted }},
	{"relationship.stranger", "bool", "none of the above but follows", func(q *server.Question) any {
		return !q.Mutual && !q.Followed && !q.Contact && !q.Accepted
	}},
	{"group.size", "int", "of group_add: people in the group, as it would be", func(q *server.Question) any { return q.Group.Size }},
	{"group.known", "int", "of group_add: people in it whom who acts isn't a stranger to, or who were in it before", func(q *server.Question) any { return q.Group.Known }},
	{"group.minors", "int", "of group_add: people in it who are under 18", func(q *server.Question) any { return q.Group.Minors }},
}

// ages are the bands by the names that they have in a policy.
var ages = map[string]server.AgeBand{
	"unknown": server.AgeUnknown, "under16": server.AgeUnder16, "teen": server.Age16To17, "adult": server.AgeAdult,
}

var ageType = cel.OpaqueType("age")

// celTypes are those of variables.
var celTypes = map[string]*cel.Type{"age": ageType, "string": cel.StringType, "int": cel.IntType, "bool": cel.BoolType}

// An age is a band as CEL has it: equal to bands alone, so that it can't be compared
// with a number or a word by mistake.
type age server.AgeBand

var errAge = errors.New("an age band is nothing else")

// ConvertToNative implements ref.Val.
func (a age) ConvertToNative(reflect.Type) (any, error) { return nil, errAge }

// ConvertToType implements ref.Val.
func (a age) ConvertToType(ref.Type) ref.Val { return types.WrapErr(errAge) }

// Equal implements ref.Val.
func (a age) Equal(other ref.Val) ref.Val { b, ok := other.(age); return types.Bool(ok && a == b) }

// Type implements ref.Val.
func (a age) Type() ref.Type { return ageType }

// Value implements ref.Val.
func (a age) Value() any { return a }

// An activation gives conditions their variables, from a question.
type activation struct{ q *server.Question }

// ResolveName implements interpreter.Activation.
func (a activation) ResolveName(name string) (any, bool) {
	if v := variable(name); v != nil {
		return v.get(a.q), true
	}
	return nil, false
}

// Parent implements interpreter.Activation.
func (a activation) Parent() cel.Activation { return nil }

// variable returns that of name, nil if there is none.
func variable(name string) *Variable {
	for i := range Variables {
		if Variables[i].Name == name {
			return &Variables[i]
		}
	}
	return nil
}
