package server

import (
	"bytes"
	"context"
	"errors"

	"parley/identity"
	"parley/internal/cbor"
	"parley/wire"
)

// SignUp makes an account with its first device. from is the address that the
// request comes from, for rate limits.
func (s *Server) SignUp(ctx context.Context, from string, req *wire.SignUpRequest) (*wire.Empty, error) {
	if !s.cfg.SignUpOpen {
		return nil, errSignUpClosed
	}
	list, err := req.List.Parse()
	if err != nil {
		return nil, badList(err)
	}
	if list.Account.Domain() != s.cfg.Domain {
		return nil, wire.Refuse(wire.CodeForbidden, "This server has no accounts of that domain.")
	}
	var chain identity.Chain
	if err := chain.Extend(list.Account, []identity.SignedDeviceList{req.List}); err != nil {
		return nil, badList(err)
	}
	release, err := s.limiters.reserve(s.steady(), attempt{s.limiters.signUp, from})
	if err != nil {
		return nil, err
	}
	if err := s.nameKept(ctx, list.Account); err != nil {
		return nil, err
	}
	credential, records, err := s.register(ctx, list, req)
	if err != nil {
		return nil, err
	}
	records = append(records, createdRecord(s.nowMS()))
	err = s.store.CreateAccount(ctx, NewAccount{
		Account: list.Account, Credential: credential, List: req.List, Device: list.Devices[0].Device, Records: records,
		AcceptedMS: s.nowMS(),
	})
	if errors.Is(err, ErrExists) {
		release()
		return s.signUpAgain(ctx, from, list.Account, req)
	}
	if err != nil {
		return nil, err
	}
	return &wire.Empty{}, nil
}

// errSignUpClosed is what a closed server says to a name that is free and to one
// that isn't.
var errSignUpClosed = wire.Refuse(wire.CodeSignUpClosed, "The operator doesn't take new accounts.")

// register returns what an account begins with: the credential of its login, or its
// passkey.
func (s *Server) register(ctx context.Context, list *identity.DeviceList, req *wire.SignUpRequest) (credential []byte, records []NewRecord, err error) {
	switch {
	case len(req.Passkey) > 0 && len(req.Login) > 0:
		return nil, nil, badRequest("A passkey takes the place of a login.")
	case len(req.Passkey) > 0:
		return s.signUpPasskey(ctx, list, req.Passkey)
	}
	credential, err = s.cfg.Login.Register(ctx, list.Account, req.Login)
	if errors.Is(err, ErrWrongLogin) {
		err = errWrongLogin
	}
	return credential, nil, err
}

// signUpAgain succeeds if the account was made by the same request.
func (s *Server) signUpAgain(ctx context.Context, from string, account identity.Account, req *wire.SignUpRequest) (*wire.Empty, error) {
	taken := wire.Refuse(wire.CodeNameTaken, "The name is taken.")
	first, err := s.store.Lists(ctx, account, 1, 1)
	if err != nil {
		return nil, err
	}
	if len(first) != 1 || !bytes.Equal(first[0].Body, req.List.Body) {
		return nil, taken
	}
	if len(req.Passkey) > 0 {
		p, err := s.created(wire.PasskeySignUp, account, req.Passkey)
		if err != nil {
			return nil, err
		}
		if same, err := s.samePasskey(ctx, account, p); err != nil || same {
			return &wire.Empty{}, err
		}
		return nil, taken
	}
	switch _, err := s.login(ctx, from, account, req.Login); {
	case errors.Is(err, errWrongLogin):
		return nil, taken
	case err != nil:
		return nil, err
	}
	return &wire.Empty{}, nil
}

// maxClaim bounds the CBOR of a signed claim.
const maxClaim = 1 << 10

// Enroll leaves a note of a device that wants to be added, or says that it is
// listed by now.
func (s *Server) Enroll(ctx context.Context, from string, req *wire.EnrollRequest) (*wire.EnrollReply, error) {
	claim, err := parseEnrollClaim(req)
	if err != nil {
		return nil, err
	}
	account := claim.Device.Account()
	if err := s.proveEnroll(ctx, from, claim, req); err != nil {
		return nil, err
	}
	l, err := s.listing(ctx, account)
	if err != nil {
		return nil, err
	}
	reply := &wire.EnrollReply{}
	if d, ok := l.chain.Current.Find(claim.Device); ok {
		if d.SignatureKey != claim.SignatureKey {
			return nil, badRequest("Another device has this id.")
		}
		reply.Listed = true
	} else if err := s.putEnrollment(ctx, claim, req); err != nil {
		return nil, err
	}
	reply.Lists, err = s.wholeChain(ctx, account)
	return reply, err
}

// proveEnroll returns nil if the request proves the account. One without a login
// does for a device that is known already, by its own signature over the same claim:
// it only asks how far that is.
func (s *Server) proveEnroll(ctx context.Context, from string, claim *wire.EnrollClaim, req *wire.EnrollRequest) error {
	account := claim.Device.Account()
	if len(req.Login) == 0 {
		known, err := s.claimed(ctx, claim, req)
		if err != nil || known {
			return err
		}
	}
	return s.prove(ctx, from, account, proof{req.Login, req.Passkey, req.Claim})
}

