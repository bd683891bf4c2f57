package dev.tailtap.config;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a setting takes.
 *
 * @param allowed completes the sentence "must be …"
 * @param secret whether no message may show a value
 * @param file whether {@code @} and the name of a file may stand for what that file holds
 * @param reader throws {@link IllegalArgumentException} for what is not allowed
 */
public record ValueType<T>(
    String allowed, boolean secret, boolean file, Function<String, T> reader) {
  private static final Pattern HOST_PORT =
      Pattern.compile("(?:\\[([0-9a-fA-F:.%]+)]|([^\\s:\\[\\]/]+)):(\\d{1,5})");
  private static final Pattern ROUTE_PATH =
      Pattern.compile("/|(?:/(?!\\.{1,2}(?:/|$))[^/?#%;\\s\\p{Cntrl}]+)+");
  private static final Pattern STRIPPED_PATH =
      Pattern.compile("(?:/(?!\\.{1,2}(?:/|$))[^/?#%;\\s\\p{Cntrl}]+)*");
  private static final Pattern HOST_TEXT =
      Pattern.compile("(?:[a-z0-9_-]+(?:\\.[a-z0-9_-]+)*|\\[[0-9a-f:.]+])?");
  private static final Pattern MODEL_TEXT = Pattern.compile("[^\\s,\\p{Cntrl}]{1,256}");
  private static final Pattern REAL_MODEL = Pattern.compile("[^\\s=\\p{Cntrl}]{1,256}");
  private static final Pattern KEY_TEXT = Pattern.compile("[\\x21-\\x7e]{1,8192}");
  private static final Pattern PERCENT = Pattern.compile("(\\d{1,3})%");
  private static final Pattern BETWEEN_ITEMS = Pattern.compile("[\\s,]+");
  private static final Pattern LABEL_TEXT = Pattern.compile("[A-Za-z0-9-]{0,64}");
  private static final Pattern FIELD_NAME_TEXT =
      Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{0,64}");

  /** Credentials never reach a row. */
  private static final Pattern FIELD_SOURCE_TEXT =
      Pattern.compile(
          "header:(?!(?i:(?:proxy-)?authorization|cookie|x-api-key|api-key|x-goog-api-key)$)"
              + "([A-Za-z0-9!#$%&'*+.^_`|~-]{1,64})");

  private static final Pattern VISIBLE = Pattern.compile("[\\x21-\\x7e]*");
  private static final Pattern FIELD_TEXT =
      Pattern.compile("[\\x21-\\x7e]+(?:[\\t ]+[\\x21-\\x7e]+)*");

  static final ValueType<String> TEXT = open("text", text -> text);
  static final ValueType<String> SECRET = closed("text", text -> text);
  static final ValueType<String> TOKEN =
      closed("visible ASCII without spaces", text -> matching(VISIBLE, text).group());
  static final ValueType<String> LABEL =
      open("up to 64 letters, digits and -", text -> matching(LABEL_TEXT, text).group());
  static final ValueType<String> FIELD_VALUE =
      closed("visible ASCII without line breaks", text -> matching(FIELD_TEXT, text).group());
  static final ValueType<String> FIELD_NAME =
      open(
          "empty, or the name of a header field",
          text -> matching(FIELD_NAME_TEXT, text).group().toLowerCase(Locale.ROOT));
  static final ValueType<String> FIELD_SOURCE =
      open(
          "header:FIELD, a field that holds no key, as in header:X-Team",
          text -> matching(FIELD_SOURCE_TEXT, text).group(1).toLowerCase(Locale.ROOT));
  static final ValueType<InetSocketAddress> ADDRESS =
      open("HOST:PORT, as in 127.0.0.1:8080 or [::1]:8080", ValueType::address);
  static final ValueType<List<InetSocketAddress>> ADDRESSES =
      open("empty, or HOST:PORT, or several with commas between them", ValueType::addresses);
  static final ValueType<Networks> NETWORKS =
      open(
          "empty, or networks such as 10.0.0.0/8 or 2001:db8::/32, with no bit set behind the prefix,"
              + " or single addresses, with commas or spaces between them",
          text -> new Networks(items(text).stream().map(Networks::network).toList()));
  static final ValueType<URI> URL =
      open(
          "http:// or https:// with a host, optionally a port and a path, and nothing else",
          ValueType::url);
  static final ValueType<String> ROUTE =
      open(
          "a path that begins with / and has no ?, #, %, ;, space, dot segment or / at its end",
          text -> matching(ROUTE_PATH, text).group());
  static final ValueType<String> LEADING_PATH =
      open(
          "empty, or a path that begins with / and has no ?, #, %, ;, space, dot segment or / at"
              + " its end",
          text -> matching(STRIPPED_PATH, text).group());
  static final ValueType<String> HOST =
      open(
          "empty, or the name of a host, without a port",
          text -> matching(HOST_TEXT, text.toLowerCase(Locale.ROOT)).group());

  static final ValueType<List<String>> HOSTS =
      open(
          "empty, or names of hosts, without a port, with commas or spaces between them",
          text -> items(text).stream().map(HOST.reader).distinct().toList());

  /** Stars that follow each other are one, so that what matches the same reads the same. */
  static final ValueType<List<String>> MODELS =
      open(
          "empty, or names of models with commas or spaces between them, in which * is any text",
          text -> items(text).stream().map(ValueType::glob).distinct().toList());

  static final ValueType<String> MODEL =
      open(
          "the name of a model, without spaces and =; a colon in an alias is written \\:",
          text -> matching(REAL_MODEL, text).group());
  static final ValueType<String> KEY =
      new ValueType<>(
          "visible ASCII without spaces", true, true, text -> matching(KEY_TEXT, text).group());
  static final ValueType<Integer> PERCENTAGE =
      open(
          "a share from 0% to 100%",
          text -> (int) within(Long.parseLong(matching(PERCENT, text).group(1)), 0, 100));
  static final ValueType<String> DATABASE =
      open("embedded, or jdbc:postgresql://HOST/DATABASE", ValueType::database);
  static final ValueType<Path> DIRECTORY = open("a path", text -> Path.of(filled(text)));
  static final ValueType<Path> FILE = open("empty, or a path", ValueType::file);
  static final ValueType<String> OUTPUT =
      open("empty, stdout, or the path of a file", text -> Path.of(text).toString());
  static final ValueType<URI> ENDPOINT =
      open(
          "empty, or http:// or https:// with a host, optionally a port, and a path, as in"
              + " http://127.0.0.1:4318/v1/traces",
          text -> text.isEmpty() ? null : endpoint(text));
  static final ValueType<Boolean> FLAG =
      words(Map.of("true", true, "false", false), "true or false");
  static final ValueType<Boolean> SWITCH = words(Map.of("on", true, "off", false), "off or on");
  static final ValueType<Duration> DURATION =
      open("a time from 1ms to 24h, as in 500ms, 5s, 2m or 1h", Units::positiveTime);
  static final ValueType<Duration> DURATION_OR_ZERO =
      open("0, or a time from 1ms to 24h, as in 500ms, 5s, 2m or 1h", Units::time);

  /** The constants of an enum, in lower case and with hyphens. */
  static <E extends Enum<E>> ValueType<E> oneOf(Class<E> choices) {
    return oneOf(choices, choice -> choice.name().toLowerCase(Locale.ROOT).replace('_', '-'));
  }

  /** The constants of an enum, each by a word of its own. */
  static <E extends Enum<E>> ValueType<E> oneOf(Class<E> choices, Function<E, String> word) {
    Map<String, E> byWord = new LinkedHashMap<>();
    for (E choice : choices.getEnumConstants()) {
      byWord.put(word.apply(choice), choice);
    }
    return words(byWord, String.join(" or ", byWord.keySet()));
  }

  /** Some constants of an enum, each by a word of its own; or none. */
  static <E extends Enum<E>> ValueType<Set<E>> someOf(Class<E> choices, Function<E, String> word) {
    ValueType<E> one = oneOf(choices, word);
    String all =
        Arrays.stream(choices.getEnumConstants()).map(word).collect(Collectors.joining(" "));
    return open(
        "none, or some of " + all,
        text -> {
          Set<E> some = EnumSet.noneOf(choices);
          if (!text.equals("none")) {
            items(text).forEach(item -> some.add(one.reader.apply(item)));
            demand(!some.isEmpty());
          }
          return Collections.unmodifiableSet(some);
        });
  }

  static ValueType<Integer> count(int least, int most) {
    return open(
        "a whole number from " + least + " to " + most,
        text -> Math.toIntExact(within(Long.parseLong(text), least, most)));
  }

  static ValueType<Long> size(long least, long most) {
    return open(
        "bytes from " + least + " to " + most + ", as in 4096, 64KiB, 8MiB or 1GiB",
        text -> within(Units.size(text), least, most));
  }

  /** A size that fits one buffer. */
  static ValueType<Integer> bufferSize(int least, int most) {
    ValueType<Long> size = size(least, most);
    return open(size.allowed, text -> Math.toIntExact(size.reader.apply(text)));
  }

  /** Of values that messages may show. */
  static <T> ValueType<T> open(String allowed, Function<String, T> reader) {
    return new ValueType<>(allowed, false, false, reader);
  }

  /** Of values that no message may show. */
  static <T> ValueType<T> closed(String allowed, Function<String, T> reader) {
    return new ValueType<>(allowed, true, false, reader);
  }

  private static <T> ValueType<T> words(Map<String, T> byWord, String allowed) {
    return open(
        allowed,
        text -> {
          demand(byWord.containsKey(text));
          return byWord.get(text);
        });
  }

  /** What stands between commas and blanks. */
  static List<String> items(String text) {
    return BETWEEN_ITEMS.splitAsStream(text).filter(item -> !item.isEmpty()).toList();
  }

  private static String glob(String text) {
    return matching(MODEL_TEXT, text).group().replaceAll("\\*+", "*");
  }

  private static List<InetSocketAddress> addresses(String text) {
    return text.isEmpty()
        ? List.of()
        : Arrays.stream(text.split(",", -1)).map(String::strip).map(ValueType::address).toList();
  }

  private static InetSocketAddress address(String text) {
    Matcher matcher = matching(HOST_PORT, text);
    String host = matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
    InetSocketAddress address = new InetSocketAddress(host, Integer.parseInt(matcher.group(3)));
    demand(!address.isUnresolved());
    return address;
  }

  private static URI url(String text) {
    URI url = URI.create(text.replaceFirst("/+$", ""));
    demand("http".equals(url.getScheme()) || "https".equals(url.getScheme()));
    demand(url.getHost() != null && url.getPort() <= 65_535 && url.getPort() != 0);
    demand(url.getRawUserInfo() == null && url.getRawQuery() == null);
    demand(url.getRawFragment() == null);
    return url;
  }

  private static URI endpoint(String text) {
    URI url = url(text);
    demand(!url.getRawPath().isEmpty());
    return url;
  }

  private static String database(String text) {
    demand(text.equals("embedded") || text.matches("jdbc:postgresql:\\S+"));
    return text;
  }

  /** Null for an empty text: the file is not used. */
  private static Path file(String text) {
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

  static Matcher matching(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    demand(matcher.matches());
    return matcher;
  }

  static void demand(boolean met) {
    if (!met) {
      throw new IllegalArgumentException();
    }
  }
}
