package dev.tailtap.config;

import java.util.Arrays;
import java.util.List;

/**
 * A pattern of a name, such as a model's, in which {@code *} stands for any text and nothing else
 * is special. Matches in time linear in the name, whatever that is: each piece between two stars is
 * found once, the leftmost place being the best, by the method of Knuth, Morris and Pratt.
 * Immutable.
 */
public final class Glob {
  private final String prefix;
  private final String suffix;
  private final List<String> pieces; // between the first star and the last
  private final int[][] borders; // of each piece: at i, of its first i characters
  private final int literals;

  /** Takes a pattern with at least one star. */
  public Glob(String glob) {
    int first = glob.indexOf('*');
    int last = glob.lastIndexOf('*');
    prefix = glob.substring(0, first);
    suffix = glob.substring(last + 1);
    pieces =
        Arrays.stream(glob.substring(first, last + 1).split("\\*", -1))
            .filter(piece -> !piece.isEmpty())
            .toList();
    borders = pieces.stream().map(Glob::borders).toArray(int[][]::new);
    literals = (int) glob.chars().filter(c -> c != '*').count();
  }

  /** How many characters are no star: the more, the more specific it is. */
  public int literals() {
    return literals;
  }

  /** Whether the whole of a name is what it says. */
  public boolean matches(String name) {
    if (name.length() < literals || !name.startsWith(prefix) || !name.endsWith(suffix)) {
      return false;
    }
    int at = prefix.length();
    int end = name.length() - suffix.length();
    for (int i = 0; i < borders.length && at >= 0; i++) {
      at = behind(pieces.get(i), borders[i], name, at, end);
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
