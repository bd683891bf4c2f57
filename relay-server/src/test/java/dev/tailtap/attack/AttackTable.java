package dev.tailtap.attack;

import java.util.List;
import java.util.stream.Stream;

/** Every attack. */
final class AttackTable {
  static final List<Attack.Kind> ALL =
      Stream.of(BodyAttacks.ALL, AnswerAttacks.ALL, ConnectionAttacks.ALL)
          .flatMap(List::stream)
          .toList();

  private AttackTable() {}
}
