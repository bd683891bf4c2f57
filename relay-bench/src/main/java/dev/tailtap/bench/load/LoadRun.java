package dev.tailtap.bench.load;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;

/**
 * One load under way: ramp, settling, the window in which is measured, winding up. Provider and
 * clients live on the same loop and share its clock, so an event's delay is the difference of two
 * readings of {@link System#nanoTime()}. Confined to that loop.
 */
final class LoadRun {
  private static final long GRACE_S = 10;
  private static final int MISTAKES = 5;
  private static final long LONGEST_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(20);

  private final LoadPlan plan;
  private final EventLoop loop;
  private final Pacer pacer;
  private final Provided provided;
  private final Requests requests;
  private final Dial dial;
  private final Runnable opened;
  private final Consumer<LoadResult> done;
  private final byte[] room = new byte[64 * 1024];
  private final SplittableRandom random = new SplittableRandom(1); // the same for each subject
  private final Set<Client> clients = new HashSet<>();
  private final Window window;
  private final Histogram firstByte = LoadResult.histogram();
  private final Histogram delay = LoadResult.histogram();
  private final Histogram dueDelay = LoadResult.histogram();
  private final Histogram call = LoadResult.histogram();
  private final List<String> mistakes = new ArrayList<>();
  private int dialed;
  private int streams;
  private long rampBegan;
  private boolean windowOpened;
  private boolean measured;
  private boolean windingUp;
  private boolean over;
  private long sent;
  private long received;
  private long completed;
  private long aborted;
  private long failed;
  private long tokens;
  private long firehoseEvents;
  private long begun;
  private Handshakes handshakes = Handshakes.NONE;

  /** Connects one more client. */
  interface Dial {
    void connect(LoadRun run, int number);
  }

  /** A client that is connected. */
  interface Client {
    /** Whether it left of its own will, so that another one comes in its place. */
    boolean comesBack();

    void close();
  }

  LoadRun(
      LoadPlan plan,
      EventLoop loop,
      Filler filler,
      Dial dial,
      Runnable opened,
      Consumer<LoadResult> done) {
    this.plan = plan;
    this.loop = loop;
    this.dial = dial;
    this.opened = opened;
    this.done = done;
    this.provided = new Provided(plan, filler);
    this.requests = new Requests(plan);
    this.pacer = new Pacer(loop, TimeUnit.MICROSECONDS.toNanos(plan.intervalUs()));
    this.window = new Window(plan.pids());
  }

  void begin() {
    if (plan.call().first() > 0) {
      openWindow();
    }
    rampBegan = System.nanoTime();
    ramp();
  }

  /** Ends the window before its time. */
  void endWindow() {
    if (measured || over) {
      return;
    }
    measured = true;
    window.close();
    if (begun < plan.call().first()) {
      mistake(begun + " of " + plan.call().first() + " answers began in time");
    }
    windingUp = true;
    pacer.endAll();
    loop.schedule(this::finish, GRACE_S, TimeUnit.SECONDS);
    finishOnceEmpty();
  }

  private void ramp() {
    double share =
        (System.nanoTime() - rampBegan) / (double) TimeUnit.MILLISECONDS.toNanos(plan.rampMs() + 1);
    int all = plan.streams() + (plan.firehose() ? 1 : 0);
    int due = (int) Math.min(all, Math.ceil(share * all));
    while (dialed < due) {
      dial(dialed++);
    }
    if (dialed < all) {
      loop.schedule(this::ramp, 1, TimeUnit.MILLISECONDS);
    } else if (plan.call().first() == 0) {
      loop.schedule(this::openWindow, plan.settleMs(), TimeUnit.MILLISECONDS);
    }
  }

  private void dial(int number) {
    dial.connect(this, number);
  }

  private void openWindow() {
    opened.run();
    if (plan.call().first() == 0) {
      window.open();
    } else {
      window.openAtBeginning();
    }
    windowOpened = true;
    finishOnceEmpty();
    loop.schedule(this::endWindow, plan.windowMs(), TimeUnit.MILLISECONDS);
  }

  LoadPlan plan() {
    return plan;
  }

  // What the provider asks.

  Pacer pacer() {
    return pacer;
  }

  Provided provided() {
    return provided;
  }

  boolean isFirehose(int stream) {
    return plan.firehose() && stream == plan.streams();
  }

  void sent() {
    sent++;
  }

  // What the clients ask and tell.

  byte[] room() {
    return room;
  }

  boolean isSlow(int client) {
    return client < plan.streams() && client % 100 < plan.slowPercent();
  }

