package dev.tailtap.exchange;

import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.UsageRecord;
import java.util.ArrayList;
import java.util.List;

/** A row of the simulation: one try of a call, as its ledger and its upstream know it. */
public final class SimRow {
  public final int call;
  public final SimRow before; // the try before; null: it is the first

  /** Its beginnings; the last one counts. */
  public final List<OpenRecord> aims = new ArrayList<>();

  public boolean written; // its beginning, as it is now
  public UsageRecord record; // null: it is open
  public boolean durable;

  /** What the simulated upstream knows: when it got its head, last, and when its answer began. */
  public long sentNanos; // 0: it did not

  public boolean failed; // by its upstream
  public long answeredNanos; // 0: it was not

  /** What the simulation notes: when it was over, and that it was before the present step. */
  public long closedNanos;

  public boolean past;

  SimRow(int call, SimRow before) {
    this.call = call;
    this.before = before;
  }

  /** It is to go to this target; rows of a call are numbered from 1 on and name its first. */
  void aim(OpenRecord record, SimRow first) {
    OpenRecord one = aims.isEmpty() ? record : aims.get(0);
    OpenRecord start = first.aims.isEmpty() ? record : first.aims.get(0);
    check(record.id().equals(one.id()), " has two ids");
    check(record.attempt().number() == number(), " is called " + record.attempt().number());
    check(record.attempt().call().equals(start.id()), " names another call");
    check(before == null || !record.id().equals(before.open().id()), " has the id of another");
    aims.add(record);
    written = false;
  }

  /** Its upstream begins to answer, or goes on. */
  public void answered(long nanos) {
    answeredNanos = answeredNanos == 0 ? nanos : answeredNanos;
  }

  /** From 1 on. */
  public int number() {
    return before == null ? 1 : before.number() + 1;
  }

  /** Its beginning, as it is now. */
  public OpenRecord open() {
    return aims.get(aims.size() - 1);
  }

  /** The upstream and the key that it goes to. */
  public String target() {
    return target(open());
  }

  public static String target(OpenRecord open) {
    String key = open.attempt().upstreamKey();
    return key == null ? open.upstream() : open.upstream() + "/" + key;
  }

  /** Why it failed, by the code of its record; empty: it did not, or is open. */
  public String error() {
    return record == null || record.end().error() == null ? "" : record.end().error();
  }

  /** Whether its answer came whole, by its record. */
  public boolean whole() {
    return record != null && (record.end().error() == null || error().startsWith("error_"));
  }

  public boolean delivered() {
    return record != null && record.response().delivered();
  }

  private void check(boolean holds, String broken) {
    if (!holds) {
      throw new AssertionError(this + broken);
    }
  }

  @Override
  public String toString() {
    return before == null ? "call " + call : "try " + number() + " of call " + call;
  }
}
