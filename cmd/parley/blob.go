package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"parley/server"
)

var blobCommand = command{
	name: "blob", usage: "blob take-down ID [--data DIR] [--config FILE] [--json]",
	summary: "Have an attachment served to nobody any more.",
	more: `
ID is the attachment's name, 64 digits in hexadecimal, as a report has it. From then
on it is refused, in every conversation that it was sent or forwarded to, and so is
whoever uploads the same bytes again. Its bytes are kept for the evidence window
(blob_evidence) and deleted then. That can't be undone.

The running server is asked by the control socket in its data directory, which only
the server's user can open. Of several nodes any one will do.`,
	run: runBlob,
}

func runBlob(ctx context.Context, p *program, args []string) error {
	cfg, rest, asJSON, err := p.operatorFlags("blob", args)
	if err != nil {
		return err
	}
	if len(rest) != 2 || rest[0] != "take-down" {
		return usagef("want blob take-down ID")
	}
	id, ok := server.ParseBlobID(rest[1])
	if !ok {
		return usagef("%q is no attachment's name: want 64 digits in lower-case hexadecimal", rest[1])
	}
	client, _, err := controlClient(ctx, cfg.data)
	if errors.Is(err, errNotRunning) {
		return errors.New("no server runs on this data directory: start it, or ask another node (not_running)")
	}
	if err != nil {
		return err
	}
	if err := takeDown(ctx, client, id); err != nil {
		return err
	}
	if asJSON {
		return printJSON(p.stdout, map[string]any{"blob": id.String(), "taken_down": true})
	}
	_, err = fmt.Fprintf(p.stdout, "%s\ttaken down\n", id)
	return err
}

// takeDown asks a running server.
func takeDown(ctx context.Context, client *http.Client, id server.BlobID) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://parley/blob/take-down/"+id.String(), nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusNotFound:
		return errors.New("there is no such attachment (unknown_blob)")
	}
	return fmt.Errorf("the server answers %s: see its log", resp.Status)
}

// serveTakeDown answers takeDown. The log says that it was done, and not of what:
// who may read the log needn't know.
func (s *running) serveTakeDown(w http.ResponseWriter, r *http.Request) {
	id, ok := server.ParseBlobID(r.PathValue("id"))
	err := server.ErrNotFound
	if ok {
		err = s.server.TakeDownBlob(r.Context(), id)
	}
	switch {
	case errors.Is(err, server.ErrNotFound):
		http.Error(w, "there is no such attachment", http.StatusNotFound)
	case err != nil:
		s.log.Error("an attachment couldn't be taken down", "error", err)
		http.Error(w, "it failed", http.StatusInternalServerError)
	default:
		s.log.Info("an attachment was taken down")
	}
}
