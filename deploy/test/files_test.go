package deploytest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

func readYAML(t *testing.T, path string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	v := map[string]any{}
	if err := yaml.UnmarshalStrict(data, &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

// composeKeys are those of a service that are used here, after the Compose
// Specification.
var composeKeys = []string{
	"image", "build", "command", "restart", "stop_grace_period", "read_only", "cap_drop", "security_opt", "user", "ulimits",
	"mem_limit", "networks", "secrets", "configs", "depends_on", "environment", "healthcheck", "volumes", "shm_size", "sysctls", "ports",
}

// TestCompose: what the services name is there, and no secret is written.
func TestCompose(t *testing.T) {
	file := readYAML(t, "../compose/compose.yaml")
	for key := range file {
		if !slices.Contains([]string{"name", "services", "networks", "volumes", "configs", "secrets"}, key) && !strings.HasPrefix(key, "x-") {
			t.Errorf("unknown key %s", key)
		}
	}
	services, _ := file["services"].(map[string]any)
	nodes := 0
	for name, s := range services {
		service, _ := s.(map[string]any)
		checkService(t, name, service, file)
		if !strings.HasPrefix(name, "parley") {
			continue
		}
		nodes++
		if got := at(service, "environment.PARLEY_NATS_ADVERTISE"); got != name+":6222" {
			t.Errorf("%s tells the others to find it at %v", name, got)
		}
		grace, err := time.ParseDuration(at(service, "stop_grace_period").(string))
		config, errRead := os.ReadFile("../compose/parley.toml")
		if err != nil || errRead != nil {
			t.Fatal(err, errRead)
		}
		if need := setting(t, string(config), "drain") + setting(t, string(config), "drain_delay"); grace <= need {
			t.Errorf("%s is killed after %v, and drains for %v", name, grace, need)
		}
	}
	if nodes != 3 {
		t.Errorf("got %d nodes, want 3", nodes)
	}
}

func checkService(t *testing.T, name string, service, file map[string]any) {
	t.Helper()
	for key := range service {
		if !slices.Contains(composeKeys, key) {
			t.Errorf("%s: unknown key %s", name, key)
		}
	}
	if service["privileged"] != nil {
		t.Errorf("%s is privileged", name)
	}
	image, _ := service["image"].(string)
	checkImage(t, name, image)
	for _, kind := range []string{"secrets", "networks", "configs"} {
		defined, _ := file[kind].(map[string]any)
		list, _ := service[kind].([]any)
		for _, e := range list {
			source, ok := e.(string)
			if !ok {
				source, _ = at(e, "source").(string)
			}
			if _, ok := defined[source]; !ok {
				t.Errorf("%s: there is no %s in %s", name, source, kind)
			}
		}
	}
	environment, _ := service["environment"].(map[string]any)
	for key, value := range environment {
		if strings.Contains(key, "PASSWORD") && !strings.HasSuffix(key, "_FILE") || strings.Contains(key, "POSTGRES_DSN") {
			t.Errorf("%s: %s is written: %v", name, key, value)
		}
	}
}

// pinned is a version that doesn't move by itself from one release to another.
var pinned = regexp.MustCompile(`^[a-z0-9./-]+:\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?$`)

func checkImage(t *testing.T, what, image string) {
	t.Helper()
	if !pinned.MatchString(image) {
		t.Errorf("%s: the image %q has no fixed version", what, image)
	}
}

// TestDockerfile: pinned, static, and not run by root.
func TestDockerfile(t *testing.T) {
	data, err := os.ReadFile("../docker/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, m := range regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(text, -1) {
		if m[1] != "scratch" {
			checkImage(t, "FROM", m[1])
		}
	}
	for _, want := range []string{"CGO_ENABLED=0", "-trimpath", "\nUSER 65532:65532\n", "\nFROM scratch\n", `ENTRYPOINT ["/parley"]`} {
		if !strings.Contains(text, want) {
			t.Errorf("the Dockerfile lacks %q", want)
		}
	}
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	language := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(mod))
	if !strings.Contains(text, "FROM golang:"+language[1]+".") {
		t.Errorf("the Dockerfile builds by another Go than go.mod's %s", language[1])
	}
}

// TestSystemd: systemd itself reads the unit, and the unit gives little away.
func TestSystemd(t *testing.T) {
	data, err := os.ReadFile("../systemd/parley.service")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, want := range []string{
		"DynamicUser=yes", "ProtectSystem=strict", "ProtectHome=yes", "NoNewPrivileges=yes", "PrivateDevices=yes", "PrivateTmp=yes",
		"MemoryDenyWriteExecute=yes", "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", "SystemCallFilter=@system-service",
		"LimitNOFILE=1048576", "StateDirectoryMode=0700", "KillSignal=SIGTERM",
	} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("the unit lacks %s", want)
		}
	}
	stop := regexp.MustCompile(`(?m)^TimeoutStopSec=(\d+s)$`).FindStringSubmatch(text)
	config, err := os.ReadFile("../systemd/parley.toml")
	if err != nil || stop == nil {
		t.Fatal(err, stop)
	}
	if limit, _ := time.ParseDuration(stop[1]); limit <= setting(t, string(config), "drain") {
		t.Errorf("the unit is killed after %v", limit)
	}
	checkUnitKeys(t, text)
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("no systemd-analyze: the keys were checked by our own list")
		return
	}
	// It looks for the program that the unit starts.
	unit := filepath.Join(t.TempDir(), "parley.service")
	program := filepath.Join(filepath.Dir(unit), "parley")
	here := strings.ReplaceAll(text, "/usr/local/bin/parley", program)
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(unit, []byte(here), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "verify", "--man=no", "--recursive-errors=no", unit).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze: %v\n%s", err, out)
	}
}

