package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// pageSettings say what browsers are served.
type pageSettings struct {
	on      bool
	dir     string   // files to serve instead of those in the program; empty: those
	parents []string // origins whose pages may show the page in a frame
}

// pushConfig says how devices that aren't connected are woken.
type pushConfig struct {
	on      bool
	subject string   // mailto: or https: that push services can complain to; empty: none
	hosts   []string // suffixes of hosts, or HOST:PORT
	ca      string   // file: who signed the certificate of a push service of one's own
}

// passkeyConfig says whether accounts can be proved by a passkey, and for which
// site.
type passkeyConfig struct {
	on   bool
	rpID string // empty: the host of the first origin
}

// pushServices are those of the browsers.
var pushServices = []string{"fcm.googleapis.com", "push.services.mozilla.com", "push.apple.com", "notify.windows.com"}

var browserSettings = []setting{
	{section: "The page", key: "page", def: "on", help: "on or off: whether browsers are served the client at /", set: choice(func(c *serveConfig, v string) { c.page.on = v == "on" }, "on", "off")},
	{key: "web_dir", none: "the page in the program", help: "directory with another build of the page, looked at anew for each request: for its developers", set: text(func(c *serveConfig) *string { return &c.page.dir })},
	{key: "embed_parents", list: true, none: "none: no other site may show it", help: "https://HOST[:PORT] of sites that may show the page in a frame; https://*.HOST is any below it", set: setParents},
	{section: "Push", key: "push", def: "on", help: "on or off: whether devices that aren't connected are woken through their browser's push service", set: choice(func(c *serveConfig, v string) { c.push.on = v == "on" }, "on", "off")},
	{key: "push_subject", none: "the first https origin", help: "mailto: or https: address where push services find you", set: setSubject},
	{key: "push_hosts", list: true, def: strings.Join(pushServices, ","), help: "hosts of push services, with all below them, by https on port 443; HOST:PORT is one of your own, also at an inner address", set: setPushHosts},
	{key: "push_ca", none: "the system's", help: "file: who signed the certificate of a push service of your own, PEM", set: text(func(c *serveConfig) *string { return &c.push.ca })},
	{section: "Passkeys", key: "passkeys", def: "on", help: "on or off: whether an account can be made, and proved, by a passkey instead of a passphrase", set: choice(func(c *serveConfig, v string) { c.passkeys.on = v == "on" }, "on", "off")},
	{key: "rp_id", none: "the host of the first origin", help: "domain that passkeys are made for: the origins' host or one above; don't change it later, passkeys would be lost", set: setRPID},
}

// setParents takes origins, of which the host may begin with "*.".
func setParents(c *serveConfig, v string) error {
	parents, err := eachOf(v, parseParent)
	c.page.parents = parents
	return err
}

// parseParent returns an origin as a Content-Security-Policy has it. In the clear
// only this machine's own are taken.
func parseParent(v string) (string, error) {
	wrong := fmt.Errorf("%q: want https://HOST[:PORT]", v)
	u, err := url.Parse(strings.TrimSuffix(v, "/"))
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", wrong
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(net.JoinHostPort(u.Hostname(), "0"))) {
		return "", wrong
	}
	if !isHost(strings.TrimPrefix(u.Hostname(), "*.")) {
		return "", wrong
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}

// isHost reports whether v is a name or an IPv4 address, without a port.
func isHost(v string) bool {
	allowed := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.'
	}
	return v != "" && len(v) <= 253 && strings.IndexFunc(v, func(r rune) bool { return !allowed(r) }) < 0 &&
		!strings.HasPrefix(v, ".") && !strings.HasSuffix(v, ".") && !strings.Contains(v, "..")
}

func setSubject(c *serveConfig, v string) error {
	u, err := url.Parse(v)
	if err != nil || !(u.Scheme == "mailto" && strings.Contains(u.Opaque, "@")) && !(u.Scheme == "https" && u.Host != "") {
		return errors.New("want mailto:NAME@HOST or https://HOST")
	}
	c.push.subject = v
	return nil
}

func setPushHosts(c *serveConfig, v string) error {
	hosts, err := eachOf(v, parsePushHost)
	c.push.hosts = hosts
	return err
}

// parsePushHost takes a host, or HOST:PORT.
func parsePushHost(v string) (string, error) {
	host, _, err := net.SplitHostPort(v)
	if err == nil && checkAddress(v) == nil && isHost(host) {
		return strings.ToLower(v), nil
	}
	if _, err := netip.ParseAddr(v); err == nil || !isHost(v) || !strings.Contains(v, ".") {
		return "", fmt.Errorf("%q: want a host, as push.example.org, or HOST:PORT", v)
	}
	return strings.ToLower(v), nil
}

func setRPID(c *serveConfig, v string) error {
	if !isHost(v) {
		return errors.New("want a domain")
	}
	c.passkeys.rpID = strings.ToLower(v)
	return nil
}

// eachOf reads a list with commas between.
func eachOf(v string, parse func(string) (string, error)) (all []string, err error) {
	for part := range strings.SplitSeq(v, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		one, err := parse(part)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("must not be empty")
	}
	return all, nil
}
