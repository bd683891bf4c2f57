package dev.tailtap.rig;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * A provider on raw sockets: it keeps each request as it came and lets the test write the answer
 * byte by byte. One thread per connection; requests on a kept connection follow one another.
 */
public final class Provider implements AutoCloseable {
  /** How to answer one request. */
  public interface Script {
    void answer(Request request, Answer answer) throws IOException, InterruptedException;

    /** Called once the head of a request has come and before its body is read. */
    default void head(Request bodyless, Answer answer) throws IOException, InterruptedException {}
  }

  /**
   * One request as it came over the wire, its body without chunk framing.
   *
   * @param tls what was agreed on with the relay; null over plain TCP
   */
  public record Request(
      String line,
      Map<String, List<String>> fields,
      byte[] body,
      int connection,
      ExtendedSSLSession tls) {
    public String field(String lowerCaseName) {
      List<String> values = fields.getOrDefault(lowerCaseName, List.of());
      return values.isEmpty() ? null : values.get(0);
    }

    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  private final ServerSocket listener;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();
  private final SSLContext tls;
  private final boolean asksWho;
  private volatile Script script;
  private final AtomicInteger connections = new AtomicInteger();

  public Provider(Script script) throws IOException {
    this(script, null, false);
  }

  /** One that takes over a listener. */
  Provider(ServerSocket listener, Script script) {
    this(listener, script, null, false);
  }

  /**
   * The same behind TLS.
   *
   * @param tls null: plain
   * @param asksWho whether the relay has to show a certificate
   */
  public Provider(Script script, SSLContext tls, boolean asksWho) throws IOException {
    this(new ServerSocket(0, 512, InetAddress.getLoopbackAddress()), script, tls, asksWho);
  }

  /** The same on a listener of the caller's. */
  public Provider(ServerSocket listener, Script script, SSLContext tls, boolean asksWho) {
    this.script = script;
    this.tls = tls;
    this.asksWho = asksWho;
    this.listener = listener;
    daemon(this::accept);
  }

  public int port() {
    return listener.getLocalPort();
  }

  public String url() {
    return (tls == null ? "http://127.0.0.1:" : "https://localhost:") + port();
  }

  /** From the next request on. */
  public void answerWith(Script next) {
    script = next;
  }

  /** The oldest request that was not taken yet. */
  public Request take() throws InterruptedException {
    Request request = requests.poll(Patience.SECONDS, TimeUnit.SECONDS);
    if (request == null) {
      throw new AssertionError("no request came to the provider");
    }
    return request;
  }

  /** Whether a request came that was not taken. */
  public boolean hasRequest() {
    return !requests.isEmpty();
  }

  /** Drops what was not taken. */
  public void forget() {
    requests.clear();
  }

  /** How many connections were made so far. */
  public int connections() {
    return connections.get();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        socket.setTcpNoDelay(true);
        open.add(socket);
        int number = connections.incrementAndGet();
        daemon(() -> converse(socket, number));
      }
    } catch (IOException closed) {
      // the test is over
    }
  }

  private void converse(Socket socket, int number) {
    try (socket) {
      Socket spoken = tls == null ? socket : secured(socket);
      InputStream in = spoken.getInputStream();
      Answer answer = new Answer(socket, spoken);
      Request request = read(in, number, answer);
      while (request != null && !answer.closed()) {
        requests.add(request);
        script.answer(request, answer);
        request = answer.closed() ? null : read(in, number, answer);
      }
    } catch (IOException | InterruptedException gone) {
      // the relay closed the connection, which tests see from their own side
    } finally {
      open.remove(socket);
    }
  }

  private SSLSocket secured(Socket socket) throws IOException {
    SSLSocket secure = (SSLSocket) tls.getSocketFactory().createSocket(socket, null, true);
    secure.setUseClientMode(false);
    secure.setNeedClientAuth(asksWho);
    secure.startHandshake();
    return secure;
  }

  private Request read(InputStream in, int connection, Answer answer)
      throws IOException, InterruptedException {
    String line = line(in);
    if (line == null) {
      return null;
    }
    Map<String, List<String>> fields = new LinkedHashMap<>();
    for (String field = line(in); field != null && !field.isEmpty(); field = line(in)) {
      int colon = field.indexOf(':');
      if (colon < 0) {
        throw new IOException("this is no HTTP");
      }
      fields
          .computeIfAbsent(
              field.substring(0, colon).toLowerCase(Locale.ROOT), name -> new ArrayList<>())
          .add(field.substring(colon + 1).strip());
    }
    ExtendedSSLSession agreed = answer.agreed();
    script.head(new Request(line, fields, new byte[0], connection, agreed), answer);
    return answer.closed() ? null : new Request(line, fields, body(in, fields), connection, agreed);
  }

  private static byte[] body(InputStream in, Map<String, List<String>> fields) throws IOException {
    if (fields.containsKey("content-length")) {
      return in.readNBytes(Integer.parseInt(fields.get("content-length").get(0)));
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    if (fields.containsKey("transfer-encoding")) {
      int size = Integer.parseInt(line(in), 16);
      while (size > 0) {
        body.write(in.readNBytes(size));
        line(in);
        size = Integer.parseInt(line(in), 16);
      }
      line(in);
    }
    return body.toByteArray();
  }

  private static String line(InputStream in) throws IOException {
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

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "provider");
    thread.setDaemon(true);
    thread.start();
  }

  /** The provider's side of a connection, in the script's hands. */
  public static final class Answer {
    private final Socket socket;
    private final Socket spoken; // over TLS another than the socket beneath
    private final OutputStream out;
    private boolean closed;

    Answer(Socket socket, Socket spoken) throws IOException {
      this.socket = socket;
      this.spoken = spoken;
      out = spoken.getOutputStream();
    }

    /** Writes as it is, in one packet where it fits. */
    public Answer send(byte[] bytes) throws IOException {
      out.write(bytes);
      out.flush();
      return this;
    }

    public Answer send(String text) throws IOException {
      return send(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The head of a chunked answer. */
    public Answer chunkedHead(String contentType) throws IOException {
      return send(
          "HTTP/1.1 200 OK\r\nContent-Type: "
              + contentType
              + "\r\nTransfer-Encoding: chunked\r\n\r\n");
    }

    public Answer chunk(byte[] data) throws IOException {
      ByteArrayOutputStream chunk = new ByteArrayOutputStream();
      chunk.write((Integer.toHexString(data.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
      chunk.write(data);
      chunk.write("\r\n".getBytes(StandardCharsets.US_ASCII));
      return send(chunk.toByteArray());
    }

    public Answer chunk(String data) throws IOException {
      return chunk(data.getBytes(StandardCharsets.UTF_8));
    }

    public Answer lastChunk() throws IOException {
      return send("0\r\n\r\n");
    }

    /** A whole answer with a length. */
    public Answer whole(int status, String contentType, byte[] body) throws IOException {
      send(
          "HTTP/1.1 "
              + status
              + " Status\r\nContent-Type: "
              + contentType
              + "\r\nContent-Length: "
              + body.length
              + "\r\n\r\n");
      return send(body);
    }

    public Answer whole(int status, String contentType, String body) throws IOException {
      return whole(status, contentType, body.getBytes(StandardCharsets.UTF_8));
    }

    /** Waits until the relay closes its side; true if it does within seconds. */
    public boolean awaitClose() throws IOException {
      socket.setSoTimeout(Patience.MILLIS);
      try {
        return spoken.getInputStream().read() < 0;
      } catch (java.net.SocketTimeoutException stillOpen) {
        return false;
      } catch (java.net.SocketException reset) {
        return true;
      }
    }

    /** Drops what still comes, until the relay closes its side; true if it does within seconds. */
    public boolean awaitEnd() throws IOException {
      return Sockets.ends(socket);
    }

    /** Ends the connection in order, over TLS with close_notify. */
    public void close() {
      close(spoken);
    }

    /** Ends TCP in order, over TLS without a word: as somebody on the way could. */
    public void hangUp() {
      close(socket);
    }

    private void close(Socket ended) {
      closed = true;
      try {
        ended.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Ends it with a reset. */
    public void reset() throws IOException {
      socket.setSoLinger(true, 0);
      hangUp();
    }

    private ExtendedSSLSession agreed() {
      return spoken instanceof SSLSocket secure ? (ExtendedSSLSession) secure.getSession() : null;
    }

    /** Whether this side has ended it. */
    public boolean closed() {
      return closed;
    }
  }
}
