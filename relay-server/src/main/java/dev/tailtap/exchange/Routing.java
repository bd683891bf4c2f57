package dev.tailtap.exchange;

import dev.tailtap.http1.ErrorShape;
import dev.tailtap.keys.VirtualKey;
import dev.tailtap.limits.Denial;
import dev.tailtap.limits.Limiting;
import dev.tailtap.limits.Refusal;
import dev.tailtap.limits.Reservation;
import dev.tailtap.record.Caller;
import dev.tailtap.record.Identity;
import dev.tailtap.route.Match;
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
final class Routing implements Limiting.Applicant {
  private final LoopResources loop;
  private final AdmittedRequest admitted;
  private final RequestBody body;
  private Route route; // null: not known yet
  private Identity identity; // null: not known yet
  private final Runnable told; // run where the limits answered later
  private Selection found; // with its first target, of which limits are asked; null: none
  private Selection selection; // the same, admitted; null: not known yet
  private Denial denial; // by the limits; null: they have refused nothing
  private boolean asking; // at this moment, so that who asks learns it by itself
  private boolean over;
  private ErrorShape errorShape; // null until it has its first target

  /** Has the body held for as long as something has to be known of it. */
  Routing(LoopResources loop, AdmittedRequest admitted, RequestBody body, Runnable told) {
    this.loop = loop;
    this.admitted = admitted;
    this.body = body;
    this.told = told;
    if (admitted.selection() == null) {
      Match match = admitted.match();
      boolean model = match.needsModel() || admitted.access().restrictsModels();
      boolean whole = !model && Placement.hangsOnBody(admitted.request(), match.route(null));
      body.hold(whole ? RequestBody.Hold.WHOLE : RequestBody.Hold.MODEL);
    }
  }

  /**
   * Looks where it goes.
   *
   * @return why it goes nowhere; null: it goes somewhere, or that cannot be said yet
   */
  Denial choose() {
    if (admitted.selection() != null) {
      identity = admitted.identity();
      chosen(admitted.selection());
      return null;
    }
    if (found != null || denial != null || !body.ready()) {
      return denial;
    }
    Refusal why = route == null ? findRoute() : null;
    if (why != null) {
      return new Denial(why);
    }
    return body.ready() ? findTarget() : null;
  }

  private Refusal findRoute() {
    if (body.said().namesTwoModels()) {
      return Refusal.TWO_MODELS;
    }
    if (body.memoryShort() && body.said().model() == null) {
      return Refusal.MEMORY_SHORT;
    }
    if (admitted.access().restrictsModels() && body.said().isDoubtful()) {
      return Refusal.MODEL_UNREADABLE;
    }
    ClientRequest request = admitted.request();
    String model = model(request);
    Route leads = admitted.match().route(model);
    if (leads == null) {
      return Refusal.NO_ROUTE;
    }
    route = leads;
    Refusal barred = admitted.access().toRoute(leads);
    Refusal why = barred == null ? admitted.access().toModel(request, model) : barred;
    if (why != null) {
      return why;
    }
    identity = admitted.access().identity(loop.tenants(), request, route);
    if (Placement.hangsOnBody(request, route) || loop.limiting().needsMaxTokens(route.name())) {
      body.hold(RequestBody.Hold.WHOLE);
    }
    return null;
  }

  /** By a path without a body, too. */
  private String model(ClientRequest request) {
    String named = body.said().model();
    return named == null ? PathModel.of(request.normalPath()) : named;
  }

  private Denial findTarget() {
    long now = loop.sweep().nowNanos();
    ClientRequest request = admitted.request();
    if (body.said().namesTwoModels()) {
      return new Denial(Refusal.TWO_MODELS);
    }
    boolean unknown = body.tooLarge() && Placement.mayBeStateful(request, route);
    if (unknown && body.memoryShort()) {
      return new Denial(Refusal.MEMORY_SHORT);
    }
    boolean stateful = unknown || body.said().stateful();
    Selection placed =
        Placement.of(loop.selections(), request, route, admitted.access(), identity, stateful);
    Refusal why = Placement.first(placed, admitted.permit(), now);
    if (why != null) {
      long seconds = Placement.retryAfterSeconds(placed, now);
      loop.selections().over(placed);
      return new Denial(why, seconds);
    }
    if (!body.suits(placed.current().upstream(), request.sealed())) {
      loop.selections().over(placed);
      return new Denial(body.memoryShort() ? Refusal.MEMORY_SHORT : Refusal.MODEL_SEALED);
    }
    found = placed;
    askLimits();
    return denial;
  }

  private void askLimits() {
    if (!loop.limiting().any()) {
      chosen(found);
      return;
    }
    asking = true;
    ClientRequest request = admitted.request();
    LimitCheck.ask(loop.limiting(), request, body, model(request), found, identity, this);
    asking = false;
  }

  @Override
  public void admitted(Reservation granted) {
    if (over) {
      granted.close();
      return;
    }
    Refusal doubt = asking ? null : doubt(); // by what came meanwhile
    if (doubt != null) {
      granted.close();
      denied(new Denial(doubt));
      return;
    }
    admitted.permit().under(granted);
    chosen(found);
    if (!asking) {
      told.run();
    }
  }

  /** Why nobody can say which model is asked for; null: it is certain, or does not matter. */
  private Refusal doubt() {
    if (goesByModel() && body.said().namesTwoModels()) {
      return Refusal.TWO_MODELS;
    }
    boolean doubtful = admitted.access().restrictsModels() && body.said().isDoubtful();
    return doubtful ? Refusal.MODEL_UNREADABLE : null;
  }

  @Override
  public void denied(Denial why) {
    if (over) {
      return;
    }
    close();
    denial = why;
    if (!asking) {
      told.run();
    }
  }

  /** It is not asked again: what was found and not taken is let go. */
  void close() {
    over = true;
    if (found != null && selection == null) {
      loop.selections().over(found);
      found = null;
    }
  }

  private void chosen(Selection target) {
    selection = target;
    route = target.route();
    if (goesByModel()) {
      body.said().demandOneModel(admitted.access().restrictsModels());
    }
    Dialect dialect = admitted.request().dialect(target.current().upstream());
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

  /** Whether it goes where it goes, or may, by the model that it names. */
  private boolean goesByModel() {
    return admitted.match().needsModel()
        || admitted.access().restrictsModels()
        || loop.limiting().needsModel(route.name());
  }

  /** With its first target; null: not known yet. */
  Selection selection() {
    return selection;
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
