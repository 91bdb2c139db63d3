-- 0072_sign_in.sql: what sign-in policies ask for. A session and a session token know how the person proved who they are and when a
-- factor was last verified; a session keeps the idle window of the rule that began it, 0 for a lifetime without end.
alter table session add column factor_us bigint;
alter table session add column idle_minutes bigint not null default 120;
alter table session_token add column amr text not null default 'pwd';
alter table session_token add column factor_us bigint;
-- What an unfinished sign-in has behind it and wants, a JSON object in text.
alter table sign_in_state add column detail text not null default '{}';
-- Devices on which a person need not verify a factor again for as long as the policy says. Of a device's token only a keyed hash is kept.
create table remembered_device (
    device_hash text   not null,
    user_id     text   not null references org_user (id) on delete cascade,
    verified_us bigint not null,
    primary key (device_hash, user_id)
);
create index remembered_device_user on remembered_device (user_id);
