/** Answers recorded from one Aerospike Community Edition 8.1.2.0 node; the simulator fills in what it models and leaves the rest as recorded. */

/** `statistics` of a formed single node. */
export const recordedStatistics =
  "failed_best_practices=true;cluster_size=1;cluster_key=75DF9039FE3C;cluster_generation=3;" +
  "cluster_principal=A1;cluster_min_compatibility_id=15;cluster_max_compatibility_id=15;" +
  "cluster_integrity=true;cluster_is_member=true;cluster_duplicate_nodes=null;" +
  "cluster_clock_skew_stop_writes_sec=0;cluster_clock_skew_ms=0;cluster_clock_skew_outliers=null;uptime=18;" +
  "system_total_cpu_pct=122;system_user_cpu_pct=103;system_kernel_cpu_pct=19;" +
  "system_free_mem_kbytes=23846512;system_free_mem_pct=96;host_free_mem_kbytes=23846512;" +
  "host_free_mem_pct=96;system_thp_mem_kbytes=0;process_cpu_pct=1;threads_joinable=8;threads_detached=75;" +
  "threads_pool_total=21;threads_pool_active=21;heap_allocated_kbytes=1747321;heap_active_kbytes=1764436;" +
  "heap_mapped_kbytes=1817088;heap_efficiency_pct=99;heap_site_count=0;objects=0;tombstones=0;info_queue=0;" +
  "rw_in_progress=0;proxy_in_progress=0;tree_gc_queue=0;client_connections=1;client_connections_opened=2;" +
  "client_connections_closed=1;admin_connections=0;admin_connections_opened=0;admin_connections_closed=0;" +
  "heartbeat_connections=0;heartbeat_connections_opened=0;heartbeat_connections_closed=0;" +
  "fabric_connections=0;fabric_connections_opened=0;fabric_connections_closed=0;heartbeat_received_self=0;" +
  "heartbeat_received_foreign=0;reaped_fds=0;info_complete=51;info_timeout=0;demarshal_error=0;" +
  "early_tsvc_client_error=0;early_tsvc_from_proxy_error=0;early_tsvc_from_proxy_batch_sub_error=0;" +
  "long_queries_active=0;batch_index_initiate=0;batch_index_queue=0:0,0:0;batch_index_complete=0;" +
  "batch_index_error=0;batch_index_timeout=0;batch_index_delay=0;batch_index_unused_buffers=0;" +
  "batch_index_huge_buffers=0;batch_index_created_buffers=0;batch_index_destroyed_buffers=0;" +
  "batch_index_proto_uncompressed_pct=0.000;batch_index_proto_compression_ratio=1.000;paxos_principal=A1;" +
  "time_since_rebalance=0;migrate_allowed=true;migrate_partitions_remaining=0;fabric_bulk_send_rate=0;" +
  "fabric_bulk_recv_rate=0;fabric_ctrl_send_rate=0;fabric_ctrl_recv_rate=0;fabric_meta_send_rate=0;" +
  "fabric_meta_recv_rate=0;fabric_rw_send_rate=0;fabric_rw_recv_rate=0;deprecated_requests=11"

