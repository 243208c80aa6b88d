package client

import (
	"slices"

	"parley/identity"
	"parley/mls"
)

// A departure is how an account goes out of a room: by its own wish, said by one of
// its devices, or taken out by somebody's.
type departure struct {
	what Notice // NoticeLeft or NoticeRemoved
	by   identity.Device
}

// departures are those of one commit. An account that isn't among them went for a
// reason that nobody said: its last device there left its list, for instance.
type departures map[identity.Account]departure

// departures returns how the accounts go that a staged commit of by takes out, and
// that aren't among those after it. It is called before the commit is merged.
func (t *tx) departures(g *mls.Group, s *mls.StagedCommit, after []identity.Account, by identity.Device) (departures, error) {
	out := departures{}
	asked := selfRemoving(g)
	for _, leaf := range s.Removed() {
		device, key, err := parseLeaf(leaf.Identity(), leaf.SignatureKey())
		if err != nil {
			return nil, err
		}
		a := device.Account()
		if slices.Contains(after, a) || out[a].what == NoticeLeft {
			continue
		}
		if asked[leaf.Index] {
			out[a] = departure{NoticeLeft, device}
			continue
		}
		listed, err := t.listed(device, key)
		if err != nil {
			return nil, err
		}
		if listed && by != "" && by.Account() != a && !s.External() {
			out[a] = departure{NoticeRemoved, by}
		}
	}
	return out, nil
}
