package dev.tailtap.tls;

import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.PemFile.UnusableException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.lang.ref.Cleaner;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One end of TLS connections: the relay's own port, or an upstream as its client. Its context is
 * made from PEM files, and made anew when they change; files that cannot be used leave the former
 * one in place. Any loop takes handlers from it; {@link #look} is for one thread that may block.
 */
public final class TlsEndpoint {
  private static final Logger LOG = LoggerFactory.getLogger(TlsEndpoint.class);

  private final String of;
  private final List<Path> files;
  private final Recipe recipe;
  private final Stats stats;
  private final DoubleSupplier expiry = this::expirySeconds;
  private Made made; // guarded by this; null once closed
  private boolean retired; // guarded by this
  private List<FileStamp> tried; // by the thread that looks: what was read last, for good or bad
  private List<FileStamp> seen; // by the same: at the last look

  private TlsEndpoint(
      String of, List<Path> files, Recipe recipe, Stats stats, List<FileStamp> stamps, Made made) {
    this.of = of;
    this.files = files;
    this.recipe = recipe;
    this.stats = stats;
    this.made = made;
    tried = stamps;
    seen = stamps;
    if (made.own() != null) {
      stats.gauge(Metric.TLS_EXPIRY, of, expiry);
    }
  }

  /** Reads the files for the first time. */
  static TlsEndpoint open(String of, List<Path> files, Recipe recipe, Stats stats) {
    List<FileStamp> stamps = FileStamp.of(files); // before reading: what changes meanwhile is seen
    try {
      return new TlsEndpoint(of, files, recipe, stats, stamps, recipe.make());
    } catch (UnusableException | SSLException e) {
      throw new IllegalStateException(of + ".tls: a file " + e.getMessage(), e);
    }
  }

  /**
   * For a connection that a client made. One that does not come to TLS in time is closed and
   * counted; one that speaks plain HTTP is told so.
   *
   * @param toPlainHttp the whole answer for that client
   */
  public void accept(
      ChannelPipeline pipeline,
      Duration handshakeTimeout,
      Function<ByteBufAllocator, ByteBuf> toPlainHttp) {
    SslHandler handler;
    synchronized (this) {
      handler = made.context().newHandler(pipeline.channel().alloc());
    }
    PlainHttpGuard guard = new PlainHttpGuard(toPlainHttp);
    handler.handshakeFuture().addListener(shake -> countFailure(shake, guard));
    pipeline.addLast(guard).addLast("tls", prepared(handler, handshakeTimeout));
  }

  /** For a connection to an upstream, whose certificate has to name this host. */
  public SslHandler connect(
      ByteBufAllocator alloc, InetSocketAddress address, Duration handshakeTimeout) {
    SslHandler handler;
    synchronized (this) {
      handler = made.context().newHandler(alloc, address.getHostString(), address.getPort());
    }
    return prepared(handler, handshakeTimeout);
  }

  /**
   * Reads the files again if they are others than those read last, and the same as at the last
   * look: whoever writes them has then finished.
   */
  void look() {
    List<FileStamp> now = FileStamp.of(files);
    boolean atRest = now.equals(seen);
    seen = now;
    if (atRest && !now.equals(tried)) {
      tried = now;
      reload();
    }
  }

  boolean isOf(String name) {
    return of.equals(name);
  }

  boolean is(String name, List<Path> itsFiles) {
    return of.equals(name) && files.equals(itsFiles);
  }

  /**
   * Its files are looked at no more. Exchanges that began before may still connect, so its context
   * goes with the last of those who know it.
   */
  synchronized void retire(Cleaner cleaner) {
    stats.forget(Metric.TLS_EXPIRY, of, expiry);
    retired = true;
    SslContext last = made.context();
    cleaner.register(this, () -> ReferenceCountUtil.release(last));
  }

  synchronized void close() {
    ReferenceCountUtil.release(made.context());
    made = null;
  }

  private void reload() {
    try {
      swap(recipe.make());
      stats.count(Label.TLS_FILES_LOADED);
      LOG.info("event=tls_files_loaded of={}", of);
    } catch (UnusableException | SSLException | RuntimeException e) {
      stats.count(Label.TLS_FILES_REFUSED);
      LOG.error(
          "event=tls_files_refused of={} kept=former reason=\"a file {}\"", of, e.getMessage());
    }
  }

  private synchronized void swap(Made fresh) {
    if (made == null || retired) {
      ReferenceCountUtil.release(fresh.context());
    } else {
      ReferenceCountUtil.release(made.context());
      made = fresh;
    }
  }

  private synchronized double expirySeconds() {
    return made == null || made.own() == null
        ? 0
        : made.own().getNotAfter().toInstant().getEpochSecond();
  }

  private void countFailure(Future<?> shake, PlainHttpGuard guard) {
    if (!shake.isSuccess()) {
      stats.count(guard.told() ? Label.TLS_FAILED_PLAIN_HTTP : reason(shake.cause()));
    }
  }

  private static Label reason(Throwable cause) {
    if (cause instanceof SslHandshakeTimeoutException) {
      return Label.TLS_FAILED_TIMEOUT;
    }
    return cause instanceof ClosedChannelException
        ? Label.TLS_FAILED_LEFT
        : Label.TLS_FAILED_REFUSED;
  }

  private static SslHandler prepared(SslHandler handler, Duration handshakeTimeout) {
    handler.setHandshakeTimeoutMillis(handshakeTimeout.toMillis());
    handler.sslCloseFuture().addListener(TlsEndpoint::peerIsDone);
    return handler;
  }

  /** After close_notify nothing more comes (RFC 8446 section 6.1), so nobody waits for the FIN. */
  private static void peerIsDone(Future<? super Channel> closed) {
    if (closed.isSuccess()) {
      ((Channel) closed.getNow()).close();
    }
  }

  /** How a context is made from the files, as they are now. */
  @FunctionalInterface
  interface Recipe {
    Made make() throws UnusableException, SSLException;
  }

  /**
   * What came of the files.
   *
   * @param own the certificate to show; null if there is none
   */
  record Made(SslContext context, X509Certificate own) {}
}
