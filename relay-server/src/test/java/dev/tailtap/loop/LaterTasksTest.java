package dev.tailtap.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** That nobody waits for all that one client asked for at once. */
class LaterTasksTest {
  private final Queue<Runnable> rounds = new ArrayDeque<>();
  private final LaterTasks later = new LaterTasks(rounds::add);
  private final List<Integer> done = new ArrayList<>();

  @Test
  void aRoundDoesAFewOfThem() {
    IntStream.range(0, 1000).forEach(this::add);
    assertTrue(done.isEmpty(), "not in the turn that asks");
    for (int before = 0; before < 1000; before = done.size()) {
      assertEquals(1, rounds.size(), "one task of the loop's own queue stands for all");
      rounds.remove().run();
      assertTrue(done.size() > before && done.size() <= before + 16, done.size() + " done");
    }
    assertEquals(IntStream.range(0, 1000).boxed().toList(), done);
    assertTrue(rounds.isEmpty());
  }

  @Test
  void oneThatAsksAgainIsBehindTheOthers() {
    later.add(() -> add(3));
    add(1);
    add(2);
    while (!rounds.isEmpty()) {
      rounds.remove().run();
    }
    assertEquals(List.of(1, 2, 3), done);
  }

  @Test
  void oneThatFailsTakesNoneOfTheOthersWithIt() {
    later.add(
        () -> {
          throw new IllegalStateException("of one connection");
        });
    add(1);
    assertThrows(IllegalStateException.class, rounds.remove()::run);
    rounds.remove().run();
    assertEquals(List.of(1), done);
  }

  private void add(int number) {
    later.add(() -> done.add(number));
  }
}
