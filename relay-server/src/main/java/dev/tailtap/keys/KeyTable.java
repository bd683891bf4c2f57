package dev.tailtap.keys;

import java.security.MessageDigest;
import java.util.Collection;

/**
 * The keys by their whole digest: an array of twice their number at least, looked into from where
 * the first bytes of the digest say, slot by slot. Nobody can choose a digest, so a chain is short.
 * Immutable.
 */
final class KeyTable {
  private final VirtualKey[] slots;
  private final int size;

  /** Of entries, of which none has the id or the hash of another. */
  KeyTable(Collection<KeyEntry> entries) {
    slots = new VirtualKey[Math.max(4, Integer.highestOneBit(Math.max(1, entries.size())) << 2)];
    for (KeyEntry entry : entries) {
      VirtualKey key = new VirtualKey(entry);
      int slot = first(key.hash());
      while (slots[slot] != null) {
        slot = next(slot);
      }
      slots[slot] = key;
    }
    size = entries.size();
  }

  int size() {
    return size;
  }

  /** The key of a digest; null: there is none. Compares in constant time. */
  VirtualKey find(byte[] digest) {
    for (int slot = first(digest); slots[slot] != null; slot = next(slot)) {
      if (MessageDigest.isEqual(slots[slot].hash(), digest)) {
        return slots[slot];
      }
    }
    return null;
  }

  private int first(byte[] digest) {
    int bits = 0;
    for (int i = 0; i < Integer.BYTES; i++) {
      bits = (bits << 8) | (digest[i] & 0xff);
    }
    return bits & (slots.length - 1);
  }

  private int next(int slot) {
    return (slot + 1) & (slots.length - 1);
  }
}
