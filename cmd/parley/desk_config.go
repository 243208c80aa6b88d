package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"parley/desk"
	"parley/desk/adminhttp"
	"parley/desk/audit"
	"parley/desk/cybertip"
	"parley/desk/deskapi"
	"parley/desk/deskstore"
	"parley/desk/statement"
	"parley/identity"
)

// A deskConfig is the file of a desk's --config, in TOML.
type deskConfig struct {
	Domain    string `toml:"domain"`     // whose desk it is
	Data      string `toml:"data"`       // directory: key, store, audit log
	Server    string `toml:"server"`     // URL of the server's admin API
	ServerCA  string `toml:"server_ca"`  // file: who signed its certificate; empty: the system's
	TokenFile string `toml:"token_file"` // of the admin API
	Listen    string `toml:"listen"`     // HOST:PORT of the desk's own page
	Origin    string `toml:"origin"`     // scheme://host[:port] under which staff reach it
	Cert      string `toml:"cert"`       // files; empty: plain HTTP, behind a proxy or on this machine
	Key       string `toml:"key"`
	Poll      string `toml:"poll"`         // how often the server is asked, as 5s
	Keep      string `toml:"keep"`         // how long reports of decided cases are kept, as 365d; 0: for ever
	NewStaff  string `toml:"new_staff"`    // how long whom a lead has let in can't be a second person, as 3d; 0: they can at once
	Franking  string `toml:"franking_key"` // the server's first one, base64url; empty: that of the first sight

	Company struct {
		Name      string `toml:"name"`
		Email     string `toml:"email"`
		FirstName string `toml:"first_name"`
		LastName  string `toml:"last_name"`
		LegalURL  string `toml:"legal_url"`
		Terms     string `toml:"terms"`
	} `toml:"company"`

	Statement struct {
		Territory   []string `toml:"territory"`    // where restrictions hold: "DE", "EU", "EEA"; empty: left out
		AccountType string   `toml:"account_type"` // "private", "business"; empty: left out
	} `toml:"statement"`

	TwoPersons []struct {
		Kind     string `toml:"kind"`
		Category string `toml:"category"`
		Above    int    `toml:"above"`
	} `toml:"two_persons"`
}

// loadDeskConfig reads a desk's file. The error says what is wrong in it.
func (p *program) loadDeskConfig(path string) (*deskConfig, error) {
	if path == "" {
		path = p.getenv("PARLEY_DESK_CONFIG")
	}
	if path == "" {
		return nil, usagef("name the desk's configuration: --config FILE")
	}
	c := &deskConfig{Listen: "127.0.0.1:8450", Poll: "5s", Keep: "365d", NewStaff: "3d"}
	meta, err := toml.DecodeFile(path, c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w (bad_config)", path, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("%s: no setting %s (bad_config)", path, unknown[0])
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("%s: %w (bad_config)", path, err)
	}
	return c, nil
}

