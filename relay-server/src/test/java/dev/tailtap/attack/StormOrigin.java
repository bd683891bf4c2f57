package dev.tailtap.attack;

import dev.tailtap.attack.MessageReader.Head;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** The provider's side of one call of a storm, as its {@link StormPlan} has it. */
final class StormOrigin implements Origin.Script {
  private final StormPlan plan;
  private final Storm storm;
  private final Random random;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private final Queue<byte[]> pieces = new ArrayDeque<>();
  private int piecesLeft = Integer.MAX_VALUE;
  private boolean answering;

  StormOrigin(StormPlan plan, Storm storm) {
    this.plan = plan;
    this.storm = storm;
    random = plan.dice("provider");
  }

  @Override
  public void head(Wire wire, Head request) {
    if (plan.fate() == StormPlan.Fate.ANSWERS_EARLY) {
      answer(wire, false);
    } else if (plan.fate() == StormPlan.Fate.RESETS && StormPlan.chance(random, 0.2)) {
      wire.reset();
    }
  }

  @Override
  public void body(Wire wire, ByteBuffer payload) {
    byte[] part = new byte[payload.remaining()];
    payload.get(part);
    body.writeBytes(part);
  }

  @Override
  public void whole(Wire wire, Head request) {
    String text = body.toString(StandardCharsets.ISO_8859_1);
    boolean asked = text.contains("\"include_usage\":true");
    boolean changed = !Arrays.equals(body.toByteArray(), plan.requestBody());
    if (changed && !(asked && plan.mayBeAsked())) {
      storm.problem(plan, "the provider got another body than was sent");
    }
    if (asked) {
      storm.asked(plan.number());
    }
    if (!answering) {
      wire.reactor().after(delay(), () -> answer(wire, asked));
    }
  }

  private long delay() {
    return StormPlan.chance(random, 0.7)
        ? 0
        : TimeUnit.MICROSECONDS.toNanos(
            random.nextInt(StormPlan.chance(random, 0.1) ? 50_000 : 5_000));
  }

  private void answer(Wire wire, boolean asked) {
    answering = true;
    for (int i = 0; i < plan.interims(); i++) {
      pieces.add(StormPlan.bytes("HTTP/1.1 103 Early Hints\r\nLink: <a>; rel=preload\r\n\r\n"));
    }
    byte[] answer = plan.answerBody(asked);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(plan.answerHead(answer));
    all.writeBytes(plan.framedAnswer(answer));
    pieces.addAll(StormPlan.pieces(all.toByteArray(), random));
    switch (plan.fate()) {
      case HONEST, ANSWERS_EARLY -> {}
      case RESETS, TRUNCATES -> piecesLeft = random.nextInt(pieces.size());
      case GARBAGE -> garbage();
      case SILENT -> pieces.clear();
    }
    if (plan.fate() != StormPlan.Fate.SILENT) {
      next(wire);
    }
  }

  /**
   * Instead of an answer, or in the midst of one that is chunked. Behind a whole one it would be
   * the next call's, which the relay cannot help.
   */
  private void garbage() {
    byte[] garbage = new byte[1 + random.nextInt(3_000)];
    random.nextBytes(garbage);
    List<byte[]> begun = plan.chunkedAnswer() ? List.copyOf(pieces) : List.of();
    pieces.clear();
    if (begun.size() > 1) {
      pieces.addAll(begun.subList(0, 1 + random.nextInt(begun.size() - 1)));
    }
    pieces.add(garbage);
    piecesLeft = pieces.size();
  }

  private void next(Wire wire) {
    while (!wire.closed()) {
      if (piecesLeft-- == 0 && plan.fate() == StormPlan.Fate.RESETS) {
        wire.reset();
        return;
      }
      byte[] piece = piecesLeft < 0 ? null : pieces.poll();
      if (piece == null) {
        boolean cut =
            plan.fate() == StormPlan.Fate.TRUNCATES || plan.fate() == StormPlan.Fate.GARBAGE;
        if (cut || plan.endsByClosing()) {
          wire.closeWhenEmpty();
        }
        return;
      }
      wire.write(piece);
      long delay = delay();
      if (delay > 0) {
        wire.reactor().after(delay, () -> next(wire));
        return;
      }
    }
  }
}
