package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The types that page and core share are those of package bridge as it is now.
func TestTypesAreFresh(t *testing.T) {
	want, err := generateTypes("../../" + bridgeDir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../" + typesFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s isn't what package bridge says: run go run ./web/build -types", typesFile)
	}
}

// So are those of the desk's page.
func TestDeskTypesAreFresh(t *testing.T) {
	want, err := generateDeskTypes("../../" + deskDir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../" + deskFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s isn't what package deskapi says: run go run ./web/build -types", deskFile)
	}
}

func TestGenerateTypes(t *testing.T) {
	const source = `package p
// A Mood is a word.
type Mood string
const (
	Glad Mood = "glad"
	Sad  Mood = "sad"
)
type Base struct { ID string ` + "`json:\"id\"`" + ` }
type Out struct {
	Base
	Moods []Mood ` + "`json:\"moods\"`" + ` // some
	Next *Out ` + "`json:\"next,omitempty\"`" + `
}
type Unused struct { N int ` + "`json:\"n\"`" + ` }
type Error struct { Code string ` + "`json:\"code\"`" + ` }
type Methods interface {
	// Asks.
	AskFor(Base) (Out, error)
}
type Events interface { Moved(Base) }
`
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := generateTypes(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"  /** Asks. */\n  askFor(p: Base): Promise<Out>;\n",
		"  moved: Base;\n",
		"export interface Out extends Base {\n  /** some */\n  moods: Mood[];\n  next?: Out;\n}\n",
		"/** A Mood is a word. */\nexport type Mood = \"glad\" | \"sad\";\n",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("lacks %q in\n%s", want, out)
		}
	}
	if strings.Contains(string(out), "Unused") {
		t.Error("a type that nothing reaches was written")
	}
}

// A field that has no name in JSON can't be written.
func TestGenerateTypesRefuses(t *testing.T) {
	for _, body := range []string{
		"type P struct { N int }", "type P struct { C chan int `json:\"c\"` }", "type P chan int", "",
	} {
		dir := t.TempDir()
		source := "package p\n" + body + "\ntype Error struct{}\ntype Events interface{}\ntype Methods interface { Do(P) (P, error) }\n"
		if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := generateTypes(dir); err == nil {
			t.Errorf("%q: no error", body)
		}
	}
}
