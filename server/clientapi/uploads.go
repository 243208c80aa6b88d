package clientapi

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"parley/server"
	"parley/wire"
)

// What uploads and downloads are called where operations are counted and limited.
const (
	opUpload   wire.Operation = "upload"
	opDownload wire.Operation = "download"
)

// The fields of tus 1.0.0: docs/spec/tus.md.
const (
	tusVersion   = "1.0.0"
	tusResumable = "Tus-Resumable"
	tusOffset    = "Upload-Offset"
	tusLength    = "Upload-Length"
	tusExpires   = "Upload-Expires"
	tusMetadata  = "Upload-Metadata"
	tusDefer     = "Upload-Defer-Length"
	tusOverride  = "X-Http-Method-Override"
	tusPartType  = "application/offset+octet-stream"
	tusExtension = "creation,termination,expiration"
)

// Refusals of uploads, with statuses of their own where tus asks for them.
var (
	errTusVersion = statusError{http.StatusPreconditionFailed, wire.Refuse(wire.CodeBadRequest, "Uploads are tus 1.0.0 here.")}
	errTusMethod  = statusError{http.StatusMethodNotAllowed, wire.Refuse(wire.CodeBadRequest, "An upload has no such method.")}
	errTusOffset  = statusError{http.StatusConflict, wire.Refuse(wire.CodeBadRequest, "The upload isn't there.")}
	errTusType    = statusError{http.StatusUnsupportedMediaType, wire.Refuse(wire.CodeBadRequest, "A part is "+tusPartType+".")}
	errTusLength  = wire.Refuse(wire.CodeBadRequest, "An upload has Upload-Length, and no metadata.")
	errPartLength = statusError{http.StatusLengthRequired, wire.Refuse(wire.CodeBadRequest, "A part has Content-Length.")}
	errNoUpload   = wire.Refuse(wire.CodeUnknownBlob, "There is no such upload.")
)

// A statusError is a refusal with another status than its code's.
type statusError struct {
	status int
	told   *wire.Error
}

func (e statusError) Error() string { return e.told.Error() }

// Unwrap returns what the client is told.
func (e statusError) Unwrap() error { return e.told }

// serveUploads answers what is at and below [wire.UploadsPath].
func (a *API) serveUploads(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(tusResumable, tusVersion)
	method := r.Method
	if other := r.Header.Get(tusOverride); other == http.MethodPatch || other == http.MethodDelete {
		method = other
	}
	if method == http.MethodOptions {
		a.tellTus(w)
		return
	}
	done := a.begun(r.Context(), opUpload)
	err := a.upload(w, r, method)
	done(err)
	if err != nil {
		a.answer(w, r, nil, err)
	}
}

// tellTus says what the server takes. It says so to nobody else's page: there are
// no fields of CORS.
func (a *API) tellTus(w http.ResponseWriter) {
	w.Header().Set("Tus-Version", tusVersion)
	w.Header().Set("Tus-Extension", tusExtension)
	if size := a.server.BlobLimits().Size; size > 0 {
		w.Header().Set("Tus-Max-Size", strconv.FormatInt(size, 10))
	}
	w.WriteHeader(http.StatusNoContent)
}

// begun notes that something begins that isn't an operation of [operations].
func (a *API) begun(ctx context.Context, op wire.Operation) func(error) {
	began := time.Now()
	traced := func(error) {}
	if a.opts.Trace != nil {
		_, traced = a.opts.Trace(ctx, op)
	}
	return func(err error) {
		traced(err)
		var code wire.Code
		if err != nil {
			code = server.AsWire(err).Code
		}
		a.stats.count(code)
		if a.opts.Observe != nil {
			a.opts.Observe(op, code, time.Since(began))
		}
	}
}

// enterBlobs admits a request for blobs of size bytes. leave must be called if it
// returns no error.
func (a *API) enterBlobs(w http.ResponseWriter, r *http.Request, op wire.Operation, size int64) (session *server.Session, leave func(), err error) {
	if !a.door.enter() {
		return nil, nil, errDraining
	}
	c := caller{from: a.opts.Address(r)}
	if c.session, err = a.authenticate(r); err == nil {
		err = a.server.Admit(c.session, op, int(size))
	}
	a.tellQuotas(w, op, c)
	if err != nil {
		a.door.leave()
		return nil, nil, err
	}
	return c.session, a.door.leave, nil
}

