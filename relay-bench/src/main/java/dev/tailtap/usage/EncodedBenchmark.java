package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.encoder.BrotliOutputStream;
import com.github.luben.zstd.ZstdOutputStream;
import dev.tailtap.record.UsageReading;
import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.zip.DataFormatException;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.Inflater;
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
 * What it costs to read along a whole JSON answer of 256 KiB, encoded or not, from reads of so many
 * bytes in direct buffers. {@code inflatedAlone} is the floor of gzip: zlib in one piece, and no
 * look at what comes out.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class EncodedBenchmark {
  private static final int BYTES = 256 * 1024;

  @Param({"identity", "gzip", "deflate", "br", "zstd"})
  private String coding;

  /** A long text, or a list of vectors: hardly a quote, hardly a letter between them. */
  @Param({"text", "numbers"})
  private String content;

  @Param({"512", "4096", "16384"})
  private int read;

  private final ByteBufAllocator alloc = new AdaptiveByteBufAllocator();
  private final byte[] out = new byte[16 * 1024];
  private ByteBuf body;
  private ByteBuffer deflated;

  /** Makes the body once, as its provider would. */
  @Setup
  public void encode() throws IOException {
    byte[] text = text(content).getBytes(US_ASCII);
    ByteArrayOutputStream encoded = new ByteArrayOutputStream();
    try (OutputStream to = encoder(encoded)) {
      to.write(text);
    }
    body = alloc.directBuffer(encoded.size()).writeBytes(encoded.toByteArray());
    ByteArrayOutputStream zlib = new ByteArrayOutputStream();
    try (OutputStream to = new DeflaterOutputStream(zlib)) {
      to.write(text);
    }
    deflated = ByteBuffer.allocateDirect(zlib.size()).put(zlib.toByteArray()).flip();
  }

  /** A tap's whole life. */
  @Benchmark
  public UsageReading tapped() {
    Tap tap = new Tap(Dialect.OPENAI_CHAT, BodyKind.JSON, coding, alloc, 1 << 16);
    int end = body.writerIndex();
    for (int at = 0; at < end; at += read) {
      tap.payload(body, at, Math.min(read, end - at));
      tap.readComplete();
    }
    return tap.finish(true);
  }

  /** Zlib alone. */
  @Benchmark
  public int inflatedAlone() throws DataFormatException {
    Inflater inflater = new Inflater();
    inflater.setInput(deflated.duplicate());
    int total = 0;
    while (!inflater.finished()) {
      total += inflater.inflate(out);
    }
    inflater.end();
    return total;
  }

  private OutputStream encoder(OutputStream to) throws IOException {
    return switch (coding) {
      case "gzip" -> new GZIPOutputStream(to);
      case "deflate" -> new DeflaterOutputStream(to);
      case "br" -> {
        Brotli4jLoader.ensureAvailability();
        yield new BrotliOutputStream(to);
      }
      case "zstd" -> new ZstdOutputStream(to);
      default -> to;
    };
  }

  private static String text(String content) {
    SplittableRandom random = new SplittableRandom(1);
    boolean numbers = content.equals("numbers");
    StringBuilder text = new StringBuilder(BYTES + 256);
    text.append(
        "{\"id\":\"chatcmpl-0123456789\",\"object\":\"chat.completion\",\"model\":\"bench\",");
    text.append(
        numbers
            ? "\"data\":[{\"embedding\":["
            : "\"choices\":[{\"index\":0,\"message\":{\"content\":\"");
    while (text.length() < BYTES) {
      if (numbers) {
        text.append(random.nextInt(2_000_000) / 1e6 - 1).append(',');
      } else {
        text.append(Integer.toString(random.nextInt(1 << 12) * 7919, 36)).append(' ');
      }
    }
    text.append(numbers ? "0]}]" : "\"},\"finish_reason\":\"stop\"}]");
    text.append(",\"usage\":{\"prompt_tokens\":17,\"completion_tokens\":40,\"total_tokens\":57}}");
    return text.toString();
  }
}