/** `namespace/<ns>` of an empty memory namespace, without its per-stripe figures and without what follows `batch_sub_lang_read_success` (not recorded). */
export const recordedNamespace =
  "ns_cluster_size=1;effective_replication_factor=1;objects=0;tombstones=0;xdr_tombstones=0;" +
  "xdr_bin_cemeteries=0;mrt_provisionals=0;master_objects=0;master_tombstones=0;prole_objects=0;" +
  "prole_tombstones=0;non_replica_objects=0;non_replica_tombstones=0;unreplicated_records=0;" +
  "dead_partitions=0;unavailable_partitions=0;auto_revived_partitions=0;clock_skew_stop_writes=false;" +
  "stop_writes=false;hwm_breached=false;current_time=533070610;non_expirable_objects=0;expired_objects=0;" +
  "evicted_objects=0;evict_ttl=0;evict_void_time=0;smd_evict_void_time=0;nsup_cycle_duration=0;" +
  "nsup_cycle_deleted_pct=0.00;nsup_xdr_key_busy=0;truncate_lut=0;truncating=false;sindex_gc_cleaned=0;" +
  "mrt_monitors=0;mrt_monitors_active=0;xmem_id=0;index_used_bytes=0;set_index_used_bytes=0;" +
  "sindex_used_bytes=0;data_total_bytes=536870912;data_used_bytes=0;data_used_pct=0;data_avail_pct=87;" +
  "data_compression_ratio=1.000;record_proto_uncompressed_pct=0.000;record_proto_compression_ratio=1.000;" +
  "query_proto_uncompressed_pct=0.000;query_proto_compression_ratio=1.000;pending_quiesce=false;" +
  "effective_is_quiesced=false;nodes_quiesced=0;effective_prefer_uniform_balance=false;" +
  "effective_active_rack=0;migrate_tx_partitions_imbalance=0;migrate_tx_instances=0;migrate_rx_instances=0;" +
  "migrate_tx_partitions_active=0;migrate_rx_partitions_active=0;migrate_tx_partitions_initial=0;" +
  "migrate_tx_partitions_remaining=0;migrate_tx_partitions_lead_remaining=0;migrate_rx_partitions_initial=0;" +
  "migrate_rx_partitions_remaining=0;migrate_records_skipped=0;migrate_records_transmitted=0;" +
  "migrate_record_retransmits=0;migrate_record_receives=0;migrate_records_unreadable=0;" +
  "migrate_signals_active=0;migrate_signals_remaining=0;migrate_fresh_partitions=0;appeals_tx_active=0;" +
  "appeals_rx_active=0;appeals_tx_remaining=0;appeals_records_exonerated=0;client_tsvc_error=0;" +
  "client_tsvc_timeout=0;client_proxy_complete=0;client_proxy_error=0;client_proxy_timeout=0;" +
  "client_read_success=0;client_read_error=0;client_read_timeout=0;client_read_not_found=0;" +
  "client_read_filtered_out=0;client_write_success=0;client_write_error=0;client_write_timeout=0;" +
  "client_write_filtered_out=0;xdr_client_write_success=0;xdr_client_write_error=0;" +
  "xdr_client_write_timeout=0;client_delete_success=0;client_delete_error=0;client_delete_timeout=0;" +
  "client_delete_not_found=0;client_delete_filtered_out=0;xdr_client_delete_success=0;" +
  "xdr_client_delete_error=0;xdr_client_delete_timeout=0;xdr_client_delete_not_found=0;" +
  "client_udf_complete=0;client_udf_error=0;client_udf_timeout=0;client_udf_filtered_out=0;" +
  "client_lang_read_success=0;client_lang_write_success=0;client_lang_delete_success=0;client_lang_error=0;" +
  "from_proxy_tsvc_error=0;from_proxy_tsvc_timeout=0;from_proxy_read_success=0;from_proxy_read_error=0;" +
  "from_proxy_read_timeout=0;from_proxy_read_not_found=0;from_proxy_read_filtered_out=0;" +
  "from_proxy_write_success=0;from_proxy_write_error=0;from_proxy_write_timeout=0;" +
  "from_proxy_write_filtered_out=0;xdr_from_proxy_write_success=0;xdr_from_proxy_write_error=0;" +
  "xdr_from_proxy_write_timeout=0;from_proxy_delete_success=0;from_proxy_delete_error=0;" +
  "from_proxy_delete_timeout=0;from_proxy_delete_not_found=0;from_proxy_delete_filtered_out=0;" +
  "xdr_from_proxy_delete_success=0;xdr_from_proxy_delete_error=0;xdr_from_proxy_delete_timeout=0;" +
  "xdr_from_proxy_delete_not_found=0;from_proxy_udf_complete=0;from_proxy_udf_error=0;" +
  "from_proxy_udf_timeout=0;from_proxy_udf_filtered_out=0;from_proxy_lang_read_success=0;" +
  "from_proxy_lang_write_success=0;from_proxy_lang_delete_success=0;from_proxy_lang_error=0;" +
  "batch_sub_tsvc_error=0;batch_sub_tsvc_timeout=0;batch_sub_proxy_complete=0;batch_sub_proxy_error=0;" +
  "batch_sub_proxy_timeout=0;batch_sub_read_success=0;batch_sub_read_error=0;batch_sub_read_timeout=0;" +
  "batch_sub_read_not_found=0;batch_sub_read_filtered_out=0;batch_sub_write_success=0;" +
  "batch_sub_write_error=0;batch_sub_write_timeout=0;batch_sub_write_filtered_out=0;" +
  "batch_sub_delete_success=0;batch_sub_delete_error=0;batch_sub_delete_timeout=0;" +
  "batch_sub_delete_not_found=0;batch_sub_delete_filtered_out=0;batch_sub_udf_complete=0;" +
  "batch_sub_udf_error=0;batch_sub_udf_timeout=0;batch_sub_udf_filtered_out=0;batch_sub_lang_read_success=0"

