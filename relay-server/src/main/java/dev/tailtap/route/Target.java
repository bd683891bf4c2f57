package dev.tailtap.route;

import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamKey;

/**
 * One upstream with one of its keys, as a route names it. Immutable.
 *
 * @param key of its pool; without a pool the one that stands for what the client shows
 * @param weight its share beside the upstreams of the same priority
 * @param priority from 0 on; those of a later one are used only when none before them may be asked
 * @param place of the upstream, by which requests stick to it
 * @param keyPlace of the key, by which requests stick to it among the upstream's
 */
public record Target(
    Upstream upstream, UpstreamKey key, int weight, int priority, long place, long keyPlace) {
  static Target of(Upstream upstream, UpstreamKey key, int weight, int priority) {
    long keyPlace = key.label() == null ? 0 : StickyHash.place(key.label());
    return new Target(upstream, key, weight, priority, StickyHash.place(upstream.name()), keyPlace);
  }
}
