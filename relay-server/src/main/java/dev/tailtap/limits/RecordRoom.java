package dev.tailtap.limits;

/** Where records have their room, which is claimed before a call begins. Any thread; no waiting. */
public interface RecordRoom {
  /**
   * Claims room for one call and its record.
   *
   * @return false: there is none, so the request must not be admitted
   */
  boolean reserve();

  /** Gives back room of which no call came. */
  void release();
}