// unitKeys are the keys of systemd.unit(5), systemd.service(5), systemd.exec(5) and
// systemd.resource-control(5) that are used here, by section.
var unitKeys = map[string][]string{
	"Unit": {
		"Description", "Documentation", "Wants", "After",
	},
	"Service": {
		"Type", "ExecStartPre", "ExecStart", "Restart", "RestartSec", "TimeoutStopSec", "KillSignal", "KillMode",
		"DynamicUser", "User", "StateDirectory", "StateDirectoryMode", "LoadCredential", "UMask", "LimitNOFILE", "LimitCORE",
		"MemoryHigh", "TasksMax", "AmbientCapabilities", "CapabilityBoundingSet", "NoNewPrivileges", "ProtectSystem",
		"ProtectHome", "ProtectProc", "ProcSubset", "PrivateTmp", "PrivateDevices", "ProtectClock", "ProtectControlGroups",
		"ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables", "LockPersonality",
		"MemoryDenyWriteExecute", "RemoveIPC", "RestrictAddressFamilies", "RestrictNamespaces", "RestrictRealtime",
		"RestrictSUIDSGID", "SystemCallArchitectures", "SystemCallErrorNumber", "SystemCallFilter",
	},
	"Install": {
		"WantedBy",
	},
}

func checkUnitKeys(t *testing.T, unit string) {
	t.Helper()
	section := ""
	for line := range strings.Lines(unit) {
		line = strings.TrimSpace(line)
		key, _, isKey := strings.Cut(line, "=")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			section = strings.Trim(line, "[]")
		case !isKey || !slices.Contains(unitKeys[section], key):
			t.Errorf("[%s]: unknown line %q", section, line)
		}
	}
}

// TestPatroni: what was acknowledged is on two machines, whatever happens.
func TestPatroni(t *testing.T) {
	file := readYAML(t, "../patroni/patroni.yml")
	for path, want := range map[string]any{
		"bootstrap.dcs.synchronous_mode":                          true,
		"bootstrap.dcs.synchronous_mode_strict":                   true,
		"bootstrap.dcs.synchronous_node_count":                    float64(1),
		"bootstrap.dcs.maximum_lag_on_failover":                   float64(0),
		"bootstrap.dcs.postgresql.parameters.synchronous_commit":  "on",
		"bootstrap.dcs.postgresql.parameters.fsync":               "on",
		"bootstrap.dcs.postgresql.parameters.full_page_writes":    "on",
		"postgresql.authentication.superuser.sslmode":             "verify-full",
		"restapi.verify_client":                                   "required",
		"postgresql.authentication.superuser.password":            nil,
		"postgresql.authentication.replication.password":          nil,
		"bootstrap.dcs.postgresql.parameters.synchronous_standby": nil,
	} {
		if got := at(file, path); got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
	for _, key := range []string{"scope", "name", "restapi", "bootstrap", "postgresql", "etcd3", "watchdog"} {
		if file[key] == nil {
			t.Errorf("no %s", key)
		}
	}
	if hba, _ := at(file, "postgresql.pg_hba").([]any); len(hba) == 0 {
		t.Error("no pg_hba")
	} else {
		for _, line := range hba {
			if text, _ := line.(string); strings.Contains(text, " trust") || strings.HasPrefix(text, "host ") {
				t.Errorf("pg_hba: %s", text)
			}
		}
	}
}

// TestProxy: the proxy asks for readiness, and a client can't say where it is.
func TestProxy(t *testing.T) {
	data, err := os.ReadFile("../compose/haproxy.cfg")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"option httpchk GET /readyz", "http-request del-header X-Forwarded-For", "option forwardfor", "timeout tunnel 1h"} {
		if !strings.Contains(string(data), want) {
			t.Errorf("haproxy.cfg lacks %q", want)
		}
	}
	for _, node := range []string{"parley1", "parley2", "parley3"} {
		if !strings.Contains(string(data), "server "+node+" "+node+":8440") {
			t.Errorf("haproxy.cfg doesn't know %s", node)
		}
	}
}

// TestAlertRules: each rule says how bad it is, what is the matter and what to do.
func TestAlertRules(t *testing.T) {
	file := readYAML(t, "../prometheus/alerts.yaml")
	groups, _ := file["groups"].([]any)
	n := 0
	for _, g := range groups {
		rules, _ := at(g, "rules").([]any)
		for _, r := range rules {
			n++
			for _, path := range []string{"expr", "for", "labels.severity", "annotations.summary", "annotations.do"} {
				if text, _ := at(r, path).(string); text == "" {
					t.Errorf("%v lacks %s", at(r, "alert"), path)
				}
			}
			for key := range r.(map[string]any) {
				if !slices.Contains([]string{"alert", "expr", "for", "labels", "annotations"}, key) {
					t.Errorf("%v: unknown key %s", at(r, "alert"), key)
				}
			}
		}
	}
	if n < 8 {
		t.Errorf("got %d rules", n)
	}
}
