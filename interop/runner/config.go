// Package runner plays the scripts of the MLS working group's interoperability
// runner against gRPC clients of its protocol (see package mlsclient).
//
// A script is a list of steps. Each role of a script is played by one of the
// clients; the runner carries messages from role to role, and checks that all
// tell the same epoch authenticator, and that what is decrypted is what was
// encrypted.
package runner

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"parley/interop/mlsclient"
)

// A Script is a list of steps.
type Script []Step

// Step is one step. Action says which other fields count.
type Step struct {
	Action string `json:"action"`
	Actor  string `json:"actor"`

	Members []string `json:"members"`
	Joiners []string `json:"joiners"`
	Clients []string `json:"clients"`
	Joiner  string   `json:"joiner"`
	Signer  string   `json:"signer"`
	Member  string   `json:"member"`

	// Numbers of the steps that made what this one needs.
	Welcome        int           `json:"welcome"`
	Commit         int           `json:"commit"`
	Ciphertext     int           `json:"ciphertext"`
	ByReference    []int         `json:"byReference"`
	PSKs           []int         `json:"psks"`
	ReInitProposal int           `json:"externalReinitProposal"`
	Description                  // what a proposal step proposes
	ByValue        []Description `json:"byValue"`
	Proposed       Description   `json:"description"`

	AuthenticatedData string `json:"authenticatedData"`
	Plaintext         string `json:"plaintext"`
	RemovePrior       bool   `json:"removePrior"`
	// The scripts spell these in two ways.
	ForcePath     bool `json:"force_path"`
	ForcePath2    bool `json:"forcePath"`
	ExternalTree  bool `json:"external_tree"`
	ExternalTree2 bool `json:"externalTree"`

	Proposer  string `json:"proposer"`
	Committer string `json:"committer"`
	Welcomer  string `json:"welcomer"`
}

// Description says what is proposed.
type Description struct {
	ProposalType string      `json:"proposalType"`
	KeyPackage   int         `json:"keyPackage"` // of the step that made it
	Removed      string      `json:"removed"`
	PSKID        int         `json:"pskID"` // of the step that installed it
	EpochID      uint64      `json:"epochID"`
	Extensions   []extension `json:"extensions"`
	ChangeGroup  bool        `json:"changeGroupID"`
	ChangeSuite  bool        `json:"changeCipherSuite"` // also spelt changeCiphersuite
}

type extension struct {
	Type uint32 `json:"extension_type"`
	Data []byte `json:"extension_data"`
}

func (d *Description) extensions() (list []mlsclient.Extension) {
	for _, e := range d.Extensions {
		list = append(list, mlsclient.Extension{Type: e.Type, Data: e.Data})
	}
	return list
}

func (s *Step) forcePath() bool    { return s.ForcePath || s.ForcePath2 }
func (s *Step) externalTree() bool { return s.ExternalTree || s.ExternalTree2 }

// Load reads the scripts of a file by their names.
func Load(file string) (map[string]Script, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var config struct {
		Scripts map[string]Script `json:"scripts"`
	}
	if err := json.Unmarshal(b, &config); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return config.Scripts, nil
}

// Roles lists who appears in the script, in order of appearance.
func (s Script) Roles() (roles []string) {
	for i := range s {
		st := &s[i]
		names := slices.Concat([]string{st.Actor, st.Joiner, st.Signer, st.Member, st.Proposer, st.Committer, st.Welcomer},
			st.Members, st.Joiners, st.Clients)
		for _, name := range names {
			if name != "" && !slices.Contains(roles, name) {
				roles = append(roles, name)
			}
		}
	}
	return roles
}
