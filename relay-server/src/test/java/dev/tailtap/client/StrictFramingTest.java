package dev.tailtap.client;

import static dev.tailtap.client.StrictRig.CHUNKED;
import static dev.tailtap.client.StrictRig.END;
import static dev.tailtap.client.StrictRig.GET;
import static dev.tailtap.client.StrictRig.HOST;
import static dev.tailtap.client.StrictRig.POST;
import static dev.tailtap.client.StrictRig.SMUGGLED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.Rule;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Where a request ends: whatever leaves that in doubt is refused, and nothing behind it is read.
 */
class StrictFramingTest {
  private static StrictRig rig;

  @BeforeAll
  static void start() throws Exception {
    rig = new StrictRig();
  }

  @AfterAll
  static void stop() throws Exception {
    rig.close();
  }

  @Test
  @Rule(
      value = "After a framing error no further byte of the connection is interpreted.",
      source = "RFC 9112 section 6.3")
  void readsNothingBehindAnAmbiguousRequest() throws Exception {
    String ambiguous = POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + END;
    rig.refused(400, ambiguous);
    try (RawClient client = rig.client()) {
      client.send(ambiguous);
      assertEquals(400, client.answer().status());
      client.send(SMUGGLED);
      assertTrue(client.awaitClose());
    }
    assertFalse(rig.provider().hasRequest());
  }

  @Test
  @Rule(
      value = "A request with both Content-Length and Transfer-Encoding is refused.",
      source = "RFC 9112 section 6.1")
  void refusesALengthBesideACoding() throws Exception {
    rig.refused(
        400,
        POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + END,
        POST + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + END,
        POST + "transfer-encoding: chunked\r\nCONTENT-LENGTH: 0\r\n\r\n" + END);
  }

  @Test
  @Rule(
      value = "The only transfer coding taken is one chunked; any other list is refused.",
      source = "RFC 9112 section 6.3")
  void refusesEveryCodingButOneChunked() throws Exception {
    for (String coding :
        new String[] {
          "gzip, chunked",
          "chunked, gzip",
          "chunked, chunked",
          "identity",
          "xchunked",
          "",
          ",",
          ", chunked",
          "chunked;q=1",
          "\"chunked\"",
          "chunked\u000b",
          "gzip"
        }) {
      rig.refused(400, POST + "Transfer-Encoding: " + coding + "\r\n\r\n" + END);
    }
    rig.refused(
        400, POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + END);
    rig.refused(400, POST + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + END);
    assertEquals("", rig.passed(POST + "Transfer-Encoding: ChunKed\r\n\r\n" + END));
  }

  @Test
  @Rule(
      value = "A transfer coding in an HTTP/1.0 request is refused.",
      source = "RFC 9112 section 6.1")
  void refusesACodingInHttp10() throws Exception {
    rig.refused(400, "POST /v1/x HTTP/1.0\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n" + END);
  }

