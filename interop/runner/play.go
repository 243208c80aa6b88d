package runner

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"slices"

	"google.golang.org/grpc"

	"parley/interop/mlsclient"
)

// Play is one run of a script.
type Play struct {
	Suite   uint32
	Encrypt bool                                // handshakes as PrivateMessage
	Cast    map[string]grpc.ClientConnInterface // who plays a role
	// OtherSuite is what a ReInit changes Suite to.
	OtherSuite uint32

	states, transactions, signers map[string]uint32 // by role
	made                          []output          // by step
	groupID                       []byte
}

// output is what a step made that later ones may need.
type output struct {
	keyPackage, proposal, commit, welcome, tree []byte
	pskID, pskSecret                            []byte
	message, authenticatedData, plaintext       []byte
}

// Run plays script. The error names the step that failed, from 0.
func (p *Play) Run(ctx context.Context, script Script) error {
	p.states, p.transactions, p.signers = map[string]uint32{}, map[string]uint32{}, map[string]uint32{}
	p.made = make([]output, len(script))
	for i := range script {
		play, ok := actions[script[i].Action]
		if !ok {
			return fmt.Errorf("step %d: unknown action %q", i, script[i].Action)
		}
		if err := play(p, &step{ctx: ctx, Step: &script[i], out: &p.made[i]}); err != nil {
			return fmt.Errorf("step %d, %s: %w", i, script[i].Action, err)
		}
	}
	return p.free(ctx)
}

// free forgets the states at the clients.
func (p *Play) free(ctx context.Context) error {
	for role, id := range p.states {
		if _, err := call[mlsclient.Empty](ctx, p, role, "Free", &mlsclient.StateRequest{StateID: id}); err != nil {
			return err
		}
	}
	return nil
}

// step is a step that is played.
type step struct {
	ctx context.Context
	*Step
	out *output
}

// actions are what steps can do.
var actions = map[string]func(*Play, *step) error{
	"createGroup":                    (*Play).createGroup,
	"createKeyPackage":               (*Play).createKeyPackage,
	"joinGroup":                      (*Play).joinGroup,
	"externalJoin":                   (*Play).externalJoin,
	"installExternalPSK":             (*Play).installPSK,
	"addProposal":                    (*Play).addProposal,
	"updateProposal":                 (*Play).updateProposal,
	"removeProposal":                 (*Play).removeProposal,
	"externalPSKProposal":            (*Play).externalPSKProposal,
	"resumptionPSKProposal":          (*Play).resumptionPSKProposal,
	"groupContextExtensionsProposal": (*Play).extensionsProposal,
	"fullCommit":                     (*Play).fullCommit,
	"commit":                         (*Play).commit,
	"handleCommit":                   (*Play).handleCommit,
	"handlePendingCommit":            (*Play).handlePendingCommit,
	"protect":                        (*Play).protect,
	"unprotect":                      (*Play).unprotect,
	"reinit":                         (*Play).reinit,
	"branch":                         (*Play).branch,
	"newMemberAddProposal":           (*Play).newMemberAdd,
	"addExternalSigner":              (*Play).addExternalSigner,
	"externalSignerProposal":         (*Play).externalSignerProposal,
}

// call asks the client that plays role.
func call[Response any](ctx context.Context, p *Play, role, method string, request any) (*Response, error) {
	conn, ok := p.Cast[role]
	if !ok {
		return nil, fmt.Errorf("nobody plays %q", role)
	}
	response, err := mlsclient.Call[Response](ctx, conn, method, request)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", role, err)
	}
	return response, nil
}

// agree sets the state of role after a call, and checks its epoch.
func (p *Play) agree(role string, got *mlsclient.EpochResponse, want []byte) error {
	p.states[role] = got.StateID
	if !bytes.Equal(got.EpochAuthenticator, want) {
		return fmt.Errorf("%s has another epoch authenticator", role)
	}
	return nil
}

func (p *Play) createGroup(s *step) error {
	p.groupID = []byte("group " + rand.Text())
	r, err := call[mlsclient.StateResponse](s.ctx, p, s.Actor, "CreateGroup", &mlsclient.CreateGroupRequest{
		GroupID: p.groupID, Suite: p.Suite, EncryptHandshake: p.Encrypt, Identity: []byte(s.Actor),
	})
	if err != nil {
		return err
	}
	p.states[s.Actor] = r.StateID
	if len(s.Members) == 0 {
		return nil
	}
	var adds []mlsclient.ProposalDescription
	for _, member := range s.Members {
		kp, err := p.keyPackage(s, member)
		if err != nil {
			return err
		}
		adds = append(adds, mlsclient.ProposalDescription{Type: []byte(mlsclient.DescribeAdd), KeyPackage: kp})
	}
	return p.commitAndFollow(s, &mlsclient.CommitRequest{ByValue: adds}, nil, s.Members)
}

