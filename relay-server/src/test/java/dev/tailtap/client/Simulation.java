package dev.tailtap.client;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.UsageConfig;
import dev.tailtap.exchange.HandRelay;
import dev.tailtap.exchange.SimLedger;
import dev.tailtap.exchange.SimRow;
import dev.tailtap.loop.LoopSweep;
import dev.tailtap.rig.HandChannel;
import dev.tailtap.route.TenantFingerprint;
import dev.tailtap.stats.Stats;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One life of an event loop of the relay, drawn from a seed: clients send and leave, upstreams
 * answer and fail, reads are cut anywhere, either side takes as little as it likes, the ledger
 * calls back late, time leaps, the relay stops. All between the two sockets is the relay's own
 * code, from {@link ClientConnection} to the upstream's connection. After each step must hold:
 *
 * <ol>
 *   <li>A call has one beginning and one record, and nothing that was refused has either.
 *   <li>Each permit is given back once: as many are out as calls are under way.
 *   <li>No byte of a request leaves before its beginning was written, none after its record, none
 *       twice but by the three rules for that, and the upstream gets the body that the client sent.
 *   <li>A client gets the bytes of one answer, in their order, and nothing behind its end.
 *   <li>It sees a proper end only of what is whole, and only once its record is durable, or has
 *       been waited for as long as {@code usage.settle-timeout} says while the ledger was safe.
 *   <li>Whatever a row says went wrong did go wrong, and what it says is whole has reached a client
 *       that took it.
 *   <li>Once a call has its record its upstream is let go.
 *   <li>Nothing that was written waits for a flush; whoever sends is read, what was sent whole is
 *       with an upstream, and whose answer is said is over, as soon as the other side takes all.
 *   <li>Nothing is thrown.
 * </ol>
 *
 * <p>In worlds whose routes have several upstreams each try of which a byte left is a call of that
 * list, and further must hold:
 *
 * <ol>
 *   <li>Rows of a call are numbered from 1 on and name its first; what a try may become is written
 *       anew before its first byte leaves, and the upstream gets its own key and model.
 *   <li>One upstream at a time works on a call. No target is tried twice, and none of another
 *       route; no more are than {@code tries} says, and one alone where there is state.
 *   <li>A try is followed by another only after what {@code retry-on} names, and where it may have
 *       been billed only within {@code retry-within}; none begins once the client has an answer.
 *   <li>The client gets the last answer that came whole, or the relay's own where none did; {@code
 *       delivered} is true of that answer's row, and of no other.
 *   <li>The first target is none that waits out a limit while another is well, none of a later
 *       priority, and where all are well the same for all that stick together.
 *   <li>What is kept to be sent again is let go once the client has an answer.
 * </ol>
 *
 * And at the end, after all limits of time have passed:
 *
 * <ol>
 *   <li>No call is under way, no permit out, no connection of a client open.
 *   <li>The memory account stands at zero, and each buffer was released, once.
 *   <li>Nothing waits to be sent again, the budget of retries is free, each upstream counts nobody,
 *       and each of its keys may be claimed once its time is over: no probe has kept its slot.
 *   <li>A client that has stayed has an answer to each request that was admitted.
 * </ol>
 */
final class Simulation {
  static final String PING = ": ping\n\n";

  /** Longer than every limit of the configurations that are played, all of them together. */
  private static final int SILENT_SWEEPS = 400;

  private static final int STEPS = 400;

  final SimLedger ledger = SimLedger.staging();
  final Map<Integer, SimRequest> requests = new HashMap<>();
  final Map<Integer, SimAnswer> answers = new HashMap<>();

  /** Tries that an upstream has got, and whether it may get them once more. */
  final Map<SimRow, Boolean> again = new HashMap<>();

  final SimRoutes routes;
  final boolean retries;
  final boolean several; // upstreams of a route
  boolean unreachable; // some connection was refused, or some name not found
  boolean lostUnread; // some connection was, of whose request nobody had read

  /** Calls whose end is cut, because their record may be lost. */
  final Set<Integer> refused = new HashSet<>();

  private final Random random;
  private final RelayConfig config;
  private final List<String> trace = new ArrayList<>();
  private final HandRelay relay;
  private final List<SimClient> clients = new ArrayList<>();
  private final List<SimUpstream> upstreams = new ArrayList<>();
  private final Map<Integer, Long> settlingNanos = new HashMap<>();
  private final Set<Integer> excused = new HashSet<>();
  String broken; // the first promise that was; null: none
  private boolean stopped; // all was ended at once
  private int calls;

  Simulation(long seed, RelayConfig config, Stats stats, TenantFingerprint tenants) {
    this.config = config;
    random = new Random(seed * 0x9E3779B97F4A7C15L);
    relay = new HandRelay(config, ledger, 1 << (14 + random.nextInt(8)), stats, tenants);
    relay.chance = new Random(seed)::nextDouble;
    retries = relay.upstream.config().reuse().retry();
    routes = new SimRoutes(this, relay, config);
    several = config.upstreams().size() > 1;
    ledger.watch(relay::nanos, routes::aimed);
  }

