package dev.tailtap.exchange;

import dev.tailtap.keys.VirtualKey;
import dev.tailtap.limits.Refusal;
import dev.tailtap.record.Identity;
import dev.tailtap.route.Route;
import dev.tailtap.route.TenantFingerprint;
import dev.tailtap.upstream.Upstream;
import io.netty.handler.codec.http.HttpMethod;

/**
 * What a request may do by its virtual key, or by having none. Immutable.
 *
 * @param key null: it shows none, and need not
 */
public record Access(VirtualKey key) {
  /** Of requests without a virtual key. */
  public static final Access OPEN = new Access(null);

  /** By a key that is good; null: none. */
  public static Access by(VirtualKey key) {
    return key == null ? OPEN : new Access(key);
  }

  /** Why a request may not take a route; null: it may. */
  public Refusal toRoute(Route route) {
    if (key == null) {
      return null;
    }
    if (!key.mayTake(route.name())) {
      return Refusal.ROUTE_NOT_ALLOWED;
    }
    boolean reaches = false;
    for (int i = 0; i < route.size(); i++) {
      Upstream upstream = route.target(i).upstream();
      reaches |= key.mayReach(upstream.name());
      if (mayReach(upstream)) {
        return null;
      }
    }
    return reaches ? Refusal.NO_CREDENTIAL : Refusal.ROUTE_NOT_ALLOWED;
  }

  /** The targets of a route that it may not be sent to, a bit for each. */
  long barred(Route route) {
    long barred = 0;
    for (int i = 0; key != null && i < route.size(); i++) {
      barred |= mayReach(route.target(i).upstream()) ? 0 : 1L << i;
    }
    return barred;
  }

  /** What its caller shows ends here, so the upstream has to have something of its own. */
  private boolean mayReach(Upstream upstream) {
    return key.mayReach(upstream.name()) && upstream.hasCredential();
  }

  /** Whether it hangs on the model that is asked for. */
  public boolean restrictsModels() {
    return key != null && key.restrictsModels();
  }

  /**
   * Why a request may not ask for a model, in its own words; null: it may.
   *
   * @param model null: it names none that can be read
   */
  Refusal toModel(ClientRequest request, String model) {
    if (!restrictsModels()) {
      return null;
    }
    for (String beside : request.modelsBeside()) {
      if (!key.mayAskFor(beside)) {
        return Refusal.MODEL_NOT_ALLOWED;
      }
    }
    if (model == null) {
      return asksForNone(request) ? null : Refusal.MODEL_UNREADABLE;
    }
    return key.mayAskFor(model) ? null : Refusal.MODEL_NOT_ALLOWED;
  }

  /** A list of models, say: whatever runs one is sent. */
  private static boolean asksForNone(ClientRequest request) {
    HttpMethod method = request.method();
    boolean safe =
        HttpMethod.GET.equals(method)
            || HttpMethod.HEAD.equals(method)
            || HttpMethod.OPTIONS.equals(method);
    return safe && !request.hasBody();
  }

  /** Whose a request along a route is. */
  public Identity identity(TenantFingerprint tenants, ClientRequest request, Route route) {
    return key == null
        ? Identity.of(tenants.of(request.credential(route.target(0).upstream())))
        : key.identity();
  }
}
