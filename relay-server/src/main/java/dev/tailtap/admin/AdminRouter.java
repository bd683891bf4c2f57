package dev.tailtap.admin;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import java.io.IOException;
import java.net.URI;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What every request to the admin port passes: host or token, path, method; then its endpoint
 * answers. Holds no state.
 */
final class AdminRouter {
  private static final Logger LOG = LoggerFactory.getLogger(AdminRouter.class);
  private static final Set<String> METHODS = Set.of("GET", "HEAD");

  private final AdminGuard guard;
  private final Endpoints endpoints;

  AdminRouter(AdminGuard guard, Endpoints endpoints) {
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
    Reply refusal = guard.refusal(target, request.headers());
    Endpoint endpoint = target.getPath() == null ? null : endpoints.at(target.getPath());
    if (refusal != null) {
      responder.reply(refusal);
    } else if (endpoint == null) {
      responder.reply(Reply.invalid(404, "not_found", "No such page; GET / lists them"));
    } else if (!METHODS.contains(request.method().name())) {
      responder.reply(
          Reply.invalid(405, "method_not_allowed", "Only GET and HEAD are answered")
              .with("Allow", "GET, HEAD"));
    } else {
      ask(endpoint, target, request, responder);
    }
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
