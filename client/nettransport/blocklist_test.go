package nettransport_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"parley/client"
	"parley/client/nettransport"
	"parley/wire"
)

// The list comes whole, once; what is too much, elsewhere or not there is an error.
func TestBlockList(t *testing.T) {
	refusal, err := wire.Marshal(wire.Refuse(wire.CodeUnknownOperation, "There is none."))
	if err != nil {
		t.Fatal(err)
	}
	var answer func(w http.ResponseWriter, r *http.Request)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.String() != wire.BlockListPath || r.Header.Get("Authorization") != "" {
			t.Errorf("asked by %s %s, authorized by %q", r.Method, r.URL, r.Header.Get("Authorization"))
		}
		answer(w, r)
	}))
	defer site.Close()
	tr, err := nettransport.New(site.URL, nettransport.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	tagged := func(tag string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			if got := r.Header.Get("If-None-Match"); got == `"now"` {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			w.Header().Set("ETag", tag)
			io.WriteString(w, "0123456789")
		}
	}
	for name, c := range map[string]struct {
		tag        string
		answer     func(http.ResponseWriter, *http.Request)
		data, next string
		err        error
	}{
		"the first time":  {"", tagged(`"now"`), "0123456789", `"now"`, nil},
		"an older one":    {`"then"`, tagged(`"now"`), "0123456789", `"now"`, nil},
		"the newest":      {`"now"`, tagged(`"now"`), "", `"now"`, nil},
		"no tag":          {"", tagged(""), "0123456789", "", nil},
		"a strange tag":   {"", tagged("\"a b\""), "0123456789", "", nil},
		"a long tag":      {"", tagged(strings.Repeat("x", 1000)), "0123456789", "", nil},
		"too much":        {"", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "01234567890") }, "", "", client.ErrOffline},
		"unasked":         {"", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }, "", "", client.ErrOffline},
		"elsewhere":       {"", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/other", http.StatusFound) }, "", "", client.ErrOffline},
		"there is none":   {"", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404); w.Write(refusal) }, "", "", &wire.Error{Code: wire.CodeUnknownOperation}},
		"no such address": {"", http.NotFound, "", "", client.ErrOffline},
	} {
		answer = c.answer
		data, next, err := tr.BlockList(t.Context(), c.tag, 10)
		if string(data) != c.data || next != c.next || !errors.Is(err, c.err) {
			t.Errorf("%s: got %q, %q, %v; want %q, %q, %v", name, data, next, err, c.data, c.next, c.err)
		}
	}
}
