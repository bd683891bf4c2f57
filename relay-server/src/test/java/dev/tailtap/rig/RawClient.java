package dev.tailtap.rig;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;

/** A client on a raw socket: it sees what is on the wire, framing included. */
public final class RawClient implements AutoCloseable {
  /**
   * One answer.
   *
   * @param raw its body as it was framed
   * @param body its body without framing
   * @param whole whether it came to its proper end
   */
  public record Answer(
      int status, Map<String, String> fields, byte[] raw, byte[] body, boolean whole) {
    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  private final Socket socket;
  private final InputStream in;

  public RawClient(int port) throws IOException {
    this(new Socket(InetAddress.getLoopbackAddress(), port));
  }

  /** The same from an address of this machine. */
  public RawClient(String from, int port) throws IOException {
    this(new Socket(InetAddress.getLoopbackAddress(), port, InetAddress.getByName(from), 0));
  }

  /** The same over TLS. */
  public RawClient(int port, SSLContext tls) throws IOException {
    this(tls.getSocketFactory().createSocket("localhost", port));
  }

  private RawClient(Socket connected) throws IOException {
    socket = connected;
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(Patience.MILLIS);
    in = new BufferedInputStream(socket.getInputStream());
  }

  public Socket socket() {
    return socket;
  }

  public RawClient send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  public RawClient send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
    return this;
  }

  /** Sends a POST with a JSON body. */
  public RawClient post(String path, String json) throws IOException {
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.write(
        ("POST "
                + path
                + " HTTP/1.1\r\nHost: relay\r\nContent-Type: application/json\r\nContent-Length: "
                + body.length
                + "\r\n\r\n")
            .getBytes(StandardCharsets.ISO_8859_1));
    request.write(body);
    return send(request.toByteArray());
  }

  public RawClient get(String path) throws IOException {
    return send("GET " + path + " HTTP/1.1\r\nHost: relay\r\n\r\n");
  }

  /** Reads the status line and the fields of the next answer, and nothing of its body. */
  public Answer head() throws IOException {
    String line = line();
    if (line == null) {
      throw new IOException("the connection ended before an answer");
    }
    Map<String, String> fields = new LinkedHashMap<>();
    for (String field = line(); field != null && !field.isEmpty(); field = line()) {
      int colon = field.indexOf(':');
      fields.put(
          field.substring(0, colon).toLowerCase(Locale.ROOT), field.substring(colon + 1).strip());
    }
    return new Answer(
        Integer.parseInt(line.split(" ", 3)[1]), fields, new byte[0], new byte[0], false);
  }

  /** Reads the next answer to its end, proper or not. */
  public Answer answer() throws IOException {
    return rest(head());
  }

  /** The same for an answer whose head was read. */
  public Answer rest(Answer head) throws IOException {
    ByteArrayOutputStream raw = new ByteArrayOutputStream();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    boolean whole;
    try {
      whole = body(head, raw, body);
    } catch (SocketException | SSLException cut) {
      whole = false;
    }
    return new Answer(head.status(), head.fields(), raw.toByteArray(), body.toByteArray(), whole);
  }

  /** Reads one chunk of an answer whose head was read; empty: the last one. */
  public String chunk() throws IOException {
    String size = line();
    if (size == null) {
      throw new IOException("the connection ended in the middle of an answer");
    }
    String data = read(Integer.parseInt(size, 16));
    line();
    return data;
  }

  /** Reads exactly so many bytes. */
  public String read(int bytes) throws IOException {
    return new String(in.readNBytes(bytes), StandardCharsets.ISO_8859_1);
  }

  /** Whether the relay has closed this connection, or does so within the socket's time limit. */
  public boolean awaitClose() throws IOException {
    try {
      return in.read() < 0;
    } catch (SocketException | SSLException cut) {
      return true;
    }
  }

  /** Leaves in order, by closing. */
  public void leave() throws IOException {
    socket.close();
  }

  /** Leaves with a reset, as a killed process does. */
  public void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private boolean body(Answer head, ByteArrayOutputStream raw, ByteArrayOutputStream body)
      throws IOException {
    String length = head.fields().get("content-length");
    if (length != null) {
      byte[] bytes = in.readNBytes(Integer.parseInt(length));
      raw.write(bytes);
      body.write(bytes);
      return bytes.length == Integer.parseInt(length);
    }
    if (!head.fields().containsKey("transfer-encoding")) {
      for (int b = in.read(); b >= 0; b = in.read()) {
        raw.write(b);
        body.write(b);
      }
      return true;
    }
    while (true) {
      String sizeLine = line();
      if (sizeLine == null) {
        return false;
      }
      raw.write((sizeLine + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
      int size = Integer.parseInt(sizeLine, 16);
      byte[] data = in.readNBytes(size);
      raw.write(data);
      body.write(data);
      String end = data.length < size ? null : line();
      if (end == null) {
        return false;
      }
      raw.write("\r\n".getBytes(StandardCharsets.ISO_8859_1));
      if (size == 0) {
        return true;
      }
    }
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        return null;
      }
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.ISO_8859_1);
  }
}
