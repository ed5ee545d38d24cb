"""Every statement of the SQLite store. `?` are values, in the order of the line above."""

from typing import Final

# id, owner, machine, state, created_at, entered_at, due_at, id_user, id_connection, holder,
# wake_at, snapshot
CREATE: Final = """
insert into attempt
    (id, owner, machine, state, version, created_at, entered_at, due_at, id_user, id_connection,
     holder, fence, wake_at, snapshot)
values (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, 1, ?, ?)
on conflict (id) do nothing
returning no
"""

# holder, wake_at, id, now, owner
TAKE: Final = """
update attempt
set lapsed = holder is not null, holder = ?, fence = fence + 1, wake_at = ?
where id = ? and (holder is null or wake_at <= ?) and owner = coalesce(?, owner)
returning no, fence, lapsed, ended_at, waiting, snapshot
"""

# holder, wake_at, no
TAKE_DUE: Final = """
update attempt
set lapsed = holder is not null, holder = ?, fence = fence + 1, wake_at = ?
where no = ?
returning fence, lapsed
"""

# state, entered_at, due_at, id_connection, took, snapshot, id, version, fence, holder
SAVE: Final = """
update attempt
set version = version + 1, state = ?, entered_at = ?, due_at = ?, id_connection = ?,
    waiting = waiting - ?, snapshot = ?
where id = ? and version = ? and fence = ? and holder = ?
returning no, id_user, waiting, connector
"""

# state, entered_at, due_at, id_connection, wake_at, snapshot, id, version, fence, holder
SAVE_AND_FREE: Final = """
update attempt
set version = version + 1, state = ?, entered_at = ?, due_at = ?, id_connection = ?,
    holder = null, wake_at = ?, snapshot = ?
where id = ? and version = ? and fence = ? and holder = ? and waiting = 0
returning no, id_user, waiting, connector
"""

# id_user, no
SET_USER: Final = "update attempt set id_user = ? where no = ?"

# connector, no
SET_CONNECTOR: Final = "update attempt set connector = ? where no = ?"

# uuid, id, name
NAME_CONNECTOR: Final = "insert or replace into connector (uuid, id, name) values (?, ?, ?)"

# no
FREE: Final = """
update attempt set holder = null, wake_at = due_at where no = ? and waiting = 0 returning due_at
"""

# no
END: Final = "update attempt set ended_at = entered_at where no = ?"

# no
UNEND: Final = "update attempt set ended_at = null where no = ?"

# id, fence, holder
HELD: Final = "select no, waiting from attempt where id = ? and fence = ? and holder = ?"

# wake_at, id, holder
RENEW: Final = """
update attempt set wake_at = max(wake_at, ?) where id = ? and holder = ? returning id
"""

# id, owner
FIND: Final = "select no, snapshot from attempt where id = ? and owner = coalesce(?, owner)"

# id
LOAD: Final = "select snapshot from attempt where id = ?"

# now
DUE: Final = """
select no, version, waiting, snapshot from attempt where wake_at <= ? order by wake_at, no
"""

# limit
WAKES: Final = """
select no, version, wake_at from attempt where wake_at is not null order by wake_at, no limit ?
"""

# owner
LIVE: Final = "select id from attempt where owner = ? and ended_at is null order by no"

ALL_LIVE: Final = """
select no, id from attempt indexed by attempt_wakes where wake_at is not null
"""

LIVE_STATES: Final = """
select machine, state, count(*) from attempt indexed by attempt_wakes
where wake_at is not null group by machine, state
"""

# id_user
CONCERNED: Final = "select id from attempt where id_user = ? and ended_at is null order by no"

# owner, id
CONNECTIONS: Final = """
select distinct id_connection from attempt
where owner = ? and id <> ? and id_connection is not null
"""

# ended_at, limit
PURGE: Final = """
select no, id from attempt
where ended_at < ?
    and not exists (select 1 from journal where attempt = no and untold is not null)
order by ended_at limit ?
"""

# owner
OF_OWNER: Final = "select no, id from attempt where owner = ?"

# no; journal and inbox go with it
FORGET: Final = "delete from attempt where no = ?"

# id
FORGET_CLAIMS: Final = "delete from claim where attempt_id = ?"

# no
NUMBER_POSTED: Final = """
update attempt set posted = posted + 1, waiting = waiting + 1 where no = ? returning posted
"""

# no, seq, event
POST: Final = "insert into inbox (attempt, seq, event) values (?, ?, ?)"

# id, version
TO_POST: Final = """
select no from attempt where id = ? and version = ? and wake_at is not null
"""

# event, no, type, event; while somebody drives the attempt they may have read what waits
REPLACE_POSTED: Final = """
update inbox set event = ?
where attempt = ? and json_extract(event, '$.type') = ?
    and (event = ? or (select holder is null from attempt where no = inbox.attempt))
returning seq
"""

# now, no; a lease is left as it is, and who has it finds the event when it rests
WAKE_NOW: Final = """
update attempt set wake_at = min(wake_at, ?) where no = ? and holder is null
"""

# no
INBOX: Final = "select seq, event from inbox where attempt = ? order by seq"

# no, seq
TAKE_POSTED: Final = "delete from inbox where attempt = ? and seq = ?"

# no, seq, at, trigger, source, dest, cause, duration, machine_hash, details, untold
ADD_ROW: Final = "insert into journal values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

# id
HISTORY: Final = """
select seq, at, "trigger", source, dest, cause, duration, machine_hash, details
from journal where attempt = (select no from attempt where id = ?) order by seq
"""

UNTOLD: Final = """
select seq, at, "trigger", source, dest, cause, duration, machine_hash, details, id, snapshot
from journal indexed by journal_untold join attempt on no = attempt
where untold is not null order by attempt, seq
"""

UNTOLD_ATTEMPTS: Final = """
select (select id from attempt where no = attempt), max(seq)
from journal indexed by journal_untold
where untold is not null group by attempt order by attempt
"""

# id
UNTOLD_OF: Final = """
select seq, at, "trigger", source, dest, cause, duration, machine_hash, details, id, snapshot
from journal indexed by journal_untold join attempt on no = attempt
where untold is not null and attempt = (select no from attempt where id = ?) order by seq
"""

# id, seq
TOLD: Final = """
update journal set untold = null where attempt = (select no from attempt where id = ?) and seq = ?
"""

# key
CLAIMED: Final = "select attempt_id, until, data from claim where key = ?"

# key, attempt_id, until, data
CLAIM: Final = "insert or replace into claim (key, attempt_id, until, data) values (?, ?, ?, ?)"

# now, limit
FORGET_ENDED_CLAIMS: Final = """
delete from claim where key in (select key from claim where until <= ? order by until limit ?)
"""

# key, attempt_id
DROP_CLAIM: Final = "delete from claim where key = ? and attempt_id = ?"

# owner
VAULT_GET: Final = "select id_user, token from vault where owner = ?"

# owner, id_user, token
VAULT_PUT: Final = "insert or replace into vault (owner, id_user, token) values (?, ?, ?)"

# id_user, token, owner, token
VAULT_CHANGE: Final = "update vault set id_user = ?, token = ? where owner = ? and token = ?"

# owner
VAULT_DELETE: Final = "delete from vault where owner = ?"

# owner, limit
VAULT_LIST: Final = """
select owner, id_user, token from vault where owner > ? order by owner limit ?
"""
