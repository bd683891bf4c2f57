package dev.tailtap.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.exchange.Delivery;
import dev.tailtap.http1.BodyFraming;
import dev.tailtap.http1.BodyScanner;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What an answer costs while it waits for its client, however its provider has cut it. */
class DeliveryPartsTest {
  private static final int READ = 64 * 1024;

  private final EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
  private final ChannelHandlerContext client = channel.pipeline().firstContext();
  private final BodyScanner scanner = BodyScanner.ofResponses();
  private final List<ByteBuf> written = new ArrayList<>();

  @Test
  void aWholeBufferIsOneWriteOfItself() {
    RawDelivery delivery = new RawDelivery(client, true);
    begin();
    ByteBuf read = read("5\r\nhello\r\n".repeat(400));
    deliver(delivery, read);
    assertEquals(1, written.size());
    assertSame(read, written.get(0));
    release();
  }

  @Test
  void aSmallEventInABufferOfItsSizeIsNotCopied() {
    RawDelivery delivery = new RawDelivery(client, true);
    begin();
    ByteBuf read = channel.alloc().buffer(512);
    read.writeCharSequence("8c\r\n" + "x".repeat(140) + "\r\n", ISO_8859_1);
    deliver(delivery, read);
    assertSame(read, written.get(0));
    release();
  }

  @Test
  void aFewBytesDoNotPinALargeBuffer() {
    RawDelivery delivery = new RawDelivery(client, true);
    begin();
    for (int i = 0; i < 100; i++) {
      deliver(delivery, read("1\r\na\r\n"));
    }
    assertEquals("1\r\na\r\n".repeat(100), text());
    pinsLittle(100);
  }

  @Test
  void manyExtensionsAreFewWritesThatPinLittle() {
    RawDelivery delivery = new RawDelivery(client, true);
    begin();
    int reads = 20;
    for (int i = 0; i < reads; i++) {
      deliver(delivery, read("1;x\r\na\r\n".repeat(7000)));
    }
    assertTrue(written.size() <= reads, written.size() + " writes");
    assertEquals("1\r\na\r\n".repeat(7000 * reads), text());
    pinsLittle(reads);
  }

  @Test
  void aLongExtensionPinsNothing() {
    RawDelivery delivery = new RawDelivery(client, true);
    begin();
    int reads = 20;
    for (int i = 0; i < reads; i++) {
      deliver(delivery, read("1;" + "x".repeat(14_000) + "\r\na\r\n"));
    }
    assertEquals("1\r\na\r\n".repeat(reads), text());
    pinsLittle(reads);
  }

  @Test
  void manySmallChunksAreFramedAnewInAFewWritesThatPinLittle() {
    ReframedDelivery delivery = new ReframedDelivery(client, true, 0, false);
    begin();
    int reads = 20;
    for (int i = 0; i < reads; i++) {
      deliver(delivery, read("1\r\na\r\n".repeat(10_000)));
    }
    assertTrue(written.size() <= 3 * reads, written.size() + " writes");
    assertEquals("2710\r\n" + "a".repeat(10_000) + "\r\n", text().substring(0, 10_008));
    pinsLittle(reads);
  }

  @Test
  void largeChunksFramedAnewAreNotCopied() {
    ReframedDelivery delivery = new ReframedDelivery(client, true, 0, false);
    begin();
    ByteBuf read = read("e000\r\n" + "b".repeat(0xe000) + "\r\n");
    long address = read.memoryAddress();
    deliver(delivery, read);
    assertEquals(3, written.size());
    assertEquals(address + 6, written.get(1).memoryAddress());
    release();
  }

  private void begin() {
    HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
    head.headers().set("transfer-encoding", "chunked");
    BodyFraming framing = dev.tailtap.http1.ResponseRules.framing(HttpMethod.GET, head);
    scanner.begin(framing);
  }

  private void deliver(Delivery delivery, ByteBuf read) {
    scanner.scan(
        read,
        new BodyScanner.Spans() {
          @Override
          public void payload(ByteBuf buf, int index, int length) {
            delivery.payload(buf, index, length);
          }

          @Override
          public void hole(ByteBuf buf, int index, int length) {
            delivery.hole(buf, index, length);
          }
        });
    delivery.bytes(read, scanner.forwardable(), scanner.complete());
    channel.flush();
    for (Object part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
      written.add((ByteBuf) part);
    }
  }

  private ByteBuf read(String text) {
    ByteBuf buf = channel.alloc().buffer(READ);
    buf.writeCharSequence(text, ISO_8859_1);
    return buf;
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    written.forEach(part -> text.append(part.toString(ISO_8859_1)));
    return text.toString();
  }

  private void pinsLittle(int reads) {
    long bytes = written.stream().mapToLong(ByteBuf::readableBytes).sum();
    long pinned =
        written.stream().map(DeliveryPartsTest::root).distinct().mapToLong(ByteBuf::capacity).sum();
    assertTrue(pinned <= 2 * bytes + 1024L * reads, pinned + " bytes are pinned by " + bytes);
    release();
  }

  private void release() {
    written.forEach(ByteBuf::release);
    written.clear();
    channel.finishAndReleaseAll();
  }

  private static ByteBuf root(ByteBuf buf) {
    ByteBuf root = buf;
    while (root.unwrap() != null) {
      root = root.unwrap();
    }
    return root;
  }
}
