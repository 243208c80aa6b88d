package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"

	"parley/server"
	"parley/server/unfurl"
	"parley/wire"
)

// linkConfig says what the server fetches for who sends an address.
type linkConfig struct {
	unfurl bool     // what pages say of themselves
	inner  []string // HOST:PORT that are fetched at whatever address

	platform string   // the name of the platform whose posts are shown; empty: none
	hosts    []string // HOST or HOST:PORT of its posts
	oembed   string   // URL
	players  []string // scheme://host[:port]/path
}

var linkSettings = []setting{
	{section: "Links and posts", key: "unfurl", def: "on", help: "on or off: whether the server fetches what a page says of itself for who is about to send its address", set: choice(func(c *serveConfig, v string) { c.links.unfurl = v == "on" }, "on", "off")},
	{key: "unfurl_inner", list: true, none: "none: public addresses alone", help: "HOST:PORT of sites of your own that may be fetched at an inner address", set: setInner},
	{key: "platform_name", none: "none", help: "name of the video platform, or the like, whose posts are shown as cards", set: setPlatformName},
	{key: "platform_hosts", list: true, none: "none", help: "hosts of its posts' addresses; HOST:PORT may be at an inner address", set: setPlatformHosts},
	{key: "platform_oembed", none: "none: its pages say what there is (Open Graph)", help: "https:// address of its oEmbed endpoint, also at an inner address", set: setPlatformOEmbed},
	{key: "platform_players", list: true, none: "none: posts open in a new tab", help: "what the addresses of its player begin with, https://HOST/PATH/: nothing else is ever shown in a frame", set: setPlatformPlayers},
}

func setInner(c *serveConfig, v string) error {
	hosts, err := eachOf(v, parseHostPort)
	c.links.inner = hosts
	return err
}

// parseHostPort takes HOST:PORT as a URL has it.
func parseHostPort(v string) (string, error) {
	host, _, err := net.SplitHostPort(v)
	if err != nil || checkAddress(v) != nil || !isHost(host) && !isAddress(host) {
		return "", fmt.Errorf("%q: want HOST:PORT", v)
	}
	return strings.ToLower(v), nil
}

func isAddress(v string) bool { _, err := netip.ParseAddr(v); return err == nil }

// maxPlatformName bounds the bytes of the platform's name.
const maxPlatformName = 64

func setPlatformName(c *serveConfig, v string) error {
	if v == "" || len(v) > maxPlatformName || !utf8.ValidString(v) || strings.ContainsAny(v, "\r\n\t") {
		return errors.New("want a name")
	}
	c.links.platform = v
	return nil
}

func setPlatformHosts(c *serveConfig, v string) error {
	hosts, err := eachOf(v, func(v string) (string, error) {
		if strings.Contains(v, ":") {
			return parseHostPort(v)
		}
		if !isHost(v) {
			return "", fmt.Errorf("%q: want a host, as video.example.org, or HOST:PORT", v)
		}
		return strings.ToLower(v), nil
	})
	c.links.hosts = hosts
	return err
}

func setPlatformOEmbed(c *serveConfig, v string) error {
	if _, err := parsePlace(v); err != nil {
		return err
	}
	c.links.oembed = v
	return nil
}

func setPlatformPlayers(c *serveConfig, v string) error {
	players, err := eachOf(v, func(v string) (string, error) {
		u, err := parsePlace(v)
		if err == nil && (u.RawQuery != "" || !strings.HasPrefix(u.Path, "/") || strings.ContainsAny(v, ";, '\"")) {
			err = fmt.Errorf("%q: want https://HOST/PATH/", v)
		}
		return v, err
	})
	c.links.players = players
	return err
}

// parsePlace returns an https URL; in the clear only this machine's own are taken.
func parsePlace(v string) (*url.URL, error) {
	u, err := url.Parse(v)
	if err != nil || u.User != nil || u.Fragment != "" || u.Host == "" || u.Host != strings.ToLower(u.Host) ||
		u.Scheme != "https" && (u.Scheme != "http" || !loopback(net.JoinHostPort(u.Hostname(), "0"))) {
		return nil, fmt.Errorf("%q: want https://HOST/PATH", v)
	}
	return u, nil
}

// contradiction returns what doesn't fit together.
func (c *linkConfig) contradiction(origins []string) error {
	if (c.platform == "") != (len(c.hosts) == 0) || c.platform == "" && (c.oembed != "" || len(c.players) > 0) {
		return errors.New("a platform needs a name and hosts (platform_name, platform_hosts)")
	}
	for _, p := range c.players {
		for _, o := range origins { // a frame of the page's own origin could reach into it
			if u, err := url.Parse(p); err == nil && u.Scheme+"://"+u.Host == o {
				return errors.New("a player must be at another origin than this server (platform_players)")
			}
		}
	}
	return nil
}

// openLinks returns what fetches for who sends an address, nil where nothing is to be
// fetched, and the platform whose posts it resolves.
func (s *running) openLinks() (server.Unfurler, *wire.Platform) {
	cfg := s.cfg.links
	o := unfurl.Options{Inner: cfg.inner}
	if cfg.platform != "" {
		o.Platform = &unfurl.Platform{Platform: wire.Platform{Name: cfg.platform, Hosts: cfg.hosts, Players: cfg.players}, OEmbed: cfg.oembed}
	}
	if !cfg.unfurl && o.Platform == nil {
		return nil, nil
	}
	fetcher := unfurl.New(o)
	if o.Platform == nil {
		return fetcher, nil
	}
	return fetcher, &o.Platform.Platform
}
