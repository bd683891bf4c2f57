package dev.tailtap.rehearsal;

/** What the threads of a rehearsal have in common: none of them keeps the process. */
final class Threads {
  private Threads() {}

  static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "rehearsal");
    thread.setDaemon(true);
    return thread;
  }
}
