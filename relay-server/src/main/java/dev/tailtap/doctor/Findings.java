package dev.tailtap.doctor;

import dev.tailtap.store.CallGroup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the rows of the last hour say, in lines of text: per upstream and model, and why. Pure. */
final class Findings {
  private static final List<String> STATES =
      List.of("final", "partial", "absent", "unreadable", "repeated");

  private Findings() {}

  static List<String> of(List<CallGroup> groups) {
    if (groups.isEmpty()) {
      return List.of("No calls in the last hour.");
    }
    Map<String, List<CallGroup>> byModel = new TreeMap<>();
    for (CallGroup group : groups) {
      String model = group.model().isEmpty() ? "(no model named)" : group.model();
      String key = group.upstream() + " " + model;
      byModel.computeIfAbsent(key, name -> new ArrayList<>()).add(group);
    }
    List<String> lines = new ArrayList<>();
    lines.add("The last hour, by upstream and model:");
    byModel.forEach((name, some) -> tell(name, some, lines));
    return lines;
  }

  private static void tell(String name, List<CallGroup> groups, List<String> lines) {
    StringBuilder sums = new StringBuilder();
    for (String state : STATES) {
      sums.append(", ").append(calls(groups, state)).append(' ').append(state);
    }
    long all = groups.stream().mapToLong(CallGroup::calls).sum();
    lines.add("");
    lines.add(name + ": " + all + " calls" + sums);
    Map<String, Long> whys = new LinkedHashMap<>();
    for (CallGroup group : groups) {
      if (!group.usageState().equals("final")) {
        whys.merge(why(group), group.calls(), Long::sum);
      }
    }
    whys.forEach((why, calls) -> lines.addAll(("  " + calls + " " + why).lines().toList()));
  }

  private static String why(CallGroup group) {
    Diagnosis diagnosis = Diagnosis.of(group);
    return group.usageState()
        + ": "
        + diagnosis.cause()
        + "\n     evidence: "
        + diagnosis.evidence()
        + "\n     do: "
        + diagnosis.advice();
  }

  private static long calls(List<CallGroup> groups, String state) {
    return groups.stream()
        .filter(group -> group.usageState().equals(state))
        .mapToLong(CallGroup::calls)
        .sum();
  }
}
