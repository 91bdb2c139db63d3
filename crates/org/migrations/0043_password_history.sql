-- 0043_password_history.sql: hashes of the passwords that somebody has had, newest last, so that a policy can refuse them. `position` counts
-- for each person; rows beyond what any policy may ask for are gone.
create table password_history (
    user_id  text   not null references org_user (id) on delete cascade,
    position bigint not null,
    hash     text   not null,
    set_us   bigint not null,
    primary key (user_id, position)
);
