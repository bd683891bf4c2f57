package dev.tailtap.differential;

import java.util.List;

/** Bytes that servers are known to read in different ways: what they are, and the bytes. */
record AmbiguousRequest(String what, String bytes) {
  private static final String GET = "GET /v1/x HTTP/1.1\r\n";
  private static final String HOST = "Host: relay\r\n";
  private static final String POST = "POST /v1/x HTTP/1.1\r\n" + HOST;
  private static final String TE = POST + "Transfer-Encoding: chunked\r\n\r\n";
  private static final String END = "0\r\n\r\n";

  /** Harmless ones, so that a proxy that refuses everything is noticed. */
  static List<AmbiguousRequest> plain() {
    return List.of(
        of("plain GET", GET + HOST + "\r\n"),
        of("POST with a length", POST + "Content-Length: 3\r\n\r\nabc"),
        of("POST with chunks", TE + "3\r\nabc\r\n" + END));
  }

  static List<AmbiguousRequest> all() {
    return List.of(
        of(
            "length and coding",
            POST + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + END),
        of(
            "coding and length",
            POST + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n" + END),
        length("two equal lengths", "3\r\nContent-Length: 3"),
        length("two different lengths", "3\r\nContent-Length: 4"),
        length("a list of lengths", "3, 3"),
        length("a length with a sign", "+3"),
        length("a negative length", "-3"),
        length("a length in hexadecimal", "0x3"),
        length("an empty length", ""),
        length("a length beyond 64 bits", "99999999999999999999"),
        coding("another coding before chunked", "gzip, chunked"),
        coding("another coding behind chunked", "chunked, gzip"),
        coding("chunked twice", "chunked\r\nTransfer-Encoding: chunked"),
        coding("identity", "identity"),
        coding("a coding in quotes", "\"chunked\""),
        coding("a coding behind a vertical tab", "\u000bchunked"),
        coding("an empty coding", ""),
        coding("a folded coding", "\r\n chunked"),
        of("a coding in HTTP/1.0", TE.replace("HTTP/1.1", "HTTP/1.0") + END),
        of("a space before the colon", POST + "Content-Length : 3\r\n\r\nabc"),
        of("a folded field", GET + HOST + "X: a\r\n b\r\n\r\n"),
        of("white space before the first field", GET + " X: a\r\n" + HOST + "\r\n"),
        of("a field without a colon", GET + HOST + "X\r\n\r\n"),
        of("a field without a name", GET + HOST + ": x\r\n\r\n"),
        of("a name that is no token", GET + HOST + "X(: a\r\n\r\n"),
        of("NUL in a value", GET + HOST + "X: a\u0000b\r\n\r\n"),
        of("a bare CR in a value", GET + HOST + "X: a\rb\r\n\r\n"),
        of("bare LF as line ends", "GET /v1/x HTTP/1.1\nHost: relay\n\n"),
        of("no Host", GET + "\r\n"),
        of("two Hosts", GET + HOST + HOST + "\r\n"),
        of("a Host with a space", GET + "Host: a b\r\n\r\n"),
        of("a Host with a slash", GET + "Host: a/b\r\n\r\n"),
        of("an empty Host", GET + "Host:\r\n\r\n"),
        of("a whole URI of another host", "GET http://other/v1/x HTTP/1.1\r\n" + HOST + "\r\n"),
        of("tabs in the request line", "GET\t/v1/x\tHTTP/1.1\r\n" + HOST + "\r\n"),
        of("a space behind the version", "GET /v1/x HTTP/1.1 \r\n" + HOST + "\r\n"),
        of("two spaces before the target", "GET  /v1/x HTTP/1.1\r\n" + HOST + "\r\n"),
        version("http/1.1"),
        version("HTTP/1.10"),
        version("HTTP/2.0"),
        version("HTTP/0.9"),
        of("no version", "GET /v1/x\r\n\r\n"),
        target("a control byte in the target", "/\u0001"),
        target("a byte beyond ASCII in the target", "/\u00e9"),
        target("a fragment in the target", "/v1/x#y"),
        target("an escape that is none", "/v1/%zz"),
        target("an escaped NUL", "/v1/%00"),
        target("a path above the root", "/../x"),
        target("a target without a slash", "v1/x"),
        target("an asterisk with GET", "*"),
        of("CONNECT", "CONNECT relay:80 HTTP/1.1\r\n" + HOST + "\r\n"),
        of("TRACE", "TRACE /v1/x HTTP/1.1\r\n" + HOST + "\r\n"),
        of("a method in small letters", "get /v1/x HTTP/1.1\r\n" + HOST + "\r\n"),
        of("two hundred fields", GET + HOST + "X: 1\r\n".repeat(200) + "\r\n"),
        chunk("a chunk size with 0x", "0x3\r\nabc\r\n"),
        chunk("a chunk size with a sign", "+3\r\nabc\r\n"),
        chunk("a chunk size beyond 64 bits", "ffffffffffffffff3\r\nabc\r\n"),
        chunk("a chunk size of zeros and 3", "0".repeat(30) + "3\r\nabc\r\n"),
        chunk("no chunk size", "\r\nabc\r\n"),
        chunk("a space before the extension", "3 ;a=b\r\nabc\r\n"),
        chunk("a bare LF behind the size", "3\nabc\r\n"),
        chunk("a bare LF in the extension", "3;a\nabc\r\n"),
        chunk("CR LF in a quoted extension", "3;a=\"\r\n0\r\n\r\n\"\r\nabc\r\n"),
        chunk("more bytes than the size says", "3\r\nabcd\r\n"),
        chunk("a bare LF behind the data", "3\r\nabc\n"),
        of("a trailer without a colon", TE + "3\r\nabc\r\n0\r\nX y\r\n\r\n"),
        of("a folded trailer", TE + "3\r\nabc\r\n0\r\nX: y\r\n z\r\n\r\n"));
  }

  private static AmbiguousRequest of(String what, String bytes) {
    return new AmbiguousRequest(what, bytes);
  }

  private static AmbiguousRequest length(String what, String value) {
    return of(what, POST + "Content-Length: " + value + "\r\n\r\nabc");
  }

  private static AmbiguousRequest coding(String what, String value) {
    return of(what, POST + "Transfer-Encoding: " + value + "\r\n\r\n" + END);
  }

  private static AmbiguousRequest version(String version) {
    return of("version " + version, "GET /v1/x " + version + "\r\n" + HOST + "\r\n");
  }

  private static AmbiguousRequest target(String what, String target) {
    return of(what, "GET " + target + " HTTP/1.1\r\n" + HOST + "\r\n");
  }

  private static AmbiguousRequest chunk(String what, String chunk) {
    return of(what, TE + chunk + END);
  }

  @Override
  public String toString() {
    return what;
  }
}
