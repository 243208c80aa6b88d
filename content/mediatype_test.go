package content

import (
	"maps"
	"mime"
	"testing"
)

// It gives what package mime gives for what messages hold.
func TestParseMediaType(t *testing.T) {
	for _, s := range []string{
		"text/plain", "Text/Markdown;variant=GFM-MIMI", "text/plain; charset=utf-8", "text/plain ;  Charset=\"utf-8\" ; format=flowed",
		`a/b; x="a\"b;c"`, "image/svg+xml", "application/vnd.parley.post+cbor",
		"", "/", "text/", "/plain", "te xt/plain", "text/plain; charset", "text/plain; =x", "text/plain; a=b; a=b", "text/plain; a=b; a=c", "text/plain; a=ü", "text/ü", `a/b; x="y`,
	} {
		wantType, wantParams, err := mime.ParseMediaType(s)
		gotType, gotParams, ok := parseMediaType(s)
		if ok != (err == nil) {
			t.Errorf("%q: %v; package mime says %v", s, ok, err)
			continue
		}
		if ok && (gotType != wantType || !maps.Equal(gotParams, wantParams)) {
			t.Errorf("%q = %q, %v; want %q, %v", s, gotType, gotParams, wantType, wantParams)
		}
	}
}
