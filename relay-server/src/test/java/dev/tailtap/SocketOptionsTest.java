package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.Rule;
import dev.tailtap.rig.Strace;
import dev.tailtap.rig.Tool;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the kernel is told of the relay's sockets, over each transport that this machine loads. */
class SocketOptionsTest {
  private static final Set<String> EVERYWHERE = Set.of("TCP_NODELAY=1", "SO_KEEPALIVE=1");
  private static final Set<String> PROBES =
      Set.of("TCP_KEEPIDLE=30", "TCP_KEEPINTVL=10", "TCP_KEEPCNT=3");
  private static final Set<String> BOUNDS = // half a minute more than limits.write-stall
      Set.of("TCP_NOTSENT_LOWAT=16384", "TCP_USER_TIMEOUT=90000");

  /** The socket, which strace shows with its ends where it has some; the option; its value. */
  private static final Pattern OPTION =
      Pattern.compile(
          ".*setsockopt\\(\\d+<(.*)>, SOL_(?:TCP|SOCKET), (\\w+), \\[(\\d+)], 4\\) = (-?\\d+).*");

  @TempDir private Path dir;

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "io_uring", "nio"})
  @Rule(
      value = "Peers that vanished are found by probes, and clients that take nothing are given up",
      source = "RFC 9293 section 3.8.4")
  void setsItsOptionsOnBothSides(String transport) throws Exception {
    assumeTrue(loads(transport), "skipped: " + transport + " missing");
    assumeTrue(Tool.runs("strace", "-V"), "skipped: strace missing");
    try (Provider provider =
            new Provider((request, answer) -> answer.whole(200, "text/plain", "fine"));
        RelayProcess relay = serve(provider, transport)) {
      int port = relay.port();
      List<String> calls = calls(relay, port);
      Set<String> accepted = options(calls, socket -> socket.contains(":" + port + "->"));
      Set<String> dialled = options(calls, socket -> !socket.contains("->"));
      boolean kernels = !transport.equals("nio");
      assertEquals(wanted(true, kernels), accepted, () -> String.join("\n", calls));
      assertEquals(wanted(false, kernels), dialled, () -> String.join("\n", calls));
      assertFalse(relay.err().contains("WARN"), relay.err());
      assumeTrue(Tool.runs("ss", "-V"), "skipped: ss missing");
      String listening = Tool.said("ss", "-Hltn", "sport = :" + port);
      assertTrue(listening.matches("LISTEN +0 +" + backlog() + " .*\\s*"), listening);
    }
  }

  /** What a first request makes the relay tell the kernel. */
  private List<String> calls(RelayProcess relay, int port) throws Exception {
    Strace strace = Strace.ofSockets(dir, relay.pid());
    try (strace) {
      assumeTrue(strace.attached(), "skipped: strace may not attach");
      try (RawClient client = new RawClient(port)) {
        assertEquals("fine", client.get("/v1/x").answer().text());
      }
    }
    return strace.lines();
  }

  private static Set<String> wanted(boolean accepted, boolean kernels) {
    Set<String> wanted = new TreeSet<>(EVERYWHERE);
    if (kernels) {
      wanted.addAll(PROBES);
    }
    if (kernels && accepted) {
      wanted.addAll(BOUNDS);
    }
    return wanted;
  }

  /** The options that were taken by TCP sockets of this kind. */
  private static Set<String> options(List<String> calls, Predicate<String> kind) {
    Set<String> options = new TreeSet<>();
    for (String call : calls) {
      Matcher matcher = OPTION.matcher(call);
      if (matcher.matches()
          && matcher.group(1).startsWith("TCP")
          && kind.test(matcher.group(1))
          && matcher.group(4).equals("0")) {
        options.add(matcher.group(2) + "=" + matcher.group(3));
      }
    }
    return options;
  }

  /** As far as the kernel lets it be. */
  private static int backlog() throws Exception {
    Path most = Path.of("/proc/sys/net/core/somaxconn"); // to be read in one piece
    return Math.min(4096, Integer.parseInt(Files.readAllLines(most).get(0)));
  }

  private static boolean loads(String transport) {
    return switch (transport) {
      case "epoll" -> Epoll.isAvailable();
      case "io_uring" -> IoUring.isAvailable();
      default -> true;
    };
  }

  private RelayProcess serve(Provider provider, String transport) throws Exception {
    String config =
        RelayProcess.config(dir, provider, "relay.transport=" + transport, "limits.streams=100");
    return new RelayProcess(dir, "serve", config);
  }
}
