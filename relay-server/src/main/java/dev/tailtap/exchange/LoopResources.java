package dev.tailtap.exchange;

import dev.tailtap.http1.Via;
import dev.tailtap.keys.KeyLookup;
import dev.tailtap.limits.Admission;
import dev.tailtap.limits.Admitting;
import dev.tailtap.limits.Limiting;
import dev.tailtap.limits.MemoryAccount;
import dev.tailtap.loop.LaterTasks;
import dev.tailtap.loop.LoopSweep;
import dev.tailtap.route.Selections;
import dev.tailtap.route.TenantFingerprint;
import dev.tailtap.stats.Stats;
import dev.tailtap.trace.Tracing;
import dev.tailtap.upstream.LoopPool;
import java.util.function.Supplier;

/**
 * What all exchanges of one event loop share, and what outlives each {@link Generation}.
 *
 * @param generation the present one
 */
public record LoopResources(
    Supplier<Generation> generation,
    Admission admission,
    Admitting admitting,
    Limiting limiting,
    Ledger ledger,
    MemoryAccount memory,
    TroubleLog log,
    Stats stats,
    Tracing tracing,
    LoopPool pool,
    LoopSweep sweep,
    LaterTasks later,
    Selections selections,
    UuidV7 ids,
    TenantFingerprint tenants,
    KeyLookup keys,
    Via via) {}
