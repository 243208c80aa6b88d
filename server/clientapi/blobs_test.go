package clientapi_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/identity"
	"parley/server"
	"parley/server/clientapi"
	"parley/server/clientapi/apitest"
	"parley/wire"
)

func get(t *testing.T, s *apitest.Site, token []byte, room identity.Room, blob string, header ...string) answer {
	t.Helper()
	return ask(t, s, token, "GET", wire.BlobsPath+blob, nil, append([]string{wire.RoomHeader, string(room)}, header...)...)
}

// TestRanges: RFC 9110, Section 14.1.2, RFC 9110, Section 14.2, RFC 9110, Section 14.4
// and RFC 9110, Section 15.3.7.
func TestRanges(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	alice, bob := s.Person("alice"), s.Person("bob")
	room, content := s.Room(alice, bob), apitest.Content(1000)
	blob := alice.MustUpload(content)
	if err := alice.Send(room, blob); err != nil {
		t.Fatal(err)
	}
	token, etag := bob.Token(), `"`+blob.String()+`"`
	for spec, want := range map[string][2]int{
		"bytes=0-": {0, 1000}, "bytes=0-0": {0, 1}, "bytes=10-19": {10, 20}, "bytes=999-": {999, 1000}, "bytes=990-5000": {990, 1000},
		"bytes=-1": {999, 1000}, "bytes=-5000": {0, 1000},
	} {
		a := get(t, s, token, room, blob.String(), "Range", spec, "If-Range", etag)
		described := "bytes " + strconv.Itoa(want[0]) + "-" + strconv.Itoa(want[1]-1) + "/1000"
		if a.status != 206 || !bytes.Equal(a.body, content[want[0]:want[1]]) || a.header.Get("Content-Range") != described {
			t.Errorf("%s: %d, %d bytes, %q; want %s", spec, a.status, len(a.body), a.header.Get("Content-Range"), described)
		}
	}
	for _, spec := range []string{"", "bytes=", "bytes=-", "bytes=5-4", "bytes=0-1,5-6", "lines=0-1", "bytes=a-b", "bytes= 0-1", "bytes=-0x5", "bytes=+1-2"} {
		if a := get(t, s, token, room, blob.String(), "Range", spec); a.status != 200 || !bytes.Equal(a.body, content) || a.header.Get("Content-Range") != "" {
			t.Errorf("%q: %d, %d bytes; want the whole", spec, a.status, len(a.body))
		}
	}
	for _, spec := range []string{"bytes=1000-", "bytes=5000-6000", "bytes=-0"} {
		a := get(t, s, token, room, blob.String(), "Range", spec)
		if a.status != 416 || a.header.Get("Content-Range") != "bytes */1000" {
			t.Errorf("%s: %d %q; want 416", spec, a.status, a.header.Get("Content-Range"))
		}
	}
	// RFC 9110, Section 13.1.5: of another version one gets all.
	if a := get(t, s, token, room, blob.String(), "Range", "bytes=0-1", "If-Range", `"other"`); a.status != 200 {
		t.Errorf("If-Range of another: %d", a.status)
	}
	if a := get(t, s, token, room, blob.String(), "If-None-Match", `"x", W/`+etag); a.status != 304 || len(a.body) != 0 {
		t.Errorf("If-None-Match: %d", a.status)
	}
	head := ask(t, s, token, "HEAD", wire.BlobsPath+blob.String(), nil, wire.RoomHeader, string(room))
	for key, want := range map[string]string{
		"Content-Length": "1000", "ETag": etag, "Accept-Ranges": "bytes", "X-Content-Type-Options": "nosniff", "Content-Type": "application/octet-stream",
		"Cache-Control": "private, max-age=31536000, immutable", "Vary": "Authorization, Parley-Room", "Content-Disposition": "attachment",
		"Content-Security-Policy": "default-src 'none'; sandbox", "Access-Control-Allow-Origin": "",
	} {
		if got := head.header.Get(key); head.status != 200 || got != want {
			t.Errorf("HEAD: %d, %s is %q; want %q", head.status, key, got, want)
		}
	}
}

