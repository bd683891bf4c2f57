package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.tailtap.config.Networks;
import dev.tailtap.limits.ClientNetwork;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Rule;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whose a request is, where 10.0.0.0/8 and fd00::/16 are trusted and 10.0.0.1 is the peer. */
class ForwardedForTest {
  private static final Networks TRUSTED =
      new Networks(
          List.of(
              new Networks.Network(0, 0xffff_0a00_0000L, 104),
              new Networks.Network(0xfd00L << 48, 0, 16)));
  private static final ClientNetwork PEER = ClientNetwork.of(new byte[] {10, 0, 0, 1});

  private static ClientNetwork client(String... values) {
    HttpHeaders fields = new DefaultHttpHeaders();
    for (String value : values) {
      fields.add("X-Forwarded-For", value);
    }
    return ForwardedFor.client(fields, TRUSTED, PEER);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      value = {
        "192.0.2.1 | 192.0.2.1",
        "198.51.100.9, 192.0.2.1 | 192.0.2.1", // the left one is the client's own word
        "10.9.9.9, 192.0.2.1 | 192.0.2.1",
        "192.0.2.1, 10.0.0.7 | 192.0.2.1",
        "192.0.2.1, 10.0.0.7, fd00::7 | 192.0.2.1",
        "192.0.2.1,10.0.0.7 ,\t10.0.0.8 | 192.0.2.1",
        "10.0.0.5, 10.0.0.7 | 10.0.0.5", // from within: the farthest
        "192.0.2.1:4711 | 192.0.2.1",
        "192.0.2.1, 10.0.0.7:80 | 192.0.2.1",
        "2001:db8:1:2::1 | 2001:db8:1:2::",
        "[2001:db8:1:2::1] | 2001:db8:1:2::",
        "[2001:db8:1:2::1]:4711 | 2001:db8:1:2::",
        "192.0.2.1, [fd00::7]:80 | 192.0.2.1",
        "::ffff:192.0.2.1 | 192.0.2.1",
        "192.0.2.1, ::ffff:10.0.0.7 | 192.0.2.1",
        "192.0.2.1, | 192.0.2.1",
        ", ,192.0.2.1,, | 192.0.2.1",
        "'' | 10.0.0.1",
        "',' | 10.0.0.1",
        "unknown | 10.0.0.1",
        "_hidden, 10.0.0.7 | 10.0.0.7",
        "192.0.2.1, unknown, 10.0.0.7 | 10.0.0.7",
        "192.0.2.1, localhost | 10.0.0.1",
        "192.0.2.1 10.0.0.7 | 10.0.0.1",
        "192.0.2.1:99999 | 10.0.0.1",
        "192.0.2.1:x | 10.0.0.1",
        "192.0.2.1: | 10.0.0.1",
        "192.0.2.256 | 10.0.0.1",
        "192.0.02.1 | 10.0.0.1",
        "3221225985 | 10.0.0.1",
        "[192.0.2.1] | 10.0.0.1",
        "[2001:db8::1 | 10.0.0.1",
        "[2001:db8::1]x | 10.0.0.1",
        "[2001:db8::1]:x | 10.0.0.1",
        "2001:db8::1%eth0 | 10.0.0.1",
        "[] | 10.0.0.1",
        "] | 10.0.0.1",
        "for=192.0.2.1 | 10.0.0.1",
        "\"192.0.2.1\" | 10.0.0.1",
        "\u0661\u0669\u0662.0.2.1 | 10.0.0.1",
      })
  @Rule(
      value =
          "Of X-Forwarded-For the first address from the right that no balancer has is believed",
      source = "docs/OPERATIONS.md")
  void isTheFirstFromTheRightThatIsNotTrusted(String value, String expected) {
    assertEquals(ClientNetwork.of(ProxyHeaders.address(expected)), client(value));
  }

  @Test
  void severalFieldsAreOneList() {
    ClientNetwork expected = ClientNetwork.of(ProxyHeaders.address("192.0.2.1"));
    assertEquals(expected, client("198.51.100.9", "192.0.2.1"));
    assertEquals(expected, client("198.51.100.9, 192.0.2.1", "10.0.0.7", "", "10.0.0.8"));
    assertEquals(PEER, client());
  }

  @Test
  void readsThirtyTwoHopsAtMost() {
    String hops = ", 10.0.0.7".repeat(31);
    assertEquals(ClientNetwork.of(ProxyHeaders.address("192.0.2.1")), client("192.0.2.1" + hops));
    assertEquals(
        ClientNetwork.of(ProxyHeaders.address("10.0.0.7")), client("192.0.2.1" + hops + hops));
  }

  @Test
  void aFieldFullOfNothingCostsLittle() {
    assertTimeoutPreemptively(
        Duration.ofNanos(Patience.NANOS), () -> assertEquals(PEER, client(",".repeat(1 << 20))));
  }
}
