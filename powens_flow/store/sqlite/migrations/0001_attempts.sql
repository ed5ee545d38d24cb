-- Moments are microseconds since 1970, in UTC.

-- One row an attempt. `wake_at`: the lease's end while `holder` has it, then the attempt's own
-- `due_at`; null when it has ended. `ended_at`: when it came into its last state, null while it
-- lives; it stands in the indexes instead of `wake_at`, which each lease changes. `lapsed`: the
-- present lease was taken from a dead holder. `posted` counts the events that ever came to the
-- inbox, `waiting` those that are in it.
create table attempt (
    no            integer primary key,
    id            text    not null unique,
    owner         text    not null,
    machine       text    not null,
    state         text    not null,
    version       integer not null,
    created_at    integer not null,
    entered_at    integer not null,
    ended_at      integer,
    due_at        integer,
    id_user       integer,
    id_connection integer,
    holder        text,
    fence         integer not null,
    lapsed        integer not null default 0,
    wake_at       integer,
    posted        integer not null default 0,
    waiting       integer not null default 0,
    snapshot      text    not null
);

create index attempt_wakes on attempt (wake_at) where wake_at is not null;
create index attempt_owner on attempt (owner);
create index attempt_user on attempt (id_user) where ended_at is null and id_user is not null;
create index attempt_ended on attempt (ended_at) where ended_at is not null;

-- `untold`: not null while listeners have yet to hear of the row. Rows lie in the order they were
-- written, so that the rows of many attempts share the pages of one commit.
create table journal (
    attempt      integer not null references attempt (no) on delete cascade,
    seq          integer not null,
    at           integer not null,
    "trigger"    text    not null,
    source       text    not null,
    dest         text    not null,
    cause        text    not null,
    duration     real    not null,
    machine_hash text    not null,
    details      text    not null,
    untold       integer
);

create unique index journal_seq on journal (attempt, seq);
create index journal_untold on journal (attempt, seq) where untold is not null;

create table inbox (
    attempt integer not null references attempt (no) on delete cascade,
    seq     integer not null,
    event   text    not null,
    primary key (attempt, seq)
) without rowid;

create table claim (
    key        text    primary key,
    attempt_id text    not null,
    until      integer not null,
    data       text    not null
) without rowid;

create index claim_attempt on claim (attempt_id);

-- `token` is sealed.
create table vault (
    owner   text    primary key,
    id_user integer not null,
    token   text    not null
) without rowid;
