package archtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A pkg is a package as the go command lists it, without its tests.
type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
	Deps       []string // all that it reaches, of any module
	Incomplete bool     // it can't be built: for this system, or at all
}

// name returns p's path inside the module, and whether p is ours.
func (p pkg) name() (string, bool) { return strings.CutPrefix(p.ImportPath, module+"/") }

// list returns our packages as built for goos, which is linux or js. Those that
// can't be built for it, since a dependency can't, are listed as incomplete.
func list(goos string) ([]pkg, error) {
	goarch := map[string]string{"linux": "amd64", "js": "wasm"}[goos]
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,GoFiles,Imports,Deps,Incomplete", module+"/...")
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list for %s: %v", goos, err)
	}
	var pkgs []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return pkgs, nil
		}
		if err != nil {
			return nil, err
		}
		pkgs = append(pkgs, p)
	}
}

// covers reports whether pattern, a path or a tree (path/... or ...), covers path.
func covers(pattern, path string) bool {
	tree, ok := strings.CutSuffix(pattern, "...")
	if !ok {
		return pattern == path
	}
	return strings.HasPrefix(path+"/", tree)
}

func anyCovers(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return covers(p, path) })
}

// rule returns what the package called name may import, and false if no entry
// of table covers it.
func rule(table map[string][]string, name string) ([]string, bool) {
	if may, ok := table[name]; ok {
		return may, true
	}
	best := ""
	for pattern := range table {
		if covers(pattern, name) && len(pattern) > len(best) {
			best = pattern
		}
	}
	return table[best], best != ""
}

// checkAllowed returns the direct imports of p, among ours, that table does not
// allow.
func checkAllowed(table map[string][]string, p pkg) []string {
	name, ours := p.name()
	if !ours {
		return nil
	}
	may, ok := rule(table, name)
	if !ok {
		return []string{name + " is not in the table of internal/archtest"}
	}
	var problems []string
	for _, imp := range p.Imports {
		imp, ours := strings.CutPrefix(imp, module+"/")
		if ours && !anyCovers(may, imp) && !slices.Contains(everyone, imp) {
			problems = append(problems, fmt.Sprintf("%s may not import %s", name, imp))
		}
	}
	return problems
}

// checkNever returns what p reaches against one of bans.
func checkNever(bans []ban, p pkg) []string {
	name, ours := p.name()
	if !ours {
		return nil
	}
	var problems []string
	for _, b := range bans {
		if !anyCovers(b.who, name) {
			continue
		}
		for _, dep := range p.Deps {
			if anyCovers(b.what, strings.TrimPrefix(dep, module+"/")) {
				problems = append(problems, fmt.Sprintf("%s may not reach %s: %s", name, dep, b.why))
			}
		}
	}
	return problems
}

// checkPure returns the imports of p that a pure package may not have.
func checkPure(p pkg) []string {
	name, _ := p.name()
	if !anyCovers(pure, name) {
		return nil
	}
	var problems []string
	for _, imp := range p.Imports {
		if slices.Contains(impure, imp) {
			problems = append(problems, fmt.Sprintf("%s is pure and may not import %s", name, imp))
		}
	}
	return problems
}

// checkBuilds returns the complaint that p, which must run anywhere, lacks
// something to be built.
func checkBuilds(p pkg) []string {
	name, _ := p.name()
	if p.Incomplete && anyCovers(pure, name) {
		return []string{name + " can't be built for this system"}
	}
	return nil
}

// checkStill returns the places where p reads the clock or starts a goroutine,
// if it is one of the packages that do neither.
func checkStill(p pkg) ([]string, error) {
	if name, _ := p.name(); !anyCovers(still, name) {
		return nil, nil
	}
	var problems []string
	fset := token.NewFileSet()
	for _, file := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, file), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		problems = append(problems, restless(fset, f)...)
	}
	return problems, nil
}

// restless returns the places in f that read the clock or start a goroutine.
func restless(fset *token.FileSet, f *ast.File) (problems []string) {
	report := func(n ast.Node, what string) {
		at := fset.Position(n.Pos())
		problems = append(problems, fmt.Sprintf("%s:%d %s", filepath.Base(at.Filename), at.Line, what))
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			report(n, "starts a goroutine")
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clock, n.Sel.Name) {
				report(n, "uses time."+n.Sel.Name)
			}
		}
		return true
	})
	return problems
}
