package dev.tailtap.limits;

import dev.tailtap.config.LimitConfig.Facet;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Whose a bucket is: the facets that its limit tells apart, the others empty. One that is set again
 * and again serves to look others up, of which a map gets a copy. They have an order, so that a map
 * finds one quickly among those whose hash a caller has made the same.
 */
final class BucketKey implements Comparable<BucketKey> {
  private static final Facet[] FACETS = Facet.values();

  private final String[] parts = new String[FACETS.length];
  private int hash;

  BucketKey() {
    Arrays.fill(parts, "");
  }

  private BucketKey(BucketKey of) {
    System.arraycopy(of.parts, 0, parts, 0, parts.length);
    hash = of.hash;
  }

  /** That of a call, by these facets. */
  BucketKey set(Facets call, Set<Facet> per) {
    int sum = 0;
    for (int i = 0; i < parts.length; i++) {
      String part = per.contains(FACETS[i]) ? call.of(FACETS[i]) : null;
      parts[i] = part == null ? "" : part;
      sum = 31 * sum + parts[i].hashCode();
    }
    hash = sum;
    return this;
  }

  BucketKey copy() {
    return new BucketKey(this);
  }

  /** What it is made of, by name. */
  Map<String, String> named(Set<Facet> per) {
    Map<String, String> named = new LinkedHashMap<>();
    for (int i = 0; i < parts.length; i++) {
      if (per.contains(FACETS[i])) {
        named.put(FACETS[i].word(), parts[i]);
      }
    }
    return named;
  }

  /** Of no other key: each part behind its length. */
  String text() {
    StringBuilder text = new StringBuilder();
    for (String part : parts) {
      text.append(part.length()).append(':').append(part);
    }
    return text.toString();
  }

  @Override
  public int compareTo(BucketKey other) {
    int order = Integer.compare(hash, other.hash);
    return order == 0 ? Arrays.compare(parts, other.parts) : order;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BucketKey key && hash == key.hash && Arrays.equals(parts, key.parts);
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
