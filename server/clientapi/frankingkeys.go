package clientapi

import (
	"encoding/json"
	"net/http"

	"parley/wire"
)

// serveFrankingKeys answers who wants to check franks: [wire.FrankingKeysPath].
func (a *API) serveFrankingKeys(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		a.answer(w, r, nil, a.observed("", wire.Refuse(wire.CodeBadRequest, "The keys are requested by GET.")))
		return
	}
	if !a.door.enter() {
		a.answer(w, r, nil, a.observed("", errDraining))
		return
	}
	defer a.door.leave()
	if err := a.server.AdmitAnonymous(a.opts.Address(r), wire.OpInfo, 0); err != nil {
		a.answer(w, r, nil, a.observed("", err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(a.server.FrankingKeys().Published())
}
