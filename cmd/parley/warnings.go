package main

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"parley/client"
	"parley/client/nettransport"
	"parley/cmd/parley/chat"
	"parley/cmd/parley/internal/supply"
	"parley/cmd/parley/internal/warn"
	"parley/identity"
	"parley/safety"
	"parley/web"
	"parley/wire"
)

// warningsVar is the variable that turns warnings off.
const warningsVar = "PARLEY_WARNINGS"

const warningsHelp = `Messages of others that look like a scam, hurtful or like blackmail, and links that
may mislead, have a warning. This device finds them, and tells nobody. The list of
bad links that a server may have is fetched whole, some times a day, whatever is read.
PARLEY_WARNINGS=off turns warnings off.`

// warnings are what a person is warned by; nil: by nothing. Methods but refresh and watch are safe for
// concurrent use.
type warnings struct {
	by     warn.Warner    // without what is supplied
	supply *supply.Keeper // nil: nothing is
	own    identity.Account
}

// warns reports whether the person wants warnings.
func (p *program) warns() (bool, error) {
	switch p.getenv(warningsVar) {
	case "", "on":
		return true, nil
	case "off":
		return false, nil
	}
	return false, usagef("%s: want on or off", warningsVar)
}

// listName is the server's list of bad links, in PARLEY_HOME.
const listName = "block-list"

// A listServer asks a server what it is, and for its list.
type listServer struct{ *nettransport.Transport }

// Info implements [supply.Server].
func (s listServer) Info(ctx context.Context) (*wire.Info, error) { return client.Info(ctx, s) }

// warnings returns what a client's person is warned by, if that is wanted.
func (p *program) warnings(ctx context.Context, c *client.Client, wanted bool) *warnings {
	if !wanted {
		return nil
	}
	w := &warnings{by: warn.Warner{Model: readModel(web.Files()), Region: warn.Region(p.timeZone())}, own: c.Account()}
	if dir, err := p.homeDir(); err == nil && p.transport != nil {
		w.supply = supply.Open(ctx, c, listServer{p.transport}, filepath.Join(dir, listName), w.own.Domain(), time.Now)
	}
	return w
}

// listTime bounds how long who reads waits for the server's list.
const listTime = 30 * time.Second

// refresh has what the server supplies up to date, as far as it can be had: a warning less is no reason not to
// show a message.
func (w *warnings) refresh(ctx context.Context) {
	if w == nil || w.supply == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	_ = w.supply.Refresh(ctx)
}

// watch goes on refreshing beside, until stop, which waits for its end.
func (w *warnings) watch(ctx context.Context) (stop func()) {
	if w == nil || w.supply == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			w.refresh(ctx)
			select {
			case <-time.After(max(w.supply.Due(), time.Minute)):
			case <-ctx.Done():
			}
		}
	}()
	return func() { cancel(); <-ended }
}

// of returns what is suspicious of a message.
func (w *warnings) of(m *client.Message) []warn.Warning {
	if w == nil || m.Own(w.own) || m.Kind != client.KindText && m.Kind != client.KindEdit {
		return nil
	}
	by := w.by
	if w.supply != nil {
		s := w.supply.Supply()
		by.Own, by.List = s.Own, s.List
	}
	return by.Of(chat.Sanitize(m.Text), m.Plain)
}

// lines are for the screen.
func (w *warnings) lines(v *client.View) (lines []string) {
	for _, one := range w.of(&v.Message) {
		lines = append(append(lines, one.Text), one.Help...)
	}
	return lines
}

// readModel returns the model that the page is built with, or nil: it is in this program only
// where the page is.
func readModel(files fs.FS) *safety.Model {
	built, err := web.ReadManifest(files)
	if err != nil {
		return nil
	}
	data, err := fs.ReadFile(files, built.Files["safety.bin"].Path)
	if err != nil {
		return nil
	}
	model, err := safety.ParseModel(data)
	if err != nil {
		return nil
	}
	return model
}

// timeZone returns the name of this device's time zone, as Europe/London; "" where it isn't known.
func (p *program) timeZone() string {
	if zone := p.getenv("TZ"); zone != "" {
		return strings.TrimPrefix(zone, ":")
	}
	path, err := os.Readlink("/etc/localtime")
	if err != nil {
		return ""
	}
	_, zone, _ := strings.Cut(path, "zoneinfo/")
	return zone
}
