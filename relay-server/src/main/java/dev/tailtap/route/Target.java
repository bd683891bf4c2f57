package dev.tailtap.route;

import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamKey;

/**
 * One upstream with one of its keys, as a route names it. Immutable.
 *
 * @param key of the upstream's pool; without a pool the one that stands for what clients show
 * @param weight its share beside the targets of the same priority
 * @param priority from 0 on; those of a later one are used only when none before them may be asked
 */
public record Target(Upstream upstream, UpstreamKey key, int weight, int priority) {}
