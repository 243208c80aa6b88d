package mls

import (
	"parley/mls/internal/schedule"
	"parley/mls/internal/suite"
	"parley/mls/public"
)

// ResumptionPSK returns the resumption PSK of the current epoch or of one that
// is still kept (RFC 9420, Section 8.6). Errors: [ErrFutureEpoch],
// [ErrEpochGone], [ErrRemoved].
func (g *Group) ResumptionPSK(epoch uint64) ([]byte, error) {
	if g.removed {
		return nil, ErrRemoved
	}
	secret, err := g.resumption(epoch)
	return append([]byte(nil), secret...), err
}

func (g *Group) resumption(epoch uint64) (suite.Secret, error) {
	_, back, err := g.findEpoch(epoch)
	if err != nil {
		return nil, err
	}
	if back == 0 {
		return g.secrets.Resumption, nil
	}
	return g.past[back-1].resumption, nil
}

// pskSecret computes psk_secret for ids in their order
// (RFC 9420, Section 8.4). Resumption PSKs come from group, if it is the one
// that they name; nil has none. The error is [ErrPSK].
func (c *Config) pskSecret(s *public.Suite, ids []public.PreSharedKeyID, group *Group) (suite.Secret, error) {
	psks := make([]schedule.PSK, 0, len(ids))
	for i := range ids {
		key := c.psk(&ids[i], group)
		if key == nil {
			return nil, ErrPSK
		}
		psks = append(psks, schedule.PSK{ID: public.Marshal(&ids[i]), Key: key})
	}
	return schedule.PSKSecret(s, psks)
}

// psk returns the key that id names, nil if we do not have it.
func (c *Config) psk(id *public.PreSharedKeyID, group *Group) suite.Secret {
	switch {
	case id.Type == public.ResumptionPSK:
		return c.resumptionPSK(id, group)
	case id.Type == public.ExternalPSK && c.ExternalPSK != nil:
		return c.ExternalPSK(id.ID)
	case id.Type == public.ApplicationPSK && c.ComponentPSK != nil:
		return c.ComponentPSK(id.Component, id.ID)
	}
	return nil
}

// resumptionPSK returns that of group, if it is the one named and has it, else
// what the application has.
func (c *Config) resumptionPSK(id *public.PreSharedKeyID, group *Group) suite.Secret {
	if group != nil && string(id.GroupID) == string(group.current.context.GroupID) {
		if secret, err := group.resumption(id.Epoch); err == nil {
			return secret
		}
	}
	if c.ResumptionPSK == nil {
		return nil
	}
	return c.ResumptionPSK(id.GroupID, id.Epoch)
}
