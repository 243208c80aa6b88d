package clientapi

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"parley/identity"
	"parley/server"
	"parley/wire"
)

var (
	errBlobMethod  = statusError{http.StatusMethodNotAllowed, wire.Refuse(wire.CodeBadRequest, "Attachments are fetched by GET.")}
	errNoBlob      = wire.Refuse(wire.CodeUnknownBlob, "There is no such attachment here.")
	errUnsatisfied = statusError{http.StatusRequestedRangeNotSatisfiable, wire.Refuse(wire.CodeBadRequest, "The attachment isn't that long.")}
)

// serveBlobs answers what is below [wire.BlobsPath].
func (a *API) serveBlobs(w http.ResponseWriter, r *http.Request) {
	done := a.begun(r.Context(), opDownload)
	began, err := a.download(w, r)
	done(err)
	switch {
	case began && err != nil:
		panic(http.ErrAbortHandler) // cuts the connection: the client must not take this for the end
	case err != nil:
		a.answer(w, r, nil, err)
	}
}

// download answers one request, or returns why it doesn't: began says whether the
// answer has begun all the same.
func (a *API) download(w http.ResponseWriter, r *http.Request) (began bool, err error) {
	defer a.recovered(opDownload, func() { err = errFailed })
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		return false, errBlobMethod
	}
	session, leave, err := a.enterBlobs(w, r, opDownload, 0)
	if err != nil {
		return false, err
	}
	defer leave()
	blob, ok := server.ParseBlobID(strings.TrimPrefix(r.URL.Path, wire.BlobsPath))
	room, errRoom := identity.ParseRoom(r.Header.Get(wire.RoomHeader))
	if !ok || errRoom != nil {
		return false, errNoBlob
	}
	content, err := a.server.BlobIn(r.Context(), session, room, blob)
	if err != nil {
		return false, a.refusal(opDownload, err)
	}
	etag := `"` + content.Blob.String() + `"`
	if matches(r.Header.Get("If-None-Match"), etag) {
		tellBlob(w.Header(), etag)
		w.WriteHeader(http.StatusNotModified)
		return true, nil
	}
	part, err := rangeOf(r, etag, content.Size)
	if err != nil {
		w.Header().Set("Content-Range", "bytes */"+strconv.FormatInt(content.Size, 10))
		return false, err
	}
	from, err := content.Open(r.Context(), part.from, part.n)
	if err != nil {
		return false, a.refusal(opDownload, err)
	}
	defer from.Close()
	tellBlob(w.Header(), etag)
	part.tell(w.Header(), content.Size)
	began = true // also for who recovers
	w.WriteHeader(part.status())
	if r.Method == http.MethodGet {
		err = a.sendBlob(w, from, part.n)
	}
	return began, err
}

// tellBlob sets what every answer with a blob has. It is the same for ever, for who
// may have it: a browser's cache asks again for another session or room.
func tellBlob(h http.Header, etag string) {
	h.Set("ETag", etag)
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	h.Set("Vary", "Authorization, "+wire.RoomHeader)
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", "attachment")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Accept-Ranges", "bytes")
}

// sendStep is how much is sent under one deadline.
const sendStep = 256 << 10

// sendBlob sends n bytes. Where that fails, or the server drains, the client asks
// for the rest.
func (a *API) sendBlob(w http.ResponseWriter, from io.Reader, n int64) error {
	control := http.NewResponseController(w)
	sent := int64(0)
	defer func() { a.server.NoteDownload(sent) }()
	for sent < n {
		if a.waits.Err() != nil {
			return errDraining
		}
		control.SetWriteDeadline(time.Now().Add(a.opts.WriteTimeout * (sendStep / paceBytes)))
		more, err := io.CopyN(w, from, min(sendStep, n-sent))
		if sent += more; err != nil {
			return errBroken
		}
	}
	return control.SetWriteDeadline(time.Time{})
}
