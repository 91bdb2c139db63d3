-- 0004_run_node.sql: which node carries a run out. Several nodes may share one database, and one that starts interrupts what an
-- earlier process of its own left, never what another node is about.
alter table run add column node text;       -- the id in the node's data folder; null for runs recorded before
