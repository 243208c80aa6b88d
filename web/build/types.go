package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"parley/desk/deskapi"
)

// Where the contracts are, of page and core and of the desk's page and desk, and
// what is made from them.
const (
	bridgeDir = "cmd/parleywasm/bridge"
	typesFile = "web/lib/core.ts"
	deskDir   = "desk/deskapi"
	deskFile  = "web/lib/desk.ts"
)

// writeDeskTypes makes deskFile: the types, and the routes.
func writeDeskTypes() error {
	source, err := generateDeskTypes(deskDir)
	if err != nil {
		return err
	}
	return os.WriteFile(deskFile, source, 0o644)
}

// generateDeskTypes is generateTypes for the desk's API, with where each call goes.
func generateDeskTypes(dir string) ([]byte, error) {
	source, err := generateTypes(dir)
	if err != nil {
		return nil, err
	}
	var w typeWriter
	w.line("/** Where each call goes: method and path. */")
	w.line("export const routes: Readonly<Record<keyof Methods, readonly [string, string]>> = {")
	for _, r := range deskapi.Routes {
		w.line("  %s: [%q, %q],", lowerFirst(r.Name), r.Method, deskapi.Prefix+r.Path)
	}
	w.line("};\n")
	w.line("/** The header that carries Me.csrf. */")
	w.line("export const csrfHeader = %q;", deskapi.CSRFHeader)
	return append(source, w.out.String()...), nil
}

// writeTypes makes file from the package in dir.
func writeTypes(dir, file string) error {
	source, err := generateTypes(dir)
	if err != nil {
		return err
	}
	return os.WriteFile(file, source, 0o644)
}

// generateTypes returns the TypeScript of what page and core say to each other:
// interfaces Methods and Events (if there is one) of the Go package in dir, and every
// type that they reach. Methods and events have their Go name with a small first letter.
func generateTypes(dir string) ([]byte, error) {
	pkg, err := parseContract(dir)
	if err != nil {
		return nil, err
	}
	w := &typeWriter{pkg: pkg, queued: map[string]bool{}}
	w.line("// Made by go run ./web/build -types from package %s: change that, not this.", filepath.Base(dir))
	w.line("")
	if err := w.methods(); err != nil {
		return nil, err
	}
	if err := w.events(); err != nil {
		return nil, err
	}
	w.need("Error")
	for len(w.queue) > 0 {
		name := w.queue[0]
		w.queue = w.queue[1:]
		if err := w.declare(name); err != nil {
			return nil, err
		}
	}
	return []byte(w.out.String()), nil
}

// A contract is what generateTypes reads of a package.
type contract struct {
	types  map[string]*ast.TypeSpec
	docs   map[string]string   // of a type
	values map[string][]string // of a named string type: its constants, quoted
}

// parseContract reads the Go files in dir, tests left out.
func parseContract(dir string) (*contract, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	c := &contract{types: map[string]*ast.TypeSpec{}, docs: map[string]string{}, values: map[string][]string{}}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok {
				c.add(g)
			}
		}
	}
	return c, nil
}

func (c *contract) add(g *ast.GenDecl) {
	for _, spec := range g.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			c.types[s.Name.Name] = s
			c.docs[s.Name.Name] = g.Doc.Text() + s.Doc.Text()
		case *ast.ValueSpec:
			name, ok := s.Type.(*ast.Ident)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, v := range s.Values {
				if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					c.values[name.Name] = append(c.values[name.Name], lit.Value)
				}
			}
		}
	}
}

// A typeWriter writes TypeScript.
type typeWriter struct {
	pkg    *contract
	out    strings.Builder
	queue  []string // types to declare
	queued map[string]bool
}

func (w *typeWriter) line(format string, args ...any) { fmt.Fprintf(&w.out, format+"\n", args...) }

// need has a type declared, once.
func (w *typeWriter) need(name string) {
	if !w.queued[name] {
		w.queued[name] = true
		w.queue = append(w.queue, name)
	}
}

// members returns what an interface of the contract declares.
func (w *typeWriter) members(name string) ([]*ast.Field, error) {
	spec := w.pkg.types[name]
	if spec == nil {
		return nil, fmt.Errorf("types: there is no interface %s", name)
	}
	i, ok := spec.Type.(*ast.InterfaceType)
	if !ok {
		return nil, fmt.Errorf("types: %s is no interface", name)
	}
	return i.Methods.List, nil
}

// methods writes the interface of the calls, and their names.
func (w *typeWriter) methods() error {
	list, err := w.members("Methods")
	if err != nil {
		return err
	}
	w.comment("", w.pkg.docs["Methods"])
	w.line("export interface Methods {")
	var names []string
	for _, m := range list {
		name := lowerFirst(m.Names[0].Name)
		names = append(names, fmt.Sprintf("%q", name))
		sig, err := w.signature(m)
		if err != nil {
			return err
		}
		w.comment("  ", m.Doc.Text()+m.Comment.Text())
		w.line("  %s%s;", name, sig)
	}
	w.line("}\n")
	w.line("/** The names of all methods. */")
	w.line("export const methodNames: readonly (keyof Methods)[] = [\n  %s,\n];\n", strings.Join(names, ",\n  "))
	return nil
}

