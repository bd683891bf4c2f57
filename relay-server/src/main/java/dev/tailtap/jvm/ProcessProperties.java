package dev.tailtap.jvm;

import java.util.Map;

/**
 * What the JDK and Netty take from system properties alone: it holds for the whole process, and is
 * read once in its life. So it is set in one place, before anything is made that reads it, and not
 * in conf/jvm.options only, as limits must hold also where somebody starts the jar by hand.
 */
public final class ProcessProperties {
  /** Limits of the admin port's HTTP server, in seconds, bytes and connections. */
  private static final Map<String, String> HTTP_SERVER =
      Map.of(
          "sun.net.httpserver.maxReqTime", "5",
          "sun.net.httpserver.maxRspTime", "30",
          "sun.net.httpserver.idleInterval", "30",
          "sun.net.httpserver.drainAmount", "65536",
          "sun.net.httpserver.maxReqHeaderSize", "32768",
          "jdk.httpserver.maxConnections", "256");

  /** Without it the kernel holds an event of the demo's provider back until the former is taken. */
  private static final String NODELAY = "sun.net.httpserver.nodelay";

  /**
   * Netty's multishot receive goes on without auto-read when a ring runs dry (docs/DECISIONS.md),
   * and whether it does is asked of Netty's class for io_uring as a whole.
   */
  private static final String MULTISHOT = "io.netty.iouring.recvMultiShotEnabled";

  private ProcessProperties() {}

  /** Sets them all; what the operator set stays. Any number of times, by any thread. */
  public static void set() {
    HTTP_SERVER.forEach(ProcessProperties::preset);
    preset(NODELAY, "true");
    preset(MULTISHOT, "false");
  }

  private static void preset(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
