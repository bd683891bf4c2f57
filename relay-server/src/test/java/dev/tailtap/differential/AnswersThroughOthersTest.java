package dev.tailtap.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.OtherProxy;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The same careless answers through Tailtap, nginx and HAProxy, to the same client. */
class AnswersThroughOthersTest {
  private static final String OK = "HTTP/1.1 200 OK\r\n";
  private static final String TE = OK + "Transfer-Encoding: chunked\r\n\r\n";
  private static final String END = "0\r\n\r\n";

  /** Both forward these; why Tailtap does not is said in docs/DECISIONS.md. */
  private static final Set<String> STRICTER =
      Set.of(
          "bare LF behind a size",
          "bare LF in an extension",
          "bare LF behind the data",
          "bare LF at the end",
          "length and coding",
          "coding in HTTP/1.0",
          "lengths that only look different",
          "version 2.0");

  @Test
  @Rule(
      value =
          "What nginx and HAProxy both forward of a provider, and nobody reads otherwise, passes.",
      source = "RFC 9112 section 7.1")
  void isAsForgivingAsBothOthersAgreeToBe() throws Exception {
    assumeTrue(OtherProxy.installed("nginx"), "skipped: nginx missing");
    assumeTrue(OtherProxy.installed("haproxy"), "skipped: haproxy missing");
    List<String> refused = new ArrayList<>();
    List<String> forgotten = new ArrayList<>();
    try (Provider origin = new Provider((request, answer) -> answer.close());
        RelayRig rig = new RelayRig(origin.url());
        OtherProxy nginx = new OtherProxy("nginx", origin.port());
        OtherProxy haproxy = new OtherProxy("haproxy", origin.port())) {
      for (Map.Entry<String, String> answer : answers().entrySet()) {
        origin.answerWith((request, out) -> out.send(answer.getValue()).close());
        boolean both = passes(nginx.port()) && passes(haproxy.port());
        boolean ours = passes(rig.relay().port());
        if (both && !ours && !STRICTER.contains(answer.getKey())) {
          refused.add(answer.getKey());
        }
        if (STRICTER.contains(answer.getKey()) && (ours || !both)) {
          forgotten.add(answer.getKey());
        }
      }
    }
    assertEquals(List.of(), refused);
    assertEquals(List.of(), forgotten, "these are not stricter than both");
  }

  private static boolean passes(int port) {
    try (RawClient client = new RawClient(port)) {
      client.send("GET /v1/x HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n");
      RawClient.Answer answer = client.answer();
      return answer.status() == 200 && answer.whole() && answer.text().equals("hello");
    } catch (IOException closed) {
      return false;
    }
  }

  private static Map<String, String> answers() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("plain chunks", TE + "5\r\nhello\r\n" + END);
    all.put("a space behind a size", TE + "5 \r\nhello\r\n" + END);
    all.put("a tab behind a size", TE + "5\t\r\nhello\r\n" + END);
    all.put("many blanks behind a size", TE + "5" + " \t".repeat(150) + "\r\nhello\r\n" + END);
    all.put("a space behind the last size", TE + "5\r\nhello\r\n0 \r\n\r\n");
    all.put("blanks before an extension", TE + "5 \t;a=b\r\nhello\r\n" + END);
    all.put("an empty extension", TE + "5;\r\nhello\r\n" + END);
    all.put("a control byte in an extension", TE + "5;a=\u0001\r\nhello\r\n" + END);
    all.put("a long extension", TE + "5;" + "x".repeat(10_000) + "\r\nhello\r\n" + END);
    all.put("a word behind a size", TE + "5 x\r\nhello\r\n" + END);
    for (int zeros : new int[] {1, 7, 15, 16, 31, 199}) {
      all.put(zeros + " zeros", TE + "0".repeat(zeros) + "5\r\nhello\r\n" + END);
      all.put(zeros + " last zeros", TE + "5\r\nhello\r\n" + "0".repeat(zeros) + "\r\n\r\n");
    }
    all.put("a trailer", TE + "5\r\nhello\r\n0\r\nX: y\r\n\r\n");
    all.put("a space in a trailer", TE + "5\r\nhello\r\n0\r\nX : y\r\n\r\n");
    all.put("a folded trailer", TE + "5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n");
    all.put("a trailer without a colon", TE + "5\r\nhello\r\n0\r\nX y\r\n\r\n");
    all.put("bare LF behind a size", TE + "5\nhello\r\n" + END);
    all.put("bare LF in an extension", TE + "5;a\nhello\r\n" + END);
    all.put("bare LF behind the data", TE + "5\r\nhello\n" + END);
    all.put("bare LF at the end", TE + "5\r\nhello\r\n0\r\n\n");
    all.put("a sign", TE + "+5\r\nhello\r\n" + END);
    all.put("two equal lengths", ofLength("5\r\nContent-Length: 5"));
    all.put("a list of equal lengths", ofLength("5, 5"));
    all.put("two different lengths", ofLength("5\r\nContent-Length: 6"));
    all.put("lengths that only look different", ofLength("5\r\nContent-Length: 05"));
    all.put("a zero in front of a length", ofLength("05"));
    all.put("a length with a sign", ofLength("+5"));
    all.put("length and coding", OK + "Content-Length: 5\r\n" + chunkedTail());
    all.put("coding in HTTP/1.0", "HTTP/1.0 200 OK\r\n" + chunkedTail());
    all.put("no reason", "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello");
    all.put("two spaces in the status line", "HTTP/1.1  200 OK\r\nContent-Length: 5\r\n\r\nhello");
    all.put("version 1.2", "HTTP/1.2 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    all.put("version 2.0", "HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    return all;
  }

  private static String ofLength(String length) {
    return OK + "Content-Length: " + length + "\r\n\r\nhello";
  }

  private static String chunkedTail() {
    return "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" + END;
  }
}
