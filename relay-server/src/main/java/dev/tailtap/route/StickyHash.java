package dev.tailtap.route;

import java.nio.charset.StandardCharsets;

/**
 * Weighted rendezvous hashing (Thaler and Ravishankar 1998, weights as Schindelhauer and Schomaker
 * 2005): the highest score wins, the same on every relay, and where a target comes or goes no
 * request moves but those that it wins or had.
 */
final class StickyHash {
  private static final long FNV_BASIS = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;
  private static final char LAST_OF_ASCII = 0x7F;
  private static final double UNIT = 0x1.0p-53;

  private StickyHash() {}

  /** FNV-1a of 64 bits over the text's UTF-8; never 0, which stands for no text. */
  static long of(String text) {
    long hash = FNV_BASIS;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c > LAST_OF_ASCII) { // what callers show is ASCII, whose bytes need no array
        return ofBytes(text.getBytes(StandardCharsets.UTF_8));
      }
      hash = (hash ^ c) * FNV_PRIME;
    }
    return hash == 0 ? FNV_BASIS : hash;
  }

  /** Where the target of a name stands: its hash, mixed once and for all. */
  static long place(String name) {
    return mix(of(name));
  }

  private static long ofBytes(byte[] text) {
    long hash = FNV_BASIS;
    for (byte b : text) {
      hash = (hash ^ (b & 0xFF)) * FNV_PRIME;
    }
    return hash == 0 ? FNV_BASIS : hash;
  }

  /** How high a target at its {@link #place} stands for what is to stick. */
  static double score(long sticky, long place, int weight) {
    double unit = ((mix(sticky ^ place) >>> 11) + 0.5) * UNIT; // within 0 and 1
    return -weight / Math.log(unit);
  }

  /** The finalizer of SplitMix64 (Steele, Lea and Flood 2014): FNV's low bits alone mix badly. */
  private static long mix(long z) {
    long a = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    long b = (a ^ (a >>> 27)) * 0x94d049bb133111ebL;
    return b ^ (b >>> 31);
  }
}
