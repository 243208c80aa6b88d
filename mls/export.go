package mls

import (
	"errors"
	"slices"

	"parley/mls/internal/secrettree"
	"parley/mls/public"
)

// Export returns n bytes that only members of the current epoch can derive
// (RFC 9420, Section 8.5). n is 1 to 255 hashes, else an error is returned.
// label should be unique to its use; context may be empty. Whoever learns the
// member's state later in the epoch can derive them too: see [Group.SafeExport].
func (g *Group) Export(label string, context []byte, n int) ([]byte, error) {
	if g.removed {
		return nil, ErrRemoved
	}
	return g.secrets.Export(g.suite, label, context, n)
}

// SafeExport returns the secret of a component in this epoch, one hash long,
// which only members can derive (draft-ietf-mls-extensions-10, Section 4.4). It
// is given once: what it comes from is deleted, by the Changes from the records
// too, so that it must be kept by the component as long as it is needed.
//
// Errors: [ErrExported], also in an epoch that began under v0.1.0; [ErrRemoved].
func (g *Group) SafeExport(component public.ComponentID) ([]byte, Changes, error) {
	switch {
	case g.removed:
		return nil, nil, ErrRemoved
	case g.exporter == nil:
		return nil, nil, ErrExported
	}
	var changes Changes
	secret, err := g.exporter.Take(uint16(component), changes.under(exporterPrefix(g.Epoch())))
	if errors.Is(err, secrettree.ErrReplayed) {
		return nil, nil, ErrExported
	}
	return secret, changes, err
}

// dropExporter deletes the exporter tree at the end of its epoch.
func (g *Group) dropExporter(c *Changes) error {
	if g.exporter == nil {
		return nil
	}
	// The tree is that of the epoch that ends: current is replaced after it.
	return g.exporter.Delete(c.under(exporterPrefix(g.current.context.Epoch)))
}

// EpochAuthenticator returns what members compare to know that they are in the
// same epoch of the same group (RFC 9420, Section 8.7); see [Group.CheckEpoch].
func (g *Group) EpochAuthenticator() []byte { return slices.Clone(g.secrets.Authenticator) }
