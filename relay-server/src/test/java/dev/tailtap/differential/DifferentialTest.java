package dev.tailtap.differential;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.Conformance;
import dev.tailtap.rig.OtherProxy;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same ambiguous bytes through Tailtap, nginx and HAProxy, in front of the same origin. */
class DifferentialTest {
  private static final int PATIENCE_MS = 10_000;
  private static final String TAILTAP = "Tailtap";

  private static Provider origin;
  private static RelayRig rig;
  private static final Map<String, Map<String, String>> VERDICTS = new LinkedHashMap<>();

  @BeforeAll
  static void start() throws Exception {
    origin = new Provider((request, answer) -> answer.whole(200, "text/plain", "ok"));
    rig = new RelayRig(origin.url());
    VERDICTS.put(TAILTAP, verdicts(rig.relay().port()));
  }

  @AfterAll
  static void stop(TestReporter reporter) throws Exception {
    reporter.publishEntry(Conformance.SECTION, table());
    VERDICTS.clear();
    rig.close();
    origin.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"nginx", "haproxy"})
  @Rule(
      value = "Bytes that nginx or HAProxy refuses are refused, whichever of the two is stricter.",
      source = "RFC 9112 section 11.2")
  void isNeverLaxerThan(String other) throws Exception {
    assumeTrue(OtherProxy.installed(other), "skipped: " + other + " missing");
    try (OtherProxy proxy = new OtherProxy(other, origin.port())) {
      VERDICTS.put(other, verdicts(proxy.port()));
    }
    List<String> laxer = new ArrayList<>();
    for (AmbiguousRequest request : AmbiguousRequest.all()) {
      if (refuses(other, request) && !refuses(TAILTAP, request)) {
        laxer.add(request.what());
      }
    }
    assertEquals(List.of(), laxer);
  }

  private static Map<String, String> verdicts(int port) throws IOException {
    for (AmbiguousRequest request : AmbiguousRequest.plain()) {
      assertEquals("200", verdict(port, request.bytes()), request.what());
    }
    Map<String, String> verdicts = new LinkedHashMap<>();
    for (AmbiguousRequest request : AmbiguousRequest.all()) {
      verdicts.put(request.what(), verdict(port, request.bytes()));
    }
    return verdicts;
  }

  /** The status of the answer; {@code closed} if there is none, {@code waits} if none comes. */
  private static String verdict(int port, String bytes) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(PATIENCE_MS);
      socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
      InputStream in = socket.getInputStream();
      String start = new String(in.readNBytes(12), ISO_8859_1);
      return start.matches("HTTP/1\\.[01] \\d{3}") ? start.substring(9) : "closed";
    } catch (SocketTimeoutException silent) {
      return "waits";
    } catch (SocketException reset) {
      return "closed";
    }
  }

  /** A 502 is the origin's trouble with what a proxy has passed. */
  private static boolean refuses(String who, AmbiguousRequest request) {
    String verdict = VERDICTS.get(who).get(request.what());
    return verdict.equals("closed")
        || (verdict.matches("[45]\\d\\d") && !verdict.matches("50[234]"));
  }

  private static String table() {
    assertTrue(VERDICTS.containsKey(TAILTAP));
    List<String> who = List.copyOf(VERDICTS.keySet());
    StringBuilder table = new StringBuilder("## The same bytes through other proxies\n\n");
    table.append("Each as Debian packages it, with the fewest settings that make it a proxy; ");
    table.append("`closed`: no answer, `waits`: none within ten seconds.\n");
    for (String other : List.of("nginx", "haproxy")) {
      if (!VERDICTS.containsKey(other)) {
        table.append("\nskipped: ").append(other).append(" missing\n");
      }
    }
    table.append("\n| bytes | ").append(String.join(" | ", who)).append(" |\n|---|");
    table.append("---|".repeat(who.size())).append('\n');
    for (AmbiguousRequest request : AmbiguousRequest.all()) {
      table.append("| ").append(request.what()).append(" |");
      who.forEach(
          name -> table.append(' ').append(VERDICTS.get(name).get(request.what())).append(" |"));
      table.append('\n');
    }
    table.append("| **refused of ").append(AmbiguousRequest.all().size()).append("** |");
    who.forEach(name -> table.append(" **").append(refusals(name)).append("** |"));
    return table.append('\n').toString();
  }

  private static long refusals(String who) {
    return AmbiguousRequest.all().stream().filter(request -> refuses(who, request)).count();
  }
}
