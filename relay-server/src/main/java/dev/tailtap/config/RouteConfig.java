package dev.tailtap.config;

import static dev.tailtap.config.ValueType.DURATION;
import static dev.tailtap.config.ValueType.count;
import static dev.tailtap.config.ValueType.oneOf;
import static dev.tailtap.config.ValueType.open;
import static dev.tailtap.config.ValueType.size;
import static dev.tailtap.config.ValueType.someOf;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which requests go to which upstreams, and what is tried again elsewhere. Of the routes that lead
 * a request, one that names its host comes first, then the most specific glob, then the longest
 * path.
 *
 * @param path begins with a slash; matches whole segments
 * @param host in lower case and without a port; empty: any
 * @param models globs of the model asked for, in which only {@code *} is special; empty: any model,
 *     and none
 * @param upstreams by priority: those of a later one are used only when none before them may be
 *     asked
 * @param sticky where to look for what keeps a caller at one target; the first that is there counts
 * @param strip taken off a request's path where it leads it, before it goes on; empty: nothing
 * @param tries calls of upstreams for one request, the first included
 * @param retryOn after what the next try may begin
 * @param retryWithin what an upstream may have billed is tried again only if it failed this soon
 * @param retryBody most bytes of a body that are held for another try; 0: none
 * @param commit when an answer is the client's, so that nothing is tried again
 */
