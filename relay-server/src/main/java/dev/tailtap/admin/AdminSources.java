package dev.tailtap.admin;

import dev.tailtap.keys.Keyring;
import dev.tailtap.stats.Stats;
import dev.tailtap.store.CallGroup;
import dev.tailtap.store.StoreState;
import dev.tailtap.store.UsageReads;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What the pages of the admin port are made of. The suppliers are asked by the port's loop, at each
 * call of a page, and must not block; the reads of the database do, and two other threads make
 * them.
 *
 * @param readiness whether the relay takes new requests
 * @param store what has not reached the database yet
 * @param limits asked by one of these two, since there may be many buckets
 * @param settings asked by a thread of its own
 * @param keys of callers
 * @param doctor says why calls have no final usage; pure
 */
public record AdminSources(
    Stats stats,
    Supplier<Readiness> readiness,
    Supplier<Concurrency> concurrency,
    Supplier<UpstreamStates> upstreams,
    LimitsPage.Source limits,
    Supplier<StoreState> store,
    UsageReads reads,
    LiveSettings settings,
    Keyring keys,
    Function<CallGroup, Explanation> doctor) {}
