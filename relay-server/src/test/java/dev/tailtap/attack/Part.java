package dev.tailtap.attack;

import java.nio.ByteBuffer;

/** What one end of a connection does. All of it happens on its reactor's thread. */
interface Part {
  /** The connection stands. */
  default void opened(Wire wire) {}

  /** These bytes came; they are gone when this returns. */
  default void received(Wire wire, ByteBuffer bytes) {}

  /** All that was written has left, and {@link Wire#wantsMore} said that there is more. */
  default void drained(Wire wire) {}

  /** The other side will send no more: it closed, reset, or was never reached. Told once. */
  default void ended(Wire wire) {}
}
