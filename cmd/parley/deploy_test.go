package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// deployed is where what an operator installs lies.
const deployed = "../../deploy"

// The example is what config describe prints now.
func TestExampleConfigIsFresh(t *testing.T) {
	got, err := os.ReadFile(filepath.Join(deployed, "parley.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != exampleConfig() {
		t.Error("deploy/parley.toml is stale: parley config describe --example > deploy/parley.toml")
	}
}

// Every configuration of a server in deploy is right. (That of the desk is read by
// its own tests.)
func TestDeployedConfigs(t *testing.T) {
	n := 0
	err := filepath.WalkDir(deployed, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".toml" || filepath.Base(path) == "desk.toml" {
			return err
		}
		n++
		if _, err := outside(map[string]string{"HOME": "/h", "XDG_DATA_HOME": "/d"}).loadConfig(path, nil); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		return nil
	})
	if err != nil || n < 3 {
		t.Fatalf("%d files, %v", n, err)
	}
}

// shown returns the names of all metrics that a server can show, and their kind.
func shown(t *testing.T) map[string]string {
	t.Helper()
	names := map[string]string{}
	m := newMetrics()
	m.observe("send", "", 1)
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		names[f.GetName()] = strings.ToLower(f.GetType().String())
	}
	for part, metas := range map[string]map[string]statMeta{
		"server": serverMetas, "clients": clientsMetas, "connections": connectionsMetas, "hints": hintsMetas, "store": storeMetas["store"], "postgres": storeMetas["postgres"],
	} {
		for field, meta := range metas {
			kind := "counter"
			if meta.kind == gauge {
				kind = "gauge"
			}
			names[metricName(part, field, meta.kind)] = kind
		}
	}
	return names
}

var metricNames = regexp.MustCompile(`\b(?:parley|go|process)_[a-z0-9_]+\b`)

// checkQuery reports metrics of a query that don't exist, and rates of what
// doesn't only grow.
func checkQuery(t *testing.T, where, query string, names map[string]string) {
	t.Helper()
	found := metricNames.FindAllString(query, -1)
	if len(found) == 0 && !strings.Contains(query, "up{") {
		t.Errorf("%s: no metric in %q", where, query)
	}
	for _, name := range found {
		base := name
		for _, suffix := range []string{"_bucket", "_count", "_sum"} {
			if b := strings.TrimSuffix(name, suffix); names[b] == "histogram" {
				base = b
			}
		}
		kind, ok := names[base]
		if !ok {
			t.Errorf("%s: there is no metric %s", where, name)
		}
		rated := strings.Contains(query, "rate("+name) || strings.Contains(query, "increase("+name)
		if rated != (kind == "counter" || kind == "histogram") {
			t.Errorf("%s: %s is a %s, and rated: %v", where, name, kind, rated)
		}
	}
}

// Every query of the dashboard names metrics that exist.
func TestDashboard(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(deployed, "grafana", "parley.json"))
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		UID    string `json:"uid"`
		Panels []struct {
			ID      int    `json:"id"`
			Type    string `json:"type"`
			Title   string `json:"title"`
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
	}
	if err := json.Unmarshal(data, &board); err != nil {
		t.Fatal(err)
	}
	names := shown(t)
	var ids []int
	for _, p := range board.Panels {
		if p.Type == "row" {
			continue
		}
		if slices.Contains(ids, p.ID) || p.Title == "" || len(p.Targets) == 0 {
			t.Errorf("panel %d %q: an id twice, no title or no query", p.ID, p.Title)
		}
		ids = append(ids, p.ID)
		for _, target := range p.Targets {
			checkQuery(t, p.Title, target.Expr, names)
		}
	}
	if len(ids) < 12 || board.UID == "" {
		t.Errorf("got %d panels", len(ids))
	}
}

// Every alert names metrics that exist, and docs/operations.md explains it. That
// it says what to do is held in deploy/test, which reads YAML.
func TestAlerts(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(deployed, "prometheus", "alerts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	docs, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	names, n := shown(t), 0
	for _, m := range regexp.MustCompile(`(?m)^      - alert: (\w+)\n        expr: (.+)$`).FindAllStringSubmatch(string(data), -1) {
		n++
		checkQuery(t, m[1], m[2], names)
		if !strings.Contains(string(docs), "`"+m[1]+"`") {
			t.Errorf("docs/operations.md doesn't name %s", m[1])
		}
	}
	if want := strings.Count(string(data), "alert:"); n != want || n < 8 {
		t.Errorf("read %d alerts of %d", n, want)
	}
}

// Each command that docs/operations.md names exists, with its flags.
func TestOperationsNamesCommands(t *testing.T) {
	data, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, m := range regexp.MustCompile("`parley ([a-z]+)([^`]*)`|(?m:^    parley ([a-z]+)(.*)$)").FindAllStringSubmatch(string(data), -1) {
		n++
		name, rest := m[1]+m[3], m[2]+m[4]
		c, ok := findCommand(name)
		if !ok {
			t.Errorf("there is no command %q", name)
			continue
		}
		for _, flag := range regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(rest, -1) {
			known := slices.ContainsFunc(settings, func(s setting) bool { return s.flag() == flag[1] }) || flag[1] == "config" ||
				strings.Contains(c.usage+c.more, "--"+flag[1])
			if !known {
				t.Errorf("parley %s has no flag --%s", name, flag[1])
			}
		}
	}
	for _, m := range regexp.MustCompile("`([a-z]+(?:_[a-z]+)+)( = [^`]*)?`").FindAllStringSubmatch(string(data), -1) {
		known := slices.ContainsFunc(settings, func(s setting) bool { return s.key == m[1] }) || shown(t)[m[1]] != "" || slices.Contains(notOurs, m[1])
		if !known {
			t.Errorf("%s is neither a setting nor a metric", m[1])
		}
	}
	if n < 10 {
		t.Errorf("found %d commands", n)
	}
}

// notOurs are words of PostgreSQL and of our errors that look like settings.
var notOurs = []string{
	"synchronous_commit", "synchronous_mode_strict", "data_damaged", "max_connections", "pg_dump", "pg_basebackup", "full_page_writes", "rate_limited",
	"rolled_back_list", "archive_command", "recovery_target_timeline", "recovery_target_time",
}