// claimed reports whether the device of a claim waits with it, or is listed.
func (s *Server) claimed(ctx context.Context, claim *wire.EnrollClaim, req *wire.EnrollRequest) (bool, error) {
	waiting, err := s.store.Enrollments(ctx, claim.Device.Account(), s.nowMS())
	if errors.Is(err, ErrNotFound) {
		return false, nil // the proof that isn't there is what is refused
	}
	if err != nil {
		return false, err
	}
	for _, w := range waiting {
		if w.Device == claim.Device && bytes.Equal(w.Claim, req.Claim) {
			return true, nil
		}
	}
	// By the newest list: one that a reset puts out, though not yet, is to be added.
	l, err := s.listing(ctx, claim.Device.Account())
	if errors.Is(err, errUnknownAccount) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	d, ok := l.chain.Current.Find(claim.Device)
	return ok && d.SignatureKey == claim.SignatureKey, nil
}

// parseEnrollClaim checks the form of the claim and its signature by its own
// key.
func parseEnrollClaim(req *wire.EnrollRequest) (*wire.EnrollClaim, error) {
	var c wire.EnrollClaim
	if len(req.Claim) > maxClaim || cbor.Unmarshal(req.Claim, &c) != nil {
		return nil, badRequest("This is no enroll claim.")
	}
	if _, err := identity.ParseDevice(string(c.Device)); err != nil || len(c.Name) > identity.MaxDeviceName || len(c.Suites) == 0 {
		return nil, badRequest("This is no enroll claim.")
	}
	if c.SignatureKey.VerifyStatement(wire.UseEnroll, req.Claim, req.Signature) != nil {
		return nil, badRequest("The claim isn't signed by its own key.")
	}
	return &c, nil
}

func (s *Server) putEnrollment(ctx context.Context, claim *wire.EnrollClaim, req *wire.EnrollRequest) error {
	packages, err := s.checkKeyPackages(owner{claim.Device, claim.SignatureKey, claim.Suites}, req.KeyPackages, req.LastResort)
	if err != nil {
		return err
	}
	now, expires := s.nowMS(), s.steady().Add(enrollTime).UnixMilli()
	waiting, err := s.store.Enrollments(ctx, claim.Device.Account(), now)
	if err != nil {
		return err
	}
	for _, w := range waiting {
		if w.Device == claim.Device && bytes.Equal(w.Claim, req.Claim) {
			return nil // it waits, and goes on waiting for as long as it had
		}
	}
	err = s.store.PutEnrollment(ctx, claim.Device.Account(), Enrollment{
		Device: claim.Device, Key: claim.SignatureKey, Claim: req.Claim, Signature: req.Signature,
		KeyPackages: packages, Expires: expires,
	}, now, wire.MaxEnrollments)
	if errors.Is(err, ErrTooMany) {
		return wire.Refuse(wire.CodeTooManyEnrolling, "Too many devices wait for approval.")
	}
	return err
}

// Enrollments returns the devices that wait for approval by the session's
// account. One that was approved while it asked again waits no more.
func (s *Server) Enrollments(ctx context.Context, device identity.Device, _ *wire.Empty) (*wire.Enrollments, error) {
	waiting, err := s.store.Enrollments(ctx, device.Account(), s.nowMS())
	if err != nil {
		return nil, err
	}
	l, err := s.listing(ctx, device.Account())
	if err != nil {
		return nil, err
	}
	reply := &wire.Enrollments{Waiting: []wire.Enrollment{}}
	for _, w := range waiting {
		if _, listed := l.chain.Current.Find(w.Device); listed {
			continue
		}
		reply.Waiting = append(reply.Waiting, wire.Enrollment{Claim: w.Claim, Signature: w.Signature})
	}
	return reply, nil
}

// Reset puts a list whose change is reset. With an empty list it only returns
// the chain; the list's Signer then names the account, as the new device.
func (s *Server) Reset(ctx context.Context, from string, req *wire.ResetRequest) (*wire.ResetReply, error) {
	signer, err := identity.ParseDevice(string(req.List.Signer))
	if err != nil {
		return nil, badRequest("The list's signer is no device.")
	}
	account := signer.Account()
	if err := s.prove(ctx, from, account, proof{req.Login, req.Passkey, []byte(signer)}); err != nil {
		return nil, err
	}
	if len(req.List.Body) > 0 {
		if err := s.putReset(ctx, account, req.List); err != nil {
			return nil, err
		}
	}
	lists, err := s.wholeChain(ctx, account)
	return &wire.ResetReply{Lists: lists}, err
}

func (s *Server) putReset(ctx context.Context, account identity.Account, list identity.SignedDeviceList) error {
	l, next, err := s.nextList(ctx, account, list)
	if err != nil || next == nil {
		return err
	}
	if next.Change != identity.Reset {
		return wire.Refuse(wire.CodeBadDeviceList, "This is no reset.")
	}
	// The devices before stay until the delay is over: nobody has left yet.
	u := ListUpdate{
		Account: account, List: list, Version: next.Version, Reset: true, AcceptedMS: s.nowMS(),
		Join: []identity.Device{next.Devices[0].Device},
	}
	if err := s.putList(ctx, u); err != nil {
		return err
	}
	if s.cfg.ResetDelay < sessionTime {
		s.endSessions(account, leaves(l.chain.Current)) // the next ones end in time
	}
	return nil
}

// wholeChain returns the lists of account from version 1.
func (s *Server) wholeChain(ctx context.Context, account identity.Account) ([]identity.SignedDeviceList, error) {
	var all []identity.SignedDeviceList
	for {
		part, err := s.store.Lists(ctx, account, uint64(len(all))+1, wire.MaxLists)
		if err != nil {
			return nil, err
		}
		all = append(all, part...)
		if len(part) < wire.MaxLists {
			return all, nil
		}
	}
}
