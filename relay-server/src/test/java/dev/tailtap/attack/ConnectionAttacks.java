package dev.tailtap.attack;

import dev.tailtap.attack.MessageReader.Head;
import dev.tailtap.rig.Certificate;
import dev.tailtap.rig.RawClient;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/**
 * What clients do with connections: too many, silent ones, questions whose answers nobody reads.
 */
final class ConnectionAttacks {
  private static final String CHAT = "/v1/chat/completions";
  private static final String LENGTH = "Content-Length: 2\r\n\r\n{}";
  private static final int SMALL_WINDOW = 4 * 1024;

  static final List<Attack.Kind> ALL =
      List.of(
          Attack.Kind.of("fewDescriptors", ConnectionAttacks::fewDescriptors)
              .alone()
              .limitedTo(160),
          Attack.Kind.of("silentConnections", ConnectionAttacks::silent),
          Attack.Kind.of("pipelinedWithoutReading", ConnectionAttacks::pipelined),
          Attack.Kind.of("refusalsThatNobodyReads", ConnectionAttacks::refusals));

  private ConnectionAttacks() {}

  private static void fewDescriptors(Ground ground) throws Exception {
    ground.answer(head -> afterASecond());
    ground.verdict().fact("descriptors in use before: %d of 160", descriptors(ground));
    Caller.Tally tally = new Caller.Tally();
    ground.crowd(100, () -> new Caller(tally, ground.post(CHAT) + LENGTH));
    ground.await(4, () -> tally.served() >= 100);
    ground.verdict().require(tally.served() >= 40, "of 100 at once 40 are served: %s", tally);
    ground.await(20, () -> tally.served() >= 100);
    ground.verdict().require(tally.served() == 100, "the others are served later: %s", tally);
    Caller.Tally idle = new Caller.Tally();
    ground.crowd(100, () -> new Caller(idle, ground.post(CHAT) + LENGTH, true));
    ground.crowd(100, () -> new Part() {});
    ground.await(3, () -> false);
    Caller.Tally late = new Caller.Tally();
    ground.crowd(1, () -> new Caller(late, ground.post(CHAT) + LENGTH));
    ground.await(5, () -> late.served() == 1);
    ground
        .verdict()
        .require(
            late.served() == 1, "200 idle connections keep no new caller out: %s %s", late, idle);
  }

  private static int descriptors(Ground ground) {
    String[] open = Path.of("/proc/" + ground.relay().pid() + "/fd").toFile().list();
    return open == null ? 0 : open.length;
  }

  private static Origin.Script afterASecond() {
    return new Origin.Script() {
      @Override
      public void whole(Wire wire, Head request) {
        Origin.Script answer = BodyAttacks.answering(200);
        wire.reactor().after(TimeUnit.SECONDS.toNanos(1), () -> answer.whole(wire, request));
      }
    };
  }

  private static void silent(Ground ground) throws Exception {
    int half = ground.many(1000, 4000);
    ground.crowd(half, () -> new Part() {});
    String head = ground.post(CHAT) + "X-Field: ";
    ground.crowd(half, () -> new Sender(head, Ground.bytes(" "), 0));
    ground.goOn();
  }

  private static void pipelined(Ground ground) throws Exception {
    ground.answer(head -> BodyAttacks.answering(200));
    ground.crowd(
        200,
        SMALL_WINDOW,
        () -> {
          StringBuilder requests = new StringBuilder();
          for (int i = 0; i < ground.many(200, 1000); i++) {
            requests.append(ground.post(CHAT)).append(LENGTH);
          }
          return new AnswerAttacks.Deaf(requests.toString());
        });
    ground.goOn();
  }

  private static void refusals(Ground ground) throws Exception {
    String request = "GET /nowhere HTTP/1.1\r\nHost: relay\r\n\r\n";
    String many = request.repeat(1000);
    ground.crowd(1000, SMALL_WINDOW, () -> new AnswerAttacks.Deaf(many));
    ground.goOn();
  }

  /** Half a TLS hello from each, while others go on to get theirs. */
  static void halfHellos(Ground ground, Certificate certificate) throws Exception {
    ground.answer(head -> BodyAttacks.answering(200));
    byte[] half = new byte[100];
    half[0] = 22; // handshake
    half[1] = 3;
    half[2] = 1;
    half[3] = 1; // of 256 bytes
    half[5] = 1; // client hello
    half[8] = (byte) 252;
    ground.crowd(
        ground.many(1000, 4000),
        () ->
            new Part() {
              @Override
              public void opened(Wire wire) {
                wire.write(half);
              }
            });
    SSLContext trust = certificate.trust();
    long worst = 0;
    int served = 0;
    for (int i = 0; i < 20; i++) {
      long began = System.nanoTime();
      try (RawClient client = new RawClient(ground.port(), trust)) {
        client.send(ground.post(CHAT) + LENGTH);
        served += client.answer().status() == 200 ? 1 : 0;
      }
      worst = Math.max(worst, System.nanoTime() - began);
    }
    long millis = TimeUnit.NANOSECONDS.toMillis(worst);
    boolean met = served == 20 && millis < Requirements.HEALTH.toMillis();
    ground.verdict().require(met, "others came to TLS: %d of 20, worst %d ms", served, millis);
  }
}
