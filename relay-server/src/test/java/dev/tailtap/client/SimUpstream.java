package dev.tailtap.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.tailtap.exchange.SimLedger;
import dev.tailtap.exchange.SimRow;
import dev.tailtap.rig.HandChannel;
import java.net.ConnectException;
import java.util.Random;

/** The other end of one connection to an upstream: reads requests, and answers as it was drawn. */
final class SimUpstream {
  final HandChannel channel;
  private final Simulation world;
  private final int number;
  private int begins; // where the present request begins in what was taken
  private int looked;
  private SimRequest request; // null: no head has come
  private SimRow row; // of that request
  private SimAnswer answer; // null: none was drawn
  private boolean asked;
  private boolean whole; // the request
  private boolean used;
  private boolean gone;
  private int ends;

  SimUpstream(Simulation world, int number, HandChannel channel) {
    this.world = world;
    this.number = number;
    this.channel = channel;
  }

  /** Does something, or nothing. */
  void step(Random random) {
    if (channel.dialling()) {
      dial(random);
    } else if (channel.isOpen()) {
      switch (random.nextInt(4)) {
        case 0 -> channel.take(1 + random.nextInt(random.nextBoolean() ? 200 : 20_000));
        case 1, 2 -> speak(random, random.nextBoolean() ? 60 : 6000);
        default -> fail(random);
      }
    }
  }

  private void dial(Random random) {
    if (random.nextInt(6) == 0) {
      world.say(this + " refuses");
      world.unreachable = true;
      channel.refuse(new ConnectException("Connection refused"));
    } else {
      world.say(this + " accepts");
      channel.connect();
    }
  }

  private void fail(Random random) {
    if (random.nextInt(request == null ? 12 : 60) == 0 && !gone) {
      gone = true;
      boolean untilClose = answer != null && answer.untilClose; // none could tell a cut from that
      boolean reset = untilClose || random.nextBoolean();
      world.say(this + (reset ? " resets" : " closes"));
      if (request == null) {
        world.lostUnread = true;
      } else {
        row.failed = true;
      }
      channel.vanish(reset);
    }
  }

  /** Takes and says all that is left. */
  void hurry(Random random) {
    if (channel.dialling()) {
      channel.connect();
    }
    channel.take(1_000_000);
    look();
    speak(random, 100_000);
  }

  private void speak(Random random, int most) {
    if (request == null
        || gone
        || !(whole || (answer != null && answer.early) || drawsEarly(random))) {
      return;
    }
    if (answer == null) {
      answer = world.answer(request, row, asked, whole, random);
      if (answer.end == SimAnswer.End.GARBAGE) {
        row.failed = true;
      }
      world.say(
          this
              + " answers "
              + request.number
              + " by "
              + answer.number
              + " "
              + answer.end
              + " "
              + answer.status
              + (asked ? " asked" : ""));
    }
    if (!answer.said()) {
      row.answered(world.nanos());
      channel.arrive(answer.next(random, most));
      world.say(this + " has said " + answer.sent + "/" + answer.wire.length);
    }
    if (answer.said() && !gone) {
      said();
    }
  }

  private boolean drawsEarly(Random random) {
    return answer == null && random.nextInt(10) == 0;
  }

  private void said() {
    switch (answer.end) {
      case CUT -> vanish(false);
      case RESET -> vanish(true);
      case SILENCE, GARBAGE -> {}
      case WHOLE -> {
        if (answer.closes) {
          gone = true;
          channel.end();
        } else if (whole) {
          begins = ends;
          request = null;
          answer = null;
          whole = false;
          used = true;
        }
      }
    }
  }

  private void vanish(boolean reset) {
    gone = true;
    row.failed = true;
    channel.vanish(reset);
  }

  /** Whether it has the request, and not yet its end. */
  boolean serves(SimRequest other) {
    return request == other && channel.isOpen();
  }

  /** Whether it is at work on this try. */
  boolean worksOn(SimRow one) {
    return request != null && row == one && channel.isOpen() && (answer == null || !answer.said());
  }

  /** The world has done all that it could: whose answer was said and is taken is over. */
  void verify() {
    boolean said = request != null && answer != null && answer.said();
    if (said && channel.isOpen() && world.listens(request)) {
      world.check(
          row.past || world.ledger.next(row) != null || answer.end == SimAnswer.End.SILENCE,
          row + " goes on although all is said");
    }
  }

  /** Reads what was taken, and checks it. */
  void look() {
    if (request != null && (row.record != null || world.ledger.next(row) != null)) {
      boolean open = channel.isOpen() && (answer == null || !answer.said());
      world.check(!open, this + " is kept although " + row + " is over");
    }
    if (channel.takenBytes() == looked) {
      return;
    }
    looked = channel.takenBytes();
    String text = new String(channel.taken(), ISO_8859_1);
    int head = text.indexOf("\r\n\r\n", begins);
    if (head < 0) {
      return;
    }
    String lines = text.substring(begins, head);
    if (request == null) {
      begin(lines);
    }
    body(lines, text, head + 4);
  }

  private void begin(String lines) {
    String path = lines.substring(lines.indexOf(' ') + 1, lines.indexOf(" HTTP/1.1"));
    int call = SimLedger.call(path);
    request = world.requests.get(call);
    String target = world.routes.target(channel, lines);
    row = null;
    for (SimRow each : world.ledger.tries(call)) {
      row = each.target().equals(target) ? each : row;
    }
    world.check(
        row != null && row.written, "call " + call + " left before its beginning was written");
    world.check(!row.past, row + " left after its record");
    world.check(world.mayBeSent(row, this), row + " was sent once more");
    row.sentNanos = world.nanos();
    row.answeredNanos = 0;
    world.again.put(row, used && world.retries); // it may be lost before any answer
    world.say(this + " gets " + row + " as " + target);
  }

  private void body(String lines, String text, int from) {
    SimResponses.Response body = new SimResponses.Response();
    String length = SimResponses.field(lines, "Content-Length");
    if ("chunked".equals(SimResponses.field(lines, "Transfer-Encoding"))) {
      ends = SimResponses.chunks(body, text, from);
    } else {
      ends = from + (length == null ? 0 : Integer.parseInt(length));
      body.payload.append(text, from, Math.min(ends, text.length()));
      body.complete = ends <= text.length();
    }
    String seen = body.payload.toString();
    whole = body.complete;
    asked |= seen.contains(SimRequest.QUESTION);
    asked &= seen.contains(SimRequest.QUESTION);
    String model = row.open().attempt().sentModel();
    world.check(request.mayBecome(seen, whole, model), row + " was not sent as it came");
    world.check(world.routes.sends(request, row), row + " asks for " + model);
    if (whole && answer != null && answer.said() && !gone) {
      said(); // it was early
    }
    if (request == null) {
      looked = 0; // the next request may have come already
      look();
    } else {
      world.check(!whole || text.length() <= ends, "bytes behind " + row);
    }
  }

  @Override
  public String toString() {
    return "upstream " + number;
  }
}
