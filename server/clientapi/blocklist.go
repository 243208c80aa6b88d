package clientapi

import (
	"fmt"
	"net/http"
	"os"

	"parley/wire"
)

var errNoBlockList = statusError{http.StatusNotFound, wire.Refuse(wire.CodeUnknownOperation, "There is no block list here.")}

// serveBlockList answers with the list of addresses that mislead or harm, as it is in its
// file: [wire.BlockListPath]. Each client gets all of it, so that nobody learns what it looks
// for; who has the newest gets 304.
func (a *API) serveBlockList(w http.ResponseWriter, r *http.Request) {
	if err := a.blockList(w, r); err != nil {
		a.answer(w, r, nil, a.observed("", err))
	}
}

func (a *API) blockList(w http.ResponseWriter, r *http.Request) error {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		return wire.Refuse(wire.CodeBadRequest, "The block list is requested by GET.")
	case a.opts.BlockList == "":
		return errNoBlockList
	case !a.door.enter():
		return errDraining
	}
	defer a.door.leave()
	if err := a.server.AdmitAnonymous(a.opts.Address(r), wire.OpInfo, 0); err != nil {
		return err
	}
	f, err := os.Open(a.opts.BlockList)
	if err != nil {
		return errNoBlockList
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return errNoBlockList
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	w.Header().Set("ETag", fmt.Sprintf(`"%x-%x"`, info.ModTime().UnixNano(), info.Size()))
	http.ServeContent(w, r, "", info.ModTime(), f)
	return nil
}
