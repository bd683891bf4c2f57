package dev.tailtap.client;

import dev.tailtap.config.Networks;
import dev.tailtap.limits.ClientNetwork;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;

/**
 * Whose a request is that came through balancers, by {@code X-Forwarded-For}: each hop adds the
 * address that it was asked from at the right end, so that what a client itself wrote stands to the
 * left of what is true.
 */
final class ForwardedFor {
  private static final AsciiString FIELD = AsciiString.cached("x-forwarded-for");
  private static final int MOST_HOPS = 32;

  private ForwardedFor() {}

  /**
   * The last address from the right that no trusted hop has, or the farthest hop that can be read:
   * for what is hidden, unknown or malformed, the hop that wrote it answers.
   *
   * @param trusted whose entries are believed
   * @param peer of the connection, which is one of them
   */
  static ClientNetwork client(HttpHeaders fields, Networks trusted, ClientNetwork peer) {
    List<String> values = fields.getAll(FIELD);
    ClientNetwork farthest = peer;
    int hops = 0;
    for (int i = values.size() - 1; i >= 0; i--) {
      String value = values.get(i);
      for (int end = value.length(); end >= 0; ) {
        int comma = value.lastIndexOf(',', end - 1);
        String entry = value.substring(comma + 1, end).strip();
        end = comma;
        if (entry.isEmpty()) {
          continue; // RFC 9110 section 5.6.1.2
        }
        byte[] address = AddressText.addressAndPort(entry);
        if (address == null || hops == MOST_HOPS) {
          return farthest;
        }
        hops++;
        farthest = ClientNetwork.of(address);
        if (!trusted.contains(address)) {
          return farthest;
        }
      }
    }
    return farthest;
  }
}
