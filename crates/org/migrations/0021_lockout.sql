-- 0021_lockout.sql: wrong passwords. A row for each name and address, and one for each name with the address ''. The name is a keyed
-- hash, whether or not anybody has it: known and unknown names leave the same rows.
create table sign_in_failure (
    name_hash text   not null,
    address   text   not null,
    failures  bigint not null,
    last_us   bigint not null,
    next_us   bigint not null,
    primary key (name_hash, address)
);
create index sign_in_failure_last on sign_in_failure (last_us);
-- People who were locked out by wrong passwords, and what they were before.
create table sign_in_lock (
    user_id     text   not null primary key references org_user (id) on delete cascade,
    from_status text   not null,
    locked_us   bigint not null,
    until_us    bigint
);
