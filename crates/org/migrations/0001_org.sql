-- 0001_org.sql: the org itself, one row; and what its administrators set, by name.
create table org (
    id           text   not null primary key,
    company_name text   not null,
    details      text   not null,
    created_us   bigint not null,
    updated_us   bigint not null
);
create table org_setting (
    name       text   not null primary key,
    value      text   not null,
    updated_us bigint not null
);
