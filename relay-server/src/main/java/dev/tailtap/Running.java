package dev.tailtap;

/** What serves until it is closed, which lets its streams end; cutting ends them at once. */
interface Running extends AutoCloseable {
  void cut();

  @Override
  void close();
}
