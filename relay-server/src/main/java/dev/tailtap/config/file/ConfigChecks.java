package dev.tailtap.config.file;

import dev.tailtap.config.KeysConfig;
import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.RowConfig;
import dev.tailtap.config.ServerConfig;
import dev.tailtap.keys.KeyFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The checks between settings that are each valid alone. What is null here was already reported,
 * and is passed over.
 */
final class ConfigChecks {
  private static final Pattern TAG = Pattern.compile("[a-z0-9_-]{1,64}");

  /** The field of unix(7) less the end of the text, and less what a name for the moment adds. */
  private static final int MOST_OF_SOCKET = 90;

  private final RelayConfig config;
  private final List<String> dialects;
  private final List<String> errors;

  ConfigChecks(RelayConfig config, List<String> dialects, List<String> errors) {
    this.config = config;
    this.dialects = dialects;
    this.errors = errors;
  }

  void check() {
    checkPorts();
    checkBalancers();
    checkHandover();
    new TlsFileChecks(config).check(errors);
    if (config.upstreams().isEmpty()) {
      errors.add("upstream.NAME.url: at least one upstream is needed");
    }
    if (config.routes().isEmpty()) {
      errors.add("route.NAME.path: at least one route is needed");
    }
    config
        .upstreams()
        .values()
        .forEach(upstream -> new UpstreamChecks(upstream, dialects, errors).check());
    new RouteChecks(config, errors).check();
    new LimitChecks(config, errors).check();
    checkTags();
    checkKeys();
  }

  private void checkKeys() {
    Path file = config.keys().file();
    if (file != null) {
      String key = KeysConfig.KEYS_FILE.template() + "=" + file + ": ";
      KeyFile.mistakes(file).forEach(mistake -> errors.add(key + mistake));
    }
  }

  private void checkTags() {
    Set<String> tags = config.row().tags().keySet();
    for (String tag : tags) {
      if (!TAG.matcher(tag).matches()) {
        errors.add(RowConfig.TAG.key("", tag) + ": a tag's name consists of a-z, 0-9, _ and -");
      }
    }
    if (tags.size() > RowConfig.MOST_TAGS) {
      errors.add(
          "tag.NAME: at most " + RowConfig.MOST_TAGS + " tags may be set, not " + tags.size());
    }
  }

  private void checkBalancers() {
    String trust = ServerConfig.TRUST.template();
    boolean reported = errors.stream().anyMatch(error -> error.startsWith(trust + "="));
    if (config.server().proxyProtocol() && config.server().trust().isEmpty() && !reported) {
      errors.add(trust + ": must name the balancers while relay.proxy-protocol is on");
    }
  }

  private void checkHandover() {
    Path socket = config.server().handover();
    if (socket == null) {
      return;
    }
    String key = ServerConfig.HANDOVER.template();
    if (config.store().embedded()) {
      errors.add(key + ": needs a database of its own (store.url), the embedded one has one owner");
    }
    if (socket.toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8).length
        > MOST_OF_SOCKET) {
      errors.add(key + "=" + socket + ": a socket's path has at most " + MOST_OF_SOCKET + " bytes");
    }
    if (config.server().transport() == ServerConfig.TransportChoice.NIO
        || config.server().transport() == ServerConfig.TransportChoice.IO_URING) {
      errors.add(key + ": needs relay.transport=epoll");
    }
  }

  private void checkPorts() {
    var admin = config.admin().listen();
    if (!admin.getAddress().isLoopbackAddress() && config.admin().token().isEmpty()) {
      errors.add("admin.token: must be set while admin.listen is no loopback address");
    }
    if (admin.getPort() != 0 && admin.equals(config.server().listen())) {
      errors.add("admin.listen: must differ from relay.listen");
    }
  }
}
