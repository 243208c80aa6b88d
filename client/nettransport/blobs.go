package nettransport

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"parley/client"
	"parley/client/transport"
	"parley/identity"
	"parley/wire"
)

var _ client.Blobs = (*Transport)(nil)

// Bounds of an upload.
const (
	uploadPart    = 64 << 20 // bytes of one PATCH; a lost connection costs what is on its way
	leastPart     = 64 << 10 // where the server takes less
	firstPause    = 200 * time.Millisecond
	longestPause  = 30 * time.Second
	freshUploads  = 8 // how often an upload that is gone is begun anew
	tusVersion    = "1.0.0"
	tusOffset     = "Upload-Offset"
	tusPartType   = "application/offset+octet-stream"
	tusResumable  = "Tus-Resumable"
	uploadsPrefix = wire.UploadsPath + "/"
)

// An uploading is one upload under way.
type uploading struct {
	t        *Transport
	token    func(context.Context) ([]byte, error)
	r        io.ReaderAt
	size     int64
	progress func(int64)

	path   string // of the upload; empty: there is none
	offset int64  // where the server is
	part   int64
	fresh  int // uploads that were begun
	denied int // tokens that weren't taken, one after another
}

// Upload implements [client.Blobs]: tus 1.0.0. It tries again until ctx ends, or the
// server refuses for good. The caller compares the name with what it sent.
func (t *Transport) Upload(ctx context.Context, token func(context.Context) ([]byte, error), r io.ReaderAt, size int64, progress func(sent int64)) ([32]byte, error) {
	u := &uploading{t: t, token: token, r: r, size: size, progress: progress, part: uploadPart}
	if u.progress == nil {
		u.progress = func(int64) {}
	}
	pause := firstPause
	for {
		before := u.offset
		blob, err := u.step(ctx)
		if err == nil && blob != nil {
			return *blob, nil
		}
		if err == nil || u.offset > before {
			pause = firstPause
		}
		if err == nil {
			continue
		}
		wait, again := u.after(err, pause)
		if !again || ctx.Err() != nil {
			return [32]byte{}, err
		}
		pause = min(2*pause, longestPause)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return [32]byte{}, explain(ctx, ctx.Err())
		}
		if u.path != "" {
			u.offset = -1 // ask
		}
	}
}

// after says whether an upload goes on after err, and when.
func (u *uploading) after(err error, pause time.Duration) (wait time.Duration, again bool) {
	wait = pause/2 + rand.N(pause)
	var refusal *wire.Error
	if !errors.As(err, &refusal) {
		return wait, errors.Is(err, client.ErrOffline) || errors.Is(err, errElsewhere)
	}
	switch refusal.Code {
	case wire.CodeUnavailable, wire.CodeRateLimited, wire.CodeInternal:
		return max(wait, time.Duration(refusal.RetryAfter)*time.Millisecond), true
	case wire.CodeUnauthorized: // token gives another one, or an error
		u.denied++
		return wait, u.denied < freshUploads
	case wire.CodeUnknownBlob:
		u.path, u.offset = "", 0
		return wait, u.fresh < freshUploads
	case wire.CodeTooLarge: // of a part; a whole that is too large is never begun
		if u.path != "" && u.part > leastPart {
			u.part /= 2
			return 0, true
		}
	}
	return 0, false
}

// errElsewhere means that the upload isn't where we were told that it is: ask again.
var errElsewhere = errors.New("nettransport: the upload is elsewhere")

// step does one request. It returns the blob once there is one.
func (u *uploading) step(ctx context.Context) (*[32]byte, error) {
	token, err := u.token(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case u.path == "":
		return nil, u.create(ctx, token)
	case u.offset < 0 || u.offset == u.size:
		return u.ask(ctx, token)
	}
	return u.send(ctx, token)
}

