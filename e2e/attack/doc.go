// Package attack shows what an attacker gets: nothing. It has tests only. Each
// file of testdata is one attack, and is named for it.
package attack
