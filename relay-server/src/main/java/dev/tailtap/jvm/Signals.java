package dev.tailtap.jvm;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The signals that a process which serves takes: SIGTERM and SIGINT ask it to stop, the second of
 * them to stop at once; SIGHUP, which would end it, asks it to read its settings again. A signal
 * that the process was started with ignored stays so. Each comes on a thread of the JVM's.
 */
public final class Signals {
  private static final Logger LOG = LoggerFactory.getLogger(Signals.class);

  private final AtomicBoolean asked = new AtomicBoolean();
  private final Consumer<String> stop;
  private final Consumer<String> cut;

  private Signals(Consumer<String> stop, Consumer<String> cut) {
    this.stop = stop;
    this.cut = cut;
  }

  /**
   * Takes them from now on.
   *
   * @param stop told the first of them
   * @param cut told each further one
   * @param reload told each SIGHUP
   */
  public static void take(Consumer<String> stop, Consumer<String> cut, Consumer<String> reload) {
    Signals signals = new Signals(stop, cut);
    take("TERM", signals::end);
    take("INT", signals::end);
    take("HUP", reload);
  }

  private void end(String name) {
    (asked.compareAndSet(false, true) ? stop : cut).accept(name);
  }

  /**
   * Through sun.misc.Signal, which the module jdk.unsupported exports for such uses: there is no
   * other way to see a second signal. By reflection, since the compiler warns of it in a way that
   * nothing suppresses.
   */
  private static void take(String name, Consumer<String> taker) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      InvocationHandler taking =
          (proxy, method, arguments) -> {
            taker.accept("SIG" + name);
            return null;
          };
      signal
          .getMethod("handle", signal, handler)
          .invoke(
              null,
              signal.getConstructor(String.class).newInstance(name),
              Proxy.newProxyInstance(
                  Signals.class.getClassLoader(), new Class<?>[] {handler}, taking));
    } catch (ReflectiveOperationException reserved) { // java -Xrs: the signal does as it always did
      LOG.warn("event=signal_not_taken signal={}", name, reserved);
    }
  }
}
