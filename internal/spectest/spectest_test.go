package spectest

import (
	"os"
	"slices"
	"testing"
	"testing/fstest"
)

// The fixture below testdata has one fault of each kind.
func TestFixtureFails(t *testing.T) {
	tables, problems := readTables(os.DirFS("testdata/fixture/docs"))
	cited, more := readCitations(os.DirFS("testdata/fixture"))
	got := slices.Concat(problems, more, compare(tables, cited))
	want := []string{
		`notes.tsv: not named rfcNNNN.tsv or draft-NAME-NN.tsv`,
		`rfc1.tsv:5: unknown status "almost"`,
		`rfc1.tsv:6: section 1 is listed twice`,
		`rfc1.tsv:7: want section, status, title and perhaps a reason`,
		`rfc3.tsv:4: want section, status, title and perhaps a reason`,
		`rfc3.tsv:3: section 3 isn't done and gives no reason`,
		`code.go: "RFC 1234` + ` section 5" is not in the form of a citation`,
		`RFC 1, 2 is marked done but not cited by both code and a test`,
		`RFC 1, 3.1 is marked done but not cited by both code and a test`,
		`RFC 1, 9.9 is cited in code.go but not in docs/spec`,
		`RFC 2, 1 is cited in code_test.go but not in docs/spec`,
		`RFC 3, 1 is marked done but not cited by both code and a test`,
		`draft-some-thing-03, B.1 is cited in code.go but not in docs/spec`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%q\nwant:\n%q", got, want)
	}
}

func TestWrappedCitation(t *testing.T) {
	src := "package x\n\n\t// As in RFC\n\t// 77, Section\n\t// 4.2, and more.\n"
	cited, _ := readCitations(fstest.MapFS{"x.go": {Data: []byte(src)}})
	if got := cited[ref{"RFC 77", "4.2"}]; !got.code || got.test {
		t.Errorf("got %+v, want a citation by code", got)
	}
}

func TestSkipsTestdata(t *testing.T) {
	src := []byte("package x // RFC " + "77, Section 1")
	cited, _ := readCitations(fstest.MapFS{
		"testdata/x.go": {Data: src}, ".hidden/x.go": {Data: src}, "_x/x.go": {Data: src}, "x.txt": {Data: src},
	})
	if len(cited) != 0 {
		t.Errorf("got %v, want none", cited)
	}
}
