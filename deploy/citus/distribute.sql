-- Spreads the tables over a Citus cluster (13 or later) by bucket. Run once, on the coordinator, in the database that
-- `tongma migrate` has prepared, before the platform starts:
--
--     psql --variable=ON_ERROR_STOP=1 --single-transaction --file=distribute.sql DATABASE
--
-- Then start the platform with TONGMA_STORE_SHARING=bucket. Every statement names one bucket, and all tables of a bucket
-- lie on one shard, so every unit of work is a transaction of one machine. 64 shards let the cluster grow to 64 machines
-- by moving shards (`citus_rebalance_start`), without splitting any.
--
-- A test reads this file and the schema: each table that the platform makes is named here, and no other.

-- Which schema steps were taken: small, and read through every machine.
SELECT create_reference_table('migration');

SELECT create_distributed_table('bucket_head', 'bucket', colocate_with => 'none', shard_count => 64);
SELECT create_distributed_table('record', 'bucket', colocate_with => 'bucket_head');
SELECT create_distributed_table('record_entry', 'bucket', colocate_with => 'bucket_head');
SELECT create_distributed_table('counter', 'bucket', colocate_with => 'bucket_head');
SELECT create_distributed_table('account', 'bucket', colocate_with => 'bucket_head');
SELECT create_distributed_table('transfer', 'bucket', colocate_with => 'bucket_head');
SELECT create_distributed_table('once', 'bucket', colocate_with => 'bucket_head');
SELECT create_distributed_table('log', 'bucket', colocate_with => 'bucket_head');
SELECT create_distributed_table('due', 'bucket', colocate_with => 'bucket_head');
SELECT create_distributed_table('commit_mark', 'bucket', colocate_with => 'bucket_head');
