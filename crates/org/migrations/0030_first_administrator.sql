-- 0030_first_administrator.sql: the one-time code for the first super administrator. There is at most one row; once used it stays,
-- so that set-up is closed for good. A start while it is unused replaces the hash: only the link that was printed last works.
create table first_administrator (
    id         bigint not null primary key,
    code_hash  text   not null,
    created_us bigint not null,
    used_us    bigint
);
