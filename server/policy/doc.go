// Package policy decides who may reach whom, by rules that an operator writes. It
// implements [server.Policy].
//
// A policy is a file of rules and of cases that show what the rules do:
//
//	# Whoever is under 16 exchanges no messages.
//	rule under16
//	  on message, group_add
//	  when sender.age == under16
//	  then deny own_age
//
//	case a child writes
//	  given message, sender.age: under16, recipient.age: adult
//	  want deny own_age by under16
//
// The first rule that is for the action and whose condition holds decides. The
// condition, which may go on over further lines, is CEL (the Common Expression
// Language) without macros, so that nothing in it repeats; a rule without one always
// holds, and there must be one for each action. What a condition can ask is in
// [Variables]; all of it is typed: a misspelt name, or an age band compared with a
// word, is an error when the file is loaded, with file and line. So is a case whose
// decision isn't the wanted one: a policy that doesn't do what it says isn't put into
// force.
//
// Names of people never reach a policy, nor does content.
package policy
