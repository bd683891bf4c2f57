package dev.tailtap.http1;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Following the framing of one chunk that holds one event, in nanoseconds per chunk: in one read,
 * in as many reads as {@code cuts} says and one more. Reading the payload is no part of it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class BodyScannerBenchmark implements BodyScanner.Spans {
  @Param({"60", "220", "1400", "16384"})
  private int eventBytes;

  @Param({"0", "1", "7"})
  private int cuts;

  private final BodyScanner scanner = BodyScanner.ofResponses();
  private ByteBuf[] reads;
  private long seen;

  @Setup
  public void begin() {
    String chunk = Integer.toHexString(eventBytes) + "\r\n" + "x".repeat(eventBytes) + "\r\n";
    ByteBuf whole = new AdaptiveByteBufAllocator().directBuffer(chunk.length());
    whole.writeBytes(chunk.getBytes(US_ASCII));
    int length = chunk.length() / (cuts + 1);
    reads = new ByteBuf[cuts + 1];
    for (int i = 0; i < cuts; i++) {
      reads[i] = whole.readSlice(length);
    }
    reads[cuts] = whole;
    scanner.begin(new BodyFraming(BodyFraming.Kind.CHUNKED, 0));
  }

  /** One chunk. */
  @Benchmark
  public long chunk() {
    for (ByteBuf read : reads) {
      scanner.scan(read, this);
    }
    if (scanner.malformed()) {
      throw new IllegalStateException("the chunk was not understood");
    }
    return seen;
  }

  @Override
  public void payload(ByteBuf buf, int index, int length) {
    seen += length;
  }

  @Override
  public void hole(ByteBuf buf, int index, int length) {
    throw new IllegalStateException("there is no extension");
  }
}
