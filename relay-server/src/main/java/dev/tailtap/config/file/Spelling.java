package dev.tailtap.config.file;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Guesses which word was meant: the nearest by edits, if it is near enough to be worth saying. */
public final class Spelling {
  private Spelling() {}

  /** At most a third of the word may be wrong. */
  public static Optional<String> nearest(String word, Collection<String> known) {
    int limit = Math.max(1, Math.min(4, word.length() / 3));
    return known.stream()
        .filter(candidate -> distance(word, candidate) <= limit)
        .min(Comparator.comparingInt(candidate -> distance(word, candidate)));
  }

  /** The words to add to a message, with a leading separator; empty without a guess. */
  static String hint(String word, Collection<String> known) {
    return nearest(word, known).map(guess -> "; did you mean " + guess + "?").orElse("");
  }

  /** Edits between two words: insert, delete, replace or swap neighbours; case does not count. */
  private static int distance(String left, String right) {
    String from = left.toLowerCase(Locale.ROOT);
    String to = right.toLowerCase(Locale.ROOT);
    int[][] edits = new int[from.length() + 1][to.length() + 1];
    Arrays.setAll(edits[0], column -> column);
    for (int i = 1; i <= from.length(); i++) {
      edits[i][0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int replaced = edits[i - 1][j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        edits[i][j] = Math.min(replaced, 1 + Math.min(edits[i - 1][j], edits[i][j - 1]));
        if (swapped(from, i, to, j)) {
          edits[i][j] = Math.min(edits[i][j], edits[i - 2][j - 2] + 1);
        }
      }
    }
    return edits[from.length()][to.length()];
  }

  private static boolean swapped(String from, int i, String to, int j) {
    return i > 1
        && j > 1
        && from.charAt(i - 1) == to.charAt(j - 2)
        && from.charAt(i - 2) == to.charAt(j - 1);
  }
}
