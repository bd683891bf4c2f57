package dev.tailtap.usage;

import java.util.Map;

/** One recorded answer: its sidecar and its body. */
final class Transcript {
  private final Map<String, Object> sidecar;
  private final byte[] body;

  Transcript(Map<String, Object> sidecar, byte[] body) {
    this.sidecar = sidecar;
    this.body = body;
  }

  byte[] body() {
    return body;
  }

  String file() {
    return (String) sidecar.get("file");
  }

  String name() {
    return file().substring(0, file().indexOf('.'));
  }

  String provider() {
    return (String) sidecar.get("provider");
  }

  String api() {
    return (String) sidecar.get("api");
  }

  @SuppressWarnings("unchecked")
  Map<String, Object> part(String name) {
    Object part = sidecar.get(name);
    return part == null ? Map.of() : (Map<String, Object>) part;
  }

  /** What {@code auto} makes of the path that was asked, where the sidecar knows it. */
  Dialect dialect() {
    Object url = part("source").get("url");
    String path = url == null ? "/" + api() : url.toString();
    return Dialect.ofPath(path.replaceFirst("[?# ].*", ""));
  }

  /** By the file's name: sidecars seldom keep the media type. */
  BodyKind kind() {
    if (file().endsWith(".sse")) {
      return BodyKind.EVENT_STREAM;
    }
    return file().endsWith(".eventstream") ? BodyKind.AWS_EVENT_STREAM : BodyKind.JSON;
  }

  @Override
  public String toString() {
    return file();
  }
}