// keyPackage lets role make a key package of the present suite.
func (p *Play) keyPackage(s *step, role string) ([]byte, error) {
	r, err := call[mlsclient.CreateKeyPackageResponse](s.ctx, p, role, "CreateKeyPackage",
		&mlsclient.CreateKeyPackageRequest{Suite: p.Suite, Identity: []byte(role)})
	if err != nil {
		return nil, err
	}
	p.transactions[role] = r.TransactionID
	return r.KeyPackage, nil
}

func (p *Play) createKeyPackage(s *step) (err error) {
	s.out.keyPackage, err = p.keyPackage(s, s.Actor)
	return err
}

func (p *Play) joinGroup(s *step) error {
	_, err := p.join(s, s.Actor, &p.made[s.Welcome])
	return err
}

func (p *Play) join(s *step, role string, from *output) (*mlsclient.EpochResponse, error) {
	r, err := call[mlsclient.EpochResponse](s.ctx, p, role, "JoinGroup", &mlsclient.JoinGroupRequest{
		TransactionID: p.transactions[role], Welcome: from.welcome, EncryptHandshake: p.Encrypt,
		Identity: []byte(role), RatchetTree: from.tree,
	})
	if err == nil {
		p.states[role] = r.StateID
	}
	return r, err
}

func (p *Play) externalJoin(s *step) error {
	info, err := p.groupInfo(s, s.Actor)
	if err != nil {
		return err
	}
	request := &mlsclient.ExternalJoinRequest{
		GroupInfo: info.GroupInfo, RatchetTree: info.RatchetTree, EncryptHandshake: p.Encrypt,
		Identity: []byte(s.Joiner), RemovePrior: s.RemovePrior,
	}
	for _, i := range s.PSKs {
		request.PSKs = append(request.PSKs, mlsclient.PreSharedKey{ID: p.made[i].pskID, Secret: p.made[i].pskSecret})
	}
	r, err := call[mlsclient.ExternalJoinResponse](s.ctx, p, s.Joiner, "ExternalJoin", request)
	if err != nil {
		return err
	}
	p.states[s.Joiner], s.out.commit = r.StateID, r.Commit
	return p.follow(s, append(slices.Clone(s.Members), s.Actor), nil, r.EpochAuthenticator)
}

func (p *Play) groupInfo(s *step, role string) (*mlsclient.GroupInfoResponse, error) {
	return call[mlsclient.GroupInfoResponse](s.ctx, p, role, "GroupInfo",
		&mlsclient.GroupInfoRequest{StateID: p.states[role], ExternalTree: s.externalTree()})
}

func (p *Play) installPSK(s *step) error {
	s.out.pskID, s.out.pskSecret = []byte("psk "+rand.Text()), []byte(rand.Text())
	for _, role := range s.Clients {
		id, ok := p.states[role]
		if !ok {
			id = p.transactions[role]
		}
		if _, err := call[mlsclient.Empty](s.ctx, p, role, "StorePSK",
			&mlsclient.StorePSKRequest{ID: id, PSKID: s.out.pskID, Secret: s.out.pskSecret}); err != nil {
			return err
		}
	}
	return nil
}

func (p *Play) protect(s *step) error {
	s.out.authenticatedData, s.out.plaintext = []byte(s.AuthenticatedData), []byte(s.Plaintext)
	r, err := call[mlsclient.ProtectResponse](s.ctx, p, s.Actor, "Protect", &mlsclient.ProtectRequest{
		StateID: p.states[s.Actor], AuthenticatedData: s.out.authenticatedData, Plaintext: s.out.plaintext,
	})
	if err != nil {
		return err
	}
	s.out.message = r.Ciphertext
	return nil
}

func (p *Play) unprotect(s *step) error {
	sent := &p.made[s.Ciphertext]
	r, err := call[mlsclient.UnprotectResponse](s.ctx, p, s.Actor, "Unprotect",
		&mlsclient.UnprotectRequest{StateID: p.states[s.Actor], Ciphertext: sent.message})
	if err != nil {
		return err
	}
	if !bytes.Equal(r.Plaintext, sent.plaintext) || !bytes.Equal(r.AuthenticatedData, sent.authenticatedData) {
		return fmt.Errorf("%s reads %q with %q", s.Actor, r.Plaintext, r.AuthenticatedData)
	}
	return nil
}
