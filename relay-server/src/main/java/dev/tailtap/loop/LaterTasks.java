package dev.tailtap.loop;

import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * What a loop has to do for those who asked for much at once: a few of it in each round, so that
 * the tasks and the sockets of others never stand behind all of it. In the loop's own queue it
 * would be done before anything that comes later. In the order of asking; event loop only.
 */
public final class LaterTasks {
  /** Each is some refusals at most: together they hold the loop for less than a millisecond. */
  private static final int IN_A_ROUND = 8;

  private final Executor nextRound;
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private boolean due; // a round is

  /**
   * Has nothing to do yet.
   *
   * @param nextRound runs a task once the loop has looked at its sockets again
   */
  public LaterTasks(Executor nextRound) {
    this.nextRound = nextRound;
  }

  /** Those of one of Netty's loops: it takes up what is due once a round. */
  public static LaterTasks of(EventExecutor loop) {
    return new LaterTasks(task -> loop.schedule(task, 0, TimeUnit.NANOSECONDS));
  }

  /** Is run in one of the next rounds; it may ask again. */
  public void add(Runnable task) {
    waiting.add(task);
    if (!due) {
      due = true;
      nextRound.execute(this::round);
    }
  }

  private void round() {
    try {
      for (int i = 0; i < IN_A_ROUND && !waiting.isEmpty(); i++) {
        waiting.remove().run();
      }
    } finally {
      due = !waiting.isEmpty();
      if (due) {
        nextRound.execute(this::round);
      }
    }
  }
}
