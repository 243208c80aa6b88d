package wire

import "parley/identity"

// DeviceActivity says when the devices of the session's account were last here.
type DeviceActivity struct {
	Devices []LastSeen `cbor:"devices" json:"devices"` // those on the account's list
}

// LastSeen says on which day a device last opened a session.
type LastSeen struct {
	Device identity.Device `cbor:"device" json:"device"`
	DayMS  int64           `cbor:"day_ms" json:"day_ms"` // Unix milliseconds of the day's start, UTC; 0: not known
}
