package wire

import "parley/identity"

// PublishKeyPackagesRequest adds key packages of the session's device. Each is
// an MLSMessage whose credential is the device and whose signature key is the
// listed one. Repeating it adds nothing twice.
type PublishKeyPackagesRequest struct {
	KeyPackages [][]byte `cbor:"key_packages" json:"key_packages"` // single use
	LastResort  []byte   `cbor:"last_resort" json:"last_resort"`   // replaces the one there is; empty: leave it
}

// KeyPackageCount says what the server holds for the session's device.
type KeyPackageCount struct {
	SingleUse  int   `cbor:"single_use" json:"single_use"`
	LastResort bool  `cbor:"last_resort" json:"last_resort"`
	Expires    int64 `cbor:"expires" json:"expires"` // of the last resort: Unix seconds, 14 days after it was published at most; 0 where there is none
}

// ClaimKeyPackagesRequest takes one key package of each device of an account.
type ClaimKeyPackagesRequest struct {
	Account identity.Account  `cbor:"account" json:"account"`
	Devices []identity.Device `cbor:"devices,omitempty" json:"devices,omitempty"` // only these, where there are any
	Suites  []uint16          `cbor:"suites" json:"suites"`                       // only of these suites
}

// ClaimedKeyPackages holds one key package for each device on the newest list. A
// single-use one is given to nobody else. Where a device has none left it is its
// last resort.
type ClaimedKeyPackages struct {
	KeyPackages []ClaimedKeyPackage `cbor:"key_packages" json:"key_packages"`
	Missing     []identity.Device   `cbor:"missing,omitempty" json:"missing,omitempty"` // devices that have none at all
	ListVersion uint64              `cbor:"list_version" json:"list_version"`           // the newest list's version
}

// A ClaimedKeyPackage is a key package and whose it is.
type ClaimedKeyPackage struct {
	Device     identity.Device `cbor:"device" json:"device"`
	KeyPackage []byte          `cbor:"key_package" json:"key_package"` // MLSMessage
	LastResort bool            `cbor:"last_resort" json:"last_resort"`
}
