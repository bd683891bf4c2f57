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
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** A ledger that calls back when the simulation says so, and counts. */
public final class SimLedger implements Ledger {
  /** What was to be called back, of which row; its end, or the beginning of this number. */
  private record Later(SimRow row, boolean end, int aim, Runnable told) {}

  public final Set<Integer> opened = new HashSet<>(); // told of their beginning
  public final Set<Integer> durable = new HashSet<>(); // told of their end, and of all before

  /** Of each call that is over, so far: the row of the answer that its client got, or the last. */
  public final Map<Integer, UsageRecord> rows = new HashMap<>();

  public OpenRecord reopened; // the last one that goes elsewhere
  public int reserved;
  public int closed; // rows
  public int toldOfEnd; // rows
  public boolean full;
  public boolean safe = true;
  boolean stages;
  private final Map<Integer, List<SimRow>> tries = new HashMap<>();
  private final List<Later> later = new ArrayList<>();
  private LongSupplier nanos = () -> 0;
  private Consumer<SimRow> watch = row -> {};

  /** One that has every second call's beginning safe at once. */
  public static SimLedger staging() {
    SimLedger ledger = new SimLedger();
    ledger.stages = true;
    return ledger;
  }

  /** From now on somebody is told of each target that a row is to go to, by a clock. */
  public void watch(LongSupplier clock, Consumer<SimRow> who) {
    nanos = clock;
    watch = who;
  }

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
  public boolean open(OpenRecord record, Runnable written) {
    int call = call(record.path());
    List<SimRow> before = tries.computeIfAbsent(call, none -> new ArrayList<>());
    check(before.size() + 1 == record.attempt().number(), "call " + call + " was opened twice");
    SimRow row = new SimRow(call, before.isEmpty() ? null : before.get(before.size() - 1));
    before.add(row);
    rows.remove(call);
    durable.remove(call);
    boolean atOnce = stages && call % 2 == 1;
    aim(row, record, atOnce ? null : written);
    if (atOnce) {
      row.written = true;
      opened.add(call);
    }
    return atOnce;
  }

  @Override
  public void reopen(OpenRecord record, Runnable written) {
    int call = call(record.path());
    check(underWay(call), "call " + call + " goes elsewhere and is not under way");
    SimRow row = tries(call).get(tries(call).size() - 1);
    check(row.record == null, row + " goes elsewhere and is over");
    reopened = record;
    aim(row, record, written);
  }

  private void aim(SimRow row, OpenRecord record, Runnable written) {
    row.aim(record, tries(row.call).get(0));
    if (written != null) { // else it is so already
      later.add(new Later(row, false, row.aims.size(), written));
    }
    watch.accept(row);
  }

  @Override
  public void close(UsageRecord record, Runnable told) {
    int call = call(record.call().path());
    SimRow row = null;
    for (SimRow each : tries(call)) {
      row = each.open().id().equals(record.call().id()) ? each : row;
    }
    check(row != null, "a record of a call that was not opened: " + call);
    check(row.record == null, row + " has two records");
    check(record.call().equals(row.open()), row + " began otherwise than its record says");
    row.record = record;
    row.closedNanos = nanos.getAsLong();
    closed++;
    over(call);
    later.add(new Later(row, true, 0, told));
  }

  /** Notes what is to be seen of a call of which no row is open. */
  private void over(int call) {
    UsageRecord shown = null;
    for (SimRow each : tries(call)) {
      if (each.record == null) {
        return;
      }
      shown = shown == null || !shown.response().delivered() ? each.record : shown;
    }
    rows.put(call, shown);
  }

  @Override
  public boolean safe() {
    return safe;
  }

  /** The rows of a call, in the order of their beginnings. */
  public List<SimRow> tries(int call) {
    return tries.getOrDefault(call, List.of());
  }

  /** The try after this one; null: there is none. */
  public SimRow next(SimRow row) {
    List<SimRow> all = tries(row.call);
    return row.number() < all.size() ? all.get(row.number()) : null;
  }

  /** How many calls have a row without a record. */
  public int callsUnderWay() {
    return tries.size() - rows.size();
  }

  /** Whether a call has begun, and has a row without a record. */
  public boolean underWay(int call) {
    return tries.containsKey(call) && !rows.containsKey(call);
  }

  /** How many rows are open: of a call two at most, of which one waits for the other's end. */
  public int open() {
    int all = 0;
    for (List<SimRow> each : tries.values()) {
      int open = 0;
      for (SimRow row : each) {
        open += row.record == null ? 1 : 0;
      }
      check(open <= 2, "three tries of call " + each.get(0).call + " are open");
      all += open;
    }
    return all;
  }

  public boolean waits() {
    return !later.isEmpty();
  }

  /** Calls one back; what is of the same call and came before is before it, as in a journal. */
  public String callBack(Random random) {
    int last = random.nextInt(later.size());
    int call = later.get(last).row.call;
    String said = "";
    for (Later other : List.copyOf(later.subList(0, last + 1))) {
      if (other.row.call == call && later.remove(other)) {
        said = tell(other);
      }
    }
    return said;
  }

  private String tell(Later one) {
    SimRow row = one.row;
    if (one.end) {
      toldOfEnd++;
      row.durable = true;
      if (rows.containsKey(row.call) && tries(row.call).stream().allMatch(each -> each.durable)) {
        durable.add(row.call);
      }
    } else {
      row.written = row.aims.size() == one.aim;
      opened.add(row.call);
    }
    one.told.run();
    return (one.end ? "durable " : "opened ") + row;
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