func (u *uploading) create(ctx context.Context, token []byte) error {
	u.fresh++
	resp, cancel, err := u.t.tus(ctx, token, http.MethodPost, wire.UploadsPath, nil, 0, "Upload-Length", strconv.FormatInt(u.size, 10))
	if err != nil {
		return err
	}
	defer cancel()
	id, ok := strings.CutPrefix(resp.Header.Get("Location"), uploadsPrefix)
	if raw, err := hex.DecodeString(id); resp.StatusCode != http.StatusCreated || !ok || err != nil || len(raw) == 0 || len(raw) > 64 {
		return errNoTus
	}
	u.path, u.offset = uploadsPrefix+id, 0
	return nil
}

// ask learns where the upload is.
func (u *uploading) ask(ctx context.Context, token []byte) (*[32]byte, error) {
	resp, cancel, err := u.t.tus(ctx, token, http.MethodHead, u.path, nil, 0)
	if err != nil {
		return nil, err
	}
	defer cancel()
	return u.told(resp, http.StatusOK)
}

// send sends the next part.
func (u *uploading) send(ctx context.Context, token []byte) (*[32]byte, error) {
	n := min(u.part, u.size-u.offset)
	resp, cancel, err := u.t.tus(ctx, token, http.MethodPatch, u.path, io.NewSectionReader(u.r, u.offset, n), n,
		"Content-Type", tusPartType, tusOffset, strconv.FormatInt(u.offset, 10))
	if err != nil {
		return nil, err
	}
	defer cancel()
	return u.told(resp, http.StatusNoContent)
}

// told takes what an answer says of the upload.
func (u *uploading) told(resp *http.Response, status int) (*[32]byte, error) {
	if resp.StatusCode == http.StatusConflict {
		return nil, errElsewhere
	}
	offset, err := strconv.ParseInt(resp.Header.Get(tusOffset), 10, 64)
	if resp.StatusCode != status || err != nil || offset < 0 || offset > u.size {
		return nil, errNoTus
	}
	u.offset, u.denied = offset, 0
	u.progress(offset)
	name := resp.Header.Get(wire.BlobHeader)
	if offset < u.size {
		return nil, nil
	}
	if name == "" { // it isn't a blob yet
		return nil, errElsewhere
	}
	var blob [32]byte
	if n, err := hex.Decode(blob[:], []byte(name[:min(len(name), 2*len(blob))])); err != nil || n != len(blob) || len(name) != 2*len(blob) {
		return nil, errNoTus
	}
	return &blob, nil
}

var errNoTus = wire.Refuse(wire.CodeBadRequest, "What answers there takes no attachments.")

