package dev.tailtap.client;

import dev.tailtap.loop.LoopSweep;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.rig.HandChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** The other end of one client's connection: sends requests, takes what comes, may leave. */
final class SimClient {
  private static final Set<String> UNSENT =
      Set.of("upstream_unreachable", "upstream_connect_timeout");

  private static final Set<String> CUT = Set.of("stopped", "memory_cut");

  final HandChannel channel;
  final List<SimRequest> requests = new ArrayList<>();
  final SimResponses responses = new SimResponses(requests);
  private final Simulation world;
  private final int number;
  private final boolean pipelines;
  private final boolean reluctant;
  private int present; // the request that is being sent
  private int sent; // bytes of it
  boolean left;
  boolean starved; // took nothing of what waited for as long as the relay waits for it
  private long tookNanos;
  private int looked; // bytes
  private boolean ended; // by the relay

  SimClient(Simulation world, int number, HandChannel channel, Random random) {
    this.world = world;
    this.number = number;
    this.channel = channel;
    pipelines = random.nextInt(4) == 0;
    reluctant = random.nextInt(3) == 0;
    tookNanos = world.nanos();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      requests.add(world.request(random));
    }
  }

  /** Does something, or nothing. */
  void step(Random random) {
    switch (random.nextInt(3)) {
      case 0 -> take(1 + random.nextInt(reluctant || random.nextBoolean() ? 300 : 30_000));
      default -> send(random, random.nextBoolean() ? 40 : 4000);
    }
  }

  void leave(Random random) {
    if (!left && channel.isOpen()) {
      left = true;
      boolean reset = random.nextBoolean();
      world.say(this + (reset ? " resets" : " leaves"));
      channel.vanish(reset);
    }
  }

  private void take(int bytes) {
    tookNanos = world.nanos();
    channel.take(bytes);
  }

  private void send(Random random, int most) {
    if (present == requests.size() || left || !channel.isOpen()) {
      return;
    }
    boolean turn = sent > 0 || pipelines || responses.complete() >= present;
    if (!turn) {
      return;
    }
    SimRequest request = requests.get(present);
    int to = Math.min(request.wire.length, sent + 1 + random.nextInt(most));
    channel.arrive(request.piece(sent, to));
    sent = to;
    if (sent == request.wire.length) {
      world.say(this + " has sent " + request.number);
      present++;
      sent = 0;
    }
  }

  /** Whether all of a request was sent. */
  boolean hasSent(SimRequest request) {
    return requests.indexOf(request) >= 0 && requests.indexOf(request) < present;
  }

  /** Sends and takes all that is left. */
  void hurry(Random random) {
    send(random, 100_000);
    take(1_000_000);
  }

  /** Time has passed. */
  void sweep(long nanos, long writeStallNanos) {
    if (channel.drained()) {
      tookNanos = nanos;
    }
    starved |= nanos - tookNanos > writeStallNanos - 2 * LoopSweep.PERIOD_NANOS; // it is coarse
  }

  /** Compares what it got with what the rows say. */
  void got(SimRows rows) {
    for (int i = 0; i < responses.responses.size(); i++) {
      rows.got(requests.get(i), responses.responses.get(i));
    }
  }

  /** Reads what was taken, and checks it. */
  void look() {
    boolean ends = channel.endedInOrder() && !left;
    if (channel.takenBytes() == looked && ends == ended) {
      return;
    }
    looked = channel.takenBytes();
    ended = ends;
    responses.look(channel.taken(), ends);
    for (int i = 0; i < responses.responses.size(); i++) {
      SimResponses.Response response = responses.responses.get(i);
      if (response.answer < 0) {
        own(requests.get(i), response);
      } else {
        passed(requests.get(i), response);
      }
    }
  }

  private void own(SimRequest request, SimResponses.Response response) {
    UsageRecord row = world.ledger.rows.get(request.number);
    if (row != null && response.complete && !request.head && !reachesNobody(request, response)) {
      world.check(
          row.end().error() != null && row.end().error().startsWith(response.code),
          this + " was told " + response.code + " and its row says " + row.end().error());
    }
    if (world.admitted(request.number) && response.complete) {
      world.settled(request.number, this);
    }
  }

  /** Whether the last try may be no row: no byte of it can have left. */
  private boolean reachesNobody(SimRequest request, SimResponses.Response response) {
    boolean sent = response.code.startsWith("upstream_") && !UNSENT.contains(response.code);
    return world.routes.several(world.ledger.tries(request.number).get(0)) && !sent;
  }

  private void passed(SimRequest request, SimResponses.Response response) {
    SimAnswer answer = world.answers.get(response.answer);
    request.answered = true;
    world.check(answer.request == request, this + " got an answer to " + answer.request.number);
    world.check(answer.status == response.status, this + " got another status");
    String expected = answer.forClient();
    String got = withoutPings(response.payload.toString());
    boolean prefix = expected.startsWith(got) || partOfPing(expected, got);
    world.check(prefix, this + " got other bytes than " + answer.number + " has: " + end(got));
    if (response.complete && !response.bodiless && !expected.isEmpty()) {
      world.check(expected.equals(got), this + " took a part of the answer for the whole");
      world.check(
          answer.end == SimAnswer.End.WHOLE && answer.said(), this + " got an end too soon");
      world.settled(request.number, this);
    }
  }

  /** A comment stands between two events, or else it would be a part of one. */
  private String withoutPings(String payload) {
    StringBuilder text = new StringBuilder();
    int from = 0;
    for (int at = payload.indexOf(Simulation.PING);
        at >= 0;
        at = payload.indexOf(Simulation.PING, from)) {
      text.append(payload, from, at);
      String before = text.toString();
      boolean between = before.isEmpty() || before.endsWith("\n\n") || before.endsWith("\n\r\n");
      world.check(between, this + " got a comment within an event");
      from = at + Simulation.PING.length();
    }
    return text.append(payload, from, payload.length()).toString();
  }

  private static boolean partOfPing(String expected, String got) {
    for (int length = Math.min(Simulation.PING.length() - 1, got.length()); length > 0; length--) {
      int at = got.length() - length;
      if (Simulation.PING.startsWith(got.substring(at))
          && expected.startsWith(got.substring(0, at))) {
        return true;
      }
    }
    return false;
  }

  private static String end(String text) {
    return text.substring(Math.max(0, text.length() - 60));
  }

  /** The world has done all that it could for it: then it has all that its rows say it has. */
  void verify() {
    boolean idle = requests.stream().noneMatch(one -> world.ledger.underWay(one.number));
    world.check(
        left || !channel.isOpen() || !idle || !channel.unread(), this + " sends and is not read");
    for (int i = 0; i < requests.size(); i++) {
      UsageRecord row = world.ledger.rows.get(requests.get(i).number);
      boolean answered = responses.responses.size() > i || isExcused(requests.get(i), row);
      world.check(answered, this + " has no answer to call " + requests.get(i).number);
      boolean whole =
          row != null
              && row.response().delivered()
              && (row.end().error() == null || row.end().error().startsWith("error_"));
      if (whole && !left && !starved && !world.refused.contains(requests.get(i).number)) {
        world.check(
            responses.complete() > i, this + " has not all of call " + requests.get(i).number);
      }
    }
  }

  /**
   * Whether it may be without an answer: it is gone, its relay stops or has no memory, or it was
   * cut by a reset that took along what it had not read.
   */
  private boolean isExcused(SimRequest request, UsageRecord row) {
    String error = row == null ? "" : row.end().error();
    return row == null
        || left
        || starved
        || row.response().delivered()
        || world.refused.contains(request.number)
        || (error != null && (CUT.contains(error) || error.startsWith("client_")));
  }

  @Override
  public String toString() {
    return "client " + number;
  }
}
