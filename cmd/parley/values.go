package main

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/client/nettransport"
	"parley/identity"
	"parley/server"
	"parley/wire"
)

// text makes the set of a setting that takes any text but the empty one.
func text(field func(*serveConfig) *string) func(*serveConfig, string) error {
	return func(c *serveConfig, v string) error { return setText(field(c), v) }
}

// address makes the set of a setting that takes HOST:PORT.
func address(field func(*serveConfig) *string) func(*serveConfig, string) error {
	return func(c *serveConfig, v string) error {
		if err := checkAddress(v); err != nil {
			return err
		}
		return setText(field(c), v)
	}
}

func checkAddress(v string) error {
	_, port, err := net.SplitHostPort(v)
	if err != nil {
		return errors.New("want HOST:PORT")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return errors.New("want HOST:PORT with a port of 0 to 65535")
	}
	return nil
}

// choice makes the set of a setting that takes one of a few words.
func choice(set func(*serveConfig, string), words ...string) func(*serveConfig, string) error {
	return func(c *serveConfig, v string) error {
		if !slices.Contains(words, v) {
			return errors.New("want " + strings.Join(words, " or "))
		}
		set(c, v)
		return nil
	}
}

func duration(field func(*serveConfig) *time.Duration) func(*serveConfig, string) error {
	return func(c *serveConfig, v string) error { return setDuration(field(c), v) }
}

// number makes the set of a setting that takes an integer.
func number(field func(*serveConfig) *int, low, high int) func(*serveConfig, string) error {
	return func(c *serveConfig, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < low || n > high {
			return fmt.Errorf("want a number of %d to %d", low, high)
		}
		*field(c) = n
		return nil
	}
}

// size makes the set of a setting that takes a number of bytes.
func size(field func(*serveConfig) *int64) func(*serveConfig, string) error {
	return func(c *serveConfig, v string) (err error) {
		*field(c), err = parseSize(v)
		return err
	}
}

// bound makes the set of a size that must fit into a request.
func bound(field func(*serveConfig) *int, low int) func(*serveConfig, string) error {
	const room = 64 << 10 // for the rest of the body
	return func(c *serveConfig, v string) error {
		n, err := parseSize(v)
		if err != nil {
			return err
		}
		if n < int64(low) || n > wire.MaxBody-room {
			return fmt.Errorf("want %s to %s", sizeText(low), sizeText(wire.MaxBody-room))
		}
		*field(c) = int(n)
		return nil
	}
}

var units = []struct {
	name  string
	bytes int64
}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

