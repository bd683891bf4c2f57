package dev.tailtap.rig;

import dev.tailtap.Main;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * The relay's main in a process that does what it is told on standard input: {@code heap} fills the
 * heap, {@code error} lets a thread end by an Error, {@code direct} allocates direct memory until
 * Netty refuses. An event loop that logs hangs for ever.
 */
public final class FailingRelay {
  private FailingRelay() {}

  public static void main(String[] args) throws InterruptedException {
    System.setErr(new HangingErr());
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

  /** A log that nobody reads, for event loops alone. */
  private static final class HangingErr extends PrintStream {
    HangingErr() {
      super(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    }

    @Override
    public void println(String line) {
      while (Thread.currentThread().getName().startsWith("loop-")) {
        LockSupport.park(this);
      }
      super.println(line);
    }
  }
}
