package dev.tailtap.reconcile;

import java.time.LocalDate;

/**
 * What is compared apart.
 *
 * @param model empty: none is named
 */
record DayModel(LocalDate day, String model) implements Comparable<DayModel> {
  @Override
  public int compareTo(DayModel other) {
    int byDay = day.compareTo(other.day);
    return byDay == 0 ? model.compareTo(other.model) : byDay;
  }
}
