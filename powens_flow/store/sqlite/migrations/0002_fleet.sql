-- For looking at all attempts together.

-- The chosen connector's uuid; written when it changes, which is seldom.
alter table attempt add column connector text;

-- How the connectors that attempts chose are called.
create table connector (
    uuid text    primary key,
    id   integer not null,
    name text    not null
) without rowid;

update attempt set connector = json_extract(snapshot, '$.connector.uuid')
where json_valid(snapshot);

insert or ignore into connector (uuid, id, name)
select json_extract(snapshot, '$.connector.uuid'), json_extract(snapshot, '$.connector.id'),
    json_extract(snapshot, '$.connector.name')
from attempt where connector is not null;

-- Written once, when an attempt ends: what lives is counted by `attempt_wakes`.
create index attempt_ends on attempt (machine, state, connector, created_at)
where ended_at is not null;

-- One row for each attempt that did not complete: the step at which it was lost.
create index journal_lost on journal (attempt, source, "trigger")
where dest = 'ending.cleaning_up';
