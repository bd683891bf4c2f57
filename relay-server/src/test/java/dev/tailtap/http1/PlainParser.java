package dev.tailtap.http1;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A second reading of a client's bytes, from the grammar and with no thought of speed: patterns
 * over the whole text. Fuzzers hold the decoder to it. It knows no limits, so it is given short
 * texts.
 */
final class PlainParser {
  private static final String TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
  private static final Pattern LINE =
      Pattern.compile("(" + TOKEN + ") ([\\x21\\x22\\x24-\\x7e]+) HTTP/1\\.(\\d)");
  private static final Pattern FIELD =
      Pattern.compile("(" + TOKEN + "):[ \\t]*([\\t\\x20-\\x7e\\x80-\\xff]*?)[ \\t]*");
  private static final Pattern HOST =
      Pattern.compile(
          "(?:[\\w\\-.~!$&'()*+,;=]|%[0-9a-fA-F]{2})+(?::\\d{0,5})?|\\[[0-9a-fA-F:.]+](?::\\d{0,5})?");
  private static final Pattern SIZE =
      Pattern.compile("([0-9a-fA-F]{1,15})(;[\\t\\x20-\\x7e\\x80-\\xff]*)?");
  private static final Pattern FORGIVEN_SIZE =
      Pattern.compile("(0{0,256}[1-9a-fA-F][0-9a-fA-F]{0,14}|0{1,256})[ \\t]*(;[^\\r\\n]*)?");
  private static final Pattern FORGIVEN_FIELD =
      Pattern.compile(TOKEN + "[ \\t]*:[\\t\\x20-\\x7e\\x80-\\xff]*");
  private static final Pattern FOLD = Pattern.compile("[ \\t][\\t\\x20-\\x7e\\x80-\\xff]*");
  private static final String CRLF = "\r\n";

  /** One request as text, or why there is no more. */
  record Reading(List<String> requests, boolean bad) {}

  /** What a chunked body says, and where it ends: -1 if not yet, -2 if it is malformed. */
  record Chunks(String payload, int end) {}

  private PlainParser() {}

  /** All whole requests of a connection; a bad one ends it. */
  static Reading read(String text) {
    List<String> requests = new ArrayList<>();
    int at = 0;
    while (true) {
      int start = text.startsWith(CRLF, at) ? at + 2 : at;
      int end = text.indexOf(CRLF + CRLF, start);
      if (end < 0) {
        return new Reading(requests, false);
      }
      String[] lines = text.substring(start, end).split(CRLF, -1);
      String head = head(lines);
      if (head == null) {
        return new Reading(requests, true);
      }
      at = end + 4;
      long length = length(lines);
      if (length > text.length() - at) {
        return new Reading(requests, false);
      }
      String body = "";
      if (length >= 0) {
        body = text.substring(at, at + (int) length);
        at += (int) length;
      } else {
        Chunks chunks = chunks(text.substring(at), false);
        if (chunks.end() < 0) {
          return new Reading(requests, chunks.end() == -2);
        }
        body = chunks.payload();
        at += chunks.end();
      }
      requests.add(head + body);
    }
  }

  /** As the decoder's is written down; null if a rule is broken. */
  private static String head(String[] lines) {
    Matcher line = LINE.matcher(lines[0]);
    if (!line.matches() || !line.group(1).matches("[A-Z_-]+")) {
      return null;
    }
    StringBuilder head = new StringBuilder(line.group(1) + " " + line.group(2) + "\n");
    List<String> hosts = new ArrayList<>();
    for (int i = 1; i < lines.length; i++) {
      Matcher field = FIELD.matcher(lines[i]);
      if (!field.matches()) {
        return null;
      }
      String name = field.group(1).toLowerCase(Locale.ROOT);
      if (name.equals("host")) {
        hosts.add(field.group(2));
      }
      if (name.matches(".*_.*")
          && name.replace('_', '-').matches("host|connection|content-length|transfer-encoding")) {
        return null;
      }
      head.append(field.group(1)).append('=').append(field.group(2)).append('\n');
    }
    boolean http10 = line.group(3).equals("0");
    boolean hosted = hosts.size() == 1 && HOST.matcher(hosts.get(0)).matches();
    boolean framed = length(lines) != -3 && !(http10 && length(lines) == -1);
    return framed && (hosted || (hosts.isEmpty() && http10)) ? head.toString() : null;
  }

  /** -1: chunked; -3: contradictory. */
  private static long length(String[] lines) {
    List<String> lengths = values(lines, "content-length");
    List<String> codings = values(lines, "transfer-encoding");
    if (!codings.isEmpty()) {
      boolean chunked = codings.size() == 1 && codings.get(0).equalsIgnoreCase("chunked");
      return chunked && lengths.isEmpty() ? -1 : -3;
    }
    if (lengths.isEmpty()) {
      return 0;
    }
    boolean plain = lengths.size() == 1 && lengths.get(0).matches("0|[1-9][0-9]{0,17}");
    return plain ? Long.parseLong(lengths.get(0)) : -3;
  }

  private static List<String> values(String[] lines, String name) {
    List<String> values = new ArrayList<>();
    for (int i = 1; i < lines.length; i++) {
      Matcher field = FIELD.matcher(lines[i]);
      if (field.matches() && field.group(1).equalsIgnoreCase(name)) {
        values.add(field.group(2));
      }
    }
    return values;
  }

  /** The one limit that short texts can reach. */
  private static final int MOST_TRAILERS = 100;

  static Chunks chunks(String text, boolean forgiving) {
    StringBuilder payload = new StringBuilder();
    int at = 0;
    while (true) {
      int end = text.indexOf(CRLF, at);
      if (end < 0) {
        return new Chunks(payload.toString(), -1);
      }
      Matcher size = (forgiving ? FORGIVEN_SIZE : SIZE).matcher(text.substring(at, end));
      if (!size.matches()) {
        return new Chunks(payload.toString(), -2);
      }
      at = end + 2;
      String digits = size.group(1).replaceFirst("^0+(?=.)", "");
      long length = Long.parseLong(digits, 16);
      if (length == 0) {
        return new Chunks(payload.toString(), trailers(text, at, forgiving));
      }
      payload.append(text, at, (int) Math.min(text.length(), at + length));
      if (length > text.length() - at - 2) {
        String rest = text.substring((int) Math.min(text.length(), at + length));
        return new Chunks(payload.toString(), CRLF.startsWith(rest) ? -1 : -2);
      }
      at += (int) length + 2;
      if (!text.startsWith(CRLF, at - 2)) {
        return new Chunks(payload.toString(), -2);
      }
    }
  }

  private static int trailers(String text, int from, boolean forgiving) {
    int at = from;
    int fields = 0;
    while (!text.startsWith(CRLF, at)) {
      int end = text.indexOf(CRLF, at);
      if (end < 0) {
        return -1;
      }
      String line = text.substring(at, end);
      boolean fold = forgiving && fields > 0 && FOLD.matcher(line).matches();
      boolean field = (forgiving ? FORGIVEN_FIELD : FIELD).matcher(line).matches();
      fields += fold ? 0 : 1;
      if ((!fold && !field) || fields > MOST_TRAILERS) {
        return -2;
      }
      at = end + 2;
    }
    return at + 2;
  }
}
