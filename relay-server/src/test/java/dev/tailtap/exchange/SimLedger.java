package dev.tailtap.exchange;

import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.UsageRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** A ledger that calls back when the simulation says so, and counts. */
public final class SimLedger implements Ledger {
  /** What was to be called back, for which call. */
  private record Later(int call, boolean end, Runnable told) {}

  public final Set<Integer> opened = new HashSet<>(); // told of their beginning
  public final Set<Integer> durable = new HashSet<>(); // told of their end
  public final Map<Integer, UsageRecord> rows = new HashMap<>();
  public OpenRecord reopened; // the last one that goes elsewhere
  public int reserved;
  public boolean full;
  public boolean safe = true;
  private final Set<Integer> begun = new HashSet<>();
  private final List<Later> later = new ArrayList<>();

  @Override
  public boolean reserve() {
    reserved += full ? 0 : 1;
    return !full;
  }

  @Override
  public void release() {
    reserved--;
  }

  @Override
  public void open(OpenRecord record, Runnable written) {
    int call = call(record.path());
    check(begun.add(call), "call " + call + " was opened twice");
    later.add(new Later(call, false, written));
  }

  @Override
  public void reopen(OpenRecord record, Runnable written) {
    int call = call(record.path());
    check(underWay(call), "call " + call + " goes elsewhere and is not under way");
    reopened = record;
    later.add(new Later(call, false, written));
  }

  @Override
  public void close(UsageRecord record, Runnable told) {
    int call = call(record.call().path());
    check(begun.contains(call), "a record of a call that was not opened: " + call);
    check(rows.put(call, record) == null, "call " + call + " has two records");
    later.add(new Later(call, true, told));
  }

  @Override
  public boolean safe() {
    return safe;
  }

  /** Whether a call has begun and has no record. */
  public boolean underWay(int call) {
    return begun.contains(call) && !rows.containsKey(call);
  }

  public boolean waits() {
    return !later.isEmpty();
  }

  /** Calls one back; beginnings before their ends, as in a journal. */
  public String callBack(Random random) {
    Later one = later.remove(random.nextInt(later.size()));
    for (Later other : List.copyOf(later)) {
      if (other.call == one.call && one.end && later.remove(other)) {
        opened.add(one.call);
        other.told.run();
      }
    }
    (one.end ? durable : opened).add(one.call);
    one.told.run();
    return (one.end ? "durable " : "opened ") + one.call;
  }

  public static int call(String path) {
    return Integer.parseInt(path.substring(path.lastIndexOf('/') + 1));
  }

  private static void check(boolean holds, String broken) {
    if (!holds) {
      throw new AssertionError(broken);
    }
  }
}
