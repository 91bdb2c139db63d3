-- 0041_group_rule.sql: rules that put people into groups. A membership is by hand, or by rules, or both: `by_hand` says the one,
-- group_member_rule the other, and whoever is left without either is no member. `pending_after` is set while a rule is yet to be asked
-- about everybody: the last person that it was asked about, '' before the first; so a stop in between loses nothing.
create table group_rule (
    id            text   not null primary key,
    name          text   not null,
    name_folded   text   not null unique,
    status        text   not null,
    expression    text   not null,
    pending_after text,
    created_us    bigint not null,
    updated_us    bigint not null
);
create index group_rule_status on group_rule (status);
-- Groups that a rule names: those that it puts people into (TARGET), that its expression asks for (CONDITION), or whose members it leaves
-- alone (EXCLUDED). No foreign key: a rule whose group is gone says so by its status.
create table group_rule_group (
    rule_id  text   not null references group_rule (id) on delete cascade,
    group_id text   not null,
    use      text   not null,
    position bigint not null,
    primary key (rule_id, use, group_id)
);
create index group_rule_group_group on group_rule_group (group_id, use);
create table group_rule_exclusion (
    rule_id  text   not null references group_rule (id) on delete cascade,
    user_id  text   not null references org_user (id) on delete cascade,
    position bigint not null,
    primary key (rule_id, user_id)
);
create index group_rule_exclusion_user on group_rule_exclusion (user_id);
alter table group_member add column by_hand bigint not null default 1;
create table group_member_rule (
    group_id text   not null references org_group (id) on delete cascade,
    user_id  text   not null references org_user (id) on delete cascade,
    rule_id  text   not null references group_rule (id) on delete cascade,
    primary key (group_id, user_id, rule_id)
);
create index group_member_rule_rule on group_member_rule (rule_id, user_id);
create index group_member_rule_user on group_member_rule (user_id);
