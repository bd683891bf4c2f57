package dev.tailtap.attack;

import dev.tailtap.attack.MessageReader.Head;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** One connection of a storm: some calls, one after another or pipelined, and how it ends. */
final class StormClient implements Part, MessageReader.Sink {
  /** How the client behaves; each choice but the first two spoils what comes last. */
  private enum Fate {
    HONEST,
    SLOW,
    HALF_CLOSES,
    LEAVES_IN_REQUEST,
    RESETS_IN_REQUEST,
    LEAVES_IN_ANSWER,
    RESETS_IN_ANSWER,
    STALLS,
    GARBAGE
  }

  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);
  private static final long CONTINUE_PATIENCE = TimeUnit.MILLISECONDS.toNanos(300);

  private final Storm storm;
  private final List<StormPlan> calls;
  private final Random random;
  private final Fate fate;
  private final boolean pipelines;
  private final MessageReader reader = MessageReader.responses(this);
  private final Queue<byte[]> outbox = new ArrayDeque<>();
  private byte[] afterContinue; // a body that waits for 100 or for its time; null: none
  private long cutAfter = Long.MAX_VALUE; // bytes of the side that the fate names
  private long sent;
  private long received;
  private int asked; // calls that were put into the outbox
  private int answered;
  private boolean spoiled; // something went wrong on purpose: what follows may be cut
  private boolean closing; // the relay said that it closes
  private boolean pumping;
  private boolean over;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private Wire wire;

  StormClient(Storm storm, Random random, List<StormPlan> calls) {
    this.storm = storm;
    this.calls = calls;
    this.random = random;
    double chance = random.nextDouble();
    fate =
        chance < 0.6
            ? Fate.HONEST
            : chance < 0.7 ? Fate.SLOW : StormPlan.pick(random, List.of(Fate.values()));
    pipelines = StormPlan.chance(random, 0.3);
    if (fate == Fate.LEAVES_IN_REQUEST || fate == Fate.RESETS_IN_REQUEST) {
      cutAfter = random.nextInt(1_500);
    } else if (fate == Fate.LEAVES_IN_ANSWER || fate == Fate.RESETS_IN_ANSWER) {
      cutAfter = random.nextInt(5_000);
    }
  }

  @Override
  public void opened(Wire opened) {
    wire = opened;
    wire.reactor().after(PATIENCE, this::outOfPatience);
    do {
      ask();
    } while (pipelines && asked < calls.size());
    pump();
  }

  private boolean honest() {
    return fate == Fate.HONEST || fate == Fate.SLOW;
  }

  private void ask() {
    StormPlan plan = calls.get(asked++);
    Random dice = plan.dice("client");
    byte[] framed = plan.framedRequestBody();
    if (plan.expects() && !pipelines) {
      outbox.add(plan.requestHead());
      afterContinue = framed;
      wire.reactor().after(CONTINUE_PATIENCE, this::sendBody);
      return;
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(plan.requestHead());
    all.writeBytes(framed);
    outbox.addAll(StormPlan.pieces(all.toByteArray(), dice));
    if (fate == Fate.GARBAGE && asked == calls.size()) {
      byte[] garbage = new byte[1 + dice.nextInt(2_000)];
      dice.nextBytes(garbage);
      outbox.add(garbage);
    }
  }

  private void sendBody() {
    if (afterContinue != null) {
      outbox.addAll(StormPlan.pieces(afterContinue, random));
      afterContinue = null;
      pump();
    }
  }

  private void pump() {
    if (!pumping) {
      pumping = true;
      pumpOn();
    }
  }

  private void pumpOn() {
    while (!over) {
      byte[] piece = outbox.poll();
      if (piece == null) {
        pumping = false;
        if (fate == Fate.HALF_CLOSES && asked == calls.size() && afterContinue == null) {
          spoiled = true;
          wire.halfClose();
        }
        return;
      }
      wire.write(piece);
      sent += piece.length;
      if (sent > cutAfter && (fate == Fate.LEAVES_IN_REQUEST || fate == Fate.RESETS_IN_REQUEST)) {
        leave(fate == Fate.RESETS_IN_REQUEST);
        return;
      }
      if (StormPlan.chance(random, 0.2)) {
        long delay = TimeUnit.MICROSECONDS.toNanos(random.nextInt(5_000));
        wire.reactor().after(delay, this::pumpOn);
        return;
      }
    }
  }

  @Override
  public void received(Wire from, ByteBuffer bytes) {
    received += bytes.remaining();
    if (fate == Fate.STALLS) {
      wire.setReading(false);
      long pause =
          TimeUnit.MILLISECONDS.toNanos(
              200 + random.nextInt(StormPlan.chance(random, 0.2) ? 6_000 : 1_000));
      wire.reactor().after(pause, () -> leave(random.nextBoolean()));
      return;
    }
    if (received > cutAfter && (fate == Fate.LEAVES_IN_ANSWER || fate == Fate.RESETS_IN_ANSWER)) {
      leave(fate == Fate.RESETS_IN_ANSWER);
      return;
    }
    if (fate == Fate.SLOW) {
      wire.setReading(false);
      long pause = TimeUnit.MICROSECONDS.toNanos(random.nextInt(20_000));
      wire.reactor().after(pause, () -> wire.setReading(true));
    }
    reader.read(bytes);
    if (reader.broken() && !over) {
      if (!spoiled && honest()) {
        storm.problem(present(), "its client got no HTTP");
      }
      leave(false);
    }
  }

  @Override
  public boolean bodyless(Head head) {
    return present().method().equals("HEAD") || head.status() == 204 || head.status() == 304;
  }

  @Override
  public void head(Head head) {
    body.reset();
    closing |= "close".equalsIgnoreCase(head.field("connection"));
    if (head.status() == 100) {
      sendBody();
    }
  }

  @Override
  public void body(ByteBuffer payload) {
    byte[] part = new byte[payload.remaining()];
    payload.get(part);
    body.writeBytes(part);
  }

  @Override
  public void whole(Head head) {
    if (head.status() < 200 || over) {
      return;
    }
    StormPlan plan = present();
    answered++;
    if (plan.honest() && honest()) {
      judge(plan, head);
    } else {
      spoiled = true;
    }
    afterContinue = null;
    if (answered == calls.size() || closing) {
      leave(false);
    } else if (asked < calls.size()) {
      ask();
      pump();
    }
  }

  private void judge(StormPlan plan, Head head) {
    boolean ofTheProvider = Integer.toString(plan.number()).equals(head.field("x-number"));
    if (!ofTheProvider) {
      storm.refused(plan, head.status(), spoiled);
      spoiled = true;
    } else if (head.status() != plan.status()) {
      storm.problem(plan, "its client got status " + head.status());
    } else if (!Arrays.equals(body.toByteArray(), plan.expected(storm.wasAsked(plan.number())))) {
      storm.problem(plan, "its client got another body than was sent: " + body.size() + " bytes");
    } else {
      storm.exact();
    }
  }

  @Override
  public void ended(Wire from) {
    reader.close();
    if (!over
        && honest()
        && !spoiled
        && !closing
        && answered < calls.size()
        && present().honest()
        && calls.subList(answered, asked).stream().noneMatch(StormPlan::endsByReset)) {
      storm.problem(present(), "its client was cut after " + body.size() + " bytes of the body");
    }
    leave(false);
  }

  private void outOfPatience() {
    if (!over && honest() && !spoiled && present().honest()) {
      storm.problem(present(), "its client waited in vain");
    }
    leave(true);
  }

  private StormPlan present() {
    return calls.get(Math.min(answered, calls.size() - 1));
  }

  private void leave(boolean reset) {
    if (over) {
      return;
    }
    over = true;
    if (wire != null && reset) {
      wire.reset();
    } else if (wire != null) {
      wire.close();
    }
    storm.left();
  }
}
