package bridge

import (
	"context"

	"parley/client"
)

// settingCalls lists the methods of this file.
func (c *Core) settingCalls() map[string]call {
	return map[string]call{
		"settings":      without(c.Settings),
		"setSettings":   with(c.SetSettings),
		"devices":       without(c.Devices),
		"approveDevice": with(c.ApproveDevice),
		"removeDevice":  with(c.RemoveDevice),
		"cancelReset":   without(c.CancelReset),
		"healing":       without(c.Healing),
	}
}

// keptSettings names what of Settings is this device's own.
const keptSettings = "settings"

// own is what of Settings is this device's own.
type ownSettings struct {
	Theme    string `json:"theme"`
	Language string `json:"language"`
	Notify   bool   `json:"notify"`
	Warnings bool   `json:"warnings"`
}

// Settings returns the settings.
func (c *Core) Settings(ctx context.Context) (Settings, error) {
	cl, err := c.client()
	if err != nil {
		return Settings{}, err
	}
	return settingsOf(ctx, cl)
}

func settingsOf(ctx context.Context, cl *client.Client) (Settings, error) {
	shared, err := cl.Settings(ctx)
	if err != nil {
		return Settings{}, err
	}
	own := ownSettings{Theme: "system", Warnings: true}
	kept, err := cl.Kept(ctx, keptSettings)
	if err != nil {
		return Settings{}, err
	}
	if kept != nil {
		if err := decode(kept, &own); err != nil {
			return Settings{}, err
		}
	}
	return Settings{
		Receipts: shared.Receipts, Typing: shared.Typing, Previews: shared.Previews, Links: shared.Links,
		Theme: own.Theme, Language: own.Language, Notify: own.Notify, Warnings: own.Warnings,
	}, nil
}

// maxLanguage bounds a language tag, in bytes.
const maxLanguage = 35

// SetSettings sets them, and tells every page. Codes: bad_params.
func (c *Core) SetSettings(ctx context.Context, p Settings) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	switch p.Theme {
	case "system", "light", "dark":
	default:
		return Nothing{}, errBadParams
	}
	if len(p.Language) > maxLanguage {
		return Nothing{}, errBadParams
	}
	own, err := encode(ownSettings{Theme: p.Theme, Language: p.Language, Notify: p.Notify, Warnings: p.Warnings})
	if err != nil {
		return Nothing{}, err
	}
	if err := cl.Keep(ctx, keptSettings, own); err != nil {
		return Nothing{}, err
	}
	if err := cl.SetSettings(ctx, client.Settings{Receipts: p.Receipts, Typing: p.Typing, Previews: p.Previews, Links: p.Links}); err != nil {
		return Nothing{}, err
	}
	c.tellSettings()
	return Nothing{}, nil
}

// tellSettings tells every page what the settings are now.
func (c *Core) tellSettings() {
	c.news.later("settings", func() any {
		s, err := c.Settings(context.Background())
		if err != nil {
			return Settings{}
		}
		return s
	})
}

// Devices returns the own devices, and those that wait to be added. Without a
// connection those that are known.
func (c *Core) Devices(ctx context.Context) (Devices, error) {
	cl, err := c.client()
	if err != nil {
		return Devices{}, err
	}
	devices, err := cl.Devices(ctx)
	if err != nil {
		return Devices{}, err
	}
	seen, err := cl.DeviceActivity(ctx)
	if err != nil {
		seen = nil // it isn't known
	}
	var out Devices
	for _, d := range devices {
		out.Devices = append(out.Devices, OwnDevice{
			Device: string(d.Device), Name: d.Name, AddedMS: d.AddedMS, LastSeenMS: seen[d.Device], This: d.This,
		})
	}
	if waiting, err := cl.Waiting(ctx); err == nil {
		for _, w := range waiting {
			out.Waiting = append(out.Waiting, WaitingDevice{Code: w.Code, Name: w.Name})
		}
	}
	out.Reset, err = cl.ResetRuns(ctx)
	return out, err
}

// ApproveDevice adds the device that shows a code. Codes: bad_code, offline.
func (c *Core) ApproveDevice(ctx context.Context, p Code) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.Approve(ctx, p.Code)
}

// RemoveDevice takes a device off the account. Codes: unknown_device, last_device,
// offline.
func (c *Core) RemoveDevice(ctx context.Context, p Device) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.RemoveDevice(ctx, p.Device)
}

// CancelReset undoes a reset that somebody else made. Codes: no_reset, offline.
func (c *Core) CancelReset(ctx context.Context) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.CancelReset(ctx)
}

// Healing counts what couldn't be read at once.
func (c *Core) Healing(ctx context.Context) (Healing, error) {
	cl, err := c.client()
	if err != nil {
		return Healing{}, err
	}
	h, err := cl.Healing(ctx)
	return Healing{Refused: h.Refused, Rejoined: h.Rejoined}, err
}
