package dev.tailtap.usage;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One recorded answer: its sidecar and its body. */
public final class Transcript {
  private static final Set<String> OF_ONE_CONNECTION = Set.of("connection", "keep-alive");
  private static final Set<String> OF_THE_BODY =
      Set.of("content-type", "content-length", "content-encoding", "transfer-encoding");

  private final Map<String, Object> sidecar;
  private final byte[] body;

  Transcript(Map<String, Object> sidecar, byte[] body) {
    this.sidecar = sidecar;
    this.body = body;
  }

  public byte[] body() {
    return body;
  }

  public String file() {
    return (String) sidecar.get("file");
  }

  public String name() {
    return file().substring(0, file().indexOf('.'));
  }

  public String provider() {
    return (String) sidecar.get("provider");
  }

  String api() {
    return (String) sidecar.get("api");
  }

  @SuppressWarnings("unchecked")
  public Map<String, Object> part(String name) {
    Object part = sidecar.get(name);
    return part == null ? Map.of() : (Map<String, Object>) part;
  }

  /** What {@code auto} makes of the path that was asked. */
  public Dialect dialect() {
    return DialectPaths.dialect(target().replaceFirst("[?].*", ""));
  }

  /** Path and query of the request: as recorded, or where this API is found at its vendor. */
  public String target() {
    Object url = part("source").get("url");
    if (url == null) {
      return usualTarget();
    }
    String target = url.toString().replaceFirst("^(https?://[^/]+|<[^>]+>)", "");
    return target.replaceFirst("#.*", "").replaceAll("[<>{}]", "_");
  }

  /** The status of the answer. */
  public int status() {
    Object status = sidecar.get("status");
    return status == null ? 200 : Integer.parseInt(status.toString());
  }

  /** The media type: recorded, or that of its kind. */
  public String contentType() {
    Object recorded = part("response_headers").get("content-type");
    return recorded != null
        ? recorded.toString()
        : kind() == BodyKind.EVENT_STREAM ? "text/event-stream" : "application/json";
  }

  /** The recorded fields that are the answer's own, and not those of the way it was sent then. */
  public Map<String, String> answerHeaders() {
    Map<String, String> headers = new LinkedHashMap<>();
    part("response_headers")
        .forEach((name, value) -> headers.put(name, String.valueOf(value).strip()));
    headers.keySet().removeAll(OF_ONE_CONNECTION);
    headers.keySet().removeAll(OF_THE_BODY);
    return headers;
  }

  /** Whether an error stands inside of the answer; the sidecars do not know of two of them. */
  public boolean failsInside() {
    if (List.of("llamacpp-gpustack-02", "vertex-05").contains(name())) {
      return true;
    }
    return part("expected").get("extra") instanceof Map<?, ?> extra && extra.containsKey("error");
  }

  /** By the file's name: sidecars seldom keep the media type. */
  public BodyKind kind() {
    if (file().endsWith(".sse")) {
      return BodyKind.EVENT_STREAM;
    }
    return file().endsWith(".eventstream") ? BodyKind.AWS_EVENT_STREAM : BodyKind.JSON;
  }

  private String usualTarget() {
    if (api().contains("responses")) {
      return "/v1/responses";
    }
    if (api().startsWith("messages")) {
      return "/v1/messages";
    }
    if (api().startsWith("streamGenerateContent")) {
      return "/v1beta/models/m-1:streamGenerateContent?alt=sse";
    }
    boolean chat = api().contains("chat/completions") || api().contains("chat.completions");
    return "/v1/" + (chat ? "chat/completions" : api().replaceFirst("^v1/", ""));
  }

  @Override
  public String toString() {
    return file();
  }
}
