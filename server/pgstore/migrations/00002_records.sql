-- +goose Up
-- What an account told the server, by kind and key.
CREATE TABLE account_record (
    mailbox uuid  NOT NULL,
    kind    text  COLLATE "C" NOT NULL,
    name    bytea NOT NULL,
    value   bytea NOT NULL,
    PRIMARY KEY (mailbox, kind, name)
);
