package clientapi_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/server"
	"parley/server/clientapi"
	"parley/server/clientapi/apitest"
	"parley/wire"
)

// An answer is what came of a request for blobs.
type answer struct {
	status int
	header http.Header
	body   []byte
	code   wire.Code // of a refusal
}

// ask requests something of a site. header are pairs.
func ask(t *testing.T, s *apitest.Site, token []byte, method, path string, body io.Reader, header ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if token != nil {
		req.Header.Set("Authorization", "Bearer "+base64.RawURLEncoding.EncodeToString(token))
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	if a.body, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	if a.status >= 400 && method != http.MethodHead {
		var e wire.Error
		if err := wire.Unmarshal(a.body, &e); err != nil || e.Code == "" || resp.Header.Get("Content-Type") != wire.ContentType {
			t.Errorf("%s: status %d without an error in CBOR: %v", method, a.status, err)
		}
		a.code = e.Code
	}
	return a
}

// tus is ask with what each request of an upload has.
func tus(t *testing.T, s *apitest.Site, token []byte, method, path string, body io.Reader, header ...string) answer {
	t.Helper()
	a := ask(t, s, token, method, path, body, append([]string{"Tus-Resumable", "1.0.0"}, header...)...)
	if a.header.Get("Tus-Resumable") != "1.0.0" {
		t.Errorf("%s: no Tus-Resumable", method)
	}
	return a
}

// create begins an upload and returns its path.
func create(t *testing.T, s *apitest.Site, token []byte, size int) string {
	t.Helper()
	a := tus(t, s, token, "POST", wire.UploadsPath, nil, "Upload-Length", strconv.Itoa(size))
	path := a.header.Get("Location")
	if a.status != http.StatusCreated || !strings.HasPrefix(path, wire.UploadsPath+"/") || a.header.Get("Upload-Expires") == "" {
		t.Fatalf("creation: %d %s %v", a.status, a.code, a.header)
	}
	return path
}

func patch(t *testing.T, s *apitest.Site, token []byte, path string, offset int, body []byte, header ...string) answer {
	t.Helper()
	return tus(t, s, token, "PATCH", path, bytes.NewReader(body),
		append([]string{"Content-Type", "application/offset+octet-stream", "Upload-Offset", strconv.Itoa(offset)}, header...)...)
}

func (a answer) want(t *testing.T, what string, status int, code wire.Code) {
	t.Helper()
	if a.status != status || a.code != code {
		t.Errorf("%s: %d %q; want %d %q", what, a.status, a.code, status, code)
	}
}

func (a answer) wantAt(t *testing.T, what string, offset int) {
	t.Helper()
	if got := a.header.Get("Upload-Offset"); got != strconv.Itoa(offset) {
		t.Errorf("%s: Upload-Offset %q; want %d", what, got, offset)
	}
}

// TestTus goes through an upload as tus 1.0.0 describes it.
func TestTus(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	token, content := s.Person("alice").Token(), apitest.Content(1000)
	options := ask(t, s, nil, "OPTIONS", wire.UploadsPath, nil)
	options.want(t, "OPTIONS", http.StatusNoContent, "")
	for key, want := range map[string]string{
		"Tus-Version": "1.0.0", "Tus-Extension": "creation,termination,expiration", "Tus-Max-Size": strconv.Itoa(server.DefaultBlobSize),
		"Access-Control-Allow-Origin": "", "Access-Control-Allow-Methods": "",
	} {
		if got := options.header.Get(key); got != want {
			t.Errorf("OPTIONS: %s is %q; want %q", key, got, want)
		}
	}
	path := create(t, s, token, len(content))
	head := tus(t, s, token, "HEAD", path, nil)
	head.wantAt(t, "HEAD", 0)
	if head.status != http.StatusOK || head.header.Get("Upload-Length") != "1000" || head.header.Get("Cache-Control") != "no-store" {
		t.Errorf("HEAD: %d %v", head.status, head.header)
	}
	first := patch(t, s, token, path, 0, content[:600])
	first.want(t, "a part", http.StatusNoContent, "")
	first.wantAt(t, "a part", 600)
	if first.header.Get("Upload-Expires") == "" || first.header.Get(wire.BlobHeader) != "" {
		t.Errorf("a part: %v", first.header)
	}
	last := tus(t, s, token, "POST", path, bytes.NewReader(content[600:]),
		"X-HTTP-Method-Override", "PATCH", "Content-Type", "application/offset+octet-stream", "Upload-Offset", "600")
	last.want(t, "the last part", http.StatusNoContent, "")
	sum := sha256.Sum256(content)
	for what, a := range map[string]answer{"the last part": last, "HEAD": tus(t, s, token, "HEAD", path, nil)} {
		a.wantAt(t, what, 1000)
		if got := a.header.Get(wire.BlobHeader); got != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: the blob is %q", what, got)
		}
	}
	tus(t, s, token, "DELETE", path, nil).want(t, "DELETE", http.StatusNoContent, "")
	tus(t, s, token, "HEAD", path, nil).want(t, "HEAD of what is gone", http.StatusNotFound, "")
	expired := create(t, s, token, 10)
	s.Pass(25 * time.Hour)
	token = s.Person("bob").Token()
	tus(t, s, token, "HEAD", expired, nil).want(t, "HEAD of what expired", http.StatusNotFound, "")
}

