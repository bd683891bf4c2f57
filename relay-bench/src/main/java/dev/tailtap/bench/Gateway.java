package dev.tailtap.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Another gateway that takes part, as {@code --also NAME=COMMAND:PORT} says, and the {@code
 * --also-header}s and the {@code --also-record} behind it. Immutable.
 *
 * @param record a command that prints what the gateway has recorded so far; null: there is none
 * @param headers of each request, as lines without their ends, for a gateway that is told by them
 *     where the provider is
 */
record Gateway(String name, String command, int port, String record, List<String> headers) {
  private static final Pattern ALSO = Pattern.compile("([^=]+)=(.+):(\\d{1,5})");
  private static final Pattern HEADER = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+: *[ -~]+");

  Gateway {
    headers = List.copyOf(headers);
  }

  static Gateway of(String also) {
    Matcher parts = ALSO.matcher(also);
    if (!parts.matches()) {
      throw new BenchException("--also " + also + ": must be NAME=COMMAND:PORT");
    }
    int port = Integer.parseInt(parts.group(3));
    return new Gateway(parts.group(1), parts.group(2), port, null, List.of());
  }

  Gateway with(String header) {
    if (!HEADER.matcher(header).matches()) {
      throw new BenchException("--also-header " + header + ": must be 'NAME: VALUE'");
    }
    List<String> more = new ArrayList<>(headers);
    more.add(header);
    return new Gateway(name, command, port, record, more);
  }

  Gateway recordedBy(String newRecord) {
    return new Gateway(name, command, port, newRecord, headers);
  }

  /** The headers once it is known where the provider is. */
  List<String> headers(String providerUrl) {
    return headers.stream().map(line -> line.replace("$PROVIDER_URL", providerUrl)).toList();
  }
}
