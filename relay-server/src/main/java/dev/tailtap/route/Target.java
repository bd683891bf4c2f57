package dev.tailtap.route;

import dev.tailtap.upstream.Upstream;

/**
 * One upstream with one of its keys, as a route names it. Immutable.
 *
 * @param keyLabel of the key among the upstream's; null: it has no pool, and the client's goes on
 * @param weight its share beside the targets of the same priority
 * @param priority from 0 on; those of a later one are used only when none before them may be asked
 */
public record Target(Upstream upstream, String keyLabel, int weight, int priority) {}
