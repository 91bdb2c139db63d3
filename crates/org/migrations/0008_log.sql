-- 0008_log.sql: the System Log. `position` counts commits: the counter's row is locked from the first event of a transaction until
-- its end, so nobody who polls by position ever misses an event that was committed late.
create table log_position (
    id   bigint not null primary key,
    last bigint not null
);
insert into log_position (id, last) values (1, 0);
create table log_event (
    position     bigint not null primary key,
    published_us bigint not null,
    event_type   text   not null,
    actor_id     text,
    body         text   not null
);
create index log_event_published on log_event (published_us, position);
create index log_event_type on log_event (event_type, position);
