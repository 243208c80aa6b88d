package server

import (
	"context"
	"slices"
	"time"
)

// blobAppeal is how long the bytes of what was taken down wait for an appeal, where
// somebody refers to them still: the half year of the Digital Services Act, Article 20(1).
const blobAppeal = 183 * 24 * time.Hour

// maxTakenBy bounds the decisions that are remembered of one blob. What more take down stays
// down.
const maxTakenBy = 64

// TakeDownBlob has a blob served to nobody any more, whoever refers to it, and never
// taken again. Its bytes go after a while: see [Server.TakeDownBlobBy]. ErrNotFound where
// there is no such blob: it is kept out all the same. It may be repeated.
func (s *Server) TakeDownBlob(ctx context.Context, blob BlobID) error {
	return s.TakeDownBlobBy(ctx, blob, "")
}

// TakeDownBlobBy is TakeDownBlob by a decision, which [Server.RestoreBlob] may take back.
// The bytes stay through the evidence window, and where somebody refers to them for as
// long as people may appeal.
func (s *Server) TakeDownBlobBy(ctx context.Context, blob BlobID, decision string) error {
	known := true
	err := s.changeLedger(ctx, func(t *ledgerTx) error {
		known = true
		if err := t.load(ctx, blobKey(blob), takenKey(blob)); err != nil {
			return err
		}
		e, err := getEntry[blobEntry](t, blobKey(blob))
		if err != nil {
			return err
		}
		if err := takeBy(t, blob, decision, e != nil && e.TakenMS != 0); err != nil {
			return err
		}
		switch {
		case e == nil:
			known = false
			setEntry(t, blobKey(blob), &blobEntry{Version: 1, TakenMS: s.nowMS(), Deleted: true})
			return nil
		case e.TakenMS != 0:
			return nil
		}
		known = e.DoomedMS == 0
		e.TakenMS = s.nowMS()
		setEntry(t, blobKey(blob), e)
		t.mark(dueKey(s.takenUntil(e), blobKey(blob)))
		return nil
	})
	if err == nil && !known {
		err = ErrNotFound
	}
	return err
}

// takeBy notes that a decision takes a blob down, which is down already or not.
func takeBy(t *ledgerTx, blob BlobID, decision string, down bool) error {
	by, err := getEntry[takenEntry](t, takenKey(blob))
	if err != nil {
		return err
	}
	if by == nil {
		by = &takenEntry{Version: 1}
		if down { // by whom isn't known: not to be taken back
			by.By = []string{""}
		}
	}
	if len(by.By) >= maxTakenBy {
		decision = ""
	}
	if !slices.Contains(by.By, decision) {
		by.By = append(by.By, decision)
		setEntry(t, takenKey(blob), by)
	}
	return nil
}

// takenUntil is when the bytes of what was taken down go.
func (s *Server) takenUntil(e *blobEntry) int64 {
	keep := s.cfg.Blobs.Evidence
	if e.Holds > 0 {
		keep = max(keep, blobAppeal)
	}
	return e.TakenMS + keep.Milliseconds()
}

// RestoreBlob takes back that a decision took a blob down, and reports whether the blob
// is served then. It isn't where something else took it down too, or where its bytes are
// gone: then they may be uploaded again. It may be repeated.
func (s *Server) RestoreBlob(ctx context.Context, blob BlobID, decision string) (served bool, err error) {
	err = s.changeLedger(ctx, func(t *ledgerTx) error {
		served = false
		if err := t.load(ctx, blobKey(blob), takenKey(blob)); err != nil {
			return err
		}
		e, err := getEntry[blobEntry](t, blobKey(blob))
		if err != nil || e == nil {
			return err
		}
		by, err := getEntry[takenEntry](t, takenKey(blob))
		if err != nil || by == nil || decision == "" || !slices.Contains(by.By, decision) {
			served = e.TakenMS == 0 && e.DoomedMS == 0 && e.Holds > 0
			return err
		}
		by.By = slices.DeleteFunc(by.By, func(d string) bool { return d == decision })
		switch {
		case len(by.By) > 0:
			setEntry(t, takenKey(blob), by)
		case !e.Deleted && s.nowMS() >= s.takenUntil(e): // its bytes are being deleted
		default:
			t.set(takenKey(blob), nil)
			served = s.putBack(t, blob, e)
		}
		return nil
	})
	return served, err
}

// putBack has a blob be as any other. It reports whether there is something to serve.
func (s *Server) putBack(t *ledgerTx, blob BlobID, e *blobEntry) bool {
	there, held := !e.Deleted, e.Holds > 0
	e.TakenMS, e.Deleted = 0, false
	switch {
	case held:
		setEntry(t, blobKey(blob), e)
	case there:
		e.DoomedMS = s.nowMS()
		setEntry(t, blobKey(blob), e)
		t.mark(dueKey(e.DoomedMS, blobKey(blob)))
	default:
		t.set(blobKey(blob), nil)
	}
	return there && held
}
