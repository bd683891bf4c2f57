package dev.tailtap.rehearsal;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tailtap.demo.DemoTake;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/**
 * One call in bytes: what the client sends, and what the provider answers in so many writes.
 *
 * @param keepsAlive whether the connection serves another one after it
 */
record Take(byte[] request, List<byte[]> answer, boolean keepsAlive) {
  /** Names the take to the provider, by its place among all. */
  static final String FIELD = "x-take: ";

  private static final int EVENTS_A_WRITE = 4;
  private static final String LAST_CHUNK = "0\r\n\r\n";

  /**
   * Each dialect, streamed and whole; compressed and not; and asked by a client of HTTP/1.0, which
   * knows no chunks.
   */
  static List<Take> all() throws IOException {
    List<Take> takes = new ArrayList<>();
    List<DemoTake> calls = DemoTake.all();
    for (DemoTake call : calls) {
      takes.add(of(call, takes.size(), "1.1", answer(call)));
    }
    for (DemoTake call : calls) {
      takes.add(of(call, takes.size(), "1.1", answer(call)));
    }
    for (DemoTake call : calls.subList(0, 2)) {
      takes.add(of(call, takes.size(), "1.1", compressed(call)));
      takes.add(of(call, takes.size(), "1.0", answer(call)));
    }
    return takes;
  }

  private static Take of(DemoTake call, int number, String version, List<byte[]> answer) {
    byte[] body = call.call().body().getBytes(UTF_8);
    String head =
        """
        POST %s HTTP/%s\r
        Host: rehearsal\r
        Content-Type: application/json\r
        %s: %s\r
        %s%d\r
        Content-Length: %d\r
        \r
        """
            .formatted(
                call.call().path(),
                version,
                call.call().keyField(),
                call.call().key(),
                FIELD,
                number,
                body.length);
    return new Take(joined(head.getBytes(ISO_8859_1), body), answer, version.equals("1.1"));
  }

  private static List<byte[]> answer(DemoTake call) {
    List<byte[]> writes = new ArrayList<>();
    if (!call.streamed()) {
      byte[] body = call.pieces().get(0).getBytes(UTF_8);
      writes.add(joined(head(call, "Content-Length: " + body.length + "\r\n"), body));
      return writes;
    }
    writes.add(head(call, "Transfer-Encoding: chunked\r\n"));
    ByteArrayOutputStream write = new ByteArrayOutputStream();
    for (int i = 0; i < call.pieces().size(); i++) {
      write.writeBytes(chunk(call.pieces().get(i).getBytes(UTF_8)));
      if (i % EVENTS_A_WRITE == 0) {
        writes.add(write.toByteArray());
        write.reset();
      }
    }
    write.writeBytes(LAST_CHUNK.getBytes(ISO_8859_1));
    writes.add(write.toByteArray());
    return writes;
  }

  private static List<byte[]> compressed(DemoTake call) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(String.join("", call.pieces()).getBytes(UTF_8));
    }
    byte[] body = bytes.toByteArray();
    String encoding = "Content-Encoding: gzip\r\n";
    return call.streamed()
        ? List.of(
            head(call, encoding + "Transfer-Encoding: chunked\r\n"),
            chunk(body),
            LAST_CHUNK.getBytes(ISO_8859_1))
        : List.of(joined(head(call, encoding + "Content-Length: " + body.length + "\r\n"), body));
  }

  private static byte[] head(DemoTake call, String framing) {
    StringBuilder head = new StringBuilder("HTTP/1.1 200 OK\r\n");
    head.append("Content-Type: ").append(call.type()).append("\r\n").append(framing);
    call.fields()
        .forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    return head.append("\r\n").toString().getBytes(ISO_8859_1);
  }

  private static byte[] chunk(byte[] data) {
    byte[] size = (Integer.toHexString(data.length) + "\r\n").getBytes(ISO_8859_1);
    return joined(joined(size, data), "\r\n".getBytes(ISO_8859_1));
  }

  private static byte[] joined(byte[] first, byte[] second) {
    ByteArrayOutputStream all = new ByteArrayOutputStream(first.length + second.length);
    all.writeBytes(first);
    all.writeBytes(second);
    return all.toByteArray();
  }
}