// TestUnreferred: a blob that the room doesn't refer to, a room that one isn't in,
// and names that are none all look as what never was.
func TestUnreferred(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	alice, bob, eve := s.Person("alice"), s.Person("bob"), s.Person("eve")
	ab, be := s.Room(alice, bob), s.Room(bob, eve)
	blob := alice.MustUpload(apitest.Content(100))
	if err := alice.Send(ab, blob); err != nil {
		t.Fatal(err)
	}
	name, orphan := blob.String(), eve.MustUpload(apitest.Content(100))
	never := get(t, s, eve.Token(), be, strings.Repeat("0", 64))
	never.want(t, "what never was", 404, wire.CodeUnknownBlob)
	for what, a := range map[string]answer{
		"not referred to here":   get(t, s, eve.Token(), be, name),
		"a room not one's own":   get(t, s, eve.Token(), ab, name),
		"no such room":           get(t, s, eve.Token(), identity.RandomRoom(apitest.Domain), name),
		"no room":                get(t, s, eve.Token(), "", name),
		"not a room":             get(t, s, eve.Token(), "mimi://example.org/u/eve", name),
		"one's own orphan":       get(t, s, eve.Token(), be, orphan.String()),
		"upper case":             get(t, s, bob.Token(), ab, strings.ToUpper(name)),
		"short":                  get(t, s, bob.Token(), ab, name[:63]),
		"long":                   get(t, s, bob.Token(), ab, name+"0"),
		"above":                  get(t, s, bob.Token(), ab, "%2e%2e/%2e%2e/"+name),
		"dots":                   get(t, s, bob.Token(), ab, "..%2f..%2fuploads%2f"+name),
		"a list":                 get(t, s, bob.Token(), ab, ""),
		"an absolute path":       get(t, s, bob.Token(), ab, "%2fetc%2fpasswd"),
		"a zero byte":            get(t, s, bob.Token(), ab, name+"%00"),
		"the directory's prefix": get(t, s, bob.Token(), ab, name[:2]+"/"+name),
	} {
		a.want(t, what, 404, wire.CodeUnknownBlob)
		if !bytes.Equal(a.body, never.body) || len(a.header) != len(never.header) {
			t.Errorf("%s looks different: %q, %v; want %q, %v", what, a.body, a.header, never.body, never.header)
		}
	}
	get(t, s, nil, ab, name).want(t, "no session", 401, wire.CodeUnauthorized)
	ask(t, s, bob.Token(), "DELETE", wire.BlobsPath+name, nil, wire.RoomHeader, string(ab)).want(t, "DELETE", 405, wire.CodeBadRequest)
	get(t, s, bob.Token(), ab, name).want(t, "what is bob's to see", 200, "")
	if err := s.Server.TakeDownBlob(t.Context(), blob); err != nil {
		t.Fatal(err)
	}
	get(t, s, bob.Token(), ab, name).want(t, "what was taken down", 410, wire.CodeBlobTaken)
	get(t, s, eve.Token(), be, name).want(t, "taken down, to who never saw it", 404, wire.CodeUnknownBlob)
}

// TestNothingTold: neither log nor disk has a name of a room or upload's bytes in
// the clear, and the log no name of a blob.
func TestNothingTold(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	alice, bob := s.Person("alice"), s.Person("bob")
	room := s.Room(alice, bob)
	blob := alice.MustUpload(apitest.Content(5000))
	if err := alice.Send(room, blob); err != nil {
		t.Fatal(err)
	}
	token := bob.Token()
	get(t, s, token, room, blob.String())
	get(t, s, token, room, blob.String()+"x")
	path := create(t, s, token, 100)
	patch(t, s, token, path, 50, []byte("x"))
	if err := os.RemoveAll(filepath.Join(s.Dir, "uploads")); err != nil { // so that the server fails
		t.Fatal(err)
	}
	patch(t, s, token, path, 0, []byte("x")).want(t, "a part without a disk", 503, wire.CodeUnavailable)
	log := s.Log.String()
	if !strings.Contains(log, "upload") {
		t.Errorf("the failure isn't in the log: %q", log)
	}
	for _, secret := range []string{blob.String(), string(room), "alice", "bob", strings.TrimPrefix(path, wire.UploadsPath+"/"), s.Dir} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q", secret)
		}
	}
	err := filepath.WalkDir(s.Dir, func(file string, e os.DirEntry, err error) error {
		if strings.Contains(file, "alice") || strings.Contains(file, string(room)) {
			t.Errorf("a file's name says too much: %s", file)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestSlowDownload: who reads too slowly is cut, and sees that it isn't the end.
func TestSlowDownload(t *testing.T) {
	s := apitest.New(t, apitest.Options{API: clientapi.Options{WriteTimeout: 10 * time.Millisecond}})
	alice := s.Person("alice")
	room, content := s.Room(alice), apitest.Content(32<<20)
	blob := alice.MustUpload(content)
	if err := alice.Send(room, blob); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+wire.BlobsPath+blob.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+base64.RawURLEncoding.EncodeToString(alice.Token()))
	req.Header.Set(wire.RoomHeader, string(room))
	before := s.Server.Stats().DownloadBytes
	resp, err := http.DefaultClient.Do(req)
	for range 100 {
		if err == nil {
			break
		}
		before = s.Server.Stats().DownloadBytes // the server itself was so slow that not even the header got through
		resp, err = http.DefaultClient.Do(req)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for range 3000 { // until the server has given up
		if s.Server.Stats().DownloadBytes > before {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	n, err := io.Copy(io.Discard, resp.Body)
	if err == nil || n >= int64(len(content)) {
		t.Errorf("read %d bytes, %v; want fewer, and an error", n, err)
	}
}

// TestUploadsRate: who begins too many has to wait.
func TestUploadsRate(t *testing.T) {
	s := apitest.New(t, apitest.Options{Rates: server.Rates{Upload: server.Rate{Burst: 3, Every: time.Hour}}})
	token := s.Person("alice").Token()
	for range 3 {
		create(t, s, token, 10)
	}
	a := tus(t, s, token, "POST", wire.UploadsPath, nil, "Upload-Length", "10")
	a.want(t, "one more", 429, wire.CodeRateLimited)
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

// TestUploadsOpen: who has too many begun has to end some.
func TestUploadsOpen(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	token := s.Person("alice").Token()
	var path string
	for range 32 {
		path = create(t, s, token, 10)
	}
	tus(t, s, token, "POST", wire.UploadsPath, nil, "Upload-Length", "10").want(t, "one more", 429, wire.CodeRateLimited)
	tus(t, s, token, "DELETE", path, nil).want(t, "the end of one", 204, "")
	create(t, s, token, 10)
}
