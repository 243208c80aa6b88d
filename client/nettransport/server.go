package nettransport

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// ErrServer is returned, wrapped with what is wrong, for a text that isn't the
// address of a server. The text itself is never repeated: it may hold a password.
var ErrServer = errors.New("nettransport: not a server's address")

// parseServer returns the origin that text names: https://HOST, http://HOST, or
// the same with :PORT where it isn't the scheme's own. text may leave the scheme
// out: it is http for this machine itself, else https.
func parseServer(text string) (*url.URL, error) {
	text = strings.TrimSpace(text)
	given, rest, found := strings.Cut(text, "://")
	if !found {
		given, rest = "", text
	}
	if err := checkBare(rest); err != nil {
		return nil, err
	}
	u, err := url.Parse("//" + strings.TrimSuffix(rest, "/"))
	if err != nil {
		return nil, fmt.Errorf("%w: want a name or address, and a port if need be", ErrServer)
	}
	host, local, err := parseHost(u.Hostname())
	if err != nil {
		return nil, err
	}
	scheme, err := parseScheme(given, local)
	if err != nil {
		return nil, err
	}
	port, err := parsePort(u, scheme)
	if err != nil {
		return nil, err
	}
	return &url.URL{Scheme: scheme, Host: host + port}, nil
}

// checkBare refuses what may not follow the scheme.
func checkBare(rest string) error {
	switch {
	case strings.Contains(rest, "@"):
		return fmt.Errorf("%w: it may not hold a user's name or password", ErrServer)
	case strings.ContainsAny(rest, "?#"):
		return fmt.Errorf("%w: it may not hold a query", ErrServer)
	case strings.Contains(strings.TrimSuffix(rest, "/"), "/"):
		return fmt.Errorf("%w: it may not hold a path", ErrServer)
	}
	return nil
}

// parseScheme returns the scheme that was given, or the default one.
func parseScheme(given string, local bool) (string, error) {
	switch scheme := strings.ToLower(given); {
	case scheme == "http" || scheme == "https":
		return scheme, nil
	case scheme != "":
		return "", fmt.Errorf("%w: it begins with https:// or http://", ErrServer)
	case local:
		return "http", nil
	}
	return "https", nil
}

// parsePort returns ":PORT", or nothing where it is the scheme's own.
func parsePort(u *url.URL, scheme string) (string, error) {
	text := u.Port()
	if text == "" {
		if strings.HasSuffix(u.Host, ":") {
			return "", fmt.Errorf("%w: no port after the colon", ErrServer)
		}
		return "", nil
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return "", fmt.Errorf("%w: a port is a number from 1 to 65535", ErrServer)
	}
	if scheme == "https" && port == 443 || scheme == "http" && port == 80 {
		return "", nil
	}
	return ":" + strconv.FormatUint(port, 10), nil
}

// parseHost returns host as a URL holds it, in small letters, and whether it is
// this machine itself.
func parseHost(host string) (canonical string, local bool, err error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Zone() != "" {
			return "", false, fmt.Errorf("%w: an address with a zone", ErrServer)
		}
		if ip.Is6() {
			return "[" + ip.String() + "]", ip.IsLoopback(), nil
		}
		return ip.String(), ip.IsLoopback(), nil
	}
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	if name == "" {
		return "", false, fmt.Errorf("%w: there is no name in it", ErrServer)
	}
	if !validName(name) {
		return "", false, fmt.Errorf("%w: a name holds letters a to z, digits, hyphens and dots", ErrServer)
	}
	return name, name == "localhost" || strings.HasSuffix(name, ".localhost"), nil
}

// validName reports whether name can be a host's, in small letters.
func validName(name string) bool {
	if len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

// at returns the URL of path at origin.
func at(origin *url.URL, path string) *url.URL {
	return &url.URL{Scheme: origin.Scheme, Host: origin.Host, Path: path}
}
