package adminapi

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"parley/wire"
	"parley/wire/admin"
)

// object is a JSON object.
type object = map[string]any

// enums are the values that a type of text may have.
var enums = map[reflect.Type][]string{
	reflect.TypeFor[admin.SanctionKind](): {"warn", "limit", "suspend"},
	reflect.TypeFor[admin.AgeBand]():      {"", "under16", "16_17", "adult"},
	reflect.TypeFor[wire.ReportKind]():    {"report", "appeal"},
	reflect.TypeFor[wire.StandingState](): {"", "limited", "suspended"},
	reflect.TypeFor[wire.NoticeKind]():    {"outcome", "removed", "appeal_result"},
	reflect.TypeFor[wire.Outcome]():       {"", "acted", "no_breach", "upheld", "reversed"},
}

// Document returns the OpenAPI 3.1 document of [admin.Routes], in JSON.
func Document() []byte {
	g := &generator{schemas: object{}}
	paths := object{}
	for _, r := range admin.Routes {
		path, _ := paths[r.Pattern].(object)
		if path == nil {
			path = object{}
			paths[r.Pattern] = path
		}
		path[strings.ToLower(r.Method)] = g.operation(r)
	}
	g.schema(reflect.TypeFor[admin.Problem]())
	doc := object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Parley admin API", "version": "1",
			"description": "For the safety desk and the platform's own systems. There is no route for what people write: the server can't read it.",
		},
		"servers":  []any{object{"url": admin.Prefix}},
		"security": []any{object{"token": []any{}}},
		"paths":    paths,
		"components": object{
			"schemas": g.schemas,
			"securitySchemes": object{"token": object{
				"type": "http", "scheme": "bearer", "description": "One of the tokens file, made by: parley admin token new",
			}},
		},
	}
	body, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		panic("adminapi: " + err.Error()) // it is made of maps and strings
	}
	return append(body, '\n')
}

// A generator collects the schemas that operations refer to.
type generator struct{ schemas object }

var pathParameter = regexp.MustCompile(`{(\w+)}`)

func (g *generator) operation(r admin.Route) object {
	var parameters []any
	for _, m := range pathParameter.FindAllStringSubmatch(r.Pattern, -1) {
		parameters = append(parameters, object{"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	if r.Name == "listReports" {
		for _, p := range [][2]string{{"after", "string"}, {"limit", "integer"}} {
			parameters = append(parameters, object{"name": p[0], "in": "query", "schema": object{"type": p[1]}})
		}
	}
	if r.Method == "POST" {
		parameters = append(parameters, object{
			"name": "Idempotency-Key", "in": "header", "schema": object{"type": "string", "minLength": 1, "maxLength": 128},
		})
	}
	op := object{
		"operationId": r.Name, "description": "Needs the scope " + string(r.Scope) + ".", "x-scope": string(r.Scope),
		"responses": object{
			strconv.Itoa(successOf(r)): g.success(r),
			"default": object{
				"description": "It failed.",
				"content":     object{admin.ProblemType: object{"schema": object{"$ref": "#/components/schemas/Problem"}}},
			},
		},
	}
	if len(parameters) > 0 {
		op["parameters"] = parameters
	}
	if r.Body != nil {
		op["requestBody"] = object{
			"required": true,
			"content":  object{"application/json": object{"schema": g.schema(reflect.TypeOf(r.Body))}},
		}
	}
	return op
}

// successOf is the status of a request of r that succeeds.
func successOf(r admin.Route) int {
	if r.Reply == nil && r.Name != "getBlob" {
		return 204
	}
	return 200
}

func (g *generator) success(r admin.Route) object {
	switch {
	case r.Name == "getBlob":
		return object{"description": "The attachment, sealed.", "content": object{"application/octet-stream": object{}}}
	case r.Reply == nil:
		return object{"description": "It is done."}
	}
	return object{"description": "The answer.", "content": object{"application/json": object{"schema": g.schema(reflect.TypeOf(r.Reply))}}}
}

// schema returns the schema of t: JSON Schema 2020-12, as OpenAPI 3.1 has it.
func (g *generator) schema(t reflect.Type) object {
	switch t.Kind() {
	case reflect.Pointer:
		return g.schema(t.Elem())
	case reflect.String:
		s := object{"type": "string"}
		if values, ok := enums[t]; ok {
			s["enum"] = values
		}
		return s
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return object{"type": "integer"}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return object{"type": "string", "contentEncoding": "base64"}
		}
		return object{"type": "array", "items": g.schema(t.Elem())}
	case reflect.Struct:
		if _, ok := g.schemas[t.Name()]; !ok {
			g.schemas[t.Name()] = object{} // in case it refers to itself
			g.schemas[t.Name()] = g.structure(t)
		}
		return object{"$ref": "#/components/schemas/" + t.Name()}
	}
	panic("adminapi: no schema for " + t.String())
}

func (g *generator) structure(t reflect.Type) object {
	properties, required := object{}, []string{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		properties[name] = g.schema(f.Type)
		if !strings.Contains(options, "omitempty") {
			required = append(required, name)
		}
	}
	s := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}
