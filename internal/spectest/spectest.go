// Package spectest checks that the code and docs/spec agree: every cited
// section exists, and every section marked done is cited by code and by a test.
//
// A citation has one form, in comments and in strings alike: the name of the
// specification, a comma, then the section or the appendix:
//
//	RFC <number>, Section <n.n.n>
//	draft-<name>-<version>, Appendix <A.n>
//
// The table of a specification is docs/spec/<name>.tsv, with the RFC's name in
// lower case and without the space. Each of its lines has three fields, parted
// by a tab: section, status, title; and a fourth that gives the reason why a
// section isn't done. A table that gives a reason for one section gives one for
// each that isn't done. A table may list only the sections that are cited; that
// of RFC 9420 lists all.
package spectest

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// The statuses of a section.
const (
	done  = "done"  // as far as it concerns us, built and tested
	later = "later" // not built, or only a part of it
	info  = "info"  // asks nothing of an implementation
)

var (
	cite      = regexp.MustCompile(`(RFC \d+|draft-[a-z0-9-]+-\d\d), (?:Section|Appendix) (\d+(?:\.\d+)*|[A-Z](?:\.\d+)*)\b`)
	malformed = regexp.MustCompile(`RFC ?\d{4},? (?:[Ss]ections?|[Aa]ppendix|[Ss]ec\.|§) ?[0-9A-D](?:[0-9.]*[0-9])?|(?:Section|Appendix|§) ?[0-9.A-D]+ of (?:the )?RFC ?\d+`)
	wrapped   = regexp.MustCompile(`\n[ \t]*//[ \t]*`)
	tableName = regexp.MustCompile(`^(?:rfc(\d+)|(draft-[a-z0-9-]+-\d\d))\.tsv$`)
)

// A table maps the sections of one specification to their statuses.
type table map[string]string

// A ref is one section of one specification.
type ref struct{ spec, section string }

// String returns the reference as code cites it: "RFC 9420, Section 5.1".
func (r ref) String() string { return r.spec + ", " + r.section }

// A use says where a section is cited.
type use struct {
	code, test bool
	first      string // path of the first file that cites it
}

// readTables reads the tables in the top directory of fsys, by specification,
// and returns what is wrong with them.
func readTables(fsys fs.FS) (map[string]table, []string) {
	tables := map[string]table{}
	names, err := fs.Glob(fsys, "*.tsv")
	if err != nil {
		return nil, []string{err.Error()}
	}
	var problems []string
	for _, name := range names {
		m := tableName.FindStringSubmatch(name)
		if m == nil {
			problems = append(problems, fmt.Sprintf("%s: not named rfcNNNN.tsv or draft-NAME-NN.tsv", name))
			continue
		}
		spec := m[2]
		if m[1] != "" {
			spec = "RFC " + m[1]
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		t, bad := parseTable(name, string(text))
		tables[spec] = t
		problems = append(problems, bad...)
	}
	return tables, problems
}

func parseTable(name, text string) (table, []string) {
	t := table{}
	var problems, unexplained []string
	n, reasons := 0, 0
	for line := range strings.Lines(text) {
		n++
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case len(f) < 3 || len(f) > 4 || f[0] == "" || f[2] == "" || f[len(f)-1] == "":
			problems = append(problems, fmt.Sprintf("%s:%d: want section, status, title and perhaps a reason", name, n))
		case !slices.Contains([]string{done, later, info}, f[1]):
			problems = append(problems, fmt.Sprintf("%s:%d: unknown status %q", name, n, f[1]))
		case t[f[0]] != "":
			problems = append(problems, fmt.Sprintf("%s:%d: section %s is listed twice", name, n, f[0]))
		default:
			t[f[0]] = f[1]
			if len(f) == 4 {
				reasons++
			} else if f[1] != done {
				unexplained = append(unexplained, fmt.Sprintf("%s:%d: section %s isn't done and gives no reason", name, n, f[0]))
			}
		}
	}
	if reasons > 0 {
		problems = append(problems, unexplained...)
	}
	return t, problems
}

// readCitations reads the citations in the Go files below fsys, and returns
// those that don't have the one form. Like the go command it passes over
// testdata and directories whose names begin with a dot or an underscore.
func readCitations(fsys fs.FS) (map[ref]use, []string) {
	cited := map[ref]use{}
	var problems []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (d.Name() == "testdata" || strings.ContainsAny(d.Name()[:1], "._")) {
			return fs.SkipDir
		}
		if d.IsDir() || path.Ext(name) != ".go" {
			return nil
		}
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		problems = append(problems, addCitations(cited, name, string(src))...)
		return nil
	})
	if err != nil {
		problems = append(problems, err.Error())
	}
	return cited, problems
}

func addCitations(cited map[ref]use, name, src string) (problems []string) {
	text := wrapped.ReplaceAllString(src, " ")
	for _, m := range cite.FindAllStringSubmatch(text, -1) {
		r := ref{m[1], m[2]}
		u := cited[r]
		if u.first == "" {
			u.first = name
		}
		isTest := strings.HasSuffix(name, "_test.go")
		u.code, u.test = u.code || !isTest, u.test || isTest
		cited[r] = u
	}
	for _, m := range malformed.FindAllString(text, -1) {
		if !cite.MatchString(m) {
			problems = append(problems, fmt.Sprintf("%s: %q is not in the form of a citation", name, m))
		}
	}
	return problems
}

// compare returns what the tables and the citations disagree on, sorted.
func compare(tables map[string]table, cited map[ref]use) []string {
	var problems []string
	for spec, t := range tables {
		for section, status := range t {
			u := cited[ref{spec, section}]
			if status == done && (!u.code || !u.test) {
				problems = append(problems, fmt.Sprintf("%s, %s is marked done but not cited by both code and a test", spec, section))
			}
		}
	}
	for r, u := range cited {
		if tables[r.spec][r.section] == "" {
			problems = append(problems, fmt.Sprintf("%s is cited in %s but not in docs/spec", r, u.first))
		}
	}
	slices.Sort(problems)
	return problems
}