// parseSize reads bytes, as 1048576 or 1MiB.
func parseSize(v string) (int64, error) {
	unit := int64(1)
	for _, u := range units {
		if rest, ok := strings.CutSuffix(v, u.name); ok {
			v, unit = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/unit {
		return 0, errors.New("want a size, as 500MiB or 20GiB")
	}
	return n * unit, nil
}

// sizeText writes bytes as parseSize reads them.
func sizeText(n int) string {
	for _, u := range units {
		if int64(n) >= u.bytes && int64(n)%u.bytes == 0 {
			return strconv.FormatInt(int64(n)/u.bytes, 10) + u.name
		}
	}
	return strconv.Itoa(n)
}

// setRate sets a field of server.Rates. What is below zero is no bound there.
func setRate(field any, v string) (err error) {
	none := v == "none"
	switch to := field.(type) {
	case *server.Rate:
		if *to = (server.Rate{Burst: -1, Every: 1}); !none {
			*to, err = parseRate(v)
		}
	case *int64:
		if *to = -1; !none {
			*to, err = parseSize(v)
		}
	case *time.Duration:
		if *to = -1; !none {
			err = setDuration(to, v)
		}
	case *int:
		if *to = -1; !none {
			if *to, err = strconv.Atoi(v); err != nil || *to < 1 {
				err = errors.New("want a number, or none")
			}
		}
	default:
		err = errors.New("this can't be set")
	}
	return err
}

// parseRate reads BURST/EVERY, as 10/1m: ten at once, then one each minute.
func parseRate(v string) (server.Rate, error) {
	wrong := errors.New("want NUMBER/TIME, as 10/1m: ten at once, then one each minute")
	burst, every, ok := strings.Cut(v, "/")
	n, err := strconv.Atoi(burst)
	if !ok || err != nil || n < 1 {
		return server.Rate{}, wrong
	}
	d, err := time.ParseDuration(every)
	if err != nil || d <= 0 {
		return server.Rate{}, wrong
	}
	return server.Rate{Burst: n, Every: d}, nil
}

func rateText(r server.Rate) string { return fmt.Sprintf("%d/%v", r.Burst, r.Every) }

func setText(to *string, v string) error {
	if v == "" {
		return errors.New("must not be empty")
	}
	*to = v
	return nil
}

func setDomain(c *serveConfig, v string) error {
	if err := setText(&c.domain, v); err != nil {
		return err
	}
	if _, err := identity.NewAccount(v, "name"); err != nil {
		return fmt.Errorf("%q is not a domain: lower-case letters, digits, dots and hyphens", v)
	}
	return nil
}

// elements splits a comma-separated list.
func elements(v string) (all []string) {
	for e := range strings.SplitSeq(v, ",") {
		if e = strings.TrimSpace(e); e != "" {
			all = append(all, e)
		}
	}
	return all
}

// setOrigins keeps each address as a client that connects to it signs it: a
// server that compared another spelling would accept no session.
func setOrigins(c *serveConfig, v string) error {
	c.origins = nil
	for _, o := range elements(v) {
		t, err := nettransport.New(o, nettransport.Options{})
		if err != nil {
			return fmt.Errorf("%q is not the address of a server", o)
		}
		c.origins = append(c.origins, t.Origin())
	}
	return nil
}

func setRoutes(c *serveConfig, v string) error {
	c.natsRoutes = elements(v)
	for _, r := range c.natsRoutes {
		if err := checkAddress(r); err != nil {
			return fmt.Errorf("%q: %w", r, err)
		}
	}
	return nil
}

func setDomains(c *serveConfig, v string) error {
	c.tls.acmeDomains = elements(v)
	for _, d := range c.tls.acmeDomains {
		if strings.ContainsAny(d, "/:*@ ") || !strings.Contains(d, ".") {
			return fmt.Errorf("%q is not a name of a host", d)
		}
	}
	return nil
}

func setTerms(c *serveConfig, v string) error {
	switch v {
	case "yes", "no":
		c.tls.acmeTerms = v == "yes"
		return nil
	}
	return errors.New("want yes or no")
}

// setProxies reads addresses and networks.
func setProxies(c *serveConfig, v string) error {
	c.proxies = nil
	for _, e := range elements(v) {
		p, err := netip.ParsePrefix(e)
		if err != nil {
			a, err := netip.ParseAddr(e)
			if err != nil {
				return fmt.Errorf("%q is neither an address nor a network, as 10.0.0.0/8", e)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		c.proxies = append(c.proxies, p.Masked())
	}
	return nil
}

func setTrace(c *serveConfig, v string) error {
	u, err := url.Parse(v)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return errors.New("want http(s)://HOST:PORT")
	}
	c.trace = v
	return nil
}

func setShare(c *serveConfig, v string) error {
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || !(f >= 0 && f <= 1) {
		return errors.New("want a number of 0 to 1")
	}
	c.traceShare = f
	return nil
}

// setDuration reads what time.ParseDuration does, and whole days as 7d.
func setDuration(to *time.Duration, v string) error {
	if days, ok := strings.CutSuffix(v, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 36500 {
			return errors.New("want a number of days, as 7d")
		}
		*to = time.Duration(n) * 24 * time.Hour
		return nil
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 {
		return errors.New("want a duration, as 7d or 12h30m")
	}
	*to = d
	return nil
}
