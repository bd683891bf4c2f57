package dev.tailtap.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworksTest {
  private static Networks of(String text) {
    return ValueType.NETWORKS.reader().apply(text);
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.255.255, true",
    "10.0.0.0/8, 11.0.0.0, false",
    "10.0.0.0/8, ::ffff:10.1.2.3, true",
    "10.0.0.0/8, ::10.1.2.3, false",
    "10.0.0.0/8, a00::, false",
    "192.0.2.128/25, 192.0.2.127, false",
    "192.0.2.128/25, 192.0.2.128, true",
    "192.0.2.1, 192.0.2.1, true",
    "192.0.2.1, 192.0.2.2, false",
    "192.0.2.1/32, 192.0.2.1, true",
    "0.0.0.0/0, 192.0.2.1, true",
    "0.0.0.0/0, 2001:db8::1, false",
    "::/0, 2001:db8::1, true",
    "::/0, 192.0.2.1, true",
    "2001:db8::/32, 2001:db8:ffff::1, true",
    "2001:db8::/32, 2001:db9::1, false",
    "2001:db8::/64, 2001:db8::ffff:0:0:1, true",
    "2001:db8::/64, 2001:db8:0:1::, false",
    "2001:db8::8000:0:0:0/65, 2001:db8::8000:0:0:1, true",
    "2001:db8::8000:0:0:0/65, 2001:db8::7fff:0:0:1, false",
    "2001:db8::1, 2001:db8::1, true",
    "2001:db8::1/128, 2001:db8::2, false",
    "::1, 127.0.0.1, false",
    "::ffff:10.0.0.0/104, 10.1.2.3, true",
    "fe80::/10, febf::1, true",
    "fe80::/10, fec0::1, false"
  })
  void containWhatThePrefixLeavesOpen(String network, String address, boolean inside)
      throws Exception {
    byte[] bytes = InetAddress.getByName(address).getAddress();
    assertEquals(inside, of(network).contains(bytes));
  }

  @Test
  void mayBeSeveralOrNone() throws Exception {
    Networks two = of("10.0.0.0/8, 2001:db8::/32 192.0.2.1");
    assertEquals(3, two.all().size());
    assertTrue(two.contains(InetAddress.getByName("192.0.2.1").getAddress()));
    assertTrue(of("").isEmpty());
    assertFalse(of("").contains(new byte[4]));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.1/8",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/",
        "10.0.0/8",
        "10.0.0.256",
        "10.0.0.0/8/8",
        "/8",
        "2001:db8::1/32",
        "2001:db8::/129",
        "2001:db8::/999",
        "2001:db8:::/32",
        ":",
        "fe80::1%lo",
        "localhost",
        "all",
        "*"
      })
  void whatIsNoneIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> of(text));
  }

  @ParameterizedTest
  @CsvSource({"0.0.0.0/0, true", "::/0, true", "0.0.0.0/1, false", "::/1, true", "'', false"})
  void everybodyIsToldFromMany(String text, boolean everybody) {
    assertEquals(everybody, of(text).hasEverybody());
  }
}
