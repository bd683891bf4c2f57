package dev.tailtap.route;

import java.util.Arrays;
import java.util.List;

/**
 * A pattern of a model's name in which {@code *} stands for any text and nothing else is special.
 * Matches in time linear in the name, whatever that is: each piece between two stars is found once,
 * the leftmost place being the best, by the method of Knuth, Morris and Pratt. Immutable.
 */
final class ModelGlob {
  private final String prefix;
  private final String suffix;
  private final List<String> pieces; // between the first star and the last
  private final int[][] borders; // of each piece: at i, of its first i characters
  private final int literals;

  /** Takes a pattern with at least one star. */
  ModelGlob(String glob) {
    int first = glob.indexOf('*');
    int last = glob.lastIndexOf('*');
    prefix = glob.substring(0, first);
    suffix = glob.substring(last + 1);
    pieces =
        Arrays.stream(glob.substring(first, last + 1).split("\\*", -1))
            .filter(piece -> !piece.isEmpty())
            .toList();
    borders = pieces.stream().map(ModelGlob::borders).toArray(int[][]::new);
    literals = (int) glob.chars().filter(c -> c != '*').count();
  }

  /** How many characters are no star: the more, the more specific it is. */
  int literals() {
    return literals;
  }

  boolean matches(String model) {
    if (model.length() < literals || !model.startsWith(prefix) || !model.endsWith(suffix)) {
      return false;
    }
    int at = prefix.length();
    int end = model.length() - suffix.length();
    for (int i = 0; i < borders.length && at >= 0; i++) {
      at = behind(pieces.get(i), borders[i], model, at, end);
    }
    return at >= 0;
  }

  /** Where the first place of a piece ends; -1 if it has none. */
  private static int behind(String piece, int[] borders, String text, int from, int end) {
    int matched = 0;
    for (int i = from; i < end; i++) {
      while (matched > 0 && piece.charAt(matched) != text.charAt(i)) {
        matched = borders[matched];
      }
      if (piece.charAt(matched) == text.charAt(i)) {
        matched++;
      }
      if (matched == piece.length()) {
        return i + 1;
      }
    }
    return -1;
  }

  /** Of each beginning of a piece, how long the longest is that also ends it, itself aside. */
  private static int[] borders(String piece) {
    int[] borders = new int[piece.length() + 1];
    int border = 0;
    for (int i = 1; i < piece.length(); i++) {
      while (border > 0 && piece.charAt(border) != piece.charAt(i)) {
        border = borders[border];
      }
      if (piece.charAt(border) == piece.charAt(i)) {
        border++;
      }
      borders[i + 1] = border;
    }
    return borders;
  }
}
