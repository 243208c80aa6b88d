-- +goose Up
-- What the server notes for itself, by key: see server.Ledger.
CREATE TABLE ledger (
    name  bytea PRIMARY KEY,
    value bytea NOT NULL
);
