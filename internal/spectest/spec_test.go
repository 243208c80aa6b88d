package spectest

import (
	"os"
	"testing"
)

func TestCitations(t *testing.T) {
	tables, problems := readTables(os.DirFS("../../docs/spec"))
	cited, more := readCitations(os.DirFS("../.."))
	if len(tables["RFC 9420"]) < 100 || len(cited) == 0 {
		t.Fatalf("read %d sections of RFC 9420 and %d citations: the tables or the sources were not found", len(tables["RFC 9420"]), len(cited))
	}
	problems = append(problems, more...)
	for _, p := range append(problems, compare(tables, cited)...) {
		t.Error(p)
	}
}
