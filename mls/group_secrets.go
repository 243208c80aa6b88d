package mls

import (
	"parley/mls/internal/codec"
	"parley/mls/internal/suite"
	"parley/mls/public"
)

// groupSecrets is GroupSecrets of RFC 9420, Section 12.4.3.1: what a Welcome
// tells one new member.
type groupSecrets struct {
	joiner     suite.Secret // joiner_secret
	pathSecret suite.Secret // nil if absent
	psks       []public.PreSharedKeyID
}

// MarshalMLS writes the value as the RFC has it.
func (g *groupSecrets) MarshalMLS(w *codec.Writer) {
	w.Vector(g.joiner)
	w.Optional(g.pathSecret != nil)
	if g.pathSecret != nil {
		w.Vector(g.pathSecret)
	}
	w.Nested(func(w *codec.Writer) {
		for i := range g.psks {
			g.psks[i].MarshalMLS(w)
		}
	})
}

// UnmarshalMLS reads what MarshalMLS writes.
func (g *groupSecrets) UnmarshalMLS(r *codec.Reader) {
	g.joiner = r.Vector()
	if r.Optional() {
		g.pathSecret = r.Vector()
	}
	for in := r.Nested(); !in.Empty(); {
		var id public.PreSharedKeyID
		id.UnmarshalMLS(in)
		g.psks = append(g.psks, id)
	}
}

// erase overwrites the secrets.
func (g *groupSecrets) erase() {
	g.joiner.Erase()
	g.pathSecret.Erase()
}
