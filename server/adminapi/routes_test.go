package adminapi_test

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"parley/server/adminapi"
	"parley/wire/admin"
)

// allRoutes are all that there are, by hand: a new one has to be thought about here.
var allRoutes = []string{
	"DELETE /accounts/{account}/sanctions/{decision}",
	"DELETE /reports/{report}",
	"GET /accounts/{account}",
	"GET /blobs/{blob}",
	"GET /franking-keys",
	"GET /legal/accounts/{account}",
	"GET /reports",
	"POST /accounts/{account}/notices",
	"POST /accounts/{account}/sanctions",
	"POST /blobs/{blob}/restore",
	"POST /blobs/{blob}/take-down",
	"POST /franks/verify",
	"PUT /accounts/{account}/facts",
	"PUT /desk-key",
	"PUT /relationships",
}

// TestNoRouteForContent: what can be asked is the list above, and no answer has a
// field for what people write. The two that hold sealed bytes are named.
func TestNoRouteForContent(t *testing.T) {
	var routes []string
	for _, r := range admin.Routes {
		routes = append(routes, r.Method+" "+r.Pattern)
	}
	slices.Sort(routes)
	if !slices.Equal(routes, allRoutes) {
		t.Errorf("the routes are\n%s\nwant\n%s", strings.Join(routes, "\n"), strings.Join(allRoutes, "\n"))
	}
	sealed := map[string]bool{"Report.sealed": true}
	for _, r := range admin.Routes {
		if r.Reply == nil {
			continue
		}
		fieldsOf(reflect.TypeOf(r.Reply), func(typ, field string, f reflect.Type) {
			for _, word := range []string{"message", "envelope", "text", "content", "body", "room", "contact", "relation", "mailbox", "peer"} {
				if strings.Contains(field, word) {
					t.Errorf("%s answers %s.%s", r.Name, typ, field)
				}
			}
			isBytes := f.Kind() == reflect.Slice && f.Elem().Kind() == reflect.Uint8
			if name := typ + "." + field; isBytes && !sealed[name] {
				t.Errorf("%s answers bytes in %s", r.Name, name)
			}
		})
	}
	legal := map[string]bool{}
	fieldsOf(reflect.TypeFor[admin.LegalAccount](), func(typ, field string, _ reflect.Type) { legal[typ+"."+field] = true })
	want := map[string]bool{
		"LegalAccount.account": true, "LegalAccount.created_ms": true, "LegalAccount.last_seen_ms": true, "LegalAccount.devices": true,
		"Device.device": true, "Device.added_ms": true, "Device.last_seen_ms": true,
	}
	if !reflect.DeepEqual(legal, want) {
		t.Errorf("a lawful request is told %v; want account, devices, dates", legal)
	}
}

// fieldsOf calls f for each field of t, and of what it is made of.
func fieldsOf(t reflect.Type, f func(typ, field string, fieldType reflect.Type)) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		fieldsOf(t.Elem(), f)
	case reflect.Struct:
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			f(t.Name(), name, t.Field(i).Type)
			fieldsOf(t.Field(i).Type, f)
		}
	}
}

