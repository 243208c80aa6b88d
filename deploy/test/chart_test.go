package deploytest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"sigs.k8s.io/yaml"
)

// An object is something of Kubernetes, as YAML has it.
type object map[string]any

// at returns what stands at a path as "spec.template.0.name", or nil.
func at(v any, path string) any {
	for key := range strings.SplitSeq(path, ".") {
		switch m := v.(type) {
		case object:
			v = m[key]
		case map[string]any:
			v = m[key]
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(m) {
				return nil
			}
			v = m[i]
		default:
			return nil
		}
	}
	return v
}

// named returns the element of a list whose name is name.
func named(list any, name string) map[string]any {
	all, _ := list.([]any)
	for _, e := range all {
		if m, ok := e.(map[string]any); ok && m["name"] == name {
			return m
		}
	}
	return nil
}

// render renders the chart with values, and returns the objects by kind.
func render(t *testing.T, values map[string]any) map[string][]object {
	t.Helper()
	chart, err := loader.Load("../chart")
	if err != nil {
		t.Fatal(err)
	}
	if err := chart.Validate(); err != nil {
		t.Fatal(err)
	}
	options := chartutil.ReleaseOptions{Name: "dm", Namespace: "chat", Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(chart, values, options, chartutil.DefaultCapabilities)
	if err != nil {
		t.Fatal(err)
	}
	files, err := engine.Engine{Strict: true}.Render(chart, all)
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string][]object{}
	for name, text := range files {
		if !strings.HasSuffix(name, ".yaml") {
			continue
		}
		for _, part := range strings.Split(text, "\n---\n") {
			o := object{}
			if err := yaml.UnmarshalStrict([]byte(part), &o); err != nil {
				t.Fatalf("%s: %v\n%s", name, err, part)
			}
			if len(o) > 0 {
				kind, _ := o["kind"].(string)
				objects[kind] = append(objects[kind], o)
			}
		}
	}
	return objects
}

// site are the values of a site of three nodes.
func site() map[string]any {
	return map[string]any{
		"domain": "dm.example.com", "origins": []any{"https://dm.example.com"},
		"postgres": map[string]any{"secretName": "parley-postgres"},
		"nodes":    map[string]any{"tlsSecretName": "parley-nodes-tls"},
	}
}

