package dev.tailtap.admin;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import java.io.IOException;
import java.net.URI;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What every request to the admin port passes: host or token, path, method; then its endpoint
 * answers. Holds no state.
 */
final class AdminRouter {
  private static final Logger LOG = LoggerFactory.getLogger(AdminRouter.class);
  private static final Set<String> READING = Set.of("GET", "HEAD");

  private final Supplier<AdminGuard> guard;
  private final Endpoints endpoints;

  AdminRouter(Supplier<AdminGuard> guard, Endpoints endpoints) {
    this.guard = guard;
    this.endpoints = endpoints;
  }

  /** Has a request answered, in one of the responder's ways. */
  void route(HttpRequest request, Responder responder) {
    URI target;
    try {
      target = URI.create(request.uri());
    } catch (IllegalArgumentException bad) {
      responder.reply(Reply.invalid(400, "bad_request", "What is asked for is no URI"));
      return;
    }
    Reply refusal = guard.get().refusal(target, reads(request), request.headers());
    Endpoint endpoint = target.getPath() == null ? null : endpoints.at(target.getPath());
    if (refusal != null) {
      responder.reply(refusal);
    } else if (endpoint == null) {
      responder.reply(Reply.invalid(404, "not_found", "No such page; GET / lists them"));
    } else if (endpoints.changes(target.getPath()) ? !posts(request) : !reads(request)) {
      responder.reply(notAllowed(endpoints.changes(target.getPath())));
    } else {
      ask(endpoint, target, request, responder);
    }
  }

  private static boolean reads(HttpRequest request) {
    return READING.contains(request.method().name());
  }

  private static boolean posts(HttpRequest request) {
    return request.method().equals(HttpMethod.POST);
  }

  private static Reply notAllowed(boolean changes) {
    return changes
        ? Reply.invalid(405, "method_not_allowed", "Only POST is answered").with("Allow", "POST")
        : Reply.invalid(405, "method_not_allowed", "Only GET and HEAD are answered")
            .with("Allow", "GET, HEAD");
  }

  private static void ask(Endpoint endpoint, URI target, HttpRequest request, Responder responder) {
    try {
      Query query = Query.of(target.getRawQuery());
      endpoint.answer(query, request.headers().get(HttpHeaderNames.ACCEPT), responder);
    } catch (Query.BadParameter bad) {
      responder.reply(Reply.invalid(400, "bad_parameter", bad.getMessage()));
    } catch (IOException | RuntimeException | LinkageError bug) {
      LOG.error("event=admin_failed path={}", target.getPath(), bug);
      responder.reply(Reply.failed());
    }
  }
}
