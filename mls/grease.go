package mls

import (
	"crypto/rand"
	"io"
	"slices"

	"parley/mls/public"
)

// greaseValues are reserved so that others learn to ignore what they don't know
// (RFC 9420, Section 13.5). Those of components end at 0x7A7A
// (draft-ietf-mls-extensions-10, Section 5.1).
var greaseValues = []uint16{
	0x0a0a, 0x1a1a, 0x2a2a, 0x3a3a, 0x4a4a, 0x5a5a, 0x6a6a, 0x7a7a,
	0x8a8a, 0x9a9a, 0xaaaa, 0xbaba, 0xcaca, 0xdada, 0xeaea,
}

// componentGrease is how many of greaseValues are reserved for components.
const componentGrease = 8

// random fills n bytes from Config.Rand.
func (c *Config) random(n int) ([]byte, error) {
	source := c.Rand
	if source == nil {
		source = rand.Reader
	}
	b := make([]byte, n)
	_, err := io.ReadFull(source, b)
	return b, err
}

// grease returns a random GREASE value, 0 if none are wanted.
func (c *Config) grease(among int) (uint16, error) {
	if c.NoGREASE {
		return 0, nil
	}
	b, err := c.random(1)
	if err != nil {
		return 0, err
	}
	return greaseValues[int(b[0])%among], nil
}

// greased returns list with a random GREASE value at a random place, as
// RFC 9420, Section 13.5 asks of what we send. list itself stays as it is.
func greased[T ~uint16](c *Config, list []T, among int) ([]T, error) {
	v, err := c.grease(among)
	if err != nil || v == 0 || slices.Contains(list, T(v)) {
		return list, err
	}
	b, err := c.random(1)
	if err != nil {
		return nil, err
	}
	return slices.Insert(slices.Clone(list), int(b[0])%(len(list)+1), T(v)), nil
}

// greaseExtension returns list with an extension of a GREASE type and a few
// random bytes at its end.
func (c *Config) greaseExtension(list public.Extensions) (public.Extensions, error) {
	v, err := c.grease(len(greaseValues))
	if err != nil || v == 0 {
		return list, err
	}
	if _, taken := list.Find(public.ExtensionType(v)); taken {
		return list, nil
	}
	data, err := c.random(int(v>>8) & 7)
	if err != nil {
		return nil, err
	}
	return append(slices.Clip(list), public.Extension{Type: public.ExtensionType(v), Data: data}), nil
}

// greaseDictionary returns d with a component of a GREASE value and a few random
// bytes, unless d is empty (draft-ietf-mls-extensions-10, Section 5.1).
func (c *Config) greaseDictionary(d public.AppDataDictionary) (public.AppDataDictionary, error) {
	if len(d) == 0 {
		return d, nil
	}
	v, err := c.grease(componentGrease)
	if _, taken := d.Find(public.ComponentID(v)); err != nil || v == 0 || taken {
		return d, err
	}
	data, err := c.random(int(v>>8) & 7)
	if err != nil {
		return nil, err
	}
	return d.With(public.ComponentID(v), data), nil
}

// withoutGREASE returns a copy of list without GREASE.
func withoutGREASE(list public.Extensions) public.Extensions {
	return slices.DeleteFunc(slices.Clone(list), func(e public.Extension) bool {
		return slices.Contains(greaseValues, uint16(e.Type))
	})
}

// greaseCapabilities adds a GREASE value to each list of c that may have one.
func (cfg *Config) greaseCapabilities(c *public.Capabilities) (err error) {
	all := len(greaseValues)
	if c.CipherSuites, err = greased(cfg, c.CipherSuites, all); err != nil {
		return err
	}
	if c.Extensions, err = greased(cfg, c.Extensions, all); err != nil {
		return err
	}
	if c.Proposals, err = greased(cfg, c.Proposals, all); err != nil {
		return err
	}
	c.Credentials, err = greased(cfg, c.Credentials, all)
	return err
}
