package dev.tailtap.rig;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * The DevTools protocol over its WebSocket: commands and their results, and what is told unasked.
 */
final class DevTools implements WebSocket.Listener, AutoCloseable {
  private static final JsonFactory JSON = new JsonFactory();

  private final Map<Object, CompletableFuture<Map<?, ?>>> waiting = new ConcurrentHashMap<>();
  private final List<Map<?, ?>> events = new CopyOnWriteArrayList<>();
  private final AtomicInteger ids = new AtomicInteger();
  private final StringBuilder message = new StringBuilder(); // in parts; the socket's thread
  private final WebSocket socket;

  DevTools(String address) {
    socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(URI.create(address), this)
            .join();
  }

  /**
   * Sends a command and waits for its result.
   *
   * @param session null: of the browser itself
   * @param parameters pairs of name and value; values are texts, numbers, booleans, lists and maps
   */
  Map<?, ?> send(String session, String method, Object... parameters) throws IOException {
    Map<String, Object> named = new LinkedHashMap<>();
    for (int i = 0; i < parameters.length; i += 2) {
      named.put((String) parameters[i], parameters[i + 1]);
    }
    int id = ids.incrementAndGet();
    Map<String, Object> command = new LinkedHashMap<>();
    command.put("id", id);
    command.put("method", method);
    command.put("params", named);
    if (session != null) {
      command.put("sessionId", session);
    }
    CompletableFuture<Map<?, ?>> answer = new CompletableFuture<>();
    waiting.put((long) id, answer);
    socket.sendText(text(command), true).join();
    return result(method, answer);
  }

  /** What was told unasked under this name. */
  List<Map<?, ?>> events(String method) {
    return events.stream().filter(event -> method.equals(event.get("method"))).toList();
  }

  @Override
  public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
    message.append(part);
    if (last) {
      take(message.toString());
      message.setLength(0);
    }
    from.request(1);
    return null;
  }

  @Override
  public void close() {
    socket.abort();
  }

  private void take(String json) {
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
      parser.nextToken();
      Map<?, ?> told = (Map<?, ?>) value(parser);
      CompletableFuture<Map<?, ?>> answer =
          told.get("id") == null ? null : waiting.remove(told.get("id"));
      if (answer == null) {
        events.add(told);
      } else {
        answer.complete(told);
      }
    }
  }

  private static Map<?, ?> result(String method, CompletableFuture<Map<?, ?>> answer)
      throws IOException {
    try {
      Map<?, ?> told = answer.get(Patience.SECONDS, TimeUnit.SECONDS);
      if (told.get("result") == null) {
        throw new Refused(method + ": " + told);
      }
      return (Map<?, ?>) told.get("result");
    } catch (InterruptedException | ExecutionException | TimeoutException failure) {
      throw new IOException(method + " was not answered", failure);
    }
  }

  private static Object value(JsonParser json) {
    if (json.currentToken() == JsonToken.START_OBJECT) {
      Map<String, Object> map = new LinkedHashMap<>();
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String name = json.currentName();
        json.nextToken();
        map.put(name, value(json));
      }
      return map;
    }
    if (json.currentToken() == JsonToken.START_ARRAY) {
      List<Object> list = new ArrayList<>();
      while (json.nextToken() != JsonToken.END_ARRAY) {
        list.add(value(json));
      }
      return list;
    }
    return switch (json.currentToken()) {
      case VALUE_STRING -> json.getString();
      case VALUE_NUMBER_INT -> json.getLongValue();
      case VALUE_NUMBER_FLOAT -> json.getDoubleValue();
      case VALUE_NULL -> null;
      default -> json.getBooleanValue();
    };
  }

  private static String text(Map<?, ?> command) {
    java.io.StringWriter text = new java.io.StringWriter();
    try (JsonGenerator out = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
      write(out, command);
    }
    return text.toString();
  }

  private static void write(JsonGenerator out, Object value) {
    if (value instanceof Map<?, ?> map) {
      out.writeStartObject();
      map.forEach((name, inner) -> write(out.writeName((String) name), inner));
      out.writeEndObject();
    } else if (value instanceof List<?> list) {
      out.writeStartArray();
      list.forEach(inner -> write(out, inner));
      out.writeEndArray();
    } else if (value instanceof Boolean truth) {
      out.writeBoolean(truth);
    } else if (value instanceof Number number) {
      out.writeNumber(number.intValue());
    } else {
      out.writeString((String) value);
    }
  }

  /** The browser does not do what it was asked: mostly because the page is gone or going. */
  static final class Refused extends IOException {
    private static final long serialVersionUID = 1L;

    Refused(String reason) {
      super(reason);
    }
  }
}
