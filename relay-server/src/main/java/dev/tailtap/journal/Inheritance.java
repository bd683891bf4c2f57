package dev.tailtap.journal;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;

/** What former processes left in a journal's directory. Before its threads begin. */
final class Inheritance {
  private Inheritance() {}

  /**
   * Puts it on the segments, unread. What was staged comes first: whatever a segment says of such a
   * call came later.
   *
   * @return the highest number of a file
   * @throws IOException says what to do
   */
  static long take(JournalFiles files, Segments segments, Ticker ticker) throws IOException {
    List<String> names =
        files.list().stream()
            .filter(name -> Segment.numberOf(name) >= 0)
            .sorted(
                Comparator.comparing((String name) -> !Segment.isStaged(name))
                    .thenComparing(Segment::numberOf))
            .toList();
    long last = 0;
    for (String name : names) {
      segments.add(take(name, files, ticker));
      last = Math.max(last, Segment.numberOf(name));
    }
    return last;
  }

  private static Segment take(String name, JournalFiles files, Ticker ticker) throws IOException {
    try (JournalFile file = files.open(name)) {
      if (!Segment.readable(Segment.version(file))) {
        throw new IOException(
            "the journal's file %s was written by a newer Tailtap: start that one to empty the journal, or set journal.dir to another directory"
                .formatted(name));
      }
      return Segment.inherited(name, file.size(), ticker.nanos());
    }
  }
}