// signature returns the parameters and the result of a method.
func (w *typeWriter) signature(m *ast.Field) (string, error) {
	f, ok := m.Type.(*ast.FuncType)
	if !ok || f.Results == nil || len(f.Results.List) != 2 || len(f.Params.List) > 1 {
		return "", fmt.Errorf("types: %s must be of the form M(P) (R, error)", m.Names[0].Name)
	}
	result, err := w.typeOf(f.Results.List[0].Type)
	if err != nil {
		return "", err
	}
	if result == "Nothing" {
		result = "void"
	}
	if len(f.Params.List) == 0 {
		return "(): Promise<" + result + ">", nil
	}
	param, err := w.typeOf(f.Params.List[0].Type)
	return "(p: " + param + "): Promise<" + result + ">", err
}

// events writes what the core tells, by name.
func (w *typeWriter) events() error {
	if w.pkg.types["Events"] == nil {
		return nil
	}
	list, err := w.members("Events")
	if err != nil {
		return err
	}
	w.comment("", w.pkg.docs["Events"])
	w.line("export interface Events {")
	for _, e := range list {
		f, ok := e.Type.(*ast.FuncType)
		if !ok || len(f.Params.List) != 1 {
			return fmt.Errorf("types: event %s must have one value", e.Names[0].Name)
		}
		data, err := w.typeOf(f.Params.List[0].Type)
		if err != nil {
			return err
		}
		w.comment("  ", e.Doc.Text()+e.Comment.Text())
		w.line("  %s: %s;", lowerFirst(e.Names[0].Name), data)
	}
	w.line("}\n")
	return nil
}

// declare writes one type.
func (w *typeWriter) declare(name string) error {
	spec := w.pkg.types[name]
	if spec == nil {
		return fmt.Errorf("types: there is no type %s", name)
	}
	w.comment("", w.pkg.docs[name])
	switch t := spec.Type.(type) {
	case *ast.StructType:
		return w.structure(name, t)
	case *ast.Ident:
		if values := w.pkg.values[name]; t.Name == "string" && len(values) > 0 {
			w.line("export type %s = %s;\n", name, strings.Join(values, " | "))
			return nil
		}
	}
	return fmt.Errorf("types: %s is neither a struct nor a set of strings", name)
}

func (w *typeWriter) structure(name string, s *ast.StructType) error {
	var fields []*ast.Field
	extends := ""
	for _, f := range s.Fields.List {
		if len(f.Names) > 0 {
			fields = append(fields, f)
			continue
		}
		embedded, err := w.typeOf(f.Type)
		if err != nil {
			return err
		}
		extends = " extends " + embedded
	}
	if len(fields) == 0 && extends == "" {
		w.line("export type %s = Record<string, never>;\n", name)
		return nil
	}
	w.line("export interface %s%s {", name, extends)
	for _, f := range fields {
		if err := w.field(name, f); err != nil {
			return err
		}
	}
	w.line("}\n")
	return nil
}

// field writes one field by the name that its json tag gives it.
func (w *typeWriter) field(of string, f *ast.Field) error {
	kind, err := w.typeOf(f.Type)
	if err != nil {
		return err
	}
	if f.Tag == nil || len(f.Names) != 1 {
		return fmt.Errorf("types: %s.%s has no json tag of its own", of, f.Names[0].Name)
	}
	_, tag, ok := strings.Cut(strings.Trim(f.Tag.Value, "`"), `json:"`)
	if !ok {
		return fmt.Errorf("types: %s.%s has no json tag", of, f.Names[0].Name)
	}
	parts := strings.Split(strings.TrimSuffix(tag, `"`), ",")
	mark := ""
	if slices.Contains(parts, "omitempty") {
		mark = "?"
	}
	w.comment("  ", f.Doc.Text()+f.Comment.Text())
	w.line("  %s%s: %s;", parts[0], mark, kind)
	return nil
}

// typeOf returns the TypeScript of a Go type.
func (w *typeWriter) typeOf(e ast.Expr) (string, error) {
	switch t := e.(type) {
	case *ast.StarExpr:
		return w.typeOf(t.X)
	case *ast.ArrayType:
		of, err := w.typeOf(t.Elt)
		return of + "[]", err
	case *ast.MapType:
		of, err := w.typeOf(t.Value)
		return "Record<string, " + of + ">", err
	case *ast.Ident:
		switch t.Name {
		case "string":
			return "string", nil
		case "bool":
			return "boolean", nil
		case "int", "int64", "uint64", "uint32":
			return "number", nil
		}
		w.need(t.Name)
		return t.Name, nil
	}
	return "", fmt.Errorf("types: no TypeScript for %T", e)
}

func (w *typeWriter) comment(indent, text string) {
	text = strings.TrimSpace(text)
	if text == "" {
		return
	}
	lines := strings.Split(strings.ReplaceAll(text, "*/", "* /"), "\n")
	if len(lines) == 1 {
		w.line("%s/** %s */", indent, text)
		return
	}
	w.line("%s/**", indent)
	for _, l := range lines {
		w.line("%s", strings.TrimRight(indent+" * "+l, " "))
	}
	w.line("%s */", indent)
}

// lowerFirst returns name as JavaScript spells it.
func lowerFirst(name string) string {
	r := []rune(name)
	r[0] = unicode.ToLower(r[0])
	return string(r)
}