// tus does one request of an upload. An answer that refuses is an error, but for a
// conflict. cancel must be called if it returns no error.
func (t *Transport) tus(ctx context.Context, token []byte, method, path string, body io.Reader, size int64, header ...string) (*http.Response, context.CancelFunc, error) {
	bounded, cancel := context.WithCancel(ctx)
	stalled := time.AfterFunc(t.timeout, cancel) // since something was last sent
	defer stalled.Stop()
	if body != nil {
		body = &sending{body, stalled, t.timeout}
	}
	req, err := http.NewRequestWithContext(bounded, method, at(t.origin, path).String(), body)
	if err != nil {
		cancel()
		return nil, nil, err
	}
	setBlobHeader(req, token)
	req.ContentLength = size
	req.Header.Set(tusResumable, tusVersion)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := t.http.Do(req)
	if err != nil {
		defer cancel()
		return nil, nil, explain(ctx, err) // who stalls is offline
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 400 && resp.StatusCode != http.StatusConflict {
		defer cancel()
		return nil, nil, refused(bounded, method, resp)
	}
	return resp, cancel, nil
}

// A sending reader gives whoever sends it some time more with each read.
type sending struct {
	io.Reader
	stalled *time.Timer
	timeout time.Duration
}

// Read implements [io.Reader].
func (s *sending) Read(p []byte) (int, error) {
	s.stalled.Reset(s.timeout)
	return s.Reader.Read(p)
}

func setBlobHeader(req *http.Request, token []byte) {
	setHeader(req)
	req.Header.Set("Authorization", "Bearer "+base64.RawURLEncoding.EncodeToString(token))
}

// refused returns what an answer says is wrong. That to HEAD has no body: its status
// alone counts.
func refused(ctx context.Context, method string, resp *http.Response) error {
	if method != http.MethodHead {
		_, err := readAnswer(ctx, resp)
		return err
	}
	switch resp.StatusCode {
	case http.StatusNotFound:
		return wire.Refuse(wire.CodeUnknownBlob, "There is no such upload.")
	case http.StatusUnauthorized:
		return wire.Refuse(wire.CodeUnauthorized, "There is no such session, or it has ended.")
	case http.StatusGone:
		return wire.Refuse(wire.CodeBlobTaken, "The attachment was taken down.")
	case http.StatusInsufficientStorage:
		return wire.Refuse(wire.CodeQuota, "This account keeps as much as it may.")
	}
	return wire.Refuse(wire.CodeUnavailable, "The server can't say where the upload is.")
}

// Blob implements [client.Blobs].
func (t *Transport) Blob(ctx context.Context, token []byte, room identity.Room, blob [32]byte, from, to int64) (io.ReadCloser, error) {
	started, cancel := context.WithCancel(ctx)
	req, err := http.NewRequestWithContext(started, http.MethodGet, at(t.origin, wire.BlobsPath+hex.EncodeToString(blob[:])).String(), nil)
	if err != nil {
		cancel()
		return nil, err
	}
	setBlobHeader(req, token)
	req.Header.Set(wire.RoomHeader, string(room))
	ranged := from > 0 || to > 0
	if ranged {
		end := ""
		if to > 0 {
			end = strconv.FormatInt(to-1, 10)
		}
		req.Header.Set("Range", "bytes="+strconv.FormatInt(from, 10)+"-"+end)
	}
	resp, err := t.http.Do(req)
	if err != nil {
		defer cancel()
		return nil, explain(ctx, err)
	}
	want := http.StatusOK
	if ranged {
		want = http.StatusPartialContent
	}
	if resp.StatusCode == want && (!ranged || strings.HasPrefix(resp.Header.Get("Content-Range"), "bytes "+strconv.FormatInt(from, 10)+"-")) {
		return &blobBody{ctx: ctx, body: resp.Body, cancel: cancel, left: bodySize(resp, from, to), stall: t.timeout}, nil
	}
	defer cancel()
	defer resp.Body.Close()
	if resp.StatusCode < 400 {
		return nil, explain(ctx, transport.ErrClosed) // another range, or none
	}
	_, err = readAnswer(ctx, resp)
	return nil, err
}

// bodySize is how many bytes a download has; -1 where nobody says.
func bodySize(resp *http.Response, from, to int64) int64 {
	if to > 0 && resp.ContentLength > to-from {
		return to - from
	}
	return resp.ContentLength
}

// A blobBody is what is read of a blob. A read that takes longer than stall ends
// it.
type blobBody struct {
	ctx    context.Context
	body   io.ReadCloser
	cancel context.CancelFunc
	left   int64 // -1: unknown
	stall  time.Duration
}

// Read implements [io.Reader]. Where the connection breaks it returns
// io.ErrUnexpectedEOF, or the context's error.
func (b *blobBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	if b.left > 0 && int64(len(p)) > b.left {
		p = p[:b.left]
	}
	stalled := time.AfterFunc(b.stall, b.cancel)
	n, err := b.body.Read(p)
	stalled.Stop()
	if b.left > 0 {
		b.left -= int64(n)
	}
	switch {
	case err == io.EOF && b.left <= 0:
		return n, io.EOF
	case err != nil && b.ctx.Err() != nil:
		return n, context.Cause(b.ctx)
	case err != nil:
		return n, io.ErrUnexpectedEOF
	}
	return n, nil
}

// Close implements [io.Closer].
func (b *blobBody) Close() error {
	b.cancel()
	return b.body.Close()
}
