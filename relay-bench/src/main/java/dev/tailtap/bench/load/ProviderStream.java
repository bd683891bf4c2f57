package dev.tailtap.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.nio.charset.StandardCharsets;

/**
 * One answer of the provider: a head, events when they are due or (a firehose) whenever there is
 * room, and the ending. Each event is one chunk and one write. Confined to one loop.
 */
final class ProviderStream {
  /** Events of a firehose that go out at once. */
  private static final int BURST = 64;

  private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Channel channel;
  private final LoadRun run;
  private final Pacer pacer;
  private final Pacer.Turn turn = new Pacer.Turn(this::send);
  private final int stream;
  private final int events;
  private final boolean usage; // it was asked for
  private int next;
  private boolean ended;

  ProviderStream(Channel channel, LoadRun run, int stream, int events, boolean usage) {
    this.channel = channel;
    this.run = run;
    this.pacer = run.pacer();
    this.stream = stream;
    this.events = events;
    this.usage = usage;
  }

  void begin() {
    turn.begin();
    channel.write(channel.alloc().directBuffer(256).writeBytes(run.provided().head()));
    if (run.isFirehose(stream)) {
      pour();
    } else {
      send();
    }
  }

  boolean ended() {
    return ended;
  }

  /** Sends the event that is due. */
  private void send() {
    if (!channel.isActive()) {
      ended = true;
    } else if (next == events || pacer.endingAll()) {
      end();
    } else {
      run.sent();
      write();
      channel.flush();
      pacer.again(turn);
    }
  }

  /** A firehose: fills what room there is. */
  void pour() {
    while (!ended && channel.isActive() && channel.isWritable()) {
      if (pacer.endingAll()) {
        end();
      } else {
        channel.write(burst(), channel.voidPromise());
      }
    }
    channel.flush();
  }

  boolean isFirehose() {
    return run.isFirehose(stream);
  }

  private void write() {
    byte[] chunk = marked();
    channel.write(
        channel.alloc().directBuffer(chunk.length).writeBytes(chunk), channel.voidPromise());
  }

  private ByteBuf burst() {
    turn.begin();
    ByteBuf out = channel.alloc().directBuffer(BURST * run.provided().chunk().length);
    for (int i = 0; i < BURST; i++) {
      out.writeBytes(marked());
    }
    return out;
  }

  private byte[] marked() {
    byte[] chunk = run.provided().chunk();
    Script.mark(
        chunk, run.provided().chunkHeadBytes(), stream, next++, turn.due(), System.nanoTime());
    return chunk;
  }

  private void end() {
    ended = true;
    byte[] ending = Script.ending(next, usage);
    byte[] size = (Integer.toHexString(ending.length) + "\r\n").getBytes(StandardCharsets.US_ASCII);
    ByteBuf out = channel.alloc().directBuffer(ending.length + 32);
    out.writeBytes(size).writeBytes(ending).writeByte('\r').writeByte('\n').writeBytes(LAST_CHUNK);
    channel.writeAndFlush(out, channel.voidPromise());
  }
}