public record RouteConfig(
    String name,
    String path,
    String host,
    List<String> models,
    List<List<Weighted>> upstreams,
    Balance balance,
    List<Sticky> sticky,
    String strip,
    int tries,
    Set<RetryOn> retryOn,
    Duration retryWithin,
    long retryBody,
    Commit commit) {
  public static final Setting<String> PATH =
      Setting.required(
          "route.NAME.path",
          ValueType.ROUTE,
          "Which paths the route leads: whole segments, the longest wins");
  public static final Setting<String> HOST =
      Setting.of(
          "route.NAME.host",
          ValueType.HOST,
          "",
          "Which host requests must name, without a port; empty: any");
  public static final Setting<List<String>> MODELS =
      Setting.of(
          "route.NAME.models",
          ValueType.MODELS,
          "",
          "Which models requests must ask for, * is any text; empty: any, and none");
  public static final Setting<List<List<Weighted>>> UPSTREAM =
      Setting.required(
          "route.NAME.upstream",
          open("the name of one upstream", Weighted::readAlone),
          "The one upstream that it leads to");
  public static final Setting<List<List<Weighted>>> UPSTREAMS =
      Setting.required(
          "route.NAME.upstreams",
          open(
              "names of upstreams, each with a weight from 1 to 1000 or none, and | between"
                  + " priorities, as in a*3 b | c",
              Weighted::readPriorities),
          "The upstreams that it leads to, with weights (a*3 b) and priorities (a | b)");
  public static final Setting<Balance> BALANCE =
      Setting.of(
          "route.NAME.balance",
          oneOf(Balance.class),
          "least-pending",
          "How one of several upstreams is chosen");
  public static final Setting<List<Sticky>> STICKY =
      Setting.of(
          "route.NAME.sticky",
          open(
              "empty, or key or header:NAME, or several with commas or spaces between them",
              Sticky::readAll),
          "",
          "What keeps a caller at one upstream: key, or header:FIELD");
  public static final Setting<String> STRIP =
      Setting.of(
          "route.NAME.strip",
          ValueType.LEADING_PATH,
          "",
          "What is taken off a path before it goes on");
  static final Setting<Integer> TRIES =
      Setting.of(
          "route.NAME.tries",
          count(1, 16),
          "3",
          "How many upstreams and keys are tried for one request at most");
  public static final Setting<Set<RetryOn>> RETRY_ON =
      Setting.of(
          "route.NAME.retry-on",
          someOf(RetryOn.class, RetryOn::word),
          "unsent,429,503,529",
          "After what a request goes to the next of them");
  static final Setting<Duration> RETRY_WITHIN =
      Setting.of(
          "route.NAME.retry-within",
          DURATION,
          "10s",
          "How soon a try must have failed that may have been billed, to be followed by another");
  static final Setting<Long> RETRY_BODY =
      Setting.of(
          "route.NAME.retry-body",
          size(0, 1 << 30),
          "1MiB",
          "Bytes of a body that are held for another try; 0: none");
  public static final Setting<Commit> COMMIT =
      Setting.of(
          "route.NAME.commit",
          oneOf(Commit.class),
          "head",
          "When an answer is the client's, and no other try follows");

  static RouteConfig of(Settings settings, String name) {
    return new RouteConfig(
        name,
        settings.get(PATH, name),
        settings.get(HOST, name),
        settings.get(MODELS, name),
        settings.either(UPSTREAM, UPSTREAMS, name),
        settings.get(BALANCE, name),
        settings.get(STICKY, name),
        settings.get(STRIP, name),
        settings.get(TRIES, name),
        settings.get(RETRY_ON, name),
        settings.get(RETRY_WITHIN, name),
        settings.get(RETRY_BODY, name),
        settings.get(COMMIT, name));
  }

  /**
   * Whether a path leads another, whole segments only: {@code /v1} leads {@code /v1/chat} and
   * {@code /v1:x}, and not {@code /v1beta}. Both in their normal form.
   */
  public static boolean leads(String path, String other) {
    if (!other.startsWith(path)) {
      return false;
    }
    if (path.endsWith("/") || other.length() == path.length()) {
      return true;
    }
    char next = other.charAt(path.length());
    return next == '/' || next == ':';
  }

  /** How one target is chosen among those of a priority. */
  public enum Balance {
    /** The one with the fewest streams for its weight. */
    LEAST_PENDING,
    /** By weight alone. */
    SPREAD,
    /** The same for all requests of a caller, as long as it may be asked. */
    STICKY
  }

  /** When an answer is the client's. */
  public enum Commit {
    /** With its head. */
    HEAD,
    /** With its first event. */
    EVENT
  }

  /** What may be followed by another try. */
  public enum RetryOn {
    UNSENT("unsent"),
    TOO_MANY_REQUESTS("429"),
    UNAVAILABLE("503"),
    OVERLOADED("529"),
    UNAUTHORIZED("401"),
    FORBIDDEN("403"),
    PAYMENT_REQUIRED("402"),
    NOT_FOUND("404"),
    REQUEST_TIMEOUT("408"),
    SERVER_ERROR("500"),
    BAD_GATEWAY("502"),
    GATEWAY_TIMEOUT("504"),
    HEAD_TIMEOUT("head-timeout"),
    RESET("reset"),
    FIRST_EVENT("first-event"),
    ERROR_EVENT("error-event");

    private final String word;

    RetryOn(String word) {
      this.word = word;
    }

    /** As it stands in a file. */
    public String word() {
      return word;
    }

    /** The constant of a status of an answer; null: it is never followed by another try. */
    public static RetryOn ofStatus(int status) {
      return switch (status) {
        case 401 -> UNAUTHORIZED;
        case 402 -> PAYMENT_REQUIRED;
        case 403 -> FORBIDDEN;
        case 404 -> NOT_FOUND;
        case 408 -> REQUEST_TIMEOUT;
        case 429 -> TOO_MANY_REQUESTS;
        case 500 -> SERVER_ERROR;
        case 502 -> BAD_GATEWAY;
        case 503 -> UNAVAILABLE;
        case 504 -> GATEWAY_TIMEOUT;
        case 529 -> OVERLOADED;
        default -> null;
      };
    }
  }

  /**
   * An upstream as a route names it.
   *
   * @param weight its share beside those of the same priority, from 1 to 1000
   */
  public record Weighted(String upstream, int weight) {
    private static final int MOST = 1000;
    private static final Pattern WRITTEN = Pattern.compile("([^\\s,|*]+)(?:\\*(\\d{1,4}))?");

    private static List<List<Weighted>> readAlone(String text) {
      Weighted alone = read(text);
      ValueType.demand(alone.upstream.equals(text));
      return List.of(List.of(alone));
    }

    private static List<List<Weighted>> readPriorities(String text) {
      List<List<Weighted>> priorities = new ArrayList<>();
      for (String priority : text.split("\\|", -1)) {
        List<Weighted> members = ValueType.items(priority).stream().map(Weighted::read).toList();
        ValueType.demand(!members.isEmpty());
        priorities.add(members);
      }
      return List.copyOf(priorities);
    }

    private static Weighted read(String text) {
      Matcher written = ValueType.matching(WRITTEN, text);
      int weight = written.group(2) == null ? 1 : Integer.parseInt(written.group(2));
      ValueType.demand(weight >= 1 && weight <= MOST);
      return new Weighted(written.group(1), weight);
    }
  }

  /**
   * Where to look for what tells one caller from another.
   *
   * @param header a field's name in lower case; null: the key by which the caller is known
   */
  public record Sticky(String header) {
    /** A field's name is a token (RFC 9110 section 5.6.2). */
    private static final Pattern WRITTEN =
        Pattern.compile("key|header:([!#$%&'*+.^_`|~0-9A-Za-z-]{1,256})");

    private static List<Sticky> readAll(String text) {
      return ValueType.items(text).stream().map(Sticky::read).toList();
    }

    private static Sticky read(String text) {
      String header = ValueType.matching(WRITTEN, text).group(1);
      return new Sticky(header == null ? null : header.toLowerCase(Locale.ROOT));
    }
  }
}
