package dev.tailtap.http1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a body costs whoever holds it, however its client has cut it. */
class RequestPartsTest {
  private static final int READ = 16 * 1024;
  private static final int ALLOWANCE = 1024; // of bytes, for each read

  private final EmbeddedChannel channel = new EmbeddedChannel(new RequestDecoder(8192, 100));
  private final StringBuilder sent = new StringBuilder();
  private final StringBuilder got = new StringBuilder();
  private final List<ByteBuf> held = new ArrayList<>();
  private int reads;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 100, 1000})
  void manySmallChunksAreOneContentForEachRead(int size) {
    begin();
    for (int i = 0; i < 20; i++) {
      StringBuilder chunks = new StringBuilder();
      while (chunks.length() + size + 8 < READ) {
        chunk(chunks, size, "");
      }
      read(chunks.toString());
    }
    assertTrue(held.size() <= reads, held.size() + " contents of " + reads + " reads");
    endsWhole();
  }

  @Test
  void extensionsDoNotPinTheirReadBuffers() {
    begin();
    for (int i = 0; i < 200; i++) {
      StringBuilder chunks = new StringBuilder();
      for (int j = 0; j < 3; j++) {
        chunk(chunks, 1, ";" + "x".repeat(4000));
      }
      read(chunks.toString());
    }
    endsWhole();
  }

  @Test
  void aLargeChunkAmongExtensionsDoesNotPinThem() {
    begin();
    for (int i = 0; i < 50; i++) {
      StringBuilder chunks = new StringBuilder();
      chunk(chunks, 1500, ";" + "x".repeat(4000));
      chunk(chunks, 1, ";" + "y".repeat(4000));
      read(chunks.toString());
    }
    endsWhole();
  }

  @Test
  void largeSpansAndSmallOnesKeepTheirOrder() {
    Random random = new Random(7);
    begin();
    for (int i = 0; i < 50; i++) {
      StringBuilder chunks = new StringBuilder();
      while (chunks.length() < READ - 4200) {
        chunk(chunks, random.nextInt(3) == 0 ? 1024 + random.nextInt(3000) : 1 + i, "");
      }
      read(chunks.toString());
    }
    endsWhole();
  }

  @Test
  void aReadThatIsAllPayloadIsNotCopied() {
    channel.writeInbound(
        bytes("POST / HTTP/1.1\r\nHost: r\r\nContent-Length: " + READ + "\r\n\r\n"));
    assertTrue(channel.readInbound() instanceof HttpRequest);
    ByteBuf read = channel.alloc().buffer(READ).writeZero(READ);
    channel.writeInbound(read);
    HttpContent content = channel.readInbound();
    assertEquals(read.memoryAddress(), content.content().memoryAddress());
    content.release();
    channel.finishAndReleaseAll();
  }

  private void begin() {
    channel.writeInbound(bytes("POST / HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n\r\n"));
    assertTrue(channel.readInbound() instanceof HttpRequest);
  }

  private void chunk(StringBuilder chunks, int size, String extension) {
    String data = String.valueOf((char) ('a' + sent.length() % 26)).repeat(size);
    sent.append(data);
    chunks.append(Integer.toHexString(size)).append(extension).append("\r\n").append(data);
    chunks.append("\r\n");
  }

  private void read(String text) {
    reads++;
    channel.writeInbound(bytes(text));
    for (Object said = channel.readInbound(); said != null; said = channel.readInbound()) {
      ByteBuf content = ((HttpContent) said).content();
      got.append(content.toString(ISO_8859_1));
      held.add(content);
    }
  }

  private void endsWhole() {
    assertEquals(sent.toString(), got.toString());
    long pinned =
        held.stream().map(RequestPartsTest::root).distinct().mapToLong(ByteBuf::capacity).sum();
    long most = 2L * got.length() + (long) ALLOWANCE * reads;
    assertTrue(pinned <= most, pinned + " bytes are pinned by " + got.length());
    held.forEach(ByteBuf::release);
    channel.finishAndReleaseAll();
  }

  /** A buffer as a read leaves it. */
  private ByteBuf bytes(String text) {
    ByteBuf buf = channel.alloc().buffer(READ);
    buf.writeCharSequence(text, ISO_8859_1);
    return buf;
  }

  private static ByteBuf root(ByteBuf buf) {
    ByteBuf root = buf;
    while (root.unwrap() != null) {
      root = root.unwrap();
    }
    return root;
  }
}
