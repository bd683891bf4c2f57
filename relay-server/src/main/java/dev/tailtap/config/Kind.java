package dev.tailtap.config;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a knob takes.
 *
 * @param allowed completes the sentence "must be …"
 * @param secret whether no message may show a value
 * @param reader throws {@link IllegalArgumentException} for what is not allowed
 */
record Kind(String allowed, boolean secret, Function<String, Object> reader) {
  private static final Pattern HOST_PORT =
      Pattern.compile("(?:\\[([0-9a-fA-F:.%]+)]|([^\\s:\\[\\]/]+)):(\\d{1,5})");
  private static final Pattern ROUTE_PATH =
      Pattern.compile("/|(?:/(?!\\.{1,2}(?:/|$))[^/?#%;\\s\\p{Cntrl}]+)+");
  private static final Pattern LABEL_TEXT = Pattern.compile("[A-Za-z0-9-]{0,64}");
  private static final Pattern VISIBLE = Pattern.compile("[\\x21-\\x7e]*");
  private static final Pattern FIELD_TEXT =
      Pattern.compile("[\\x21-\\x7e]+(?:[\\t ]+[\\x21-\\x7e]+)*");

  static final Kind TEXT = open("text", text -> text);
  static final Kind SECRET = closed("text", text -> text);
  static final Kind TOKEN =
      closed("visible ASCII without spaces", text -> matching(VISIBLE, text).group());
  static final Kind LABEL =
      open("up to 64 letters, digits and -", text -> matching(LABEL_TEXT, text).group());
  static final Kind FIELD_VALUE =
      closed("visible ASCII without line breaks", text -> matching(FIELD_TEXT, text).group());
  static final Kind ADDRESS = open("HOST:PORT, as in 127.0.0.1:8080 or [::1]:8080", Kind::address);
  static final Kind ADDRESSES =
      open("empty, or HOST:PORT, or several with commas between them", Kind::addresses);
  static final Kind URL =
      open(
          "http:// or https:// with a host, optionally a port and a path, and nothing else",
          Kind::url);
  static final Kind ROUTE =
      open(
          "a path that begins with / and has no ?, #, %, ;, space, dot segment or / at its end",
          text -> matching(ROUTE_PATH, text).group());
  static final Kind DATABASE = open("embedded, or jdbc:postgresql://HOST/DATABASE", Kind::database);
  static final Kind DIRECTORY = open("a path", text -> Path.of(filled(text)));
  static final Kind FILE = open("empty, or a path", Kind::file);
  static final Kind DURATION =
      open("a time from 1ms to 24h, as in 500ms, 5s, 2m or 1h", Measures::positiveTime);
  static final Kind DURATION_OR_ZERO =
      open("0, or a time from 1ms to 24h, as in 500ms, 5s, 2m or 1h", Measures::time);

  private static Kind open(String allowed, Function<String, Object> reader) {
    return new Kind(allowed, false, reader);
  }

  private static Kind closed(String allowed, Function<String, Object> reader) {
    return new Kind(allowed, true, reader);
  }

  static Kind oneOf(String... words) {
    List<String> list = List.of(words);
    return open(
        String.join(" or ", list),
        text -> {
          demand(list.contains(text));
          return text;
        });
  }

  static Kind count(int least, int most) {
    return open(
        "a whole number from " + least + " to " + most,
        text -> Math.toIntExact(within(Long.parseLong(text), least, most)));
  }

  static Kind size(long least, long most) {
    return open(
        "bytes from " + least + " to " + most + ", as in 4096, 64KiB, 8MiB or 1GiB",
        text -> within(Measures.size(text), least, most));
  }

  private static Object addresses(String text) {
    return text.isEmpty()
        ? List.of()
        : Arrays.stream(text.split(",", -1)).map(String::strip).map(Kind::address).toList();
  }

  private static InetSocketAddress address(String text) {
    Matcher matcher = matching(HOST_PORT, text);
    String host = matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
    InetSocketAddress address = new InetSocketAddress(host, Integer.parseInt(matcher.group(3)));
    demand(!address.isUnresolved());
    return address;
  }

  private static Object url(String text) {
    URI url = URI.create(text.replaceFirst("/+$", ""));
    demand("http".equals(url.getScheme()) || "https".equals(url.getScheme()));
    demand(url.getHost() != null && url.getPort() <= 65_535 && url.getPort() != 0);
    demand(url.getRawUserInfo() == null && url.getRawQuery() == null);
    demand(url.getRawFragment() == null);
    return url;
  }

  private static Object database(String text) {
    demand(text.equals("embedded") || text.matches("jdbc:postgresql:\\S+"));
    return text;
  }

  /** Null for an empty text: the file is not used. */
  private static Object file(String text) {
    return text.isEmpty() ? null : Path.of(text);
  }

  private static String filled(String text) {
    demand(!text.isEmpty());
    return text;
  }

  private static long within(long value, long least, long most) {
    demand(value >= least && value <= most);
    return value;
  }

  private static Matcher matching(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    demand(matcher.matches());
    return matcher;
  }

  private static void demand(boolean met) {
    if (!met) {
      throw new IllegalArgumentException();
    }
  }
}