/** `get-config:context=service`. */
export const recordedServiceConfig =
  "advertise-ipv6=false;auto-pin=none;batch-index-threads=2;batch-max-buffers-per-queue=255;" +
  "batch-max-requests=0;batch-max-unused-buffers=256;cgroup-mem-tracking=false;cluster-name=loop;" +
  "debug-allocations=false;disable-udf-execution=false;enable-benchmarks-fabric=false;" +
  "enable-health-check=false;enable-hist-info=false;enforce-best-practices=false;indent-allocations=false;" +
  "info-max-ms=10000;info-threads=16;keep-caps-ssd-health=false;log-local-time=false;log-millis=false;" +
  "microsecond-histograms=false;migrate-fill-delay=0;migrate-max-num-incoming=4;migrate-threads=1;" +
  "min-cluster-size=1;node-id=A1;node-id-interface=null;os-group-perms=false;pidfile=null;" +
  "poison-allocations=false;proto-fd-idle-ms=0;proto-fd-max=4096;quarantine-allocations=0;" +
  "query-max-done=100;query-threads-limit=128;run-as-daemon=true;secrets-address-port=null;" +
  "secrets-tls-context=null;secrets-uds-path=null;service-threads=2;sindex-builder-threads=4;" +
  "sindex-gc-period=10;stay-quiesced=false;ticker-interval=10;tls-refresh-period=0;transaction-max-ms=1000;" +
  "transaction-retry-ms=1002;vault-ca=null;vault-namespace=null;vault-path=null;vault-token-file=null;" +
  "vault-url=null;work-directory=/opt/aerospike"

/** `get-config:context=network`. */
export const recordedNetworkConfig =
  "service.port=3000;service.address=127.0.0.1;service.access-port=0;service.access-address=127.0.0.1;" +
  "service.alternate-access-port=0;service.tls-port=0;service.tls-access-port=0;" +
  "service.tls-alternate-access-port=0;service.tls-name=null;service.disable-localhost=false;" +
  "admin.port=3003;admin.address=127.0.0.1;admin.tls-port=0;admin.tls-name=null;" +
  "admin.disable-localhost=false;heartbeat.mode=mesh;heartbeat.address=127.0.0.1;heartbeat.port=3002;" +
  "heartbeat.tls-port=0;heartbeat.tls-name=null;heartbeat.interval=150;heartbeat.timeout=10;" +
  "heartbeat.connect-timeout-ms=500;heartbeat.mtu=65536;heartbeat.protocol=v3;fabric.address=127.0.0.1;" +
  "fabric.tls-port=0;fabric.tls-name=null;fabric.channel-bulk-fds=2;fabric.channel-bulk-recv-threads=4;" +
  "fabric.channel-ctrl-fds=1;fabric.channel-ctrl-recv-threads=4;fabric.channel-meta-fds=1;" +
  "fabric.channel-meta-recv-threads=4;fabric.channel-rw-fds=8;fabric.channel-rw-recv-pools=1;" +
  "fabric.channel-rw-recv-threads=16;fabric.keepalive-enabled=true;fabric.keepalive-intvl=1;" +
  "fabric.keepalive-probes=10;fabric.keepalive-time=1;fabric.latency-max-ms=5;fabric.port=3001;" +
  "fabric.recv-rearm-threshold=1024;fabric.send-threads=8"

