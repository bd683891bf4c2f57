package dev.tailtap.route;

import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamKey;

/**
 * One upstream with one of its keys, as a route names it. Immutable.
 *
 * @param key of its pool; without a pool the one that stands for what the client shows
 * @param weight its share beside the upstreams of the same priority
 * @param priority from 0 on; those of a later one are used only when none before them may be asked
 * @param hash of the upstream, by which requests stick to it
 * @param keyHash of the key, by which requests stick to it among the upstream's
 */
public record Target(
    Upstream upstream, UpstreamKey key, int weight, int priority, long hash, long keyHash) {
  static Target of(Upstream upstream, UpstreamKey key, int weight, int priority) {
    long keyHash = key.label() == null ? 0 : StickyHash.of(key.label());
    return new Target(upstream, key, weight, priority, StickyHash.of(upstream.name()), keyHash);
  }
}
