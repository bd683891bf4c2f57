package dev.tailtap.usage;

import dev.tailtap.record.CleanText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.StringJoiner;

/**
 * The text of the column {@code usage_raw}: the objects as they came, and whole JSON always. What
 * is too long loses members of its objects, the largest first, which {@code "truncated"} then
 * names.
 */
final class RawUsage {
  private static final int LIMIT = 4096;
  private static final String MARK = "\"truncated\":[";

  /** Of what is named as lost; a name that is longer is a name no more. */
  private static final int NAMES = 8;

  private static final int LONGEST_NAME = 64;

  private final List<Member> members = new ArrayList<>();
  private final List<String> lost = new ArrayList<>();
  private int length = 2; // of its text

  private RawUsage(String object) {
    split(object);
  }

  /**
   * The one object, or a list of several.
   *
   * @param objects well-formed JSON objects
   */
  static String of(List<String> objects) {
    String whole = joined(objects);
    if (whole.length() <= LIMIT) {
      return CleanText.of(whole);
    }
    List<RawUsage> parts = objects.stream().map(RawUsage::new).toList();
    int length = parts.size() + 1;
    List<Member> all = new ArrayList<>();
    for (RawUsage part : parts) {
      length += part.length;
      all.addAll(part.members);
    }
    all.sort(Comparator.comparing((Member member) -> member.text.length()).reversed());
    for (int i = 0; i < all.size() && length > LIMIT; i++) {
      length += all.get(i).lose();
    }
    return CleanText.of(joined(parts.stream().map(RawUsage::text).toList()));
  }

  /** From its name to its value. */
  private static final class Member {
    private final RawUsage part;
    private final String text;
    private boolean lost;

    private Member(RawUsage part, String text) {
      this.part = part;
      this.text = text;
    }

    /** How much longer the text becomes by that. */
    private int lose() {
      int before = part.length;
      lost = true;
      part.length -= text.length() + 1;
      part.name(text.substring(0, stringEnd(text, 1) + 1));
      return part.length - before;
    }
  }

  private static String joined(List<String> objects) {
    return objects.size() == 1 ? objects.get(0) : '[' + String.join(",", objects) + ']';
  }

  /** Names a member that was lost, if there is room to. */
  private void name(String quoted) {
    if (lost.size() < NAMES && quoted.length() <= LONGEST_NAME) {
      length += quoted.length() + 1 + (lost.isEmpty() ? MARK.length() + 1 : 0);
      lost.add(quoted);
    }
  }

  private String text() {
    StringJoiner text = new StringJoiner(",", "{", "}");
    for (Member member : members) {
      if (!member.lost) {
        text.add(member.text);
      }
    }
    if (!lost.isEmpty()) {
      text.add(MARK + String.join(",", lost) + ']');
    }
    return text.toString();
  }

  /** The members of an object, each as it stands from its name to its value. */
  private void split(String object) {
    int depth = 0;
    int start = object.indexOf('{') + 1;
    for (int i = start; i < object.length(); i++) {
      char c = object.charAt(i);
      if (c == '"') {
        i = stringEnd(object, i + 1);
      } else if (c == '{' || c == '[') {
        depth++;
      } else if (depth > 0 && (c == '}' || c == ']')) {
        depth--;
      } else if (depth == 0 && (c == ',' || c == '}')) {
        member(object.substring(start, i).strip());
        start = i + 1;
      }
    }
  }

  private void member(String text) {
    if (!text.isEmpty()) {
      members.add(new Member(this, text));
      length += text.length() + 1;
    }
  }

  /** The index of the quote that ends a string. */
  private static int stringEnd(String text, int from) {
    int i = from;
    while (text.charAt(i) != '"') {
      i += text.charAt(i) == '\\' ? 2 : 1;
    }
    return i;
  }
}