  /** The firehose keeps its number; the others count on behind it. */
  int streamBegins(int client) {
    return isFirehose(client) ? client : plan.streams() + 1 + streams++;
  }

  /**
   * The first streams are cut to different lengths, so that later ends do not come together; not
   * where their number is fixed, and so their usage.
   */
  int eventsOf(int client, int earlier) {
    if (isFirehose(client)) {
      return Integer.MAX_VALUE;
    }
    long all = plan.events();
    return (int)
        (earlier > 0 || plan.call().calls() > 0
            ? all
            : Math.max(1, all - all * client / plan.streams()));
  }

  /**
   * Up to one interval, at random, so that streams come in any phase to one another. Else a ramp of
   * a millisecond's steps has all send in a few bursts, and a relay whose ends come later than
   * another's has its next requests meet the next burst. None where nothing is paced.
   */
  long pauseNs() {
    long interval = TimeUnit.MICROSECONDS.toNanos(plan.intervalUs());
    return interval == 0 ? 0 : random.nextLong(Math.max(1, Math.min(interval, LONGEST_PAUSE_NS)));
  }

  boolean aborts(int stream) {
    return !isFirehose(stream) && stream % 100 < plan.abortPercent();
  }

  /** To be written at once. */
  byte[] request(int stream, int events) {
    return requests.next(stream, events);
  }

  void connected(Client client) {
    clients.add(client);
  }

  void firstByte(long askedAt, long now) {
    if (window.covers(askedAt)) {
      record(firstByte, now - askedAt);
    }
    if (++begun == plan.call().first()) {
      loop.execute(this::endWindow);
    }
  }

  /** Of bodies, at the end that they go to. */
  void bytes(long more) {
    window.bytes(more);
  }

  void clientHandshake(boolean whole) {
    handshakes = handshakes.withClient(whole);
  }

  void providerHandshake(boolean whole) {
    handshakes = handshakes.withProvider(whole);
  }

  void received(int client, long due, long sentAt, long now) {
    if (isFirehose(client)) {
      firehoseEvents++;
      return;
    }
    received++;
    window.event();
    if (window.covers(due) && !isSlow(client)) {
      record(delay, now - sentAt);
      record(dueDelay, now - due);
    }
  }

  private static void record(Histogram histogram, long ns) {
    histogram.recordValue(Math.max(0, Math.min(ns, histogram.getHighestTrackableValue())));
  }

  void streamEnded(int reported, long askedAt, long now) {
    completed++;
    tokens += reported;
    if (plan.call().kind() != Call.Kind.STREAM) {
      received++;
      window.event();
    }
    if (window.covers(askedAt)) {
      record(call, now - askedAt);
    }
  }

  void streamAborted() {
    aborted++;
  }

  void streamFailed(String why) {
    failed++;
    mistake(why);
  }

  void mistake(String why) {
    if (mistakes.size() < MISTAKES && !over) {
      mistakes.add(why);
    }
  }

  /** The load winds up, or has had all its calls. */
  boolean asksNoMore() {
    return windingUp || (plan.call().calls() > 0 && streams >= plan.call().calls());
  }

  /** A client that aborted comes back as a new one; one that failed stays away. */
  void disconnected(Client client, int number) {
    if (clients.remove(client) && !asksNoMore() && client.comesBack()) {
      dial(number);
    }
    finishOnceEmpty();
  }

  void notConnected(Throwable cause) {
    failed++;
    mistake("not connected: " + cause.getMessage());
    finishOnceEmpty();
  }

  private void finishOnceEmpty() {
    if (!clients.isEmpty()) {
      return;
    }
    if (windingUp) {
      finish();
    } else if (windowOpened && asksNoMore()) {
      // Not by ending the streams that clients left: their usage would yet come.
      measured = true;
      window.close();
      finish();
    }
  }

  private void finish() {
    if (over) {
      return;
    }
    if (!clients.isEmpty()) {
      failed += clients.size();
      mistake(clients.size() + " streams did not end");
    }
    over = true;
    List.copyOf(clients).forEach(Client::close);
    done.accept(result());
  }

  private LoadResult result() {
    return new LoadResult(
        window.lengthNs(),
        window.events(),
        window.bytes(),
        window.cpu(),
        window.scheduledNs(),
        window.driverNs(),
        sent,
        received,
        completed,
        aborted,
        failed,
        tokens,
        firehoseEvents,
        firstByte,
        delay,
        dueDelay,
        call,
        handshakes,
        String.join("; ", mistakes));
  }
}
