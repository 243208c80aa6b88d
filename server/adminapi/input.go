package adminapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"parley/identity"
	"parley/server"
	"parley/wire/admin"
)

// readBody reads a body of at most bound bytes. What says that it is longer isn't
// read at all.
func readBody(w http.ResponseWriter, r *http.Request, bound int64) ([]byte, error) {
	if r.ContentLength > bound {
		return nil, problem(admin.CodeTooLarge, "")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bound))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, problem(admin.CodeTooLarge, "")
	case err != nil:
		return nil, problem(admin.CodeBadRequest, "The request broke off.")
	}
	return body, nil
}

// decode reads the body: one JSON value without unknown fields.
func decode[T any](r *request) (*T, error) {
	v := new(T)
	d := json.NewDecoder(bytes.NewReader(r.body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil || d.Decode(&struct{}{}) != io.EOF {
		return nil, problem(admin.CodeBadRequest, "The body isn't what this route takes.")
	}
	return v, nil
}

// account reads the route's account.
func (r *request) account() (identity.Account, error) {
	a, err := identity.ParseAccount(r.PathValue("account"))
	if err != nil {
		return "", problem(admin.CodeBadRequest, "The path names no account.")
	}
	return a, nil
}

// blob reads the route's blob.
func (r *request) blob() (server.BlobID, error) {
	b, ok := server.ParseBlobID(r.PathValue("blob"))
	if !ok {
		return b, problem(admin.CodeBadRequest, "The path names no attachment.")
	}
	return b, nil
}

// page reads after, a number, and limit, which is at most most.
func (r *request) page(most int) (after uint64, limit int, err error) {
	q, limit := r.URL.Query(), most
	if text := q.Get("after"); text != "" {
		if after, err = strconv.ParseUint(text, 10, 63); err != nil {
			return 0, 0, problem(admin.CodeBadRequest, "There is no such place to go on from.")
		}
	}
	if text := q.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 {
			return 0, 0, problem(admin.CodeBadRequest, "A page has at least one.")
		}
	}
	return after, min(limit, most), nil
}

// parseKey reads an Idempotency-Key: a String of a structured field, as
// draft-ietf-httpapi-idempotency-key-header-06, Section 2, has it; or, as many send it,
// the same without quotes.
func parseKey(field string) (key string, ok bool) {
	if strings.HasPrefix(field, `"`) {
		if len(field) < 2 || !strings.HasSuffix(field, `"`) {
			return "", false
		}
		field = field[1 : len(field)-1]
		for i := 0; i < len(field); i++ {
			if field[i] == '\\' && i+1 < len(field) && (field[i+1] == '"' || field[i+1] == '\\') {
				i++
			} else if field[i] == '"' || field[i] == '\\' {
				return "", false
			}
			key += string(field[i : i+1])
		}
	} else {
		key = field
	}
	for i := range len(key) {
		if key[i] < 0x20 || key[i] > 0x7e {
			return "", false
		}
	}
	return key, len(key) > 0 && len(key) <= 128
}

// once runs a handler unless a request with this key of this token was answered
// before: draft-ietf-httpapi-idempotency-key-header-06, Section 2.
func (a *API) once(ctx context.Context, r *request, key string, h handler) (any, error) {
	sum := sha256.New()
	for _, part := range [][]byte{[]byte(r.Method), []byte(r.URL.EscapedPath()), r.body} {
		own := sha256.Sum256(part)
		sum.Write(own[:])
	}
	answer, err := a.server.Once(ctx, r.token.Name, key, [32]byte(sum.Sum(nil)), func() server.Answer {
		reply, err := h(ctx, r)
		if err != nil {
			reply = a.problemOf(err)
		}
		body, errJSON := json.Marshal(reply)
		status := http.StatusOK
		if p, ok := reply.(*admin.Problem); ok {
			status = p.Status
		}
		if errJSON != nil {
			status = http.StatusInternalServerError
		}
		return server.Answer{Status: status, Body: body}
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// problemOf returns the problem that err is told as.
func (a *API) problemOf(err error) *admin.Problem {
	var p *admin.Problem
	if errors.As(a.asProblem(err), &p) {
		return p
	}
	return problem(admin.CodeInternal, "")
}

// replay writes an answer that was kept, and returns its status.
func (a *API) replay(w http.ResponseWriter, v server.Answer) int {
	contentType := "application/json"
	if v.Status >= 400 {
		contentType = admin.ProblemType
	}
	writeJSON(w, v.Status, contentType, v.Body)
	return v.Status
}
