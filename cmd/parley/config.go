package main

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// A configError is one thing that is wrong with the configuration.
type configError struct {
	where string // as the operator wrote it: --flag, PARLEY_VARIABLE, or of the file
	key   string // of the setting; an unknown key as it was written
	text  string
}

// configErrors are all that is wrong, in the order of their places.
type configErrors []configError

// Error implements error.
func (e configErrors) Error() string {
	parts := make([]string, len(e))
	for i, c := range e {
		parts[i] = c.where + ": " + c.text
	}
	return strings.Join(parts, "; ")
}

func defaultConfig() serveConfig {
	var c serveConfig
	for _, s := range settings {
		if s.def == "" {
			continue
		}
		if err := s.set(&c, s.def); err != nil {
			panic("parley: the default of " + s.key + ": " + err.Error())
		}
	}
	return c
}

// addSettings gives fs the flags of all settings and --config.
func addSettings(fs *flag.FlagSet) (load func(p *program) (serveConfig, error)) {
	config := fs.String("config", "", "")
	values := map[string]*string{}
	for _, s := range settings {
		if s.flag() != "" {
			values[s.flag()] = fs.String(s.flag(), "", "")
		}
	}
	return func(p *program) (serveConfig, error) {
		flags := map[string]string{}
		for name, v := range values {
			if given(fs, name) {
				flags[name] = *v
			}
		}
		return p.loadConfig(*config, flags)
	}
}

// loadConfig returns the configuration of a command line: flags holds the values
// of the flags that were given. The error is configErrors, with all that is
// wrong, or says that the file can't be read.
func (p *program) loadConfig(path string, flags map[string]string) (serveConfig, error) {
	c := defaultConfig()
	if path == "" {
		path = p.getenv("PARLEY_CONFIG")
	}
	var wrong configErrors
	if path != "" {
		var err error
		if wrong, err = c.readFile(path); err != nil {
			return c, err
		}
	}
	for _, s := range settings {
		if v := p.getenv(s.variable()); v != "" {
			wrong.add(s.variable(), s.key, s.set(&c, v))
		}
	}
	for _, s := range settings {
		if v, ok := flags[s.flag()]; ok && !s.secret {
			wrong.add("--"+s.flag(), s.key, s.set(&c, v))
		}
	}
	if len(wrong) == 0 {
		wrong = c.contradictions()
	}
	if c.data == "" {
		dir, err := p.defaultData()
		wrong.add("data", "data", err)
		c.data = dir
	}
	if len(wrong) > 0 {
		return c, wrong
	}
	return c, nil
}

// add notes err, if there is one.
func (e *configErrors) add(where, key string, err error) {
	if err != nil {
		*e = append(*e, configError{where, key, err.Error()})
	}
}

// readFile applies a TOML file. A key that isn't a setting is wrong: a misspelt
// one must not be ignored.
func (c *serveConfig) readFile(path string) (wrong configErrors, err error) {
	values := map[string]any{}
	if _, err := toml.DecodeFile(path, &values); err != nil {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		i := slices.IndexFunc(settings, func(s setting) bool { return s.key == key })
		if i < 0 {
			wrong.add("configuration file", key, errors.New("unknown key "+strconv.Quote(key)+suggestion(key)))
			continue
		}
		text, err := settings[i].fromTOML(values[key])
		if err == nil {
			err = settings[i].set(c, text)
		}
		wrong.add("configuration file: "+key, key, err)
	}
	return wrong, nil
}

// fromTOML returns a value of TOML as the flag would have it.
func (s setting) fromTOML(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case int64:
		if s.number {
			return strconv.FormatInt(v, 10), nil
		}
	case []any:
		if s.list {
			return joinList(v)
		}
	}
	switch {
	case s.number:
		return "", errors.New("want a number or a string")
	case s.list:
		return "", errors.New("want a list of strings")
	}
	return "", errors.New("want a string")
}

func joinList(list []any) (string, error) {
	parts := make([]string, len(list))
	for i, e := range list {
		s, ok := e.(string)
		if !ok {
			return "", errors.New("want a list of strings")
		}
		parts[i] = s
	}
	return strings.Join(parts, ","), nil
}

