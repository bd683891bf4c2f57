package dev.tailtap.exchange;

import dev.tailtap.http1.ErrorShape;
import dev.tailtap.keys.VirtualKey;
import dev.tailtap.limits.Refusal;
import dev.tailtap.record.Caller;
import dev.tailtap.record.Identity;
import dev.tailtap.route.Route;
import dev.tailtap.route.Selection;
import dev.tailtap.usage.Dialect;
import dev.tailtap.usage.PathModel;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Map;

/**
 * Where a request goes, which is known at once or hangs on its body: on the model that it names, or
 * on whether it goes on from something that one provider keeps. Asked again as more of the body
 * comes, until it is said. Event loop only.
 */
final class Routing {
  private final LoopResources loop;
  private final AdmittedRequest admitted;
  private final RequestBody body;
  private Route route; // null: not known yet
  private Identity identity; // null: not known yet
  private Selection selection; // with its first target; null: not known yet
  private long retryAfterSeconds = 1;
  private ErrorShape errorShape; // null until it has its first target

  /** Has the body held for as long as something has to be known of it. */
  Routing(LoopResources loop, AdmittedRequest admitted, RequestBody body) {
    this.loop = loop;
    this.admitted = admitted;
    this.body = body;
    if (admitted.selection() == null) {
      boolean model = admitted.match().needsModel() || admitted.access().restrictsModels();
      body.hold(model ? RequestBody.Hold.MODEL : RequestBody.Hold.WHOLE);
    }
  }

  /**
   * Looks where it goes.
   *
   * @return why it goes nowhere; null: it goes somewhere, or that cannot be said yet
   */
  Refusal choose() {
    if (admitted.selection() != null) {
      identity = admitted.identity();
      chosen(admitted.selection());
      return null;
    }
    if (!body.ready()) {
      return null;
    }
    Refusal why = route == null ? findRoute() : null;
    return why != null || !body.ready() ? why : findTarget();
  }

  private Refusal findRoute() {
    if (body.namesTwoModels()) {
      return Refusal.TWO_MODELS;
    }
    if (body.memoryShort() && body.model() == null) {
      return Refusal.MEMORY_SHORT;
    }
    ClientRequest request = admitted.request();
    String model = model(request);
    Route found = admitted.match().route(model);
    if (found == null) {
      return Refusal.NO_ROUTE;
    }
    route = found;
    Refusal barred = admitted.access().toRoute(found);
    Refusal why = barred == null ? admitted.access().toModel(request, model) : barred;
    if (why != null) {
      return why;
    }
    identity = admitted.access().identity(loop.tenants(), request, route);
    if (Placement.hangsOnBody(request, route)) {
      body.hold(RequestBody.Hold.WHOLE);
    }
    return null;
  }

  /** By a path without a body, too. */
  private String model(ClientRequest request) {
    String named = body.model();
    return named == null ? PathModel.of(request.normalPath()) : named;
  }

  private Refusal findTarget() {
    long now = loop.sweep().nowNanos();
    ClientRequest request = admitted.request();
    if (body.namesTwoModels()) {
      return Refusal.TWO_MODELS;
    }
    boolean unknown = body.tooLarge() && Placement.mayBeStateful(request, route);
    if (unknown && body.memoryShort()) {
      return Refusal.MEMORY_SHORT;
    }
    boolean stateful = unknown || body.stateful();
    Selection found =
        Placement.of(loop.selections(), request, route, admitted.access(), identity, stateful);
    Refusal why = Placement.first(found, admitted.permit(), now);
    if (why != null) {
      retryAfterSeconds = Placement.retryAfterSeconds(found, now);
      loop.selections().over(found);
      return why;
    }
    if (!body.suits(found.current().upstream(), request.sealed())) {
      loop.selections().over(found);
      return body.memoryShort() ? Refusal.MEMORY_SHORT : Refusal.MODEL_SEALED;
    }
    chosen(found);
    return null;
  }

  private void chosen(Selection found) {
    if (admitted.match().needsModel() || admitted.access().restrictsModels()) {
      body.demandOneModel();
    }
    selection = found;
    route = found.route();
    Dialect dialect = admitted.request().dialect(found.current().upstream());
    errorShape = admitted.request().errorShape(dialect);
    if (dialect.takesStreamOptions() && HttpMethod.POST.equals(admitted.request().method())) {
      body.edits().mayAsk();
    }
    for (int i = 0; i < route.size(); i++) {
      if (body.edits().wantsWhole(route.target(i).upstream())) {
        body.hold(RequestBody.Hold.WHOLE);
      }
    }
  }

  /** With its first target; null: not known yet. */
  Selection selection() {
    return selection;
  }

  /** When to ask again, after a refusal. */
  long retryAfterSeconds() {
    return retryAfterSeconds;
  }

  /** In which shape its client reads errors, as far as that can be said by now. */
  ErrorShape errorShape() {
    ClientRequest request = admitted.request();
    if (errorShape != null) {
      return errorShape;
    }
    return route == null
        ? request.errorShape(admitted.match())
        : request.errorShape(request.dialect(route.target(0).upstream()));
  }

  /** Whose it is; null: not known yet. */
  Identity identity() {
    return identity;
  }

  /** What its rows say of it. */
  CallRecorder.Subject subject() {
    ClientRequest request = admitted.request();
    Map<String, String> tags = admitted.generation().config().row().tags();
    VirtualKey key = admitted.access().key();
    Map<String, String> own = key == null ? Map.of() : key.tags();
    Caller caller = request.caller(tags, own, loop.stats());
    return CallRecorder.Subject.of(request, route, identity, caller, loop.via().relay());
  }
}