  @Test
  @Rule(
      value = "Content-Length is one plain number; lists, repetitions, signs and more are refused.",
      source = "RFC 9112 section 6.3")
  void refusesEveryLengthButOnePlainNumber() throws Exception {
    for (String length :
        new String[] {
          "",
          "03",
          "00",
          "+3",
          "-3",
          "3, 3",
          "3,4",
          "3 3",
          "0x3",
          "3.0",
          "1e1",
          "\u00b3",
          "9223372036854775808",
          "99999999999999999999"
        }) {
      rig.refused(400, POST + "Content-Length: " + length + "\r\n\r\nabc");
    }
    rig.refused(400, POST + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc");
    rig.refused(400, "POST / HTTP/1.0\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc");
    assertEquals("abc", rig.passed(POST + "Content-Length: \t3 \r\n\r\nabc"));
  }

  @Test
  @Rule(
      value =
          "A field name that becomes a framing field once its underscores are hyphens is refused.",
      source = "RFC 9112 section 11.2")
  void refusesNamesThatImitateFraming() throws Exception {
    rig.refused(
        400,
        POST + "Transfer_Encoding: chunked\r\n\r\n" + END,
        POST + "content_length: 3\r\n\r\nabc",
        GET + HOST + "Other_Field: ok\r\nTRANSFER_ENCODING: chunked\r\n\r\n");
    rig.passed(GET + HOST + "Other_Field: ok\r\n\r\n");
  }

  @Test
  @Rule(
      value = "A chunk is a size in hexadecimal, CR LF, so many bytes, CR LF; nothing else.",
      source = "RFC 9112 section 7.1")
  void refusesMalformedChunks() throws Exception {
    for (String chunk :
        new String[] {
          "3 ;a=b\r\nabc\r\n",
          "3 \r\nabc\r\n",
          " 3\r\nabc\r\n",
          "0x3\r\nabc\r\n",
          "+3\r\nabc\r\n",
          "-3\r\nabc\r\n",
          "\r\nabc\r\n",
          "g\r\nabc\r\n",
          "3\nabc\r\n",
          "3\r\nabc\n",
          "3\r\nabcd\r\n",
          "3\r\nabc",
          "3;a\nabc\r\n",
          "3;a=\u0000\r\nabc\r\n",
          "3;a=\"\r\n0\r\n\r\n\"\r\nabc\r\n",
          "0000000000000003\r\nabc\r\n",
          "ffffffffffffffff3\r\nabc\r\n",
          "7fffffffffffffff\r\nabc\r\n",
          "3;" + "x".repeat(5000) + "\r\nabc\r\n"
        }) {
      rig.refused(400, CHUNKED + chunk + END);
    }
    assertEquals("abc", rig.passed(CHUNKED + "003;a=\"b;c\"\r\nabc\r\n" + END));
  }

  @Test
  @Rule(
      value = "Trailer fields are well formed, and go no further, whatever their names are.",
      source = "RFC 9112 section 7.1.2")
  void dropsTrailersAndRefusesMalformedOnes() throws Exception {
    for (String trailer :
        new String[] {
          "X y",
          "X : y",
          "X: y\r\n z",
          " X: y",
          "X: \u0000",
          "X: y\n",
          ": y",
          "X: " + "y".repeat(9000)
        }) {
      rig.refused(400, CHUNKED + "3\r\nabc\r\n0\r\n" + trailer + "\r\n\r\n");
    }
    String trailers = "Host: evil\r\nAuthorization: x\r\nContent-Length: 9\r\nX-Own: y\r\n";
    assertEquals(200, rig.answer(CHUNKED + "3\r\nabc\r\n0\r\n" + trailers + "\r\n"));
    Provider.Request seen = rig.provider().take();
    assertEquals("abc", seen.text());
    assertEquals(1, seen.fields().get("host").size());
    assertFalse(seen.fields().containsKey("authorization"));
    assertFalse(seen.fields().containsKey("content-length"));
    assertFalse(seen.fields().containsKey("x-own"));
  }

  @Test
  @Rule(value = "A content in a GET goes on with its framing.", source = "RFC 9110 section 9.3.1")
  void passesTheContentOfAGet() throws Exception {
    assertEquals("abc", rig.passed(GET + HOST + "Content-Length: 3\r\n\r\nabc"));
    assertEquals(
        "abc", rig.passed(GET + HOST + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n" + END));
  }

  @Test
  @Rule(
      value = "The same bytes mean the same however the network cuts them.",
      source = "RFC 9112 section 2.2")
  void judgesBytesThatComeOneByOne() throws Exception {
    try (RawClient client = rig.client()) {
      for (char c : (CHUNKED + "3\r\nabc\r\n" + END + GET + HOST + "X: a\r\n b").toCharArray()) {
        client.send(String.valueOf(c));
      }
      assertEquals("abc", client.answer().text());
      assertEquals(400, client.answer().status());
      assertTrue(client.awaitClose());
    }
    rig.provider().take();
  }
}
