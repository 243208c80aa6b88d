package demosite

import (
	"context"
	"slices"

	"parley/identity"
	"parley/server"
)

// A person is somebody on the platform: what it tells the relationship policy.
type person struct {
	age     server.AgeBand
	region  string
	follows []string
}

// people are those whom the platform knows. Everybody else is of unknown age, and
// follows nobody.
var people = map[string]person{
	"alice": {server.AgeAdult, "DE", []string{"bob", "theo"}},
	"bob":   {server.AgeAdult, "DE", []string{"alice"}},
	"rana":  {server.AgeAdult, "EG", []string{"alice", "theo"}},
	"theo":  {server.Age16To17, "FR", []string{"alice"}}, // mutual with alice, not with rana
	"kim":   {server.AgeUnder16, "KR", []string{"alice", "bob"}},
}

// People says who the platform's people are to each other, of accounts by their
// names, whatever their domain.
type People struct{}

var _ server.Platform = People{}

// Facts implements [server.Platform].
func (People) Facts(_ context.Context, account identity.Account) (server.Facts, error) {
	p := people[account.Name()]
	return server.Facts{Age: p.age, Region: p.region}, nil
}

// Relationship implements [server.Platform].
func (People) Relationship(_ context.Context, account, other identity.Account) (server.Relationship, error) {
	follows := slices.Contains(people[account.Name()].follows, other.Name())
	return server.Relationship{Follows: follows}, nil
}
