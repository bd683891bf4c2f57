package dev.tailtap.client;

import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.RouteConfig.RetryOn;
import dev.tailtap.exchange.SimRow;
import dev.tailtap.record.UsageRecord;
import java.util.List;
import java.util.Set;

/** At the end of a life: whether the rows say what happened, and no try was one too many. */
final class SimRows {
  /** What an upstream may have begun to work on. */
  private static final Set<RetryOn> BILLED =
      Set.of(
          RetryOn.REQUEST_TIMEOUT,
          RetryOn.SERVER_ERROR,
          RetryOn.BAD_GATEWAY,
          RetryOn.GATEWAY_TIMEOUT,
          RetryOn.HEAD_TIMEOUT,
          RetryOn.RESET,
          RetryOn.FIRST_EVENT);

  private final Simulation world;

  SimRows(Simulation world) {
    this.world = world;
  }

  void verify() {
    for (SimRequest request : world.requests.values()) {
      List<SimRow> tries = world.ledger.tries(request.number);
      tries.forEach(row -> verify(request, row));
      long delivered = tries.stream().filter(SimRow::delivered).count();
      world.check(delivered <= 1, "call " + request.number + " has two answers");
    }
  }

  private void verify(SimRequest request, SimRow row) {
    UsageRecord record = row.record;
    SimAnswer last = lastAnswer(row);
    if (row.whole()) {
      world.check(last != null && last.said(), row + " says whole of what is not");
      world.check(record.response().status() == last.status, row + " has another status");
      if (!last.usageEvent.isEmpty() && record.end().error() == null) {
        Long tokens = record.usage().tokens().prompt();
        world.check(tokens != null && tokens == 1000 + last.number, row + " lacks usage");
      }
    }
    String error = row.error();
    boolean just =
        switch (record.end().outcome()) {
          case UPSTREAM_INVALID -> error.startsWith("upstream_too_many") || row.failed;
          case UPSTREAM_RESET -> world.lostUnread || row.failed;
          case UNREACHABLE -> world.unreachable || error.equals("upstream_connect_timeout");
          default -> true;
        };
    world.check(just, row + " blames its upstream: " + error);
    world.check(record.request().bytes() <= request.body.length(), row + " counts bytes twice");
    SimRow next = world.ledger.next(row);
    if (next != null) {
      followed(row, next);
    }
  }

  private SimAnswer lastAnswer(SimRow row) {
    SimAnswer last = null;
    for (SimAnswer answer : world.answers.values()) {
      last = answer.row == row ? answer : last;
    }
    return last;
  }

  /** A try that was followed by another: it failed, in a way that the route names, and early. */
  private void followed(SimRow row, SimRow next) {
    RouteConfig route = world.routes.of(row);
    RetryOn why = word(row);
    world.check(why != null, row + " was repeated after " + row.error());
    world.check(route.retryOn().contains(why), row + " was repeated after " + why.word());
    if (BILLED.contains(why)) {
      long failed = row.whole() ? row.answeredNanos : row.closedNanos;
      boolean lost = world.again.getOrDefault(row, false); // it may have been sent once more
      long begun = lost || row.sentNanos == 0 ? failed : row.sentNanos;
      boolean early = failed - begun <= route.retryWithin().toNanos();
      world.check(early, row + " was repeated late after " + why.word());
    }
    world.check(!row.delivered() || !next.whole(), "not the last answer of " + row + " counts");
  }

  private static RetryOn word(SimRow row) {
    int status = row.record.response().status();
    return switch (row.error()) {
      case "error_in_stream" -> RetryOn.ERROR_EVENT;
      case "error_status" -> RetryOn.ofStatus(status);
      case "upstream_answer_stalled" ->
          status == 200 ? RetryOn.ERROR_EVENT : RetryOn.ofStatus(status);
      case "upstream_head_timeout" -> RetryOn.HEAD_TIMEOUT;
      case "upstream_first_event_timeout" -> RetryOn.FIRST_EVENT;
      default -> row.error().startsWith("upstream_") ? cut(status) : null;
    };
  }

  /** What was said counts, and not that it broke off. */
  private static RetryOn cut(int status) {
    RetryOn said = RetryOn.ofStatus(status);
    return said == null ? RetryOn.RESET : said;
  }

  /** What a client got: the answer of this row, or of none. */
  void got(SimRequest request, SimResponses.Response response) {
    List<SimRow> tries = world.ledger.tries(request.number);
    SimAnswer answer = response.answer < 0 ? null : world.answers.get(response.answer);
    for (SimRow row : tries) {
      world.check(
          row.delivered() == (answer != null && answer.row == row),
          row + " says otherwise of what its client got");
      boolean better = response.code.startsWith("upstream_") && row.whole();
      world.check(!better, row + " was answered, and its client was told " + response.code);
    }
  }
}