// TestOpenAPI: the document has each route and no other, with its parameters, body
// and answer, and all that it refers to is there.
func TestOpenAPI(t *testing.T) {
	var doc struct {
		OpenAPI string `json:"openapi"`
		Info    struct{ Title, Version string }
		Paths   map[string]map[string]struct {
			OperationID string           `json:"operationId"`
			Scope       admin.Scope      `json:"x-scope"`
			Parameters  []map[string]any `json:"parameters"`
			RequestBody *map[string]any  `json:"requestBody"`
			Responses   map[string]any   `json:"responses"`
		}
		Components struct{ Schemas map[string]map[string]any }
	}
	w := newWorld(t)
	resp, err := http.Get(w.url + admin.Prefix + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != string(adminapi.Document()) {
		t.Errorf("what is served isn't the document: %v", err)
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" || doc.Info.Title == "" || doc.Info.Version == "" {
		t.Errorf("openapi %q, info %+v", doc.OpenAPI, doc.Info)
	}
	n := 0
	for _, methods := range doc.Paths {
		n += len(methods)
	}
	if n != len(admin.Routes) {
		t.Errorf("%d operations; want %d", n, len(admin.Routes))
	}
	for _, r := range admin.Routes {
		op, ok := doc.Paths[r.Pattern][strings.ToLower(r.Method)]
		if !ok || op.OperationID != r.Name || op.Scope != r.Scope || (op.RequestBody != nil) != (r.Body != nil) || op.Responses["default"] == nil || len(op.Responses) != 2 {
			t.Errorf("%s %s: %+v", r.Method, r.Pattern, op)
		}
		inPath := 0
		for _, p := range op.Parameters {
			if p["in"] == "path" {
				inPath++
			}
		}
		if inPath != strings.Count(r.Pattern, "{") {
			t.Errorf("%s: %d parameters in the path", r.Name, inPath)
		}
	}
	for part := range strings.SplitSeq(string(body), `"$ref": "`) {
		if name, ok := strings.CutPrefix(part, "#/components/schemas/"); ok {
			name, _, _ = strings.Cut(name, `"`)
			if doc.Components.Schemas[name] == nil {
				t.Errorf("there is no schema %s", name)
			}
		}
	}
}

// TestOpenAPIServed: what is served is what the document has: each of its operations
// is there, a path has no other method than those of the document, and nothing else is
// beneath the prefix but the two that need no token.
func TestOpenAPIServed(t *testing.T) {
	w := newWorld(t)
	var doc struct{ Paths map[string]map[string]any }
	if err := json.Unmarshal(adminapi.Document(), &doc); err != nil {
		t.Fatal(err)
	}
	methods := []string{"GET", "POST", "PUT", "DELETE", "PATCH"}
	for pattern, operations := range doc.Paths {
		var has []string
		for _, m := range methods {
			c := concrete(admin.Route{Method: m, Pattern: pattern}, "mimi://example.org/u/alice")
			if operations[strings.ToLower(m)] != nil {
				has = append(has, m)
				w.refused(m+" "+pattern, c, admin.CodeUnauthorized)
				continue
			}
			a := w.refused(m+" "+pattern, c, admin.CodeMethod)
			allowed := strings.Split(a.header.Get("Allow"), ", ")
			for _, other := range allowed {
				if operations[strings.ToLower(other)] == nil {
					t.Errorf("%s allows %s, which the document doesn't have", pattern, other)
				}
			}
		}
		if len(has) != len(operations) {
			t.Errorf("%s has %d operations, of which %q were tried", pattern, len(operations), has)
		}
	}
	for _, path := range []string{"", "/", "/rooms", "/messages", "/accounts", "/accounts/x/messages", "/reports/1/content", "/dump", "/ledger", "/records", "/debug/pprof/"} {
		for _, m := range methods {
			a := w.do(call{method: m, path: path, token: w.all})
			if a.status != 404 && a.status != 405 {
				t.Errorf("%s %s = %d", m, path, a.status)
			}
		}
	}
	for _, path := range []string{"/openapi.json", "/health"} {
		if a := w.do(call{method: "GET", path: path}); a.status >= 300 {
			t.Errorf("%s = %d", path, a.status)
		}
	}
}

// fits checks a value against a schema of the document, as far as the document
// goes.
func fits(t *testing.T, schemas map[string]any, where string, schema map[string]any, v any) {
	t.Helper()
	if ref, ok := schema["$ref"].(string); ok {
		schema, _ = schemas[strings.TrimPrefix(ref, "#/components/schemas/")].(map[string]any)
	}
	switch schema["type"] {
	case "object":
		m, ok := v.(map[string]any)
		if !ok {
			t.Errorf("%s is %v; want an object", where, v)
			return
		}
		properties := schema["properties"].(map[string]any)
		for name, value := range m {
			p, ok := properties[name].(map[string]any)
			if !ok {
				t.Errorf("%s has %s, which the document doesn't", where, name)
				continue
			}
			fits(t, schemas, where+"."+name, p, value)
		}
		required, _ := schema["required"].([]any)
		for _, name := range required {
			if _, ok := m[name.(string)]; !ok {
				t.Errorf("%s lacks %s", where, name)
			}
		}
	case "array":
		list, ok := v.([]any)
		if !ok {
			t.Errorf("%s is %v; want an array", where, v)
		}
		for _, x := range list {
			fits(t, schemas, where+"[]", schema["items"].(map[string]any), x)
		}
	case "string":
		if _, ok := v.(string); !ok {
			t.Errorf("%s is %v; want a string", where, v)
		}
	case "integer":
		if n, ok := v.(float64); !ok || n != float64(int64(n)) {
			t.Errorf("%s is %v; want an integer", where, v)
		}
	case "boolean":
		if _, ok := v.(bool); !ok {
			t.Errorf("%s is %v; want a boolean", where, v)
		}
	default:
		t.Errorf("%s has a schema of type %v", where, schema["type"])
	}
}

// documented checks that an answer is as the document has it.
func documented(t *testing.T, operation string, a answer) {
	t.Helper()
	var doc struct {
		Paths      map[string]map[string]map[string]any
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(adminapi.Document(), &doc); err != nil {
		t.Fatal(err)
	}
	for _, methods := range doc.Paths {
		for _, op := range methods {
			if op["operationId"] != operation {
				continue
			}
			success, ok := op["responses"].(map[string]any)["200"].(map[string]any)
			if a.status == 204 {
				success, ok = op["responses"].(map[string]any)["204"].(map[string]any)
			}
			if !ok {
				t.Errorf("%s answers %d, which the document doesn't have", operation, a.status)
				return
			}
			content, _ := success["content"].(map[string]any)
			typed, _ := content["application/json"].(map[string]any)
			if typed == nil {
				if a.status == 204 && len(a.body) > 0 {
					t.Errorf("%s answers %s; want nothing", operation, a.body)
				}
				return
			}
			var v any
			if err := json.Unmarshal(a.body, &v); err != nil {
				t.Errorf("%s: %v", operation, err)
			}
			fits(t, doc.Components.Schemas, operation, typed["schema"].(map[string]any), v)
			return
		}
	}
	t.Errorf("the document has no %s", operation)
}
