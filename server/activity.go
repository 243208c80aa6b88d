package server

import (
	"context"
	"errors"
	"strconv"
	"time"

	"parley/identity"
	"parley/wire"
)

// dayMS is a day in milliseconds.
const dayMS = int64(24 * time.Hour / time.Millisecond)

// day returns the day of now, UTC, counted from 1970, as it is kept.
func day(now time.Time) string { return strconv.FormatInt(now.UnixMilli()/dayMS, 10) }

// noteSeen keeps that device opened a session today: no finer than the day, and
// written once a day. A device that has just left its list isn't noted.
func (s *Server) noteSeen(ctx context.Context, device identity.Device, now time.Time) error {
	today := day(now)
	last, err := s.store.AccountRecord(ctx, device.Account(), RecordSeen, string(device))
	if err == nil && string(last) == today {
		return nil
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	err = s.store.UpdateRecords(ctx, RecordUpdate{
		Account: device.Account(), Kind: RecordSeen, Max: 2 * identity.MaxDevices,
		Put: []KeyValue{{Key: string(device), Value: []byte(today)}},
	})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// DeviceActivity says on which day each listed device of the session's account last
// opened a session.
func (s *Server) DeviceActivity(ctx context.Context, device identity.Device, _ *wire.Empty) (*wire.DeviceActivity, error) {
	l, err := s.listing(ctx, device.Account())
	if err != nil {
		return nil, err
	}
	seen, err := s.store.AccountRecords(ctx, device.Account(), RecordSeen, "", 2*identity.MaxDevices)
	if err != nil {
		return nil, err
	}
	days := map[string]int64{}
	for _, r := range seen {
		if n, err := strconv.ParseInt(string(r.Value), 10, 64); err == nil {
			days[r.Key] = n * dayMS
		}
	}
	reply := &wire.DeviceActivity{Devices: []wire.LastSeen{}}
	for _, d := range l.chain.Current.Devices {
		reply.Devices = append(reply.Devices, wire.LastSeen{Device: d.Device, DayMS: days[string(d.Device)]})
	}
	return reply, nil
}