func (c *deskConfig) check() error {
	if _, err := identity.NewAccount(c.Domain, "name"); err != nil {
		return errors.New("domain: that of the platform's accounts")
	}
	if c.Data == "" {
		return errors.New("data: a directory")
	}
	if err := checkAddress(c.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if c.Origin == "" {
		return errors.New("origin: scheme://host[:port] under which staff reach the desk")
	}
	if (c.Cert == "") != (c.Key == "") {
		return errors.New("cert, key: both or neither")
	}
	if d, err := time.ParseDuration(c.Poll); err != nil || d < 100*time.Millisecond {
		return errors.New("poll: a duration of 100ms or more")
	}
	if err := setDuration(new(time.Duration), c.Keep); err != nil {
		return fmt.Errorf("keep: %w", err)
	}
	if err := setDuration(new(time.Duration), c.NewStaff); err != nil {
		return fmt.Errorf("new_staff: %w", err)
	}
	if _, err := statement.NewPlatform(c.Statement.Territory, c.Statement.AccountType); err != nil {
		return fmt.Errorf("statement: %w", err)
	}
	_, err := c.rules()
	return err
}

// rules are those of the file, nil where it has none.
func (c *deskConfig) rules() (all []deskapi.TwoPersonRule, err error) {
	for _, r := range c.TwoPersons {
		switch kind := deskapi.DecisionKind(r.Kind); kind {
		case deskapi.Dismiss, deskapi.Warn, deskapi.Limit, deskapi.Suspend, deskapi.Remove:
			all = append(all, deskapi.TwoPersonRule{Kind: kind, Category: deskapi.Category(r.Category), Above: r.Above})
		default:
			return nil, fmt.Errorf("two_persons: there is no decision %q", r.Kind)
		}
	}
	return all, nil
}

func (c *deskConfig) path(name string) string { return filepath.Join(c.Data, name) }

// The files of a desk's data directory.
const (
	deskKeyFile   = "desk.key"
	deskStoreFile = "desk.db"
	deskAuditFile = "audit.log"
)

// An openDesk is a desk's files, opened.
type openDesk struct {
	config desk.Config
	store  *deskstore.Store
	log    *audit.Log
}

func (o *openDesk) close() { o.store.Close(); o.log.Close() }

// open opens key, store and audit log.
func (c *deskConfig) open() (*openDesk, error) {
	keys, err := desk.LoadKeys(c.path(deskKeyFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, errors.New("there is no desk yet: parley desk init (no_desk)")
	}
	if err != nil {
		return nil, err
	}
	if keys.Domain != c.Domain {
		return nil, fmt.Errorf("the key is that of %s's desk (bad_config)", keys.Domain)
	}
	log, err := audit.Open(c.path(deskAuditFile), c.Domain, keys.AuditKey(), time.Now().UnixMilli())
	if err != nil {
		return nil, err
	}
	store, err := deskstore.Open(c.path(deskStoreFile), keys.StoreKey())
	if err != nil {
		log.Close()
		return nil, err
	}
	var newStaff time.Duration
	_ = setDuration(&newStaff, c.NewStaff) // check has looked at these three
	rules, _ := c.rules()
	platform, _ := statement.NewPlatform(c.Statement.Territory, c.Statement.AccountType)
	return &openDesk{store: store, log: log, config: desk.Config{
		Keys: keys, Store: store, Log: log, Origin: strings.TrimSuffix(c.Origin, "/"), Rules: rules, KeyFile: c.path(deskKeyFile),
		Company: cybertip.Company{
			Name: c.Company.Name, Email: c.Company.Email, FirstName: c.Company.FirstName, LastName: c.Company.LastName,
			LegalURL: c.Company.LegalURL, Terms: c.Company.Terms,
		},
		Platform: platform, NewStaff: newStaff,
	}}, nil
}

// client returns the client of the server's admin API.
func (c *deskConfig) client() (*adminhttp.Client, error) {
	data, err := os.ReadFile(c.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("token_file: %w (bad_config)", err)
	}
	var config *tls.Config
	if c.ServerCA != "" {
		pem, err := os.ReadFile(c.ServerCA)
		if err != nil {
			return nil, fmt.Errorf("server_ca: %w (bad_config)", err)
		}
		config = &tls.Config{RootCAs: x509.NewCertPool()}
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("server_ca: no certificate in it (bad_config)")
		}
	}
	client, err := adminhttp.New(c.Server, adminhttp.ReadToken(string(data)), config)
	if err != nil {
		return nil, errors.New("server: want http(s)://HOST:PORT of the admin API (bad_config)")
	}
	return client, nil
}

// pinned is the franking key that the file names, nil for that of the first sight.
func (c *deskConfig) pinned() (*identity.PublicKey, error) {
	if c.Franking == "" {
		return nil, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(c.Franking)
	if err != nil {
		return nil, errors.New("franking_key: 43 characters of base64url (bad_config)")
	}
	key, err := identity.ParsePublicKey(raw)
	return &key, err
}
