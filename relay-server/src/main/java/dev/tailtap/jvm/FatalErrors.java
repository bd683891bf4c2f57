package dev.tailtap.jvm;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of a thread that ends by what it threw: an Error ends the process, because nobody
 * would do that thread's work any more and a supervisor sees only processes; an exception is
 * logged. Netty's OutOfDirectMemoryError is a connection's trouble and does not come this far. Any
 * thread.
 */
public final class FatalErrors implements Thread.UncaughtExceptionHandler {
  private static final Logger LOG = LoggerFactory.getLogger(FatalErrors.class);

  private final Halt halt;

  public FatalErrors(Halt halt) {
    this.halt = halt;
  }

  @Override
  public void uncaughtException(Thread thread, Throwable thrown) {
    if (!(thrown instanceof Error)) {
      LOG.error("event=thread_failed thread={}", thread.getName(), thrown);
      return;
    }
    String line = "event=fatal_error";
    try {
      line = describe(thread, thrown);
    } finally { // also where there is no memory left for words
      halt.now(Halt.FATAL, line);
    }
  }

  /** With the message where it is the JVM's: that of another Error may quote what it met. */
  private static String describe(Thread thread, Throwable thrown) {
    StackTraceElement[] trace = thrown.getStackTrace();
    String line =
        "event=fatal_error thread=" + thread.getName() + " error=" + thrown.getClass().getName();
    if (thrown instanceof VirtualMachineError || thrown instanceof LinkageError) {
      line += " message=\"" + thrown.getMessage() + "\"";
    }
    return trace.length == 0 ? line : line + " at=" + trace[0];
  }
}