// TestTusRefusals: what isn't tus, or lies.
func TestTusRefusals(t *testing.T) {
	s := apitest.New(t, apitest.Options{Blobs: server.BlobConfig{Size: 10_000, Part: 1000}})
	token := s.Person("alice").Token()
	path, part := create(t, s, token, 2000), make([]byte, 1000)
	const partType = "application/offset+octet-stream"
	ask(t, s, token, "POST", wire.UploadsPath, nil, "Upload-Length", "5").want(t, "no version", 412, wire.CodeBadRequest)
	if a := ask(t, s, token, "POST", wire.UploadsPath, nil, "Upload-Length", "5", "Tus-Resumable", "0.2.2"); a.status != 412 || a.header.Get("Tus-Version") != "1.0.0" {
		t.Errorf("another version: %d %v", a.status, a.header)
	}
	for what, header := range map[string][]string{
		"no length": {}, "a negative length": {"Upload-Length", "-1"}, "no number": {"Upload-Length", "0x10"}, "zeros": {"Upload-Length", "010"},
		"a length of none": {"Upload-Length", "0"}, "a length later": {"Upload-Defer-Length", "1"}, "beyond int64": {"Upload-Length", "99999999999999999999"},
		"a name": {"Upload-Length", "5", "Upload-Metadata", "filename c2VjcmV0"},
	} {
		tus(t, s, token, "POST", wire.UploadsPath, nil, header...).want(t, what, 400, wire.CodeBadRequest)
	}
	tus(t, s, token, "POST", wire.UploadsPath, nil, "Upload-Length", "10001").want(t, "too long", 413, wire.CodeTooLarge)
	for what, offset := range map[string]string{"too far": "1", "nothing": "", "negative": "-1", "huge": "9223372036854775808"} {
		a := tus(t, s, token, "PATCH", path, bytes.NewReader(part), "Content-Type", partType, "Upload-Offset", offset)
		a.want(t, "an offset: "+what, 409, wire.CodeBadRequest)
	}
	tus(t, s, token, "PATCH", path, bytes.NewReader(part), "Upload-Offset", "0").want(t, "no type", 415, wire.CodeBadRequest)
	patch(t, s, token, path, 0, make([]byte, 1001)).want(t, "a part that is too long", 413, wire.CodeTooLarge)
	patch(t, s, token, path, 0, part, "Content-Encoding", "gzip").want(t, "a compressed part", 400, wire.CodeBadRequest)
	tus(t, s, token, "PATCH", path, io.MultiReader(bytes.NewReader(part)), "Content-Type", partType, "Upload-Offset", "0").
		want(t, "a part without a length", 411, wire.CodeBadRequest)
	patch(t, s, token, path, 0, part).want(t, "a part", 204, "")
	patch(t, s, token, path, 1000, part[:999]).want(t, "a part", 204, "")
	patch(t, s, token, path, 1999, part[:2]).want(t, "a part beyond Upload-Length", 413, wire.CodeTooLarge)
	tus(t, s, token, "HEAD", path, nil).wantAt(t, "after all these", 1999)
	tus(t, s, token, "PUT", path, nil).want(t, "PUT", 405, wire.CodeBadRequest)
	tus(t, s, token, "GET", wire.UploadsPath, nil).want(t, "a list", 405, wire.CodeBadRequest)
}

