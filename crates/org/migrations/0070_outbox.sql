-- 0070_outbox.sql: mails to people, from the moment they are asked for until they are sent. A row is written in the transaction that
-- the mail tells of. The body carries links and codes, so it is sealed in the vault as `mail ID`.
create table outbox (
    id          text   not null primary key,
    created_us  bigint not null,
    recipient   text   not null,
    subject     text   not null,
    body        bytea  not null,
    template    text   not null,
    user_id     text   references org_user (id) on delete cascade,
    status      text   not null,   -- QUEUED, SENT, FAILED
    attempts    bigint not null,
    last_error  text,
    sent_us     bigint
);
create index outbox_status on outbox (status, created_us);
create index outbox_user on outbox (user_id);
