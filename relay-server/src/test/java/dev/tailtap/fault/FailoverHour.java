package dev.tailtap.fault;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Three upstreams whose moods change by a script, of which one can always serve: another takes that
 * over only once it has served, and once no call is left that could have asked it before. The
 * test's thread.
 */
final class FailoverHour implements AutoCloseable {
  static final List<String> NAMES = List.of("a", "b", "c");

  private static final List<Mood> MOODS = List.of(Mood.values());

  private final List<MoodyUpstream> upstreams = new ArrayList<>();
  private final Set<String> failed = new TreeSet<>();
  private final Random random;
  private int able; // which of them can serve

  /**
   * All are well.
   *
   * @param gapMillis between two events of a stream
   */
  FailoverHour(long seed, int gapMillis) throws IOException {
    random = new Random(seed);
    for (String name : NAMES) {
      upstreams.add(new MoodyUpstream(name, gapMillis));
    }
  }

  List<MoodyUpstream> upstreams() {
    return upstreams;
  }

  MoodyUpstream upstream(String name) {
    return upstreams.get(NAMES.indexOf(name));
  }

  /** All that came to them. */
  List<MoodyUpstream.Asked> asked() {
    List<MoodyUpstream.Asked> all = new ArrayList<>();
    upstreams.forEach(each -> all.addAll(each.asked()));
    return all;
  }

  /** Requests that were not as their client sent them. */
  List<String> strange() {
    return upstreams.stream().flatMap(each -> each.strange().stream()).toList();
  }

  /** Settings of a relay whose route leads to them; the first has a pool of two keys. */
  List<String> settings() {
    List<String> settings = new ArrayList<>();
    for (MoodyUpstream each : upstreams) {
      settings.addAll(List.of("upstream." + each.name() + ".url", each.url()));
      settings.addAll(List.of("upstream." + each.name() + ".connect-timeout", "1m"));
    }
    settings.addAll(List.of("upstream.a.key.one", "s3cret-1", "upstream.a.key.two", "s3cret-2"));
    settings.addAll(
        List.of("upstream.a.keys", "spread", "route.hour.path", FailoverClients.PREFIX));
    settings.addAll(List.of("route.hour.upstreams", "a b c", "route.hour.tries", "4"));
    settings.addAll(List.of("route.hour.retry-on", "unsent,429,503,529,reset"));
    return settings;
  }

  /** Another one takes over, and the others change their moods. */
  void next(FailoverClients clients) throws IOException {
    int next = (able + 1 + random.nextInt(upstreams.size() - 1)) % upstreams.size();
    MoodyUpstream taking = upstreams.get(next);
    boolean limited = taking.mood() == Mood.LIMITED;
    if (!taking.mood().serves()) {
      taking.be(random.nextBoolean() ? Mood.WELL : Mood.SLOW);
    }
    if (limited) {
      clients.awaitMore(1, taking.name()); // until then nobody may ask it
    }
    clients.awaitAllSentSinceNow();
    able = next;
    for (MoodyUpstream each : upstreams) {
      if (each != taking) {
        each.be(MOODS.get(random.nextInt(MOODS.size())));
        note(each);
      }
    }
  }

  private void note(MoodyUpstream changed) {
    if (!changed.mood().serves()) {
      failed.add(changed.name() + " " + changed.mood());
    }
  }

  /** Whether each of them was in each mood that does not serve. */
  boolean eachFailedInEachWay() {
    return failed.size()
        == upstreams.size() * MOODS.stream().filter(mood -> !mood.serves()).count();
  }

  /** All are well again. */
  void allBeWell() throws IOException {
    for (MoodyUpstream each : upstreams) {
      each.be(Mood.WELL);
    }
  }

  String moods() {
    return Arrays.toString(upstreams.stream().map(MoodyUpstream::mood).toArray());
  }

  static void last(double seconds) {
    FaultGround.pause(TimeUnit.MILLISECONDS.convert((long) (seconds * 1e9), TimeUnit.NANOSECONDS));
  }

  @Override
  public void close() throws IOException {
    for (MoodyUpstream each : upstreams) {
      each.close();
    }
  }
}
