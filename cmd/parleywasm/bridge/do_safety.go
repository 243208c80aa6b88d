package bridge

import (
	"context"
	"encoding/base64"
	"strings"
	"sync"

	"parley/client"
	"parley/identity"
	"parley/safety"
)

// A SafetyData is what this device finds warnings by. An empty field leaves what there is.
type SafetyData struct {
	Model     string `json:"model,omitempty"`      // base64: safety.Model
	BlockList string `json:"block_list,omitempty"` // base64: safety.BlockList, signed by the key that the server's Info names
	Region    string `json:"region,omitempty"`     // where the person is, as ISO 3166-1 alpha-2: whose help lines are shown
}

// A ShownLink is a link with the text that stands for it; empty: its target.
type ShownLink struct {
	Target  string `json:"target"`
	Display string `json:"display"`
}

// ShownLinks are at most 200.
type ShownLinks struct {
	Links []ShownLink `json:"links"`
}

// CheckedLinks says of each of ShownLinks what is suspicious of it, in their order.
type CheckedLinks struct {
	Links []CheckedLink `json:"links"`
}

// A CheckedLink has no warnings where nothing is.
type CheckedLink struct {
	Warnings []LinkWarning `json:"warnings"`
}

// A LinkWarning is one reason to look twice.
type LinkWarning struct {
	Kind string `json:"kind"`           // listed, look_alike, confusable, mismatch, userinfo, raw_address, shortener
	Host string `json:"host"`           // where the link really leads
	Like string `json:"like,omitempty"` // what it looks like
}

// A Nudge is a hint beside a message of somebody else.
type Nudge struct {
	Class string     `json:"class"` // scam, harassment, sextortion
	Help  []HelpLine `json:"help"`
}

// A HelpLine is where people help.
type HelpLine struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// maxLinks bounds the links of one call.
const maxLinks = 200

// keptBlockList names the version of the newest block list that this device has seen.
const keptBlockList = "block_list"

// A warner is what this device finds warnings by. None of what it finds leaves the
// device.
type warner struct {
	taking sync.Mutex // held while a list is taken, so that an older one never comes after a newer

	mu     sync.Mutex // guards what follows
	model  *safety.Model
	list   *safety.BlockList
	region string
}

// safetyCalls lists the methods of this file.
func (c *Core) safetyCalls() map[string]call {
	return map[string]call{
		"setSafety":  with(c.SetSafety),
		"checkLinks": with(c.CheckLinks),
	}
}

// SetSafety takes what warnings are found by. Codes: bad_params for what can't be read, isn't
// signed by the server's key, or is older than what this device has seen.
func (c *Core) SetSafety(ctx context.Context, p SafetyData) (Nothing, error) {
	c.warner.taking.Lock()
	defer c.warner.taking.Unlock()
	model, list, err := c.readSafety(ctx, &p)
	if err != nil {
		return Nothing{}, err
	}
	c.warner.mu.Lock()
	defer c.warner.mu.Unlock()
	if model != nil {
		c.warner.model = model
	}
	if list != nil {
		c.warner.list = list
	}
	if p.Region != "" {
		c.warner.region = strings.ToUpper(p.Region)
	}
	return Nothing{}, nil
}

func (c *Core) readSafety(ctx context.Context, p *SafetyData) (model *safety.Model, list *safety.BlockList, err error) {
	if p.Model != "" {
		data, err := base64.StdEncoding.DecodeString(p.Model)
		if err != nil {
			return nil, nil, errBadParams
		}
		if model, err = safety.ParseModel(data); err != nil {
			return nil, nil, errBadParams
		}
	}
	if p.BlockList != "" {
		data, err := base64.StdEncoding.DecodeString(p.BlockList)
		if err != nil {
			return nil, nil, errBadParams
		}
		if list, err = c.readBlockList(ctx, data); err != nil {
			return nil, nil, err
		}
	}
	return model, list, nil
}

// readBlockList reads a list, and remembers its version.
func (c *Core) readBlockList(ctx context.Context, data []byte) (*safety.BlockList, error) {
	cl, err := c.client()
	if err != nil {
		return nil, err
	}
	info, err := c.server(ctx)
	if err != nil {
		return nil, err
	}
	key, err := identity.ParsePublicKey(info.BlockListKey)
	if err != nil {
		return nil, errBadParams
	}
	var seen safety.SeenList
	kept, err := cl.Kept(ctx, keptBlockList)
	if err == nil && kept != nil {
		err = decode(kept, &seen)
	}
	if err != nil {
		return nil, err
	}
	list, now, err := seen.Take(data, key)
	if err != nil {
		return nil, errBadParams
	}
	if now != seen {
		kept, err := encode(now)
		if err == nil {
			err = cl.Keep(ctx, keptBlockList, kept)
		}
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// CheckLinks says what is suspicious of links. Codes: bad_params.
func (c *Core) CheckLinks(ctx context.Context, p ShownLinks) (CheckedLinks, error) {
	if len(p.Links) > maxLinks {
		return CheckedLinks{}, errBadParams
	}
	l := &safety.Links{Own: c.ownDomains()}
	c.warner.mu.Lock()
	l.List = c.warner.list
	c.warner.mu.Unlock()
	var out CheckedLinks
	for _, link := range p.Links {
		var one CheckedLink
		for _, f := range l.Check(link.Target, link.Display) {
			one.Warnings = append(one.Warnings, LinkWarning{Kind: string(f.Kind), Host: f.Host, Like: f.Like})
		}
		out.Links = append(out.Links, one)
	}
	return out, nil
}

// ownDomains returns the names of the platform that this device is at home on.
func (c *Core) ownDomains() []string {
	c.mu.Lock()
	info := c.info
	c.mu.Unlock()
	if info == nil {
		return nil
	}
	var hosts []string
	if info.Platform != nil {
		hosts = info.Platform.Hosts
	}
	return safety.OwnDomains(info.Domain, hosts)
}

// nudgesOf returns what a message of somebody else looks like.
func (w *warner) nudgesOf(v *client.View, own identity.Account) []Nudge {
	if v.Own(own) || v.Unsent || v.Kind != client.KindText && v.Kind != client.KindEdit {
		return nil
	}
	w.mu.Lock()
	model, region := w.model, w.region
	w.mu.Unlock()
	var out []Nudge
	for _, n := range safety.Nudges(v.Text, model, region) {
		one := Nudge{Class: string(n.Class)}
		for _, l := range n.Help {
			one.Help = append(one.Help, HelpLine{Name: l.Name, URL: l.URL})
		}
		out = append(out, one)
	}
	return out
}
