package dev.tailtap.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Requests whose bytes leave a doubt: refused, and nothing behind them is read. */
class StrictRequestsTest {
  private static final String GET = "GET /v1/x HTTP/1.1\r\n";
  private static final String HOST = "Host: relay\r\n";
  private static final String POST = "POST /v1/x HTTP/1.1\r\n" + HOST;
  private static final String CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n";
  private static final String END = "0\r\n\r\n";
  private static final String SMUGGLED = "GET /v1/smuggled HTTP/1.1\r\n" + HOST + "\r\n";

  private static Provider provider;
  private static RelayRig rig;

  @BeforeAll
  static void start() throws Exception {
    provider = new Provider((request, answer) -> answer.whole(200, "text/plain", request.body()));
    rig = new RelayRig(provider.url(), "limits.request-fields", "20");
  }

  @AfterAll
  static void stop() throws Exception {
    rig.close();
    provider.close();
  }

  @Test
  @Rule(
      value = "After a framing error no further byte of the connection is interpreted.",
      source = "RFC 9112 section 6.3")
  void readsNothingBehindAnAmbiguousRequest() throws Exception {
    String ambiguous = POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + END;
    refused(400, ambiguous);
    try (RawClient client = rig.client()) {
      client.send(ambiguous);
      assertEquals(400, client.answer().status());
      client.send(SMUGGLED);
      assertTrue(client.awaitClose());
    }
    assertFalse(provider.hasRequest());
  }

  @Test
  @Rule(
      value = "A request with both Content-Length and Transfer-Encoding is refused.",
      source = "RFC 9112 section 6.1")
  void refusesALengthBesideACoding() throws Exception {
    refused(
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
      refused(400, POST + "Transfer-Encoding: " + coding + "\r\n\r\n" + END);
    }
    refused(400, POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + END);
    refused(400, POST + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + END);
    assertEquals("", passed(POST + "Transfer-Encoding: ChunKed\r\n\r\n" + END));
  }

  @Test
  @Rule(
      value = "A transfer coding in an HTTP/1.0 request is refused.",
      source = "RFC 9112 section 6.1")
  void refusesACodingInHttp10() throws Exception {
    refused(400, "POST /v1/x HTTP/1.0\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n" + END);
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
      refused(400, POST + "Content-Length: " + length + "\r\n\r\nabc");
    }
    refused(400, POST + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc");
    refused(400, "POST / HTTP/1.0\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc");
    assertEquals("abc", passed(POST + "Content-Length: \t3 \r\n\r\nabc"));
  }

  @Test
  @Rule(
      value =
          "A field name that becomes a framing field once its underscores are hyphens is refused.",
      source = "RFC 9112 section 11.2")
  void refusesNamesThatImitateFraming() throws Exception {
    refused(
        400,
        POST + "Transfer_Encoding: chunked\r\n\r\n" + END,
        POST + "content_length: 3\r\n\r\nabc",
        GET + HOST + "Other_Field: ok\r\nTRANSFER_ENCODING: chunked\r\n\r\n");
    passed(GET + HOST + "Other_Field: ok\r\n\r\n");
  }

  @Test
  @Rule(
      value = "An HTTP/1.1 request has exactly one Host field, and its value is a valid host.",
      source = "RFC 9112 section 3.2")
  void refusesNoHostTwoHostsAndInvalidHosts() throws Exception {
    refused(400, GET + "\r\n", GET + HOST + HOST + "\r\n", GET + HOST + "Host: other\r\n\r\n");
    for (String host :
        new String[] {
          "",
          "a b",
          "a/b",
          "a@b",
          "a:b",
          "a:99999",
          "a:80:80",
          "[::1",
          "a\\b",
          "a?b",
          "a#b",
          "%4",
          "user:x@a",
          "\u00e9"
        }) {
      refused(400, GET + "Host: " + host + "\r\n\r\n");
    }
    for (String host : new String[] {"a:", "a:65535", "[::1]:80", "127.0.0.1", "a.b_c-d~", "%41"}) {
      passed(GET + "Host: " + host + "\r\n\r\n");
    }
  }