// contradictions returns what is wrong between settings that are right alone.
func (c *serveConfig) contradictions() (wrong configErrors) {
	check := func(bad bool, key, text string) {
		if bad {
			wrong.add(key, key, errors.New(text))
		}
	}
	dsn := c.postgres != "" || c.postgresFile != ""
	check(c.store == "postgres" && !dsn, "store", "postgres needs PARLEY_POSTGRES or postgres_file")
	check(c.postgres != "" && c.postgresFile != "", "postgres_file", "excludes postgres")
	check(c.store == "embedded" && c.hints != "none", "hints", "several nodes need store = \"postgres\": one process alone opens an embedded store")
	nats := c.hints == "nats"
	check(nats && c.natsListen == "", "nats_listen", "hints = \"nats\" needs it")
	check(nats && (c.natsCert == "" || c.natsKey == "" || c.natsCA == "") && !loopback(c.natsListen), "nats_ca",
		"nodes on other machines need nats_cert, nats_key and nats_ca: without them anybody could listen")
	check((c.natsCert == "") != (c.natsKey == "") || (c.natsCert == "") != (c.natsCA == ""), "nats_cert", "nats_cert, nats_key and nats_ca go together")
	check((c.tls.cert == "") != (c.tls.key == ""), "tls_cert", "tls_cert and tls_key go together")
	check(c.tls.cert != "" && len(c.tls.acmeDomains) > 0, "acme_domains", "excludes tls_cert")
	check(len(c.tls.acmeDomains) == 0 && (c.tls.acmeDirectory != "" || c.tls.acmeCA != "" || c.tls.acmeEmail != ""), "acme_domains",
		"acme_directory, acme_ca and acme_email need it")
	check(len(c.tls.acmeDomains) > 0 && !c.tls.acmeTerms, "acme_accept_terms", "read the authority's terms of service, and say yes")
	check(c.tls.httpListen != "" && !c.tls.on(), "http_listen", "needs tls_cert or acme_domains")
	check(c.tls.on() && len(c.origins) == 0 && len(c.tls.acmeDomains) == 0, "origins", "with tls_cert they must name https://HOST as clients do")
	check(c.private != "" && samePort(c.private, c.listen), "private", "needs another port than listen")
	c.blobs.contradictions(check)
	captcha, _ := url.Parse(c.policy.captchaPage)
	check(c.policy.captchaPage != "" && slices.Contains(c.origins, captcha.Scheme+"://"+captcha.Host), "captcha_page",
		"must be at another origin than this server: a frame of the page's own origin could reach into it")
	check(c.drain == 0, "drain", "want some time, as 10s")
	if err := c.links.contradiction(c.origins); err != nil {
		wrong.add("platform_name", "platform_name", err)
	}
	return wrong
}

// loopback reports whether an address is of this machine alone.
func loopback(address string) bool {
	host := strings.Trim(address[:max(strings.LastIndexByte(address, ':'), 0)], "[]")
	return host == "localhost" || strings.HasPrefix(host, "127.") || host == "::1"
}

// samePort reports whether two HOST:PORT name one port that isn't chosen freely.
func samePort(a, b string) bool {
	port := func(s string) string { return s[strings.LastIndexByte(s, ':')+1:] }
	return port(a) == port(b) && port(a) != "0"
}

// suggestion names the setting that a misspelt key resembles, or is empty.
func suggestion(key string) string {
	best, least := "", 3 // two changes at most
	for _, s := range settings {
		if d := distance(key, s.key); d < least {
			best, least = s.key, d
		}
	}
	if i := slices.IndexFunc(settings, func(s setting) bool { return s.flag() == key }); i >= 0 {
		best = settings[i].key
	}
	if best == "" {
		return ""
	}
	return ": did you mean " + strconv.Quote(best) + "?"
}

// distance is the number of letters to add, drop or change from a to b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, before+1)
		}
	}
	return row[len(b)]
}

// connectionString returns how to reach PostgreSQL. No error holds it.
func (c *serveConfig) connectionString() (string, error) {
	if c.postgresFile == "" {
		return c.postgres, nil
	}
	data, err := os.ReadFile(c.postgresFile)
	if err != nil {
		return "", fmt.Errorf("postgres_file: %w", err)
	}
	dsn := strings.TrimSpace(string(data))
	if dsn == "" {
		return "", errors.New("postgres_file is empty")
	}
	return dsn, nil
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
