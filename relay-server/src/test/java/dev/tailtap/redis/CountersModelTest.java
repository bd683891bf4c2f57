package dev.tailtap.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.redis.CountersModel.Shape;
import dev.tailtap.redis.CountersModel.Verdict;
import dev.tailtap.redis.CountersRig.Answer;
import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.NoLeaks;
import dev.tailtap.rig.RedisServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The Lua on a real server does what the model does, whatever comes in whatever order. */
@Lengthy
@ExtendWith(NoLeaks.class)
class CountersModelTest {
  private static final int STEPS = 3_000;
  private static final double DAY = 86_400e6;

  /** Microseconds, of which none has a fraction: then both ways to reckon round alike. */
  private static final List<Shape> SHAPES =
      List.of(
          new Shape("r1", 'r', 100_000, 1_000_000, 1_000_000),
          new Shape("r2", 'r', 7_000_000, 7_000_000, 7_000_000),
          new Shape("m1", 'm', 30, 6_000_000, 3_600_000_000.0),
          new Shape("m2", 'm', 500, 60_000_000, 120_000_000),
          new Shape("g1", 'g', 1_000, 5_000_000, 300_000_000),
          new Shape("n1", 'n', 250, 10_000_000, 300_000_000),
          new Shape("s1", 's', 1, 3, 0),
          new Shape("s2", 's', 1, 40, 0));

  @TempDir private Path dir;

  /** A call under way. */
  private record Call(String id, Grant grant, double[] reserved, Shape[] shapes) {}

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void functionsDoWhatTheModelDoes(long seed) throws IOException {
    live(seed, new String[0]);
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12})
  void theScriptOfOlderServersDoesTheSame(long seed) throws IOException {
    live(seed, "--rename-command", "FCALL", "", "--rename-command", "FUNCTION", "");
  }

  private void live(long seed, String... options) throws IOException {
    assumeTrue(RedisServer.installed(), "skipped: redis-server missing");
    try (RedisServer server = new RedisServer(dir, options);
        CountersRig rig =
            new CountersRig("redis://127.0.0.1:" + server.port(), CountersRig.DRIVEN).up()) {
      Random random = new Random(seed);
      CountersModel model = new CountersModel();
      List<Call> under = new ArrayList<>();
      int[] verdicts = new int[2];
      double now = 30e12;
      for (int step = 0; step < STEPS; step++) {
        now = later(now, random);
        server.say("SET", "clock", Long.toString((long) now));
        if (!under.isEmpty() && random.nextInt(100) < 42) {
          end(under.remove(random.nextInt(under.size())), now, rig, model, random);
        } else {
          verdicts[admit("call" + step, now, rig, model, under, random)]++;
        }
      }
      assertTrue(verdicts[0] > STEPS / 10 && verdicts[1] > STEPS / 20, "admitted, refused");
    }
  }

  private static double later(double now, Random random) {
    int kind = random.nextInt(1_000);
    if (kind < 4) {
      return now + (random.nextBoolean() ? 1 : -1) * Math.floor(random.nextDouble() * DAY);
    }
    return now + Math.floor(Math.pow(10, random.nextDouble() * (kind < 30 ? 8 : 6)));
  }

  private static int admit(
      String id,
      double now,
      CountersRig rig,
      CountersModel model,
      List<Call> under,
      Random random) {
    List<Shape> some = new ArrayList<>(SHAPES);
    Collections.shuffle(some, random);
    Shape[] shapes = some.subList(0, 1 + random.nextInt(4)).toArray(Shape[]::new);
    Claim[] claims = new Claim[shapes.length];
    for (int i = 0; i < shapes.length; i++) {
      claims[i] = claim(shapes[i]);
    }
    double given = random.nextInt(4) == 0 ? -1 : random.nextInt(4_000);
    Verdict expected = model.admit(now, id, given, shapes);
    Answer answer = rig.admit(id, given, claims);
    if (expected.refusing() >= 0) {
      assertEquals(new Answer.Refused(expected.refusing(), expected.retry()), answer, id);
      return 1;
    }
    assertEquals(Answer.Admitted.class, answer.getClass(), () -> id + " " + answer);
    Grant grant = ((Answer.Admitted) answer).grant();
    for (int i = 0; i < shapes.length; i++) {
      double reserved = shapes[i].kind() == 's' ? 0 : expected.reserved()[i];
      assertEquals((long) reserved, grant.reserved()[i], id + " " + shapes[i].key());
      double each = shapes[i].kind() == 's' ? 1 : shapes[i].each();
      assertEquals(expected.left()[i] / each, grant.left(i), 1e-6, id + " " + shapes[i].key());
    }
    under.add(new Call(id, grant, expected.reserved(), shapes));
    return 0;
  }

  private static void end(
      Call call, double now, CountersRig rig, CountersModel model, Random random) {
    double[] costs = null;
    if (random.nextInt(10) == 0) {
      rig.withdraw(call.grant());
    } else {
      costs = new double[call.shapes().length];
      for (int i = 0; i < costs.length; i++) {
        int kind = random.nextInt(10);
        costs[i] = kind == 0 ? -1 : Math.floor(Math.pow(10, random.nextDouble() * 6));
      }
      rig.settle(call.grant(), costs);
    }
    rig.sync();
    model.settle(now, call.id(), call.reserved(), costs, call.shapes());
  }

  private static Claim claim(Shape shape) {
    long size = (long) (shape.size() * 1_000);
    long most = (long) (shape.most() * 1_000);
    return switch (shape.kind()) {
      case 'r' -> Claim.requests(shape.key(), shape.each() * 1_000, size);
      case 's' -> Claim.streams(shape.key(), (int) shape.size());
      case 'm' -> Claim.tokens(shape.key(), shape.each() * 1_000, size, most, Claim.Reserve.MEAN);
      case 'g' -> Claim.tokens(shape.key(), shape.each() * 1_000, size, most, Claim.Reserve.GIVEN);
      default -> Claim.tokens(shape.key(), shape.each() * 1_000, size, most, Claim.Reserve.NONE);
    };
  }
}
