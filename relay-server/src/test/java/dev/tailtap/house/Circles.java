package dev.tailtap.house;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which classes of one package cannot be read one after another, since each needs the others: the
 * strongly connected components of who mentions whom (Tarjan 1972). What is nested belongs to its
 * outer type; comments mention nobody.
 */
final class Circles {
  private final Map<String, Set<String>> uses;
  private final Map<String, Integer> numbers = new HashMap<>();
  private final Map<String, Integer> lowest = new HashMap<>();
  private final Deque<String> open = new ArrayDeque<>();
  private final List<String> found = new ArrayList<>();
  private final String floor;

  private Circles(String floor, Map<String, Set<String>> uses) {
    this.floor = floor;
    this.uses = uses;
  }

  /** A line for each: the package and the names of the types in it. */
  static Set<String> of(Collection<SourceFile> files) {
    Map<String, Map<String, Set<String>>> packages = new TreeMap<>();
    for (SourceFile file : files) {
      Map<String, Set<String>> uses =
          packages.computeIfAbsent(file.floorName(), key -> new TreeMap<>());
      file.topLevel.forEach(type -> uses.put(type.name(), mentioned(file, type.name())));
    }
    Set<String> all = new TreeSet<>();
    packages.forEach((floor, uses) -> all.addAll(new Circles(floor, uses).all()));
    return all;
  }

  private static Set<String> mentioned(SourceFile file, String type) {
    Set<String> names = new TreeSet<>(file.mentions.getOrDefault(type, Set.of()));
    names.removeAll(file.ownNames);
    names.remove(type);
    return names;
  }

  private List<String> all() {
    uses.keySet().forEach(this::visit);
    return found;
  }

  private void visit(String type) {
    if (numbers.containsKey(type)) {
      return;
    }
    int number = numbers.size();
    numbers.put(type, number);
    lowest.put(type, number);
    open.push(type);
    for (String other : uses.get(type)) {
      if (uses.containsKey(other)) {
        visit(other);
        if (open.contains(other)) {
          lowest.merge(type, lowest.get(other), Math::min);
        }
      }
    }
    if (lowest.get(type) == number) {
      close(type);
    }
  }

  /** All that was opened since is in one circle with it. */
  private void close(String type) {
    Set<String> circle = new TreeSet<>();
    while (!circle.contains(type)) {
      circle.add(open.pop());
    }
    if (circle.size() > 1) {
      found.add((floor.isEmpty() ? "(root)" : floor) + ": " + String.join(" ", circle));
    }
  }
}
