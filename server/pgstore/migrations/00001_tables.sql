-- +goose Up
CREATE TABLE meta (
    name  text  PRIMARY KEY,
    value bytea NOT NULL
);

CREATE TABLE account (
    mailbox    uuid    PRIMARY KEY,
    name       text    NOT NULL,
    credential bytea   NOT NULL,
    version    bigint  NOT NULL,
    is_reset   boolean NOT NULL,
    reset_done boolean NOT NULL
);

CREATE TABLE list (
    mailbox uuid   NOT NULL,
    version bigint NOT NULL,
    body    bytea  NOT NULL,
    PRIMARY KEY (mailbox, version)
);

CREATE TABLE running_reset (
    mailbox     uuid   PRIMARY KEY,
    name        text   NOT NULL,
    accepted_ms bigint NOT NULL
);

CREATE TABLE enrollment (
    mailbox    uuid   NOT NULL,
    device     text   COLLATE "C" NOT NULL,
    expires_ms bigint NOT NULL,
    body       bytea  NOT NULL,
    PRIMARY KEY (mailbox, device)
);

-- The oldest position kept (or the next one), and the newest ever.
CREATE TABLE head (
    mailbox uuid   PRIMARY KEY,
    first   bigint NOT NULL,
    pos     bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE reader (
    mailbox uuid   NOT NULL,
    device  text   COLLATE "C" NOT NULL,
    pos     bigint NOT NULL,
    PRIMARY KEY (mailbox, device)
) WITH (fillfactor = 70);

-- One row a device: who counts or adds its key packages holds it.
CREATE TABLE stock (
    mailbox uuid NOT NULL,
    device  text COLLATE "C" NOT NULL,
    touched bigint NOT NULL,
    PRIMARY KEY (mailbox, device)
);

CREATE TABLE package (
    mailbox   uuid    NOT NULL,
    device    text    COLLATE "C" NOT NULL,
    ref       bytea   NOT NULL,
    suite     integer NOT NULL,
    not_after bigint  NOT NULL,
    message   bytea   NOT NULL,
    PRIMARY KEY (mailbox, device, ref)
);

CREATE TABLE used_package (
    mailbox   uuid   NOT NULL,
    device    text   COLLATE "C" NOT NULL,
    ref       bytea  NOT NULL,
    not_after bigint NOT NULL,
    PRIMARY KEY (mailbox, device, ref)
);

CREATE TABLE last_resort (
    mailbox   uuid    NOT NULL,
    device    text    COLLATE "C" NOT NULL,
    ref       bytea   NOT NULL,
    suite     integer NOT NULL,
    not_after bigint  NOT NULL,
    message   bytea   NOT NULL,
    PRIMARY KEY (mailbox, device)
);

-- A room's place. change grows with every commit and every new pending removal.
CREATE TABLE grp (
    room       uuid   PRIMARY KEY,
    generation bigint NOT NULL,
    epoch      bigint NOT NULL,
    seq        bigint NOT NULL,
    change     bigint NOT NULL,
    pending    bytea
) WITH (fillfactor = 50);

CREATE TABLE roster (
    room uuid  PRIMARY KEY,
    body bytea NOT NULL
);

CREATE TABLE state (
    room  uuid  PRIMARY KEY,
    state bytea NOT NULL,
    info  bytea NOT NULL
);

CREATE TABLE member (
    mailbox uuid NOT NULL,
    room    uuid NOT NULL,
    PRIMARY KEY (mailbox, room)
);

CREATE TABLE named (
    set_hash uuid PRIMARY KEY,
    room     uuid NOT NULL
);

CREATE TABLE winner (
    room       uuid   NOT NULL,
    generation bigint NOT NULL,
    epoch      bigint NOT NULL,
    seq        bigint NOT NULL,
    at         bigint NOT NULL,
    PRIMARY KEY (room, generation, epoch)
);

CREATE TABLE receipt (
    op   uuid    NOT NULL,
    week integer NOT NULL,
    body bytea   NOT NULL,
    PRIMARY KEY (op, week)
) PARTITION BY RANGE (week);

CREATE TABLE receipt_other PARTITION OF receipt DEFAULT;

-- refs: how many mailboxes it was put in. winner: table winner names it.
CREATE TABLE env (
    owner  uuid    NOT NULL,
    seq    bigint  NOT NULL,
    at     bigint  NOT NULL,
    refs   integer NOT NULL,
    winner boolean NOT NULL,
    body   bytea   NOT NULL,
    PRIMARY KEY (owner, seq, at)
) PARTITION BY RANGE (at);

-- Sealed bytes don't shrink: don't try.
ALTER TABLE env ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE env_other PARTITION OF env DEFAULT;
ALTER TABLE env_other ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE box (
    mailbox uuid    NOT NULL,
    pos     bigint  NOT NULL,
    owner   uuid    NOT NULL,
    seq     bigint  NOT NULL,
    at      bigint  NOT NULL,
    size    integer NOT NULL,
    PRIMARY KEY (mailbox, pos)
);

CREATE TABLE released (
    owner uuid    NOT NULL,
    seq   bigint  NOT NULL,
    at    bigint  NOT NULL,
    n     integer NOT NULL,
    PRIMARY KEY (owner, seq)
);

-- Who does what only one node should do at a time.
CREATE TABLE lease (
    name   text   PRIMARY KEY,
    holder uuid   NOT NULL,
    until  bigint NOT NULL
);
