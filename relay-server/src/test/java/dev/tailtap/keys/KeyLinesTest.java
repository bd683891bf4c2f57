package dev.tailtap.keys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys as lines of a file: of the operator's own, and of the snapshot. */
class KeyLinesTest {
  private static final String HASH = KeyForm.hash(KeyForm.issue(new SecureRandom()));
  private static final String ODD = " ;%=,#ü😀\"\\ab*:/";

  @TempDir private Path dir;

  private static String text(Random random) {
    StringBuilder text = new StringBuilder("x");
    for (int i = random.nextInt(12); i > 0; i--) {
      text.appendCodePoint(ODD.codePointAt(ODD.offsetByCodePoints(0, random.nextInt(15))));
    }
    return text.reverse().toString();
  }

  private static List<String> globs(Random random) {
    List<String> globs = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      globs.add("m%" + random.nextInt(9) + "*");
    }
    return globs;
  }

  private static KeyEntry entry(Random random, int number) {
    Map<String, String> tags = new LinkedHashMap<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      tags.put("tag-" + i, text(random));
    }
    return new KeyEntry(
        "id_" + number,
        KeyForm.hash("k" + number),
        text(random) + "t",
        random.nextBoolean() ? "" : text(random),
        globs(random),
        globs(random),
        globs(random),
        random.nextBoolean() ? null : "limit-1",
        random.nextBoolean() ? null : Instant.ofEpochSecond(random.nextInt(), 123_000),
        random.nextBoolean(),
        tags);
  }

  @Test
  void aKeyReadsAsItWasWritten() {
    for (int seed = 0; seed < 2_000; seed++) {
      KeyEntry entry = entry(new Random(seed), seed);
      assertEquals(entry, KeyLines.read(KeyLines.write(entry)), "seed " + seed);
    }
  }

  @Test
  void mistakesAreToldByTheirLinesAndWithoutASecret() {
    String key = KeyForm.issue(new SecureRandom());
    List<String> mistakes = new ArrayList<>();
    KeyLines.read(
        List.of(
            "# a comment",
            "",
            "a=" + HASH + "; tenant=t",
            "b=" + key + "; tenant=t",
            "c=" + HASH,
            "d=" + KeyForm.hash("d") + "; tenant=t; expires=tomorrow",
            "e=" + KeyForm.hash("e") + "; tenant=t; disabled=maybe",
            "f=" + KeyForm.hash("f") + "; tenant=t; " + key + "=x",
            "g=" + KeyForm.hash("g") + "; tenant=t; tenant=u",
            "a=" + KeyForm.hash("h") + "; tenant=%zz",
            "i=" + HASH + "; tenant=t"),
        mistakes);
    assertEquals(
        List.of(
            "line 4: a hash is sha256: and 64 digits of lower-case hex",
            "line 5: a tenant is a text of up to 128 characters",
            "line 6: expires is a time as in 2027-01-31T00:00:00Z",
            "line 7: disabled is true or false",
            "line 8: a field is nothing that a key has",
            "line 9: tenant is said twice",
            "line 10: a % must be followed by two digits of hex",
            "the hash of key i is there twice; keep one"),
        mistakes);
    assertFalse(mistakes.toString().contains(key));
  }

  @Test
  void aChangeOfOneLineLeavesTheOthersAsTheyAre() throws Exception {
    Path path = dir.resolve("keys");
    KeyEntry first = entry(new Random(1), 1);
    Files.writeString(path, "# ours\n\n  " + KeyLines.write(first).replace("; ", " ;") + "\n");
    KeyFile file = new KeyFile(path);
    KeyEntry second = entry(new Random(2), 2);
    file.add(second);
    file.replace(first.revoked(), entry(new Random(3), 3));
    assertEquals(
        List.of(
            "# ours",
            "",
            KeyLines.write(first.revoked()),
            KeyLines.write(second),
            KeyLines.write(entry(new Random(3), 3))),
        Files.readAllLines(path));
    assertEquals(3, file.changed().size());
    assertNull(file.changed());
  }

  @Test
  void aSnapshotIsForItsOwnerAloneAndHalfOfOneIsNone() throws Exception {
    Path path = dir.resolve("keys.snapshot");
    KeySnapshot snapshot = new KeySnapshot(path);
    assertNull(snapshot.read());
    Instant asOf = Instant.parse("2026-11-27T12:00:00.5Z");
    List<KeyEntry> entries = List.of(entry(new Random(1), 1), entry(new Random(2), 2));
    snapshot.write(entries, asOf);
    assertEquals(new KeySnapshot.Content(entries, asOf), snapshot.read());
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
    List<String> lines = Files.readAllLines(path);
    for (int kept = 0; kept < lines.size(); kept++) {
      Files.write(path, lines.subList(0, kept));
      assertThrows(IOException.class, snapshot::read, "of " + kept + " lines");
    }
    snapshot.write(List.of(), asOf);
    assertEquals(List.of(), snapshot.read().entries());
  }
}
