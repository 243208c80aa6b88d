// Package e2e holds tests of the whole: the built program, real processes, real
// crashes. It has no code of its own.
package e2e
