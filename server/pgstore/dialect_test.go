package pgstore

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestDialect holds the SQL to what the engines of DESIGN have in common.
func TestDialect(t *testing.T) {
	statements := allSQL(t)
	if len(statements) < 60 {
		t.Fatalf("only %d statements were found", len(statements))
	}
	for where, sql := range statements {
		for _, f := range faults(sql) {
			t.Errorf("%s: %s\n%s", where, f, sql)
		}
	}
}

// TestDialectFinds shows that the rules can fail.
func TestDialectFinds(t *testing.T) {
	for _, sql := range []string{
		"LISTEN mailboxes",
		"SELECT pg_notify('a', 'b')",
		"SELECT pg_advisory_xact_lock(1)",
		"SELECT pg_try_advisory_lock(1)",
		"CREATE TABLE x (mailbox uuid PRIMARY KEY, n bigserial)",
		"CREATE TABLE x (mailbox uuid PRIMARY KEY, n bigint GENERATED ALWAYS AS IDENTITY)",
		"SELECT nextval('s')",
		"CREATE SEQUENCE s",
		"LOCK TABLE env",
		"CREATE TRIGGER t BEFORE INSERT ON env",
		"CREATE FUNCTION f() RETURNS int",
		"CREATE EXTENSION pgcrypto",
		"DO $$ BEGIN END $$",
		"SELECT ctid FROM env",
		"CREATE UNLOGGED TABLE x (mailbox uuid PRIMARY KEY)",
		"SET synchronous_commit = off",
		"SELECT pos FROM head WHERE mailbox = ANY($1) FOR UPDATE",
		"SELECT room FROM grp WHERE room IN (SELECT 1) FOR SHARE",
		"CREATE TABLE x (at bigint, mailbox uuid, PRIMARY KEY (at, mailbox))",
		"CREATE TABLE x (at bigint PRIMARY KEY)",
		"CREATE TABLE x (mailbox uuid)",
		"CREATE INDEX i ON env (at)",
	} {
		if len(faults(sql)) == 0 {
			t.Errorf("no rule is against %s", sql)
		}
	}
}

// forbidden lists what isn't portable, or makes an order that commits don't have.
var forbidden = regexp.MustCompile(`(?i)\b(listen|notify|pg_notify|\w*advisory\w*|\w*serial|identity|nextval|currval|sequence|` +
	`lock\s+table|trigger|function|procedure|extension|unlogged|ctid|xmin|xmax|oids?|plpgsql|rule)\b|` +
	`\bdo\s+\$|synchronous_commit\s*=`)

// leaders lists the columns that a key may begin with: a mailbox, a room, an
// envelope's owner (one of the two), or a hash; and the names of the few rows that
// the site has once.
var leaders = map[string]bool{"mailbox": true, "room": true, "owner": true, "op": true, "set_hash": true, "name": true}

var (
	primary   = regexp.MustCompile(`(?i)primary key \((\w+)`)
	inline    = regexp.MustCompile(`(?im)(\w+)\s+\w+[^,\n(]*primary key\b\s*(?:[,)]|$)`)
	table     = regexp.MustCompile(`(?is)create table\s+(?:if not exists\s+)?\S+\s*\(`)
	index     = regexp.MustCompile(`(?i)create (?:unique )?index [^(]*\(\s*(\w+)`)
	locking   = regexp.MustCompile(`(?i)for (?:update|share)`)
	many      = regexp.MustCompile(`(?i)\bany\(|\bin \(select`)
	sortedRow = regexp.MustCompile(`(?is)order by.*for (?:update|share)`)
)

// faults returns what is wrong with a statement.
func faults(sql string) (all []string) {
	if m := forbidden.FindString(sql); m != "" {
		all = append(all, "uses "+m)
	}
	if locking.MatchString(sql) && many.MatchString(sql) && !sortedRow.MatchString(sql) {
		all = append(all, "locks many rows in no order")
	}
	for _, m := range index.FindAllStringSubmatch(sql, -1) {
		if !leaders[m[1]] {
			all = append(all, "an index begins with "+m[1])
		}
	}
	if !table.MatchString(sql) || strings.Contains(sql, "LIKE") {
		return all
	}
	keys := append(primary.FindAllStringSubmatch(sql, -1), inline.FindAllStringSubmatch(sql, -1)...)
	if len(keys) == 0 {
		all = append(all, "a table has no key")
	}
	for _, m := range keys {
		if !leaders[m[1]] {
			all = append(all, "a key begins with "+m[1])
		}
	}
	return all
}

var verb = regexp.MustCompile(`(?i)^\s*(select|insert|update|delete|with|create|alter|drop|begin|commit|rollback|set|listen|notify|lock|copy|truncate)\b`)

// allSQL returns each statement of the package: its string literals that begin
// with a verb, and the migrations.
func allSQL(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	files := token.NewFileSet()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil && verb.MatchString(text) {
					found[files.Position(lit.Pos()).String()] = text
				}
			}
			return true
		})
	}
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	for _, name := range names {
		b, err := migrations.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "+goose Down") {
			t.Errorf("%s goes back: migrations go forward only", name)
		}
		for i, sql := range strings.Split(comments.ReplaceAllString(string(b), ""), ";") {
			found[name+" statement "+strconv.Itoa(i+1)] = sql
		}
	}
	return found
}

var comments = regexp.MustCompile(`(?m)--.*$`)
