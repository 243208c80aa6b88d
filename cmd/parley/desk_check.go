package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"parley/desk"
	"parley/desk/audit"
	"parley/desk/statement"
	"parley/identity"
	"parley/internal/webauthn"
	"parley/web"
)

// runDeskCheck says what is wrong with a desk's set-up. It changes nothing.
func runDeskCheck(ctx context.Context, p *program, args []string) error {
	c, _, err := p.deskFlagsOf("desk check", args, 0, nil)
	if err != nil {
		return err
	}
	wrong := 0
	for _, look := range []struct {
		name string
		at   func(context.Context, *deskConfig) (string, error)
	}{
		{"key", checkDeskKey},
		{"audit log", checkDeskLog},
		{"server", checkDeskServer},
		{"origin", checkDeskOrigin},
		{"page", checkDeskPage},
		{"statements", checkDeskStatements},
	} {
		said, err := look.at(ctx, c)
		if err != nil {
			wrong++
			said = "WRONG: " + err.Error()
		}
		if _, err := fmt.Fprintf(p.stdout, "%s\t%s\n", look.name, said); err != nil {
			return err
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d things are wrong (desk_check)", wrong)
	}
	return nil
}

func checkDeskKey(_ context.Context, c *deskConfig) (string, error) {
	keys, err := desk.LoadKeys(c.path(deskKeyFile))
	if errors.Is(err, os.ErrNotExist) {
		return "", errors.New("there is none yet: parley desk init")
	}
	if err != nil {
		return "", err
	}
	if keys.Domain != c.Domain {
		return "", fmt.Errorf("it is that of %s's desk", keys.Domain)
	}
	if info, err := os.Stat(c.path(deskKeyFile)); err == nil && info.Mode().Perm()&0o077 != 0 {
		return "", errors.New("others may read it: chmod 600")
	}
	return "of " + keys.Domain + "; the public key is " + keys.Public().String(), nil
}

func checkDeskLog(_ context.Context, c *deskConfig) (string, error) {
	path := c.path(deskAuditFile)
	text, err := os.ReadFile(path + audit.Suffix)
	if errors.Is(err, os.ErrNotExist) {
		return "there is none yet", nil
	}
	if err != nil {
		return "", err
	}
	keys, err := desk.LoadKeys(c.path(deskKeyFile))
	if err != nil {
		return "", err
	}
	point, err := audit.ParseCheckpoint(text)
	if err != nil {
		return "", err
	}
	public := keys.Public()
	if err := point.Check(public[:]); err != nil {
		return "", err
	}
	sum, err := verifyLog(path, []*audit.Checkpoint{point}, nil)
	return fmt.Sprintf("%d lines, whole", sum.Lines), err
}

func checkDeskServer(ctx context.Context, c *deskConfig) (string, error) {
	client, err := c.client()
	if err != nil {
		return "", err
	}
	if u, err := url.Parse(c.Server); err == nil && u.Scheme == "http" && !onThisMachine(u.Hostname()) {
		return "", errors.New("http to another machine: who is between them reads the token. Give the server admin_cert and admin_key, and say https")
	}
	nobody, err := identity.NewAccount(c.Domain, "nobody")
	if err != nil {
		return "", err
	}
	missing, err := client.Missing(ctx, nobody)
	if err != nil {
		return "", err
	}
	if len(missing) > 0 {
		return "", fmt.Errorf("the token isn't for %s: parley admin token new", strings.Trim(fmt.Sprint(missing), "[]"))
	}
	return "answers, and the token is for all that a desk does", nil
}

// onThisMachine reports whether a host is this machine by its form.
func onThisMachine(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

func checkDeskOrigin(_ context.Context, c *deskConfig) (string, error) {
	origin := strings.TrimSuffix(c.Origin, "/")
	_, err := webauthn.At(origin)
	return origin, err
}

func checkDeskPage(context.Context, *deskConfig) (string, error) {
	if _, err := fs.Stat(web.Files(), "desk/index.html"); err != nil {
		return "", errors.New("it isn't in this program: go run ./web/build, then build parley again")
	}
	return "is in this program", nil
}

// checkDeskStatements says what statements of reasons will lack: the EU's database takes them
// without, and its documentation calls it required.
func checkDeskStatements(_ context.Context, c *deskConfig) (string, error) {
	p, err := statement.NewPlatform(c.Statement.Territory, c.Statement.AccountType)
	if err == nil && len(p.Territory) == 0 {
		return "say nowhere where decisions hold: set territory in [statement]", nil
	}
	return "hold in " + strings.Join(p.Territory, " "), err
}
