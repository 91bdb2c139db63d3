-- 0082_outbox_due.sql: when a mail may be taken up for sending. Whoever takes it up moves that ahead, and after a failure it is put off.
alter table outbox add column due_us bigint not null default 0;
