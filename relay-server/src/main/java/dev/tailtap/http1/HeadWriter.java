package dev.tailtap.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.AsciiString;
import io.netty.util.CharsetUtil;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;

/**
 * Writes one message head into a buffer of its own: start line, fields, {@link #end()}. The caller
 * owns the buffer. Names and values come from a decoder that has validated them or from the
 * configuration that has; nothing is checked again.
 */
public final class HeadWriter {
  private static final AsciiString VERSION = AsciiString.cached("HTTP/1.1 ");
  private static final AsciiString REQUEST_END = AsciiString.cached(" HTTP/1.1\r\n");
  private static final int CRLF = '\r' << 8 | '\n';
  private static final int COLON_SPACE = ':' << 8 | ' ';
  private static final int TYPICAL_HEAD = 1024;

  private final ByteBuf out;

  private HeadWriter(ByteBufAllocator alloc) {
    out = alloc.directBuffer(TYPICAL_HEAD);
  }

  /** Begins a request head with its method and target. */
  public static HeadWriter request(ByteBufAllocator alloc, CharSequence method, String target) {
    HeadWriter head = new HeadWriter(alloc);
    head.text(method);
    head.out.writeByte(' ');
    head.text(target);
    head.text(REQUEST_END);
    return head;
  }

  /** Begins a response head; an upstream's own reason phrase is kept. */
  public static HeadWriter response(ByteBufAllocator alloc, HttpResponseStatus status) {
    HeadWriter head = new HeadWriter(alloc);
    head.text(VERSION);
    head.text(status.codeAsText());
    head.out.writeByte(' ');
    head.text(status.reasonPhrase());
    head.out.writeShort(CRLF);
    return head;
  }

  /** Adds one field. */
  public HeadWriter field(CharSequence name, CharSequence value) {
    text(name);
    out.writeShort(COLON_SPACE);
    text(value);
    out.writeShort(CRLF);
    return this;
  }

  /** Adds all fields but those named, in their order. */
  public HeadWriter fields(HttpHeaders headers, Set<String> droppedLowerCase) {
    return fields(headers, droppedLowerCase, Set.of());
  }

  /** Adds all fields but those that either set names, in their order. */
  public HeadWriter fields(
      HttpHeaders headers, Set<String> droppedLowerCase, Set<String> replacedLowerCase) {
    Iterator<Map.Entry<CharSequence, CharSequence>> entries = headers.iteratorCharSequence();
    while (entries.hasNext()) {
      Map.Entry<CharSequence, CharSequence> entry = entries.next();
      String name = HeaderRules.lowerCase(entry.getKey());
      if (!droppedLowerCase.contains(name) && !replacedLowerCase.contains(name)) {
        field(entry.getKey(), entry.getValue());
      }
    }
    return this;
  }

  /** Ends the head and hands its buffer over. */
  public ByteBuf end() {
    out.writeShort(CRLF);
    return out;
  }

  private void text(CharSequence text) {
    if (text instanceof AsciiString ascii) {
      ByteBufUtil.writeAscii(out, ascii);
    } else {
      // The decoder maps bytes to characters one to one, so this gives the bytes back.
      out.writeCharSequence(text, CharsetUtil.ISO_8859_1);
    }
  }
}
