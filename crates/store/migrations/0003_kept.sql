-- 0003_kept.sql: Execute shows, Download keeps.
-- A run that is not kept is not on Completed, and goes with its data a while after it was last looked at. Runs from before were all
-- listed, and stay.
alter table run add column kept bigint not null default 1;
create index run_kept on run (kept, created_us);
