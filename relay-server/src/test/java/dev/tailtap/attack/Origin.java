package dev.tailtap.attack;

import dev.tailtap.attack.MessageReader.Head;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;

/**
 * A provider on a reactor. It notes the number in the path of each call that reached it, {@code
 * /kind/NUMBER/…}, and lets a {@link Script} answer it. The fields are the reactor thread's; what
 * was noted may be read by any.
 */
final class Origin {
  /** How one call is answered. */
  interface Script {
    /** The request's head has come. */
    default void head(Wire wire, Head request) {}

    default void body(Wire wire, ByteBuffer payload) {}

    /** And its body. */
    default void whole(Wire wire, Head request) {}

    /** See {@link Part#drained}. */
    default void drained(Wire wire) {}

    /** The relay closed. */
    default void ended(Wire wire) {}
  }

  private final Queue<Integer> reached = new ConcurrentLinkedQueue<>();
  private final int port;

  /**
   * Listens.
   *
   * @param scripts the way to answer, by the request's head
   */
  Origin(Reactor reactor, Function<Head, Script> scripts) throws Exception {
    port = reactor.listen(() -> new Connection(scripts));
  }

  String url() {
    return "http://127.0.0.1:" + port;
  }

  /** The numbers of the calls whose head came here. */
  Collection<Integer> reached() {
    return reached;
  }

  /** The number in a path. */
  static int numberOf(String path) {
    return Integer.parseInt(path.split("/", 4)[2]);
  }

  private final class Connection implements Part, MessageReader.Sink {
    private final Function<Head, Script> scripts;
    private final MessageReader reader = MessageReader.requests(this);
    private Wire wire;
    private Script script = new Script() {};

    Connection(Function<Head, Script> scripts) {
      this.scripts = scripts;
    }

    @Override
    public void opened(Wire opened) {
      wire = opened;
    }

    @Override
    public void received(Wire from, ByteBuffer bytes) {
      reader.read(bytes);
      if (reader.broken()) {
        from.reset();
      }
    }

    @Override
    public void head(Head request) {
      reached.add(numberOf(request.target()));
      script = scripts.apply(request);
      script.head(wire, request);
    }

    @Override
    public void body(ByteBuffer payload) {
      script.body(wire, payload);
    }

    @Override
    public void whole(Head request) {
      script.whole(wire, request);
    }

    @Override
    public void drained(Wire emptied) {
      script.drained(emptied);
    }

    @Override
    public void ended(Wire over) {
      script.ended(over);
      over.close();
    }
  }
}