// TestChartNodes holds what a site of several nodes needs.
func TestChartNodes(t *testing.T) {
	objects := render(t, site())
	if n := len(objects["StatefulSet"]); n != 1 {
		t.Fatalf("got %d StatefulSets, want 1", n)
	}
	set := objects["StatefulSet"][0]
	pod := at(set, "spec.template.spec")
	parley := named(at(pod, "containers"), "parley")
	for path, want := range map[string]any{
		"livenessProbe.httpGet.path": "/livez", "livenessProbe.httpGet.port": "private",
		"readinessProbe.httpGet.path": "/readyz", "readinessProbe.httpGet.port": "private",
		"securityContext.allowPrivilegeEscalation": false, "securityContext.readOnlyRootFilesystem": true,
		"securityContext.capabilities.drop.0": "ALL",
	} {
		if got := at(parley, path); got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
	for path, want := range map[string]any{
		"securityContext.runAsNonRoot": true, "securityContext.seccompProfile.type": "RuntimeDefault",
		"automountServiceAccountToken": false, "enableServiceLinks": false, "hostNetwork": nil, "hostPID": nil,
	} {
		if got := at(pod, path); got != want {
			t.Errorf("pod: %s: got %v, want %v", path, got, want)
		}
	}
	if at(parley, "securityContext.privileged") != nil {
		t.Error("the container names privileged")
	}
	for _, path := range []string{"resources.requests.cpu", "resources.requests.memory", "resources.limits.memory"} {
		if at(parley, path) == nil {
			t.Errorf("no %s", path)
		}
	}
	if replicas, _ := at(set, "spec.replicas").(float64); replicas < 2 {
		t.Errorf("got %v replicas, want several", replicas)
	}
	image, _ := parley["image"].(string)
	if i := strings.LastIndexByte(image, ':'); i < 0 || image[i+1:] == "latest" || image[i+1:] == "" {
		t.Errorf("the image %q has no version", image)
	}
	checkPorts(t, parley, objects)
	checkBudget(t, set, objects)
}

func checkPorts(t *testing.T, parley map[string]any, objects map[string][]object) {
	t.Helper()
	nodes := named(parley["ports"], "nodes")
	if nodes == nil || nodes["containerPort"] != float64(6222) {
		t.Errorf("got %v, want a port for the other nodes", nodes)
	}
	headless := slices.IndexFunc(objects["Service"], func(o object) bool { return at(o, "spec.clusterIP") == "None" })
	if headless < 0 {
		t.Fatal("no headless Service: nodes can't find each other")
	}
	s := objects["Service"][headless]
	if at(s, "spec.publishNotReadyAddresses") != true || named(at(s, "spec.ports"), "nodes") == nil {
		t.Error("the headless Service doesn't lead to nodes that begin")
	}
	for _, s := range objects["Service"] {
		for _, port := range []string{"nodes", "private"} {
			if at(s, "spec.clusterIP") != "None" && named(at(s, "spec.ports"), port) != nil {
				t.Errorf("the Service for clients opens %s", port)
			}
		}
	}
	if len(objects["NetworkPolicy"]) != 1 {
		t.Error("no NetworkPolicy keeps the private port")
	}
}

func checkBudget(t *testing.T, set object, objects map[string][]object) {
	t.Helper()
	if len(objects["PodDisruptionBudget"]) != 1 {
		t.Fatal("no PodDisruptionBudget")
	}
	budget := objects["PodDisruptionBudget"][0]
	if got := at(budget, "spec.maxUnavailable"); got != float64(1) {
		t.Errorf("got %v, want one node away at a time", got)
	}
	labels, _ := at(set, "spec.template.metadata.labels").(map[string]any)
	selector, _ := at(budget, "spec.selector.matchLabels").(map[string]any)
	for key, value := range selector {
		if labels[key] != value {
			t.Errorf("the budget selects %s=%v, the pods have %v", key, value, labels[key])
		}
	}
	config := configOf(t, objects)
	grace, _ := at(set, "spec.template.spec.terminationGracePeriodSeconds").(float64)
	need := setting(t, config, "drain") + setting(t, config, "drain_delay")
	if time.Duration(grace)*time.Second <= need {
		t.Errorf("a pod is killed after %v s, and drains for %v", grace, need)
	}
}

func configOf(t *testing.T, objects map[string][]object) string {
	t.Helper()
	if len(objects["ConfigMap"]) != 1 {
		t.Fatalf("got %d ConfigMaps, want 1", len(objects["ConfigMap"]))
	}
	data, _ := at(objects["ConfigMap"][0], "data").(map[string]any)
	config, _ := data["parley.toml"].(string)
	return config
}

// setting returns a duration of a configuration.
func setting(t *testing.T, config, key string) time.Duration {
	t.Helper()
	for line := range strings.Lines(config) {
		if name, value, ok := strings.Cut(line, "="); ok && strings.TrimSpace(name) == key {
			d, err := time.ParseDuration(strings.Trim(strings.TrimSpace(value), `"`))
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
	}
	t.Fatalf("no %s in the configuration:\n%s", key, config)
	return 0
}

// TestChartSecrets: a secret is named, and nowhere written.
func TestChartSecrets(t *testing.T) {
	values := site()
	objects := render(t, values)
	if len(objects["Secret"]) != 0 {
		t.Error("the chart writes a Secret")
	}
	set := objects["StatefulSet"][0]
	volumes, _ := at(set, "spec.template.spec.volumes").([]any)
	var secrets []string
	for _, v := range volumes {
		if name, ok := at(v, "secret.secretName").(string); ok {
			secrets = append(secrets, name)
		}
	}
	slices.Sort(secrets)
	if want := []string{"parley-nodes-tls", "parley-postgres"}; !slices.Equal(secrets, want) {
		t.Errorf("got %q, want %q", secrets, want)
	}
	for _, e := range at(set, "spec.template.spec.containers.0.env").([]any) {
		if name, _ := at(e, "name").(string); strings.Contains(name, "POSTGRES") {
			t.Errorf("%s is an environment variable, which others see", name)
		}
	}
	if strings.Contains(configOf(t, objects), "password") {
		t.Error("the configuration holds a password")
	}
}

// TestChartEmbedded: one node, with a volume of its own.
func TestChartEmbedded(t *testing.T) {
	objects := render(t, map[string]any{"store": "embedded", "replicas": 1, "domain": "dm.example.com", "origins": []any{"https://dm.example.com"}})
	set := objects["StatefulSet"][0]
	if got := at(set, "spec.replicas"); got != float64(1) {
		t.Errorf("got %v replicas of an embedded store, want 1", got)
	}
	if claims, _ := at(set, "spec.volumeClaimTemplates").([]any); len(claims) != 1 {
		t.Errorf("got %d volumes, want 1", len(claims))
	}
	if len(objects["PodDisruptionBudget"]) != 0 {
		t.Error("a budget would keep the one node from ever being moved")
	}
}

// TestChartRefuses what can't work.
func TestChartRefuses(t *testing.T) {
	chart, err := loader.Load("../chart")
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range map[string]map[string]any{
		"two nodes of one embedded store": {"store": "embedded", "replicas": 2, "domain": "x.example", "origins": []any{"https://x.example"}},
		"no domain":                       {"origins": []any{"https://x.example"}},
		"nodes without certificates":      {"domain": "x.example", "origins": []any{"https://x.example"}, "postgres": map[string]any{"secretName": "s"}},
		"no connection string":            {"domain": "x.example", "origins": []any{"https://x.example"}, "nodes": map[string]any{"tlsSecretName": "s"}},
	} {
		options := chartutil.ReleaseOptions{Name: "dm", Namespace: "chat"}
		all, err := chartutil.ToRenderValues(chart, values, options, chartutil.DefaultCapabilities)
		if err == nil {
			_, err = engine.Engine{Strict: true}.Render(chart, all)
		}
		if err == nil {
			t.Errorf("%s: rendered", name)
		}
	}
}

// parley builds the program and returns where it is.
func parley(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "parley")
	cmd := exec.Command("go", "build", "-o", path, "./cmd/parley")
	cmd.Dir = "../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// TestConfigs: every configuration here is right for the program, those that the
// chart renders too.
func TestConfigs(t *testing.T) {
	program := parley(t)
	files, err := filepath.Glob("../*/*.toml")
	if err != nil || len(files) < 2 {
		t.Fatalf("found %q, %v", files, err)
	}
	files = append(files, "../parley.toml")
	for name, values := range map[string]map[string]any{
		"nodes": site(), "embedded": {"store": "embedded", "replicas": 1, "domain": "dm.example.com", "origins": []any{"https://dm.example.com"}},
	} {
		path := filepath.Join(t.TempDir(), name+".toml")
		if err := os.WriteFile(path, []byte(configOf(t, render(t, values))), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	for _, file := range files {
		out, err := exec.Command(program, "config", "check", "--config", file).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", file, err, out)
		}
	}
}
