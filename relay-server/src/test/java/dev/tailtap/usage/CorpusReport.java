package dev.tailtap.usage;

import static java.time.ZoneOffset.UTC;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/**
 * Writes the table of accuracy, per provider: not a test but run like one, by name. Exact means
 * that every column is right, whole, byte by byte, cut around the borders and at random.
 */
class CorpusReport {
  private static final int RANDOM_CUTS = Integer.getInteger("tailtap.corpus.cuts", 10);

  private static final String HEAD =
      """
      # Accuracy

      Recorded answers of providers, each with a sidecar that says what the provider reported in it, read
      by the tap as they would come from the network. *Exact* means that every column of these is right (prompt,
      completion, total, cached, reasoning; model, id, finish reason), and right however the bytes are cut: whole, byte by byte, at every
      frame border and one byte before and after it, and at %d seeded random sets of cuts.

      *Naive* is how usage is often read: the last `data:` frame that is not `[DONE]`, and what stands at
      its root. It is given whole frames, every vendor's names, and our formulas. *TokenCounts right* asks only
      for the token counts, *row right* for model, id and finish reason too; an answer that reports no
      usage counts as right where the reader reports none.

      Written on %s by

      ```
      mvn -q -pl relay-server test -Dtest=CorpusReport -Dtailtap.corpus.cuts=1000 \\
          -Dtailtap.transcripts=FOLDER -Dtailtap.report=../docs/ACCURACY.md
      ```

      The recordings are not part of this repository. The formulas were written with them in view,
      so the table proves the reader, not that the next provider will keep to what is known.

      """;

  @Test
  void writesTheTable() throws IOException {
    assumeTrue(Transcripts.arePresent(), () -> "no transcripts at " + Transcripts.folder());
    List<Transcript> all = Transcripts.all();
    StringBuilder table = new StringBuilder(HEAD.formatted(RANDOM_CUTS, LocalDate.now(UTC)));
    table.append("| provider | transcripts | exact | naive: counts right | naive: row right |\n");
    table.append("|---|---:|---:|---:|---:|\n");
    Map<String, List<Transcript>> byProvider = new TreeMap<>();
    all.forEach(t -> byProvider.computeIfAbsent(t.provider(), p -> new ArrayList<>()).add(t));
    byProvider.forEach((provider, some) -> table.append(row(provider, some)));
    table.append(row("**the four main dialects**", some(all, CorpusReport::isMain)));
    table.append(row("**streams that carry usage**", some(all, CorpusReport::isStreamWithUsage)));
    table.append(row("**all**", all));
    Path file = Path.of(System.getProperty("tailtap.report", "target/ACCURACY.md"));
    Files.writeString(file, table);
    System.out.print(table);
  }

  private static List<Transcript> some(List<Transcript> all, Predicate<Transcript> which) {
    return all.stream().filter(which).toList();
  }

  private static boolean isMain(Transcript transcript) {
    return List.of("openai", "openai-responses", "anthropic", "gemini", "vertex")
        .contains(transcript.provider());
  }

  private static boolean isStreamWithUsage(Transcript transcript) {
    Expected expected = Expected.of(transcript);
    boolean counts = expected.prompt() != null || expected.completion() != null;
    return transcript.kind() == BodyKind.EVENT_STREAM && (counts || expected.total() != null);
  }

  private static String row(String name, List<Transcript> transcripts) {
    long exact = transcripts.stream().filter(CorpusReport::isExact).count();
    long counts = transcripts.stream().filter(t -> naive(t).hasCountsOf(Expected.of(t))).count();
    long rows = transcripts.stream().filter(t -> naive(t).equals(Expected.of(t))).count();
    return String.format(
        "| %s | %d | %d | %d | %d |%n", name, transcripts.size(), exact, counts, rows);
  }

  private static Expected naive(Transcript transcript) {
    return NaiveReader.read(transcript);
  }

  private static boolean isExact(Transcript transcript) {
    Expected expected = Expected.of(transcript);
    byte[] body = transcript.body();
    boolean exact = CorpusTest.read(transcript, Dialect.UNKNOWN).equals(expected);
    exact &= CorpusTest.read(transcript, transcript.dialect()).equals(expected);
    exact &= isExact(transcript, Cuts.everywhere(body));
    for (int shift = -1; shift <= 1; shift++) {
      exact &= isExact(transcript, Cuts.aroundBorders(body, shift));
    }
    for (int seed = 0; seed < RANDOM_CUTS; seed++) {
      exact &= isExact(transcript, Cuts.random(body, seed));
    }
    return exact;
  }

  private static boolean isExact(Transcript transcript, int[] cuts) {
    return CorpusTest.read(transcript, transcript.dialect(), cuts).equals(Expected.of(transcript));
  }
}
