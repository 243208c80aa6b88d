package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"parley/client/nettransport"
	"parley/identity"
)

// A serveConfig is what the server is told. Each field has a setting.
type serveConfig struct {
	data       string        // the store's directory
	listen     string        // HOST:PORT
	domain     string        // of accounts and rooms: fixed once there are accounts
	origins    []string      // scheme://host[:port] that clients connect to
	signUp     bool          // new accounts may be made
	resetDelay time.Duration // 0: none
	retention  time.Duration // how long messages wait for devices
	logFormat  string        // json or text
}

// A setting is a key of the configuration file. Its flag is --KEY with "-" for
// "_", its variable PARLEY_KEY. Of several the flag counts, then the variable,
// then the file.
type setting struct {
	key, help string
	set       func(*serveConfig, string) error
}

var settings = []setting{
	{"data", "directory of the store (default: parley in the user's data directory)", func(c *serveConfig, v string) error {
		return setText(&c.data, v)
	}},
	{"listen", "HOST:PORT (default 127.0.0.1:8440)", func(c *serveConfig, v string) error { return setText(&c.listen, v) }},
	{"domain", "domain of accounts and rooms (default localhost); don't change it later", setDomain},
	{"origins", "comma-separated https://HOST[:PORT] that clients connect to, where those are not this machine’s own names (default: the address listened on, and localhost)", setOrigins},
	{"sign_up", "open or closed (default open)", setSignUp},
	{"reset_delay", "how long a lost account's old devices can cancel its reset, as 7d or 12h (default 7d)", func(c *serveConfig, v string) error {
		return setDuration(&c.resetDelay, v)
	}},
	{"retention", "how long messages wait for a device (default 30d)", func(c *serveConfig, v string) error {
		return setDuration(&c.retention, v)
	}},
	{"log", "json or text (default text)", setLog},
}

func defaultConfig() serveConfig {
	return serveConfig{
		listen: "127.0.0.1:8440", domain: "localhost", signUp: true,
		resetDelay: 7 * 24 * time.Hour, retention: 30 * 24 * time.Hour, logFormat: "text",
	}
}

func (s setting) flag() string     { return strings.ReplaceAll(s.key, "_", "-") }
func (s setting) variable() string { return "PARLEY_" + strings.ToUpper(s.key) }

// loadConfig returns the configuration of a command line: flags holds the values
// of the flags that were given.
func (p *program) loadConfig(path string, flags map[string]string) (serveConfig, error) {
	c := defaultConfig()
	if path == "" {
		path = p.getenv("PARLEY_CONFIG")
	}
	if path != "" {
		if err := c.readFile(path); err != nil {
			return c, err
		}
	}
	for _, s := range settings {
		if v := p.getenv(s.variable()); v != "" {
			if err := s.set(&c, v); err != nil {
				return c, fmt.Errorf("%s: %w", s.variable(), err)
			}
		}
	}
	for _, s := range settings {
		if v, ok := flags[s.flag()]; ok {
			if err := s.set(&c, v); err != nil {
				return c, usagef("--%s: %v", s.flag(), err)
			}
		}
	}
	if c.data == "" {
		dir, err := p.defaultData()
		if err != nil {
			return c, err
		}
		c.data = dir
	}
	return c, nil
}

// readFile applies a TOML file. A key that isn't a setting is an error: a
// misspelt one must not be ignored.
func (c *serveConfig) readFile(path string) error {
	values := map[string]any{}
	if _, err := toml.DecodeFile(path, &values); err != nil {
		return fmt.Errorf("configuration file: %w", err)
	}
	for key, value := range values {
		i := slices.IndexFunc(settings, func(s setting) bool { return s.key == key })
		if i < 0 {
			return fmt.Errorf("configuration file: unknown key %q", key)
		}
		text, err := asText(value)
		if err == nil {
			err = settings[i].set(c, text)
		}
		if err != nil {
			return fmt.Errorf("configuration file: %s: %w", key, err)
		}
	}
	return nil
}

// asText returns a value of TOML as the flag would have it.
func asText(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			s, ok := e.(string)
			if !ok {
				return "", errors.New("want a list of strings")
			}
			parts[i] = s
		}
		return strings.Join(parts, ","), nil
	}
	return "", errors.New("want a string")
}

// defaultData is parley in the user's directory for data.
func (p *program) defaultData() (string, error) {
	if dir := p.getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "parley"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", errors.New("no home directory: give --data")
	}
	return filepath.Join(home, ".local", "share", "parley"), nil
}

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

// setOrigins keeps each address as a client that connects to it signs it: a
// server that compared another spelling would accept no session.
func setOrigins(c *serveConfig, v string) error {
	c.origins = nil
	for o := range strings.SplitSeq(v, ",") {
		if o = strings.TrimSpace(o); o == "" {
			continue
		}
		t, err := nettransport.New(o, nettransport.Options{})
		if err != nil {
			return fmt.Errorf("%q is not the address of a server", o)
		}
		c.origins = append(c.origins, t.Origin())
	}
	return nil
}

func setSignUp(c *serveConfig, v string) error {
	switch v {
	case "open", "closed":
		c.signUp = v == "open"
		return nil
	}
	return errors.New("want open or closed")
}

func setLog(c *serveConfig, v string) error {
	if v != "json" && v != "text" {
		return errors.New("want json or text")
	}
	c.logFormat = v
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
