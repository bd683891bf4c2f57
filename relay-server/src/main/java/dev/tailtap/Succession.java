package dev.tailtap;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.config.file.LoadedConfig;
import dev.tailtap.handover.HandoverServer;
import dev.tailtap.handover.ListeningSockets;
import dev.tailtap.handover.Takeover;
import dev.tailtap.handover.Terms;
import dev.tailtap.rehearsal.Rehearsal;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the process of a relay comes after another one and goes before the next: whose sockets it
 * starts with, and to whom it hands them over. The main thread.
 */
record Succession(RelayConfig config, Map<String, String> environment) {
  private static final Logger LOG = LoggerFactory.getLogger(Succession.class);

  /**
   * Starts the relay, in the place of the one that runs if that hands over.
   *
   * @param shutdown told to stop once another relay is in its place
   * @throws IOException or IllegalStateException with a message that says what to do; nothing runs,
   *     or the other one serves on
   */
  Relay start(ConfigFile file, LoadedConfig loaded, Shutdown shutdown) throws IOException {
    ListeningSockets given =
        ListeningSockets.ofServiceManager(environment, ProcessHandle.current().pid());
    Path socket = config.server().handover();
    if (socket == null) {
      return rehearsing(Relay.start(file, loaded, Takeover.of(given)), shutdown);
    }
    Path absolute = socket.toAbsolutePath();
    HandoverServer.check(absolute);
    try (Takeover takeover = Takeover.from(absolute, terms(), given, rehearsal(shutdown)::run)) {
      Relay relay = Relay.start(file, loaded, takeover);
      if (takeover.hasFormer() && shutdown.isAsked()) {
        LOG.info("event=takeover_left reason=\"it is to stop, and the relay that runs serves on\"");
        relay.leaveToAnother();
        return relay;
      }
      settle(relay, takeover);
      try {
        relay.handOver(absolute, terms(), () -> stop(relay, shutdown));
      } catch (IOException failure) {
        serveAlone(takeover, failure);
      }
      return takeover.hasFormer() ? relay : rehearsing(relay, shutdown);
    }
  }

  /** While the former one serves. */
  private Rehearsal rehearsal(Shutdown shutdown) {
    return new Rehearsal(config, () -> !shutdown.isAsked());
  }

  /** Until the first call comes. */
  private Relay rehearsing(Relay relay, Shutdown shutdown) {
    new Rehearsal(config, () -> !shutdown.isAsked() && !relay.called()).runBeside();
    return relay;
  }

  /** With the former one gone, to serve matters more than to be replaced some day. */
  private static void serveAlone(Takeover takeover, IOException failure) throws IOException {
    if (!takeover.hasFormer()) {
      throw failure;
    }
    LOG.error(
        "event=handover_impossible serving=on reason=\"{}; stop and start it then\"",
        failure.getMessage());
  }

  private static void stop(Relay relay, Shutdown shutdown) {
    relay.leaveToAnother();
    shutdown.stop("handover");
  }

  /** Where the former one serves on after all, what came here meanwhile ends as it should. */
  private static void settle(Relay relay, Takeover takeover) throws IOException {
    try {
      takeover.serving();
    } catch (IOException failure) {
      relay.leaveToAnother();
      relay.drain();
      relay.close();
      throw new IOException(
          "the relay that runs serves on: " + failure.getMessage() + "; start this one again",
          failure);
    }
  }

  private Terms terms() {
    return new Terms(
        text(config.server().listen()),
        text(config.admin().listen()),
        config.journal().dir().toAbsolutePath().normalize().toString());
  }

  private static String text(InetSocketAddress address) {
    return address.getAddress().getHostAddress() + ":" + address.getPort();
  }
}
