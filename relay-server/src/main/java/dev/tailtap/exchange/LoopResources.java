package dev.tailtap.exchange;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.http1.Via;
import dev.tailtap.limits.Admission;
import dev.tailtap.limits.Admitting;
import dev.tailtap.limits.MemoryAccount;
import dev.tailtap.stats.Stats;
import dev.tailtap.upstream.LoopPool;

/** What all exchanges of one event loop share. */
record LoopResources(
    RelayConfig config,
    Router router,
    Admission admission,
    Admitting admitting,
    Ledger ledger,
    MemoryAccount memory,
    TroubleLog log,
    Stats stats,
    LoopPool pool,
    LoopSweep sweep,
    UuidV7 ids,
    TenantFingerprint tenants,
    Via via) {}
