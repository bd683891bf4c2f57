package dev.tailtap.redis;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.tailtap.rig.HandChannel;
import dev.tailtap.rig.HandTime;
import java.util.ArrayList;
import java.util.List;

/**
 * A relay's connection to the simulated server: what is sent arrives late, in its order, until one
 * of both ends it.
 */
final class SimulatedWire {
  private final SimulatedRedis server;
  private final SimulatedRedis.Door door;
  private final HandTime time;
  final HandChannel channel;
  private final StringBuilder arrived = new StringBuilder(); // and not done
  private final Runnable watcher = this::collect;
  private long lastThere; // when what was sent last arrives
  private long lastBack;
  private boolean cut;

  SimulatedWire(
      SimulatedRedis server, SimulatedRedis.Door door, HandTime time, HandChannel channel) {
    this.server = server;
    this.door = door;
    this.time = time;
    this.channel = channel;
    time.watch(watcher);
    channel.closeFuture().addListener(closed -> clientLeft());
  }

  SimulatedRedis.Door door() {
    return door;
  }

  /** What the relay has sent is on its way. */
  private void collect() {
    if (channel.takenBytes() > 0) {
      String sent = new String(channel.taken(), ISO_8859_1);
      channel.throwAway();
      lastThere = Math.max(lastThere, time.nanos() + door.latencyNanos());
      time.in(lastThere - time.nanos(), () -> arrive(sent));
    }
  }

  private void arrive(String sent) {
    if (!cut) {
      arrived.append(sent);
      server.attend(this);
    }
  }

  /** The next whole command that has arrived; null: there is none. */
  List<String> next() {
    int end = arrived.indexOf("\r\n");
    if (end < 0) {
      return null;
    }
    int words = Integer.parseInt(arrived.substring(1, end));
    List<String> command = new ArrayList<>(words);
    int at = end + 2;
    for (int i = 0; i < words; i++) {
      end = arrived.indexOf("\r\n", at);
      if (end < 0) {
        return null;
      }
      int length = Integer.parseInt(arrived.substring(at + 1, end));
      at = end + 2;
      if (arrived.length() < at + length + 2) {
        return null;
      }
      command.add(arrived.substring(at, at + length));
      at += length + 2;
    }
    arrived.delete(0, at);
    return command;
  }

  /** What the server has said is on its way, sometimes in two pieces. */
  void answer(String text) {
    if (text.isEmpty()) {
      return;
    }
    int middle = server.random().nextInt(8) == 0 ? server.random().nextInt(text.length()) : 0;
    back(text.substring(0, middle));
    back(text.substring(middle));
  }

  private void back(String part) {
    lastBack = Math.max(lastBack, time.nanos() + door.latencyNanos());
    time.in(lastBack - time.nanos(), () -> deliver(part));
  }

  private void deliver(String part) {
    if (!cut && channel.isOpen()) {
      channel.arrive(part.getBytes(ISO_8859_1));
      channel.read(16, 65_536);
    }
  }

  /** The connection is lost, and what was on its way; its relay hears of it a little later. */
  void cut() {
    if (!cut) {
      cut = true;
      arrived.setLength(0);
      time.unwatch(watcher);
      server.forget(this);
      door.broken();
      time.in(door.latencyNanos(), this::reset);
    }
  }

  private void reset() {
    channel.vanish(true);
    if (channel.readable()) {
      channel.read(1, 1);
    }
  }

  /** What it has sent before may still be done. */
  private void clientLeft() {
    time.unwatch(watcher);
    door.broken();
    if (server.random().nextBoolean()) {
      cut = true;
      arrived.setLength(0);
      server.forget(this);
    }
  }
}
