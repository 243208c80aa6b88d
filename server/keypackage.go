package server

import (
	"context"
	"errors"
	"slices"
	"time"

	"parley/identity"
	"parley/mls/public"
	"parley/wire"
)

// maxKeyPackage bounds one key package, in bytes.
const maxKeyPackage = 16 << 10

// lastResortTime bounds how long a last-resort key package is given out. It may be
// given to many, so that what they send is only as safe as it is young.
const lastResortTime = 14 * 24 * time.Hour

// maxClaimSuites bounds the suites that a claim can ask for.
const maxClaimSuites = 32

// An owner is a device as its list has it, or will have it.
type owner struct {
	device identity.Device
	key    identity.PublicKey
	suites []uint16
}

// checkKeyPackages checks what a device publishes.
func (s *Server) checkKeyPackages(o owner, single [][]byte, lastResort []byte) ([]KeyPackage, error) {
	if len(single) > s.cfg.Limits.KeyPackages {
		return nil, tooLarge("Too many key packages.")
	}
	var all []KeyPackage
	for _, message := range single {
		k, err := s.checkKeyPackage(o, message, false)
		if err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	if len(lastResort) > 0 {
		k, err := s.checkKeyPackage(o, lastResort, true)
		if err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	return all, nil
}

// checkKeyPackage checks one by itself (RFC 9420, Section 10.1), and that it is
// the owner's.
func (s *Server) checkKeyPackage(o owner, message []byte, lastResort bool) (KeyPackage, error) {
	if len(message) > maxKeyPackage {
		return KeyPackage{}, tooLarge("The key package is too large.")
	}
	bad := func(why string) (KeyPackage, error) {
		return KeyPackage{}, wire.Refuse(wire.CodeBadKeyPackage, "The key package "+why+".")
	}
	k, err := public.ParseKeyPackage(message)
	if err != nil {
		return bad("can't be decoded")
	}
	suite, err := s.groups.ValidateKeyPackage(k)
	if err != nil {
		return bad("isn't valid")
	}
	switch {
	case string(k.Identity()) != string(o.device):
		return bad("has another device's credential")
	case string(k.LeafNode.SignatureKey) != string(o.key[:]):
		return bad("doesn't have the device's listed key")
	case !slices.Contains(o.suites, uint16(k.CipherSuite)):
		return bad("is of a suite that the device isn't listed with")
	case k.LastResort() != lastResort:
		return bad("is marked as last resort, or isn't, in the wrong place")
	}
	until := int64(min(k.LeafNode.Lifetime.NotAfter, 1<<62))
	if lastResort {
		until = min(until, s.steady().Add(lastResortTime).Unix())
	}
	return KeyPackage{
		Device: o.device, Ref: k.Ref(suite), Suite: uint16(k.CipherSuite),
		NotAfter: until, LastResort: lastResort, Message: message,
	}, nil
}

// PublishKeyPackages adds key packages of the session's device.
func (s *Server) PublishKeyPackages(ctx context.Context, device identity.Device, req *wire.PublishKeyPackagesRequest) (*wire.KeyPackageCount, error) {
	d, _, err := s.listedDevice(ctx, device)
	if err != nil {
		return nil, err
	}
	packages, err := s.checkKeyPackages(owner{device, d.SignatureKey, d.Suites}, req.KeyPackages, req.LastResort)
	if err != nil {
		return nil, err
	}
	err = s.store.AddKeyPackages(ctx, device, packages, s.cfg.Limits.KeyPackages)
	if errors.Is(err, ErrTooMany) {
		return nil, tooLarge("The device has too many key packages.")
	}
	if err != nil {
		return nil, err
	}
	return s.KeyPackageCount(ctx, device, &wire.Empty{})
}

// KeyPackageCount says what the server holds for the session's device.
func (s *Server) KeyPackageCount(ctx context.Context, device identity.Device, _ *wire.Empty) (*wire.KeyPackageCount, error) {
	count, err := s.store.CountKeyPackages(ctx, device, s.steady().Unix())
	if err != nil {
		return nil, err
	}
	return &count, nil
}

// ClaimKeyPackages takes one key package of each device of an account: of those
// on its newest list or, while a reset runs, on the list before it. Named
// devices may be on either. Where none has any it is no_key_package.
func (s *Server) ClaimKeyPackages(ctx context.Context, device identity.Device, req *wire.ClaimKeyPackagesRequest) (*wire.ClaimedKeyPackages, error) {
	if len(req.Suites) == 0 || len(req.Suites) > maxClaimSuites {
		return nil, badRequest("A claim names 1 to 32 suites.")
	}
	if _, err := identity.ParseAccount(string(req.Account)); err != nil {
		return nil, errUnknownAccount
	}
	l, err := s.listing(ctx, req.Account)
	if err = s.mayLook(ctx, device.Account(), req.Account, err); err != nil {
		return nil, err
	}
	devices, err := l.claimable(req.Devices)
	if err != nil {
		return nil, err
	}
	if err := s.accepting(ctx, device.Account(), req.Account); err != nil {
		return nil, err
	}
	if err := s.mayClaim(device.Account(), req.Account); err != nil {
		return nil, err
	}
	claimed, err := s.store.ClaimKeyPackages(ctx, devices, req.Suites, s.steady().Unix())
	if err != nil {
		return nil, err
	}
	if len(claimed) == 0 {
		return nil, wire.Refuse(wire.CodeNoKeyPackage, "The account has no key package left.")
	}
	return claimReply(l, devices, claimed), nil
}

// mayClaim takes a token of each rate that bounds claims. An account's own
// devices claim from each other without one of the target's.
func (s *Server) mayClaim(claimer, target identity.Account) error {
	attempts := []attempt{{s.limiters.claimer, string(claimer)}}
	if claimer != target {
		attempts = append(attempts,
			attempt{s.limiters.claiming, string(claimer) + " " + string(target)},
			attempt{s.limiters.claimed, string(target)})
	}
	_, err := s.limiters.reserve(s.steady(), attempts...)
	return err
}

// claimable returns the devices to claim from: the named ones, which must be
// listed, or all that can be added to rooms.
func (l *listing) claimable(named []identity.Device) ([]identity.Device, error) {
	if len(named) > 2*identity.MaxDevices {
		return nil, badRequest("Too many devices are named.")
	}
	for _, d := range named {
		if _, _, ok := l.entry(d); !ok {
			return nil, errUnlisted
		}
	}
	if len(named) > 0 {
		return named, nil
	}
	var all []identity.Device
	for _, d := range l.effective().Devices {
		all = append(all, d.Device)
	}
	return all, nil
}

func claimReply(l *listing, devices []identity.Device, claimed []KeyPackage) *wire.ClaimedKeyPackages {
	reply := &wire.ClaimedKeyPackages{ListVersion: l.account.Current.Version}
	for _, d := range devices {
		i := slices.IndexFunc(claimed, func(k KeyPackage) bool { return k.Device == d })
		if i < 0 {
			reply.Missing = append(reply.Missing, d)
			continue
		}
		reply.KeyPackages = append(reply.KeyPackages, wire.ClaimedKeyPackage{
			Device: d, KeyPackage: claimed[i].Message, LastResort: claimed[i].LastResort,
		})
	}
	return reply
}
