package dev.tailtap.prices;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Whose prices hold for which upstream: what the caller named, else what the list can tell by the
 * upstream's URL.
 *
 * @param urls of the configured upstreams, by name
 * @param named the list's provider for an upstream, where the caller said so
 */
record Upstreams(Map<String, URI> urls, Map<String, String> named) {

  /** The upstreams that a provider of a list stands behind. */
  List<String> of(String provider, Predicate<String> isAt) {
    List<String> found = new ArrayList<>();
    named.forEach(
        (upstream, name) -> {
          if (name.equals(provider)) {
            found.add(upstream);
          }
        });
    urls.forEach(
        (upstream, url) -> {
          if (!named.containsKey(upstream) && isAt.test(url.toString())) {
            found.add(upstream);
          }
        });
    return found;
  }
}