  @Test
  @Rule(
      value =
          "A whole URI is taken as target, and Host is made anew; one that names another host is refused.",
      source = "RFC 9112 section 3.2.2")
  void takesAWholeUriWhoseHostAgrees() throws Exception {
    for (String target :
        new String[] {"http://relay/v1/x", "HTTP://RELAY:80/v1/x", "http://relay:/v1/x"}) {
      passed("GET " + target + " HTTP/1.1\r\n" + HOST + "\r\n");
    }
    assertEquals(200, answer("GET https://relay/v1/x?a=/b HTTP/1.1\r\nHost: relay:443\r\n\r\n"));
    Provider.Request seen = provider.take();
    assertEquals("GET /v1/x?a=/b HTTP/1.1", seen.line());
    assertEquals("127.0.0.1:" + provider.port(), seen.field("host"));
    assertEquals(200, answer("GET http://relay?q=/x HTTP/1.1\r\n" + HOST + "\r\n"));
    assertEquals("GET /?q=/x HTTP/1.1", provider.take().line());
    refused(
        400,
        "GET http://other/v1/x HTTP/1.1\r\n" + HOST + "\r\n",
        "GET http://relay:81/v1/x HTTP/1.1\r\n" + HOST + "\r\n",
        "GET http://user@relay/v1/x HTTP/1.1\r\n" + HOST + "\r\n",
        "GET http:///v1/x HTTP/1.1\r\n" + HOST + "\r\n",
        "GET ftp://relay/v1/x HTTP/1.1\r\n" + HOST + "\r\n",
        "GET http://relay/v1/x HTTP/1.1\r\n\r\n");
  }

  @Test
  @Rule(
      value = "The asterisk is a target of OPTIONS alone, and a path begins with a slash.",
      source = "RFC 9112 section 3.2.4")
  void refusesOtherTargets() throws Exception {
    refused(
        400,
        "GET * HTTP/1.1\r\n" + HOST + "\r\n",
        "GET v1/x HTTP/1.1\r\n" + HOST + "\r\n",
        "GET relay:80 HTTP/1.1\r\n" + HOST + "\r\n",
        "OPTIONS ** HTTP/1.1\r\n" + HOST + "\r\n");
  }

  @Test
  @Rule(
      value = "CONNECT and TRACE are not served, and neither is a method that is not in capitals.",
      source = "RFC 9110 section 15.6.2")
  void answers501ToMethodsThatARelayHasNoUseFor() throws Exception {
    refused(
        501,
        "CONNECT relay:80 HTTP/1.1\r\n" + HOST + "\r\n",
        "TRACE /v1/x HTTP/1.1\r\n" + HOST + "\r\n",
        "get /v1/x HTTP/1.1\r\n" + HOST + "\r\n");
  }

  @Test
  @Rule(
      value = "The request line has one space between its three parts, and nothing else.",
      source = "RFC 9112 section 3")
  void refusesOtherSeparatorsInTheRequestLine() throws Exception {
    for (String line :
        new String[] {
          "GET\t/v1/x\tHTTP/1.1",
          "GET /v1/x\tHTTP/1.1",
          "GET\u000b/v1/x HTTP/1.1",
          "GET  /v1/x HTTP/1.1",
          "GET /v1/x  HTTP/1.1",
          "GET /v1/x HTTP/1.1 ",
          " GET /v1/x HTTP/1.1",
          "GET /v1/x y HTTP/1.1",
          "GET /v1/x",
          "GET  HTTP/1.1",
          "G(T /v1/x HTTP/1.1",
          "GET"
        }) {
      refused(400, line + "\r\n" + HOST + "\r\n");
    }
  }

  @Test
  @Rule(
      value = "The version is HTTP/ and two digits in this very spelling.",
      source = "RFC 9112 section 2.3")
  void refusesMisspeltVersions() throws Exception {
    for (String version :
        new String[] {
          "http/1.1",
          "HTTP/1.10",
          "HTTP/11",
          "HTTP/1",
          "HTTP/1.",
          "HTTP/01.1",
          "HTTP/1,1",
          "HTTPS/1.1",
          "HTTP/1.1\u000b",
          "HTTP/-1.1"
        }) {
      refused(400, "GET /v1/x " + version + "\r\n" + HOST + "\r\n");
    }
  }

