package deskhttp

import (
	"bytes"
	"net/http"
	"strconv"
	"time"

	"parley/desk/deskapi"
)

// media gives an attachment that who asks has revealed: as the type that it was
// checked to be, to be looked at and never to be run.
func (h *Handler) media(w http.ResponseWriter, r *http.Request) {
	c, err := h.authenticate(w, r)
	if err != nil {
		h.fail(w, err)
		return
	}
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		h.fail(w, &deskapi.Error{Code: deskapi.NotFound, Message: "There is no such attachment."})
		return
	}
	p, err := h.desk.Show(r.Context(), c.actor, r.PathValue("id"), n)
	if err != nil {
		h.fail(w, err)
		return
	}
	head := w.Header()
	head.Set("Content-Type", p.Type)
	head.Set("Content-Security-Policy", mediaPolicy)
	head.Set("Content-Disposition", "inline")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p.Data))
}
