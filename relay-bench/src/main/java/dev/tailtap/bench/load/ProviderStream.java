package dev.tailtap.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.nio.charset.StandardCharsets;

/**
 * One answer of the provider: a head, events when they are due or (a firehose) whenever there is
 * room, and the ending. Each event is one chunk and one write. Confined to one loop.
 */
final class ProviderStream {
  private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  /**
   * When the next event is due, by the clock of {@link System#nanoTime()}. Changed by the pacer.
   */
  long due;

  private final Channel channel;
  private final LoadRun run;
  private final Pacer pacer;
  private final int stream;
  private final int events;
  private int next;
  private boolean ended;

  ProviderStream(Channel channel, LoadRun run, int stream, int events) {
    this.channel = channel;
    this.run = run;
    this.pacer = run.pacer();
    this.stream = stream;
    this.events = events;
  }

  void begin() {
    due = System.nanoTime();
    channel.write(channel.alloc().directBuffer(256).writeBytes(run.head()));
    if (run.isFirehose(stream)) {
      pour();
    } else {
      turn();
    }
  }

  boolean ended() {
    return ended;
  }

  /** It is due. */
  void turn() {
    if (!channel.isActive()) {
      ended = true;
    } else if (next == events || pacer.endingAll()) {
      end();
    } else {
      run.sent();
      write();
      channel.flush();
      pacer.again(this);
    }
  }

  /** A firehose: fills what room there is. */
  void pour() {
    while (!ended && channel.isActive() && channel.isWritable()) {
      if (pacer.endingAll()) {
        end();
      } else {
        due = System.nanoTime();
        write();
      }
    }
    channel.flush();
  }

  boolean isFirehose() {
    return run.isFirehose(stream);
  }

  private void write() {
    byte[] chunk = run.chunk();
    Script.mark(chunk, run.chunkHeadBytes(), stream, next++, due, System.nanoTime());
    channel.write(buffer(chunk), channel.voidPromise());
  }

  private void end() {
    ended = true;
    byte[] ending = Script.ending(next);
    byte[] size = (Integer.toHexString(ending.length) + "\r\n").getBytes(StandardCharsets.US_ASCII);
    ByteBuf out = channel.alloc().directBuffer(ending.length + 32);
    out.writeBytes(size).writeBytes(ending).writeByte('\r').writeByte('\n').writeBytes(LAST_CHUNK);
    channel.writeAndFlush(out, channel.voidPromise());
  }

  private ByteBuf buffer(byte[] bytes) {
    return channel.alloc().directBuffer(bytes.length).writeBytes(bytes);
  }
}