  @Test
  @Rule(
      value = "An unknown major version is answered with 505; a higher minor one is served as 1.1.",
      source = "RFC 9110 section 15.6.6")
  void answers505ToAnotherMajorVersion() throws Exception {
    for (String version : new String[] {"HTTP/2.0", "HTTP/9.9", "HTTP/0.9", "HTTP/3.0"}) {
      refused(505, "GET /v1/x " + version + "\r\n" + HOST + "\r\n");
    }
    refused(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    passed("GET /v1/x HTTP/1.2\r\n" + HOST + "\r\n");
    assertEquals("abc", passed(CHUNKED.replace("1.1", "1.2") + "3\r\nabc\r\n" + END));
  }

  @Test
  @Rule(
      value =
          "A target has no control byte, no byte beyond ASCII, no fragment and only whole escapes.",
      source = "RFC 9112 section 3.2")
  void refusesTargetsThatAreNoUri() throws Exception {
    for (String path :
        new String[] {
          "/\u0001", "/\u00e9", "/\u007f", "/\u0000", "/x#f", "/%", "/%4", "/%zz", "/a%00b"
        }) {
      refused(400, "GET " + path + " HTTP/1.1\r\n" + HOST + "\r\n");
    }
    passed("GET /v1/m:go?a[]=1&b={c}|%zz HTTP/1.1\r\n" + HOST + "\r\n");
  }

  @Test
  @Rule(
      value = "A path with dot segments is refused: routes are chosen by how the path begins.",
      source = "RFC 3986 section 6.2.2.3")
  void refusesDotSegments() throws Exception {
    for (String path :
        new String[] {
          "/../x", "/v1/./x", "/v1/..", "/v1/.", "/v1/%2e%2E/x", "/v1/.%2e", "/%2e/x"
        }) {
      refused(400, "GET " + path + " HTTP/1.1\r\n" + HOST + "\r\n");
    }
    passed("GET /v1/.x/..y/z...?a=/../b HTTP/1.1\r\n" + HOST + "\r\n");
  }

  @Test
  @Rule(
      value =
          "A field that is folded over two lines is refused, as is white space before the first.",
      source = "RFC 9112 section 5.2")
  void refusesFoldedFields() throws Exception {
    refused(
        400,
        GET + HOST + "X: a\r\n b\r\n\r\n",
        GET + HOST + "X: a\r\n\tb\r\n\r\n",
        GET + "Host: re\r\n lay\r\n\r\n",
        POST + "Transfer-Encoding:\r\n chunked\r\n\r\n" + END,
        GET + " " + HOST + "\r\n",
        GET + HOST + "X: a\r\n \r\n\r\n");
  }

  @Test
  @Rule(value = "A field is a token and at once a colon.", source = "RFC 9112 section 5.1")
  void refusesFieldsWithoutAProperName() throws Exception {
    for (String field :
        new String[] {
          "X : a", "X\t: a", ": a", "X", "X y: a", "X(: a", "\u00e9: a", "X\u0000: a", "\"X\": a"
        }) {
      refused(400, GET + HOST + field + "\r\n\r\n");
    }
    refused(400, POST + "Content-Length : 3\r\n\r\nabc");
  }

  @Test
  @Rule(value = "A field's value has no control byte but tabs.", source = "RFC 9110 section 5.5")
  void refusesControlBytesInValues() throws Exception {
    for (String value : new String[] {"a\u0000b", "a\u0001b", "a\u007fb", "a\u000bb", "a\u001fb"}) {
      refused(400, GET + HOST + "X: " + value + "\r\n\r\n");
    }
    passed(GET + HOST + "X: a\tb \u00e9\u00ff\r\n\r\n");
  }

  @Test
  @Rule(
      value = "Lines end with CR LF; a bare CR or a bare LF is refused.",
      source = "RFC 9112 section 2.2")
  void refusesBareLineEnds() throws Exception {
    refused(
        400,
        "GET /v1/x HTTP/1.1\nHost: relay\n\n",
        GET + "Host: relay\n\r\n",
        GET + HOST + "\n",
        GET + HOST + "X: a\rb\r\n\r\n",
        GET + HOST + "X: a\r\r\n\r\n",
        GET + HOST + "\r\r",
        "GET /v1/x HTTP/1.1\r" + HOST + "\r\n",
        "\n" + GET + HOST + "\r\n");
  }

  @Test
  @Rule(
      value = "One empty line in front of a request is forgiven.",
      source = "RFC 9112 section 2.2")
  void forgivesOneEmptyLineInFront() throws Exception {
    passed("\r\n" + GET + HOST + "\r\n");
    try (RawClient client = rig.client()) {
      client.send(POST + "Content-Length: 3\r\n\r\nabc\r\n" + GET + HOST + "\r\n");
      assertEquals("abc", client.answer().text());
      assertEquals(200, client.answer().status());
    }
    provider.take();
    provider.take();
    refused(400, "\r\n\r\n" + GET + HOST + "\r\n");
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
      refused(400, CHUNKED + chunk + END);
    }
    assertEquals("abc", passed(CHUNKED + "003;a=\"b;c\"\r\nabc\r\n" + END));
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
      refused(400, CHUNKED + "3\r\nabc\r\n0\r\n" + trailer + "\r\n\r\n");
    }
    String trailers = "Host: evil\r\nAuthorization: x\r\nContent-Length: 9\r\nX-Own: y\r\n";
    assertEquals(200, answer(CHUNKED + "3\r\nabc\r\n0\r\n" + trailers + "\r\n"));
    Provider.Request seen = provider.take();
    assertEquals("abc", seen.text());
    assertEquals(1, seen.fields().get("host").size());
    assertFalse(seen.fields().containsKey("authorization"));
    assertFalse(seen.fields().containsKey("content-length"));
    assertFalse(seen.fields().containsKey("x-own"));
  }

  @Test
  @Rule(
      value = "More header fields than limits.request-fields are answered with 431.",
      source = "RFC 6585 section 5")
  void countsHeaderFields() throws Exception {
    refused(431, GET + HOST + "X: 1\r\n".repeat(20) + "\r\n");
    passed(GET + HOST + "X: 1\r\n".repeat(19) + "\r\n");
  }

  @Test
  @Rule(
      value = "Connection may not list Host, Content-Length, Transfer-Encoding or Authorization.",
      source = "RFC 9110 section 7.6.1")
  void refusesAConnectionOptionThatNamesTheMessagesOwnFields() throws Exception {
    for (String option :
        new String[] {"Host", "close, content-length", "x,Transfer-Encoding", "AUTHORIZATION"}) {
      refused(400, GET + HOST + "Connection: " + option + "\r\n\r\n");
    }
  }

  @Test
  @Rule(value = "A content in a GET goes on with its framing.", source = "RFC 9110 section 9.3.1")
  void passesTheContentOfAGet() throws Exception {
    assertEquals("abc", passed(GET + HOST + "Content-Length: 3\r\n\r\nabc"));
    assertEquals(
        "abc", passed(GET + HOST + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n" + END));
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
    provider.take();
  }

  /** Each is answered so, nothing behind it is read, and the provider hears of none. */
  private static void refused(int status, String... requests) throws Exception {
    for (String request : requests) {
      try (RawClient client = rig.client()) {
        RawClient.Answer answer = client.send(request + SMUGGLED).answer();
        assertEquals(status, answer.status(), request);
        assertEquals("close", answer.fields().get("connection"), request);
        assertTrue(client.awaitClose(), request);
      }
      assertFalse(provider.hasRequest(), request);
    }
  }

  private static int answer(String request) throws Exception {
    try (RawClient client = rig.client()) {
      return client.send(request).answer().status();
    }
  }

  /** The body that reached the provider. */
  private static String passed(String request) throws Exception {
    assertEquals(200, answer(request), request);
    return provider.take().text();
  }
}