// upload answers one request, or returns why it doesn't.
func (a *API) upload(w http.ResponseWriter, r *http.Request, method string) (err error) {
	defer a.recovered(opUpload, func() { err = errFailed })
	if r.Header.Get(tusResumable) != tusVersion {
		w.Header().Set("Tus-Version", tusVersion)
		return errTusVersion
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return errCompressed
	}
	name, below := strings.CutPrefix(r.URL.Path, wire.UploadsPath+"/")
	size := int64(0)
	if method == http.MethodPatch {
		if size, err = a.partSize(r); err != nil {
			return err
		}
	}
	session, leave, err := a.enterBlobs(w, r, opUpload, size)
	if err != nil {
		return err
	}
	defer leave()
	if !below {
		if method != http.MethodPost {
			return errTusMethod
		}
		return a.createUpload(w, r, session)
	}
	id, ok := server.ParseUploadID(name)
	if !ok {
		return errNoUpload
	}
	switch method {
	case http.MethodHead:
		u, err := a.server.Upload(r.Context(), session, id)
		if err != nil {
			return a.refusal(opUpload, err)
		}
		tellUpload(w.Header(), u)
		w.Header().Set(tusLength, strconv.FormatInt(u.Size, 10))
		w.WriteHeader(http.StatusOK)
	case http.MethodPatch:
		return a.appendUpload(w, r, session, id, size)
	case http.MethodDelete:
		if err := a.server.CancelUpload(r.Context(), session, id); err != nil {
			return a.refusal(opUpload, err)
		}
		w.WriteHeader(http.StatusNoContent)
	default:
		return errTusMethod
	}
	return nil
}

// partSize returns how many bytes a PATCH says that it brings, before any is read.
func (a *API) partSize(r *http.Request) (int64, error) {
	switch {
	case r.Header.Get("Content-Type") != tusPartType:
		return 0, errTusType
	case r.ContentLength < 0:
		return 0, errPartLength
	case r.ContentLength > a.server.BlobLimits().Part:
		return 0, errLarge
	}
	return r.ContentLength, nil
}

func (a *API) createUpload(w http.ResponseWriter, r *http.Request, session *server.Session) error {
	size, ok := count(r.Header.Get(tusLength))
	if !ok || r.Header.Get(tusMetadata) != "" || r.Header.Get(tusDefer) != "" {
		return errTusLength
	}
	u, err := a.server.BeginUpload(r.Context(), session, size)
	if err != nil {
		return a.refusal(opUpload, err)
	}
	tellUpload(w.Header(), u)
	w.Header().Set("Location", wire.UploadsPath+"/"+u.ID.String())
	w.WriteHeader(http.StatusCreated)
	return nil
}

func (a *API) appendUpload(w http.ResponseWriter, r *http.Request, session *server.Session, id server.UploadID, size int64) error {
	offset, ok := count(r.Header.Get(tusOffset))
	if !ok {
		return errTusOffset
	}
	body := newPaced(w, r, a.opts)
	defer body.end()
	defer context.AfterFunc(a.waits, body.interrupt)() // who drains doesn't wait for the slow
	u, err := a.server.AppendUpload(r.Context(), session, id, server.Part{Offset: offset, Size: size, Body: body, Interrupt: body.interrupt})
	if u != nil {
		tellUpload(w.Header(), u)
	}
	switch {
	case errors.Is(err, server.ErrStale):
		return errTusOffset
	case errors.Is(err, server.ErrTooMany):
		return errLarge
	case body.err != nil || err == nil && u.Offset-offset < size:
		return errCutOff
	case err != nil:
		return a.refusal(opUpload, err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// tellUpload says how far an upload is.
func tellUpload(h http.Header, u *server.Upload) {
	h.Set(tusOffset, strconv.FormatInt(u.Offset, 10))
	h.Set(tusExpires, time.UnixMilli(u.ExpiresMS).UTC().Format(http.TimeFormat))
	if u.Done {
		h.Set(wire.BlobHeader, u.Blob.String())
	}
}

// count reads a number of bytes in its one decimal form.
func count(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 0 && strconv.FormatInt(n, 10) == text
}