/** `get-config:context=namespace;namespace=<ns>` up to the storage engine, which follows the configuration. */
export const recordedNamespaceConfig =
  "active-rack=0;allow-ttl-without-nsup=false;apply-ttl-reductions=true;auto-revive=false;" +
  "background-query-max-rps=10000;conflict-resolution-policy=generation;conflict-resolve-writes=false;" +
  "default-read-touch-ttl-pct=0;default-ttl=0;disable-cold-start-eviction=false;disable-mrt-writes=false;" +
  "disable-write-dup-res=false;disallow-expunge=false;disallow-null-setname=false;" +
  "enable-benchmarks-batch-sub=false;enable-benchmarks-ops-sub=false;enable-benchmarks-read=false;" +
  "enable-benchmarks-udf=false;enable-benchmarks-udf-sub=false;enable-benchmarks-write=false;" +
  "enable-hist-proxy=false;evict-hist-buckets=10000;evict-indexes-memory-pct=0;evict-tenths-pct=5;" +
  "force-long-queries=false;ignore-migrate-fill-delay=false;index-stage-size=1073741824;" +
  "indexes-memory-budget=0;inline-short-queries=false;max-record-size=1048576;migrate-order=5;" +
  "migrate-retransmit-ms=5000;migrate-skip-unreadable=false;migrate-sleep=1;mrt-duration=0;" +
  "nsup-hist-period=3600;nsup-period=0;nsup-threads=1;partition-tree-sprigs=256;" +
  "prefer-uniform-balance=false;rack-id=0;read-consistency-level-override=off;reject-non-xdr-writes=false;" +
  "reject-xdr-writes=false;replication-factor=2;sindex-stage-size=1073741824;single-query-threads=4;" +
  "stop-writes-sys-memory-pct=90;strong-consistency=false;strong-consistency-allow-expunge=false;" +
  "tomb-raider-eligible-age=86400;tomb-raider-period=86400;tomb-raider-unmark-threads=0;" +
  "transaction-pending-limit=20;truncate-threads=4;write-commit-level-override=off;" +
  "xdr-bin-tombstone-ttl=86400;xdr-tomb-raider-period=120;xdr-tomb-raider-threads=1;" +
  "geo2dsphere-within.strict=true;geo2dsphere-within.min-level=1;geo2dsphere-within.max-level=20;" +
  "geo2dsphere-within.max-cells=12;geo2dsphere-within.level-mod=1;" +
  "geo2dsphere-within.earth-radius-meters=6371000;index-type=mem;sindex-type=mem"

/** `features`. */
export const recordedFeatures =
  "batch-any;batch-index;blob-bits;cdt-index;cdt-list;cdt-map;cluster-stable;float;geo;sindex-exists;peers;" +
  "pipelining;pquery;pscans;query-show;relaxed-sc;replicas;replicas-all;replicas-master;replicas-max;" +
  "truncate-namespace;udf"

/** `log/<n>`: contexts with their level. */
export const recordedLogContexts =
  "misc:INFO;alloc:INFO;arenax:INFO;hardware:INFO;msg:INFO;os:INFO;secrets:INFO;socket:INFO;tls:INFO;" +
  "vault:INFO;vmapx:INFO;xmem:INFO;aggr:INFO;appeal:INFO;as:INFO;audit:INFO;batch:INFO;batch-sub:INFO;" +
  "bin:INFO;config:INFO;clustering:INFO;deprecation:INFO;drv-mem:INFO;drv_pmem:INFO;drv_ssd:INFO;" +
  "exchange:INFO;exp:INFO;fabric:INFO;flat:INFO;geo:INFO;hb:INFO;health:INFO;hlc:INFO;index:INFO;info:INFO;" +
  "info-command:INFO;key-busy:INFO;migrate:INFO;mrt-audit:INFO;mrt-monitor:INFO;namespace:INFO;nsup:INFO;" +
  "particle:INFO;partition:INFO;proto:INFO;proxy:INFO;proxy-divert:INFO;query:INFO;record:INFO;roster:INFO;" +
  "rw:INFO;rw-client:INFO;security:INFO;service:INFO;service-list:INFO;sindex:INFO;skew:INFO;smd:INFO;" +
  "storage:INFO;truncate:INFO;tsvc:INFO;udf:INFO;xdr:INFO;xdr-client:INFO;masking:INFO"

/** `help`. */
export const recordedHelp =
  "features;node;compatibility-id;edition;build_ee_sha;build_sha;build_arch;build_time;build_os;build;" +
  "version;statistics;services-alumni;services;partition-generation;best-practices;cluster-name;" +
  "cluster-stable;debug-record;debug-record-meta;dump-cluster;dump-fabric;dump-hb;dump-hlc;dump-migrates;" +
  "dump-rw;dump-skew;dump-wb-summary;eviction-reset;get-config;get-sl;get-stats;health-outliers;" +
  "health-stats;help;histogram;index-pressure;jem-stats;latencies;log;log-message;log-set;logs;namespace;" +
  "namespaces;peers-clear-alt;peers-clear-std;peers-generation;physical-devices;query-abort;query-abort-all;" +
  "query-show;recluster;service;services-alumni-reset;set-config;set-log;sets;sindex-create;sindex-delete;" +
  "sindex-exists;sindex-list;sindex-stat;status;thread-traces;tip;tip-clear;truncate;truncate-namespace;" +
  "truncate-namespace-undo;truncate-undo;udf-get;udf-list;udf-put;udf-remove"
