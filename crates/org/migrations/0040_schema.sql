-- 0040_schema.sql: what a profile may hold. A schema that nobody changed has no row: it holds the base attributes as they come. `base` and
-- `custom` are JSON objects in text, name to definition; of the base only what differs is kept.
-- unique_attribute is the promise that no two people have the same value of an attribute that says so.
alter table user_type add column display_name text not null default '';
alter table user_type add column description text;
alter table user_type add column created_us bigint not null default 0;
alter table user_type add column created_by text not null default 'unknown';
alter table user_type add column updated_us bigint not null default 0;
alter table user_type add column updated_by text not null default 'unknown';
update user_type set display_name = 'User' where is_default = 1;
update user_type set created_us = coalesce((select min(created_us) from org), 0), updated_us = coalesce((select min(created_us) from org), 0);
create table profile_schema (
    id         text   not null primary key,
    base       text   not null,
    custom     text   not null,
    created_us bigint not null,
    updated_us bigint not null
);
create table unique_attribute (
    schema_id text   not null,
    name      text   not null,
    folded    text   not null,
    user_id   text   not null references org_user (id) on delete cascade,
    primary key (schema_id, name, folded)
);
create index unique_attribute_user on unique_attribute (user_id);
create index org_user_type on org_user (type_id, id);
alter table org_group add column profile text not null default '{}';
create table group_attribute (
    group_id text   not null references org_group (id) on delete cascade,
    name     text   not null,
    position bigint not null,
    value    text   not null,
    folded   text   not null,
    primary key (group_id, name, position)
);
create index group_attribute_folded on group_attribute (name, folded);
