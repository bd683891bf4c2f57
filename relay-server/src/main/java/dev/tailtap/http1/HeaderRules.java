package dev.tailtap.http1;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.util.AsciiString;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which header fields pass the relay (RFC 9110 section 7.6.1). Fields of the connection end here,
 * with all that {@code Connection} lists; framing is made anew; everything else goes on as it came.
 */
public final class HeaderRules {
  private static final Set<String> OF_THE_CONNECTION =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-connection",
          "proxy-authenticate",
          "proxy-authorization",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  /** Made anew for the upstream: its own name, the length that we send, an encoding we can read. */
  private static final Set<String> OF_THE_REQUEST =
      Set.of("host", "content-length", "expect", "accept-encoding");

  private static final Set<String> DROPPED_FROM_REQUEST =
      Stream.of(OF_THE_CONNECTION, OF_THE_REQUEST)
          .flatMap(Set::stream)
          .collect(Collectors.toUnmodifiableSet());

  private static final Set<String> NEVER_OF_THE_CONNECTION =
      Set.of("host", "content-length", "transfer-encoding", "authorization");

  private HeaderRules() {}

  /** The names, in lower case, that a request's head loses on its way to the upstream. */
  public static Set<String> droppedFromRequest(HttpMethod method, HttpHeaders headers) {
    Set<String> dropped = connectionOptions(headers);
    if (HttpMethod.OPTIONS.equals(method)) {
      dropped.add("max-forwards"); // counted down
    } else if (DROPPED_FROM_REQUEST.containsAll(dropped)) {
      return DROPPED_FROM_REQUEST;
    }
    dropped.addAll(DROPPED_FROM_REQUEST);
    return dropped;
  }

  /**
   * The names, in lower case, that a response's head loses on its way to the client.
   *
   * @param reframed whether the body is framed anew, so that its length is no longer known
   */
  public static Set<String> droppedFromResponse(HttpHeaders headers, boolean reframed) {
    Set<String> dropped = connectionOptions(headers);
    dropped.remove("content-length");
    if (!reframed && OF_THE_CONNECTION.containsAll(dropped)) {
      return OF_THE_CONNECTION;
    }
    dropped.addAll(OF_THE_CONNECTION);
    if (reframed) {
      dropped.add("content-length");
    }
    return dropped;
  }

  /** Whether {@code Connection} lists a field that has to reach the other end: an attack. */
  static boolean listsForbidden(HttpHeaders headers) {
    for (String option : connectionOptions(headers)) {
      if (NEVER_OF_THE_CONNECTION.contains(option)) {
        return true;
      }
    }
    return false;
  }

  static String lowerCase(CharSequence name) {
    return name instanceof AsciiString ascii
        ? ascii.toLowerCase().toString()
        : name.toString().toLowerCase(Locale.ROOT);
  }

  private static Set<String> connectionOptions(HttpHeaders headers) {
    Set<String> options = new HashSet<>();
    List<String> values = headers.getAll(HttpHeaderNames.CONNECTION);
    for (String value : values) {
      for (String option : value.split(",", -1)) {
        String name = option.strip().toLowerCase(Locale.ROOT);
        if (!name.isEmpty() && !name.equals("close")) {
          options.add(name);
        }
      }
    }
    return options;
  }
}