  /** Lives the life; an AssertionError says which promise was broken. */
  void run() {
    for (int step = 0; step < STEPS && !stopped; step++) {
      step();
      settle();
    }
    switch (random.nextInt(4)) {
      case 0 -> say("silence");
      case 1 -> {
        say("stop");
        relay.sweep.shutdown(true);
        stopped = true;
      }
      case 2 -> {
        drain(true);
        fairWeather();
      }
      default -> fairWeather();
    }
    settle();
    silence();
  }

  /** What happened, the latest last. */
  String story() {
    return String.join("\n", trace.subList(Math.max(0, trace.size() - 200), trace.size()));
  }

  void say(String what) {
    trace.add(what);
  }

  long nanos() {
    return relay.nanos();
  }

  private void step() {
    switch (random.nextInt(40)) {
      case 0, 1, 2, 3, 4, 5, 6, 7 -> one(clients, client -> client.step(random));
      case 8, 9, 10, 11, 12, 13, 14 -> one(clients, client -> read(client.channel));
      case 15, 16, 17, 18, 19, 20, 21 -> one(upstreams, upstream -> upstream.step(random));
      case 22, 23, 24, 25, 26, 27 -> one(upstreams, upstream -> read(upstream.channel));
      case 28, 29, 30, 32 -> callBack();
      case 31 -> pass(1);
      case 33 -> name();
      case 34 -> arrive();
      case 35, 36 -> rare();
      default -> {
        name();
        callBack();
      }
    }
  }

  private void rare() {
    switch (random.nextInt(80)) {
      case 0, 1, 2, 3, 4, 5 -> one(clients, client -> client.leave(random));
      case 6, 7, 8, 9, 10, 11 -> pass(1 + random.nextInt(8));
      case 12, 13 -> pass(1 + random.nextInt(40));
      case 14, 15 -> ledger.full = !ledger.full && random.nextInt(3) == 0;
      case 16, 17, 18 -> ledger.safe = !ledger.safe;
      case 19 -> drain(random.nextInt(3) == 0);
      case 20, 21, 22 -> {
        say("shed");
        relay.sweep.shed(16);
      }
      case 23, 24, 25, 26, 27, 28, 29, 30, 31, 32 -> routes.others();
      default -> {}
    }
  }

  private void drain(boolean really) {
    if (really) {
      say("drain");
      relay.admission.drain();
      relay.sweep.shutdown(false);
    }
  }

  private <T> void one(List<T> many, Consumer<T> action) {
    if (!many.isEmpty()) {
      action.accept(many.get(Math.max(0, many.size() - 1 - random.nextInt(4))));
    }
  }

  private void read(HandChannel channel) {
    if (channel.readable()) {
      int most = random.nextInt(3) == 0 ? 4 : random.nextBoolean() ? 100 : 8000;
      channel.read(1 + random.nextInt(4), 1 + random.nextInt(most));
    }
  }

  private void callBack() {
    if (ledger.waits()) {
      say(ledger.callBack(random));
    }
  }

  private void pass(int sweeps) {
    say("pass " + sweeps);
    long stall = config.limits().writeStall().toNanos();
    for (int i = 0; i < sweeps; i++) {
      clients.forEach(client -> client.sweep(relay.nanos() + LoopSweep.PERIOD_NANOS, stall));
      relay.sweep();
      excuse();
      settle();
    }
  }

  /** Whose record is late has its end all the same, as long as the ledger is safe. */
  private void excuse() {
    long limit = config.usage().settleTimeout().toNanos();
    settlingNanos.forEach(
        (call, since) -> {
          if (nanos() - since > limit && !ledger.durable.contains(call)) {
            (ledger.safe ? excused : refused).add(call);
          }
        });
  }

  private void arrive() {
    if (clients.size() < 6) {
      HandChannel channel = HandClients.connect(relay, "10.0.0." + random.nextInt(3));
      clients.add(new SimClient(this, clients.size(), channel, random));
    }
  }

  private void name() {
    if (relay.namesSought() > 0) {
      boolean found = random.nextInt(8) > 0;
      unreachable |= !found;
      relay.name(random.nextInt(relay.namesSought()), found);
    }
  }

  SimRequest request(Random draw) {
    SimRequest request = SimRequest.draw(++calls, several, draw);
    requests.put(calls, request);
    return request;
  }

  /** Whether the client of a call is there and takes what comes. */
  boolean listens(SimRequest request) {
    return clients.stream().anyMatch(client -> client.requests.contains(request) && !client.left);
  }

