package dev.tailtap.attack;

import java.util.List;

/** Something that clients or providers do to a relay, for a bounded time. */
interface Attack {
  /** Does it; what it asks of the relay besides goes to the ground's verdict. */
  void run(Ground ground) throws Exception;

  /**
   * A line of the table.
   *
   * @param inBuild whether a short form of it runs in every build
   * @param canaries whether others are beside it, whom it may not hurt
   * @param descriptors that the relay may have; 0: as many as the test
   * @param settings of the relay
   */
  record Kind(
      String name,
      boolean inBuild,
      boolean canaries,
      int descriptors,
      List<String> settings,
      Attack attack) {
    static Kind of(String name, Attack attack) {
      return new Kind(name, false, true, 0, List.of(), attack);
    }

    Kind everyBuild() {
      return new Kind(name, true, canaries, descriptors, settings, attack);
    }

    Kind alone() {
      return new Kind(name, inBuild, false, descriptors, settings, attack);
    }

    Kind limitedTo(int count) {
      return new Kind(name, inBuild, canaries, count, settings, attack);
    }

    Kind with(String... lines) {
      return new Kind(name, inBuild, canaries, descriptors, List.of(lines), attack);
    }

    @Override
    public String toString() {
      return name;
    }
  }
}
