package dev.tailtap.client;

import static dev.tailtap.client.StrictRig.CHUNKED;
import static dev.tailtap.client.StrictRig.END;
import static dev.tailtap.client.StrictRig.GET;
import static dev.tailtap.client.StrictRig.HOST;
import static dev.tailtap.client.StrictRig.POST;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.Rule;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Request lines and fields that leave a doubt: refused, and nothing behind them is read. */
class StrictRequestsTest {
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
      value = "An HTTP/1.1 request has exactly one Host field, and its value is a valid host.",
      source = "RFC 9112 section 3.2")
  void refusesNoHostTwoHostsAndInvalidHosts() throws Exception {
    rig.refused(400, GET + "\r\n", GET + HOST + HOST + "\r\n", GET + HOST + "Host: other\r\n\r\n");
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
      rig.refused(400, GET + "Host: " + host + "\r\n\r\n");
    }
    for (String host : new String[] {"a:", "a:65535", "[::1]:80", "127.0.0.1", "a.b_c-d~", "%41"}) {
      rig.passed(GET + "Host: " + host + "\r\n\r\n");
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
      rig.passed("GET " + target + " HTTP/1.1\r\n" + HOST + "\r\n");
    }
    assertEquals(
        200, rig.answer("GET https://relay/v1/x?a=/b HTTP/1.1\r\nHost: relay:443\r\n\r\n"));
    Provider.Request seen = rig.provider().take();
    assertEquals("GET /v1/x?a=/b HTTP/1.1", seen.line());
    assertEquals("127.0.0.1:" + rig.provider().port(), seen.field("host"));
    assertEquals(200, rig.answer("GET http://relay?q=/x HTTP/1.1\r\n" + HOST + "\r\n"));
    assertEquals("GET /?q=/x HTTP/1.1", rig.provider().take().line());
    rig.refused(
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
    rig.refused(
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
    rig.refused(
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
      rig.refused(400, line + "\r\n" + HOST + "\r\n");
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
      rig.refused(400, "GET /v1/x " + version + "\r\n" + HOST + "\r\n");
    }
  }

  @Test
  @Rule(
      value = "An unknown major version is answered with 505; a higher minor one is served as 1.1.",
      source = "RFC 9110 section 15.6.6")
  void answers505ToAnotherMajorVersion() throws Exception {
    for (String version : new String[] {"HTTP/2.0", "HTTP/9.9", "HTTP/0.9", "HTTP/3.0"}) {
      rig.refused(505, "GET /v1/x " + version + "\r\n" + HOST + "\r\n");
    }
    rig.refused(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    rig.passed("GET /v1/x HTTP/1.2\r\n" + HOST + "\r\n");
    assertEquals("abc", rig.passed(CHUNKED.replace("1.1", "1.2") + "3\r\nabc\r\n" + END));
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
      rig.refused(400, "GET " + path + " HTTP/1.1\r\n" + HOST + "\r\n");
    }
    rig.passed("GET /v1/m:go?a[]=1&b={c}|%zz HTTP/1.1\r\n" + HOST + "\r\n");
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
      rig.refused(400, "GET " + path + " HTTP/1.1\r\n" + HOST + "\r\n");
    }
    rig.passed("GET /v1/.x/..y/z...?a=/../b HTTP/1.1\r\n" + HOST + "\r\n");
  }

  @Test
  @Rule(
      value =
          "A field that is folded over two lines is refused, as is white space before the first.",
      source = "RFC 9112 section 5.2")
  void refusesFoldedFields() throws Exception {
    rig.refused(
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
      rig.refused(400, GET + HOST + field + "\r\n\r\n");
    }
    rig.refused(400, POST + "Content-Length : 3\r\n\r\nabc");
  }

  @Test
  @Rule(value = "A field's value has no control byte but tabs.", source = "RFC 9110 section 5.5")
  void refusesControlBytesInValues() throws Exception {
    for (String value : new String[] {"a\u0000b", "a\u0001b", "a\u007fb", "a\u000bb", "a\u001fb"}) {
      rig.refused(400, GET + HOST + "X: " + value + "\r\n\r\n");
    }
    rig.passed(GET + HOST + "X: a\tb \u00e9\u00ff\r\n\r\n");
  }

  @Test
  @Rule(
      value = "Lines end with CR LF; a bare CR or a bare LF is refused.",
      source = "RFC 9112 section 2.2")
  void refusesBareLineEnds() throws Exception {
    rig.refused(
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
    rig.passed("\r\n" + GET + HOST + "\r\n");
    try (RawClient client = rig.client()) {
      client.send(POST + "Content-Length: 3\r\n\r\nabc\r\n" + GET + HOST + "\r\n");
      assertEquals("abc", client.answer().text());
      assertEquals(200, client.answer().status());
    }
    rig.provider().take();
    rig.provider().take();
    rig.refused(400, "\r\n\r\n" + GET + HOST + "\r\n");
  }

  @Test
  @Rule(
      value = "More header fields than limits.request-fields are answered with 431.",
      source = "RFC 6585 section 5")
  void countsHeaderFields() throws Exception {
    rig.refused(431, GET + HOST + "X: 1\r\n".repeat(20) + "\r\n");
    rig.passed(GET + HOST + "X: 1\r\n".repeat(19) + "\r\n");
  }

  @Test
  @Rule(
      value = "Connection may not list Host, Content-Length, Transfer-Encoding or Authorization.",
      source = "RFC 9110 section 7.6.1")
  void refusesAConnectionOptionThatNamesTheMessagesOwnFields() throws Exception {
    for (String option :
        new String[] {"Host", "close, content-length", "x,Transfer-Encoding", "AUTHORIZATION"}) {
      rig.refused(400, GET + HOST + "Connection: " + option + "\r\n\r\n");
    }
  }
}
