package dev.tailtap.rig;

import dev.tailtap.Main;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * The relay's main in a process that does what it is told on standard input: {@code heap} fills the
 * heap, {@code error} lets a thread end by an Error, {@code direct} allocates direct memory until
 * Netty refuses. An event loop that logs what it read of usage hangs for ever.
 */
public final class FailingRelay {
  /** Held, for the JDK forgets a logger that nobody holds. */
  private static final Logger USAGE = Logger.getLogger("dev.tailtap.usage");

  private FailingRelay() {}

  public static void main(String[] args) throws InterruptedException {
    USAGE.addHandler(new Trap());
    Thread ear = new Thread(FailingRelay::listen, "ear");
    ear.setDaemon(true);
    ear.start();
    Main.main(args);
  }

  private static void listen() {
    try {
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        switch (line) {
          case "heap" -> new Thread(FailingRelay::fillHeap, "glutton").start();
          case "error" -> new Thread(FailingRelay::fail, "failing").start();
          case "direct" -> System.out.println("direct " + fillDirect());
          default -> throw new IllegalArgumentException(line);
        }
      }
    } catch (IOException over) {
      // whoever asked has gone
    }
  }

  /** Each block holds the one before. */
  private static void fillHeap() {
    Object[] held = null;
    while (true) {
      Object[] block = new Object[1 << 16];
      block[0] = held;
      held = block;
    }
  }

  private static void fail() {
    throw new OutOfMemoryError("made up");
  }

  /** What refused it. */
  private static String fillDirect() {
    List<ByteBuf> held = new ArrayList<>();
    try {
      while (true) {
        held.add(ByteBufAllocator.DEFAULT.directBuffer(1 << 16));
      }
    } catch (OutOfMemoryError refused) {
      return refused.getClass().getSimpleName();
    } finally {
      held.forEach(ByteBuf::release);
    }
  }

  /** What hangs an event loop that logs. */
  private static final class Trap extends Handler {
    @Override
    public void publish(LogRecord record) {
      while (Thread.currentThread().getName().startsWith("loop-")) {
        LockSupport.park(this);
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