// TestForeignUpload: without a session, and to another account, an upload isn't
// there; whatever the name, the answer is the same.
func TestForeignUpload(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	alice, bob := s.Person("alice").Token(), s.Person("bob").Token()
	path := create(t, s, alice, 10)
	id := strings.TrimPrefix(path, wire.UploadsPath+"/")
	for what, p := range map[string]string{
		"alice's": path, "unknown": wire.UploadsPath + "/" + strings.Repeat("0", 32), "upper case": wire.UploadsPath + "/" + strings.ToUpper(id),
		"short": wire.UploadsPath + "/" + id[:30], "above": wire.UploadsPath + "/%2e%2e%2f" + id, "a file's": path + ".state", "none": wire.UploadsPath + "/", "below": path + "/x",
	} {
		var bodies [][]byte
		for _, a := range []answer{patch(t, s, bob, p, 0, []byte("x")), tus(t, s, bob, "DELETE", p, nil)} {
			a.want(t, what, 404, wire.CodeUnknownBlob)
			bodies = append(bodies, a.body)
		}
		tus(t, s, bob, "HEAD", p, nil).want(t, what, 404, "")
		if !strings.Contains(string(bodies[0]), "no such") || strings.Contains(string(bodies[0]), id) {
			t.Errorf("%s: %q", what, bodies[0])
		}
		patch(t, s, nil, p, 0, []byte("x")).want(t, what+" without a session", 401, wire.CodeUnauthorized)
		tus(t, s, make([]byte, 40), "HEAD", p, nil).want(t, what+" with a wrong one", 401, "")
	}
	tus(t, s, nil, "POST", wire.UploadsPath, nil, "Upload-Length", "5").want(t, "creation without a session", 401, wire.CodeUnauthorized)
	tus(t, s, alice, "HEAD", path, nil).wantAt(t, "alice's", 0)
}

// raw sends the head of a PATCH, and the beginning of its body.
func raw(t *testing.T, s *apitest.Site, token []byte, path string, offset, size int, begin string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	io.WriteString(conn, "PATCH "+path+" HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\nAuthorization: Bearer "+
		base64.RawURLEncoding.EncodeToString(token)+"\r\nUpload-Offset: "+strconv.Itoa(offset)+"\r\nContent-Length: "+strconv.Itoa(size)+"\r\n\r\n"+begin)
	return conn
}

// hanging sends the beginning of a part of an upload that is at 0, and hangs. It
// looks by HEAD, which ends the part, and tries again where that came too early.
func hanging(t *testing.T, s *apitest.Site, token []byte, path string, size int, begin string) net.Conn {
	t.Helper()
	for range 100 {
		conn := raw(t, s, token, path, 0, size, begin)
		time.Sleep(50 * time.Millisecond)
		if tus(t, s, token, "HEAD", path, nil).header.Get("Upload-Offset") == strconv.Itoa(len(begin)) {
			return conn
		}
		conn.Close()
	}
	t.Fatal("nothing of the part comes")
	return nil
}

// TestSlowPart: who sends too slowly is cut, and what came is kept.
func TestSlowPart(t *testing.T) {
	s := apitest.New(t, apitest.Options{API: clientapi.Options{WriteTimeout: 50 * time.Millisecond, MessageTimeout: 100 * time.Millisecond}})
	token := s.Person("alice").Token()
	path := create(t, s, token, 1000)
	conn := raw(t, s, token, path, 0, 1000, "12345")
	answer, _ := io.ReadAll(conn) // ends, since the server cuts it
	if !strings.HasPrefix(string(answer), "HTTP/1.1 503") {
		t.Errorf("a slow part: %q", answer)
	}
	tus(t, s, token, "HEAD", path, nil).wantAt(t, "after it", 5)
}

// TestSecondPart: who comes while a part hangs gets the upload.
func TestSecondPart(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	token := s.Person("alice").Token()
	path := create(t, s, token, 10)
	conn := hanging(t, s, token, path, 10, "12345")
	patch(t, s, token, path, 0, []byte("12345")).want(t, "the same part at once", 409, wire.CodeBadRequest)
	last := patch(t, s, token, path, 5, []byte("67890"))
	last.want(t, "the rest", 204, "")
	if sum := sha256.Sum256([]byte("1234567890")); last.header.Get(wire.BlobHeader) != hex.EncodeToString(sum[:]) {
		t.Errorf("the blob is %q", last.header.Get(wire.BlobHeader))
	}
	io.WriteString(conn, "xxxxx") // too late
	tus(t, s, token, "HEAD", path, nil).wantAt(t, "after all", 10)
}

// TestDrainUpload: who drains doesn't wait for a part that hangs, and keeps what came.
func TestDrainUpload(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	token := s.Person("alice").Token()
	path := create(t, s, token, 10)
	hanging(t, s, token, path, 10, "12345")
	raw(t, s, token, path, 5, 5, "6")
	time.Sleep(50 * time.Millisecond)
	if err := s.API.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	patch(t, s, token, path, 6, []byte("7")).want(t, "a part afterwards", 503, wire.CodeUnavailable)
	s.Kill()
	s.Start()
	at := tus(t, s, token, "HEAD", path, nil).header.Get("Upload-Offset")
	if at != "6" && at != "5" { // 5 where the last byte came after the drain
		t.Errorf("at the next server the upload is at %q; want 6", at)
	}
}
