package dev.tailtap.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What one event costs that is packed into a record of TLS 1.3 by a server and unpacked by a
 * client, each with its engine and {@link SslHandler}, without sockets: AES-128-GCM by BoringSSL or
 * by the JDK. Where BoringSSL does not load there is only the JDK's.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class TlsRecordBenchmark {
  private static final String PASSWORD = "bench-only";
  private static final List<String> CIPHER = List.of("TLS_AES_128_GCM_SHA256");

  /** The same for both ends. */
  @Param({"boringssl", "jdk"})
  private String engine;

  /** Of an event as it stands in its chunk; the second fills a record. */
  @Param({"230", "16384"})
  private int bytes;

  private EmbeddedChannel server;
  private EmbeddedChannel client;
  private ByteBuf event;

  /** Shakes hands once. */
  @Setup
  public void connect() throws IOException, GeneralSecurityException, InterruptedException {
    boolean openSsl = engine.equals("boringssl") && OpenSsl.isAvailable();
    SslProvider provider = openSsl ? SslProvider.OPENSSL : SslProvider.JDK;
    SslContext serving =
        SslContextBuilder.forServer(keys()).sslProvider(provider).ciphers(CIPHER).build();
    SslContext calling =
        SslContextBuilder.forClient()
            .trustManager(InsecureTrustManagerFactory.INSTANCE) // it made the certificate itself
            .endpointIdentificationAlgorithm(null)
            .sslProvider(provider)
            .ciphers(CIPHER)
            .build();
    server = channel(serving);
    client = channel(calling);
    SslHandler ours = client.pipeline().get(SslHandler.class);
    SslHandler theirs = server.pipeline().get(SslHandler.class);
    while (!ours.handshakeFuture().isDone() || !theirs.handshakeFuture().isDone()) {
      move(client, server);
      move(server, client);
    }
    move(server, client); // tickets
    event = PooledByteBufAllocator.DEFAULT.directBuffer(bytes).writeZero(bytes);
  }

  private static EmbeddedChannel channel(SslContext context) {
    EmbeddedChannel channel = new EmbeddedChannel();
    channel.config().setAllocator(PooledByteBufAllocator.DEFAULT);
    channel.pipeline().addLast(context.newHandler(PooledByteBufAllocator.DEFAULT));
    return channel;
  }

  private static void move(EmbeddedChannel from, EmbeddedChannel to) {
    from.runPendingTasks();
    for (ByteBuf part = from.readOutbound(); part != null; part = from.readOutbound()) {
      to.writeInbound(part);
    }
    to.runPendingTasks();
  }

  private static KeyManagerFactory keys()
      throws IOException, GeneralSecurityException, InterruptedException {
    Path dir = Files.createTempDirectory("tls-bench");
    Path store = dir.resolve("keys.p12");
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair -alias bench -keyalg EC -groupname secp256r1 -dname CN=localhost -storetype PKCS12",
            "-storepass " + PASSWORD + " -keystore " + store);
    List<String> words = List.of(String.join(" ", command).split(" ", -1));
    int exit = new ProcessBuilder(words).inheritIO().start().waitFor();
    if (exit != 0) {
      throw new IOException("keytool ended with " + exit);
    }
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    Files.delete(store);
    Files.delete(dir);
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, PASSWORD.toCharArray());
    return factory;
  }

  /** One event, which is one record. */
  @Benchmark
  public int event() {
    server.writeOutbound(event.retainedDuplicate());
    int read = 0;
    for (ByteBuf part = server.readOutbound(); part != null; part = server.readOutbound()) {
      client.writeInbound(part);
    }
    for (ByteBuf plain = client.readInbound(); plain != null; plain = client.readInbound()) {
      read += plain.readableBytes();
      plain.release();
    }
    if (read != bytes) {
      throw new IllegalStateException("of " + bytes + " bytes came " + read);
    }
    return read;
  }

  /** Lets the buffers go. */
  @TearDown
  public void close() {
    server.finishAndReleaseAll();
    client.finishAndReleaseAll();
    event.release();
  }
}
