package dev.tailtap.keys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.KeysConfig.Required;
import dev.tailtap.keys.VirtualKey.Judgement;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a key looks like, and what the table makes of it. */
class KeyTableTest {
  private static final String DIGITS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final Instant NOW = Instant.parse("2026-11-27T12:00:00Z");

  private final SecureRandom secure = new SecureRandom();
  private final Stats stats = new Stats();

  /** Of a hash, by a number. */
  private static KeyEntry entry(int number, String hash, Instant expires, boolean disabled) {
    return new KeyEntry(
        "k" + number,
        hash,
        "acme",
        "",
        List.of(),
        List.of(),
        List.of(),
        null,
        expires,
        disabled,
        Map.of());
  }

  private KeyLookup lookup(List<KeyEntry> entries) {
    Keyring ring = new Keyring(InstantSource.fixed(NOW));
    ring.hold(entries, NOW);
    return new KeyLookup(ring, stats);
  }

  private static Judgement judge(KeyLookup lookup, String shown) {
    return lookup.judge(shown, false, Required.AUTO);
  }

  @Test
  void findsEachKeyOfATableOfAnySizeAndNothingElse() {
    Random random = new Random(7);
    for (int size : new int[] {0, 1, 2, 3, 4, 5, 63, 64, 65, 1_000}) {
      Map<String, String> ids = new HashMap<>();
      List<KeyEntry> entries = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        String key = KeyForm.issue(secure);
        boolean disabled = random.nextInt(4) == 0;
        Instant expires = random.nextInt(4) == 0 ? NOW.minusMillis(random.nextInt(2)) : null;
        entries.add(entry(i, KeyForm.hash(key), expires, disabled));
        ids.put(key, disabled ? "DISABLED" : expires != null ? "EXPIRED" : "k" + i);
      }
      KeyLookup lookup = lookup(entries);
      ids.forEach(
          (key, expected) -> {
            Judgement said = judge(lookup, key);
            assertEquals(
                expected, said.fault() == null ? said.key().id() : said.fault().toString());
          });
      for (int i = 0; i < 1_000; i++) {
        assertEquals(KeyFault.UNKNOWN, judge(lookup, KeyForm.issue(secure)).fault());
      }
    }
  }

  /** A table in which all digests begin at one slot is as right, though it is never met. */
  @Test
  void findsKeysThatBeginAtTheSameSlot() {
    List<KeyEntry> entries = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      entries.add(
          entry(i, "sha256:ffffffff" + String.format(Locale.ROOT, "%056x", i), null, false));
    }
    KeyTable table = new KeyTable(entries);
    for (int i = 0; i < 200; i++) {
      byte[] digest =
          new VirtualKey(
                  entry(i, "sha256:ffffffff" + String.format(Locale.ROOT, "%056x", i), null, false))
              .hash();
      VirtualKey found = table.find(digest);
      assertEquals(i < 100 ? "k" + i : null, found == null ? null : found.id());
    }
  }

  @Test
  void aTypoIsToldWithoutALook() {
    String key = KeyForm.issue(secure);
    KeyLookup lookup = lookup(List.of(entry(1, KeyForm.hash(key), null, false)));
    assertNotNull(judge(lookup, key).key());
    for (int i = 0; i < key.length(); i++) {
      for (int j = 0; j < DIGITS.length(); j++) {
        String typed = key.substring(0, i) + DIGITS.charAt(j) + key.substring(i + 1);
        if (!typed.equals(key)) {
          assertSame(KeyFault.MALFORMED, judge(lookup, typed).fault(), typed.substring(0, i));
        }
      }
    }
    for (String wrong :
        List.of(
            "tt_",
            key + "0",
            key.substring(0, 40),
            "tt-" + key.substring(3),
            key.substring(0, 20) + "é" + key.substring(21),
            key.substring(0, 20) + "\uff10" + key.substring(21))) {
      assertSame(KeyFault.MALFORMED, judge(lookup, wrong).fault(), wrong);
    }
  }

  @Test
  void manyGuessesLeaveNothingBehindButACount() {
    KeyLookup lookup = lookup(List.of(entry(1, KeyForm.hash(KeyForm.issue(secure)), null, false)));
    Judgement unknown = judge(lookup, KeyForm.issue(secure));
    for (int i = 0; i < 100_000; i++) {
      assertSame(unknown, judge(lookup, KeyForm.issue(secure)));
      assertSame(KeyFault.MALFORMED, judge(lookup, "tt_" + i).fault());
    }
    assertEquals(100_001, stats.value(Metric.KEYS_REFUSED, Label.KEY_UNKNOWN.value()));
    assertEquals(100_000, stats.value(Metric.KEYS_REFUSED, Label.KEY_MALFORMED.value()));
  }

  @Test
  void oneIsDemandedAsSoonAsThereIsOneThatMayBeRevoked() {
    KeyLookup none = lookup(List.of());
    KeyLookup revoked = lookup(List.of(entry(1, KeyForm.hash("x"), null, true)));
    assertNull(none.judge(null, false, Required.AUTO).fault());
    assertSame(KeyFault.MISSING, none.judge(null, false, Required.TRUE).fault());
    assertSame(KeyFault.MISSING, revoked.judge(null, false, Required.AUTO).fault());
    assertNull(revoked.judge(null, false, Required.FALSE).fault());
    assertSame(KeyFault.TWO, revoked.judge("tt_", true, Required.FALSE).fault());
    KeyLookup unloaded = new KeyLookup(new Keyring(InstantSource.fixed(NOW)), stats);
    assertNull(unloaded.judge(null, false, Required.AUTO).fault());
    assertSame(KeyFault.NOT_LOADED, unloaded.judge(null, false, Required.TRUE).fault());
    assertSame(
        KeyFault.NOT_LOADED, unloaded.judge(KeyForm.issue(secure), false, Required.AUTO).fault());
  }

  @Test
  void whatLooksLikeAKeyIsCutOutOfATextAndNothingElse() {
    String key = KeyForm.issue(secure);
    String typed = key.substring(0, 39) + "0";
    for (String plain : new String[] {null, "", "tt_", "/v1/tt_short/x", "a_tt_b"}) {
      assertSame(plain, KeyForm.hidden(plain));
    }
    assertEquals("/a/tt_***/b", KeyForm.hidden("/a/" + key + "/b"));
    assertEquals("tt_***", KeyForm.hidden(typed));
    assertEquals("tt_***,tt_x,tt_***", KeyForm.hidden(key + ",tt_x," + typed));
    assertFalse(KeyForm.hidden("x" + key + key).contains(key.substring(3, 20)));
  }

  @Test
  void keysDiffer() {
    assertTrue(KeyForm.issue(secure).matches("tt_[0-9A-Za-z]{38}"));
    assertFalse(KeyForm.issue(secure).equals(KeyForm.issue(secure)));
    assertTrue(KeyForm.id(secure).matches("vk_[0-9a-z]{10}"));
  }
}
