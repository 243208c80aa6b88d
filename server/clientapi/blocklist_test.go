package clientapi_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"parley/server/clientapi"
	"parley/wire"
)

// The list is given whole, once, and anew when its file is another one.
func TestBlockList(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	put := func(content string) {
		t.Helper()
		if err := os.WriteFile(path+".new", []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	s := newSite(t, clientapi.Options{BlockList: path})
	get := func(method, etag string) (int, string, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, s.http.URL+wire.BlockListPath, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("If-None-Match", etag)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body), resp.Header.Get("ETag")
	}
	if status, _, _ := get("GET", ""); status != http.StatusNotFound {
		t.Errorf("without a file: %d; want 404", status)
	}
	put("one")
	status, body, etag := get("GET", "")
	if status != http.StatusOK || body != "one" || etag == "" {
		t.Errorf("%d %q %s", status, body, etag)
	}
	if status, body, _ := get("GET", etag); status != http.StatusNotModified || body != "" {
		t.Errorf("again: %d %q; want 304", status, body)
	}
	put("another")
	if status, body, _ := get("GET", etag); status != http.StatusOK || body != "another" {
		t.Errorf("another file: %d %q", status, body)
	}
	if status, _, _ := get("POST", ""); status != http.StatusBadRequest {
		t.Errorf("POST: %d; want 400", status)
	}
}
