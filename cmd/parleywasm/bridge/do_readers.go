package bridge

import (
	"context"
	"strings"

	"rsc.io/qr/coding"

	"parley/client"
)

// readerCalls lists the methods of this file.
func (c *Core) readerCalls() map[string]call {
	return map[string]call{
		"readers": with(c.Readers),
		"verify":  with(c.Verify),
	}
}

// modePrivate is the mode of every room that there is.
const modePrivate = "private"

// Readers returns who can read a conversation. Codes: unknown_room, not_member.
func (c *Core) Readers(ctx context.Context, p InRoom) (Readers, error) {
	cl, room, err := c.in(p.Room)
	if err != nil {
		return Readers{}, err
	}
	all, err := cl.Readers(ctx, room)
	if err != nil {
		return Readers{}, err
	}
	out := Readers{Mode: modePrivate, Epoch: all.Epoch, Suite: all.Suite}
	for i := range all.People {
		r, err := readerOf(&all.People[i])
		if err != nil {
			return Readers{}, err
		}
		out.People = append(out.People, r)
	}
	return out, nil
}

func readerOf(r *client.Reader) (Reader, error) {
	out := Reader{Person: personOf(&r.Person), SinceMS: r.SinceMS, SafetyNumber: r.SafetyNumber, Changed: r.Changed}
	for _, d := range r.Devices {
		out.Devices = append(out.Devices, ReaderDevice{Device: string(d.Device), Name: d.Name, AddedMS: d.AddedMS, This: d.This})
	}
	if r.SafetyNumber == "" {
		return out, nil
	}
	var err error
	out.QR, err = qrRows(strings.ReplaceAll(r.SafetyNumber, " ", ""))
	return out, err
}

// qrRows returns the QR code of some digits: rows of 0 and 1, 1 is dark, joined by
// line ends. There is no margin.
func qrRows(digits string) (string, error) {
	text := coding.Num(digits)
	if err := text.Check(); err != nil {
		return "", errBadParams
	}
	version := coding.Version(coding.MinVersion)
	for text.Bits(version) > version.DataBytes(coding.M)*8 {
		version++
	}
	plan, err := coding.NewPlan(version, coding.M, 0)
	if err != nil {
		return "", err
	}
	code, err := plan.Encode(text)
	if err != nil {
		return "", err
	}
	rows := make([]string, code.Size)
	for y := range rows {
		var row strings.Builder
		for x := range code.Size {
			row.WriteByte("01"[flag(code.Black(x, y))])
		}
		rows[y] = row.String()
	}
	return strings.Join(rows, "\n"), nil
}

// Verify says that a safety number was compared, or that it no longer counts.
// Codes: no_number, bad_name.
func (c *Core) Verify(ctx context.Context, p Verify) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	if p.Verified && p.Number != "" {
		return Nothing{}, cl.Verify(ctx, p.Account, p.Number)
	}
	return Nothing{}, cl.Compared(ctx, p.Account, p.Verified)
}