  SimAnswer answer(SimRequest request, SimRow row, boolean asked, boolean whole, Random draw) {
    SimAnswer answer = new SimAnswer(answers.size(), request, row, asked, whole, several, draw);
    answers.put(answer.number, answer);
    if ((asked || !whole) && (answer.status == 400 || answer.status == 422)) {
      again.put(row, true);
    } else if (answer.sent > 0) {
      again.put(row, false);
    }
    return answer;
  }

  /** Whether no upstream has got a try, or one may get it once more; nobody is at work on it. */
  boolean mayBeSent(SimRow row, SimUpstream to) {
    for (SimRow each : ledger.tries(row.call)) {
      boolean busy = upstreams.stream().anyMatch(one -> one != to && one.worksOn(each));
      check(!busy, row + " begins, and an upstream is at work on " + each);
    }
    return again.getOrDefault(row, true);
  }

  boolean admitted(int call) {
    return ledger.rows.containsKey(call);
  }

  /** Somebody saw the proper end of a call. */
  void settled(int call, Object who) {
    check(ledger.rows.containsKey(call), who + " got an end of call " + call + " without a record");
    boolean waits = config.usage().settle() == UsageConfig.Settle.BEFORE_END;
    check(
        !waits || stopped || excused.contains(call) || ledger.durable.contains(call),
        who + " got the end of call " + call + " before its record was durable");
  }

  /** All tasks run, and everybody looks. */
  private void settle() {
    relay.loop.runTasks();
    while (upstreams.size() < relay.dialled.size()) {
      upstreams.add(new SimUpstream(this, upstreams.size(), relay.dialled.get(upstreams.size())));
    }
    upstreams.forEach(SimUpstream::look);
    settlingNanos.keySet().retainAll(ledger.rows.keySet());
    for (int call : ledger.rows.keySet()) {
      settlingNanos.putIfAbsent(call, nanos());
      ledger.tries(call).forEach(row -> row.past = true);
    }
    clients.forEach(SimClient::look);
    for (String line = relay.nextLogLine(); line != null; line = relay.nextLogLine()) {
      say(line);
      boolean thrown =
          line.contains("event=unexpected") || line.matches(".*cause=\"\\w*(Exception|Error)\".*");
      check(!thrown, line);
    }
    for (SimClient client : clients) {
      check(!client.channel.unflushed(), client + " waits for a flush");
    }
    for (SimUpstream upstream : upstreams) {
      check(!upstream.channel.unflushed(), upstream + " waits for a flush");
    }
    routes.look();
  }

  /** Everybody does what he can, until nothing is left to do. */
  private void fairWeather() {
    say("fair weather");
    routes.othersLeave();
    ledger.full = false;
    for (int round = 0; round < (several ? 80 : 62); round++) { // the last without time
      while (ledger.waits()) {
        ledger.callBack(random);
      }
      while (relay.namesSought() > 0) {
        relay.name(0, true);
      }
      for (SimClient client : clients) {
        client.hurry(random);
        client.channel.read(8, 100_000);
      }
      settle();
      for (SimUpstream upstream : upstreams) {
        upstream.hurry(random);
        upstream.channel.read(8, 100_000);
      }
      settle();
      if (round < 60 && round % 4 == 3) {
        pass(1);
      }
    }
    while (ledger.waits()) { // and whoever got something last takes it
      ledger.callBack(random);
      settle();
    }
    clients.forEach(client -> client.channel.take(1_000_000));
    settle();
    clients.forEach(SimClient::verify);
    upstreams.forEach(SimUpstream::verify);
    requests.values().forEach(this::verifyServed);
  }

  /** What was sent whole, and is not over, is with some upstream. */
  private void verifyServed(SimRequest request) {
    boolean waits =
        ledger.underWay(request.number)
            && ledger.opened.contains(request.number)
            && clients.stream().anyMatch(client -> client.hasSent(request) && !client.left);
    boolean served = upstreams.stream().anyMatch(upstream -> upstream.serves(request));
    check(!waits || served, "call " + request.number + " waits, and no upstream has it");
  }

  /** Nobody does anything any more. */
  private void silence() {
    routes.othersLeave();
    pass(SILENT_SWEEPS);
    check(
        relay.admission.all().active() == 0,
        relay.admission.all().active() + " calls outlive their limits");
    check(ledger.closed == ledger.reserved, "a call has no record");
    for (SimClient client : clients) {
      check(!client.channel.isOpen(), client + " outlives its limits");
    }
    check(relay.memory.held() == 0, relay.memory.held() + " bytes are held for nobody");
    for (SimUpstream upstream : upstreams) {
      upstream.channel.close();
    }
    relay.loop.runTasks();
    check(relay.bufferBytes() == 0, relay.bufferBytes() + " bytes of buffers were not released");
    routes.end();
    SimRows rows = new SimRows(this);
    rows.verify();
    clients.forEach(client -> client.got(rows));
  }

  void check(boolean holds, String promise) {
    if (!holds) {
      broken = broken == null ? promise : broken;
      throw new AssertionError(broken);
    }
  }
}
