package dev.tailtap.exchange;

import dev.tailtap.limits.Facets;
import dev.tailtap.limits.LimitFields;
import dev.tailtap.limits.Limiting;
import dev.tailtap.limits.Reservation;
import dev.tailtap.record.Identity;
import dev.tailtap.route.Route;
import dev.tailtap.route.Selection;
import dev.tailtap.usage.PathModel;
import dev.tailtap.usage.RequestReading;
import io.netty.handler.codec.http.HttpHeaders;

/**
 * How a call is told to the limits that are set by name, and they to its client. Event loop only.
 */
public final class LimitCheck {
  /** Names the limit that a call is beyond which only warns, and why it would be refused. */
  private static final String WARNING = "x-tailtap-limit";

  private LimitCheck() {}

  /** Whether it can only be said with the body which limits a request is under, or how far. */
  public static boolean hangsOnBody(Limiting limits, ClientRequest request, Route route) {
    return limits.any()
        && ((limits.needsModel(route.name()) && PathModel.of(request.normalPath()) == null)
            || limits.needsMaxTokens(route.name()));
  }

  /**
   * Asks about a request of which no body has to be known.
   *
   * @param selection with its first target
   */
  public static void ask(
      Limiting limits,
      ClientRequest request,
      Selection selection,
      Identity identity,
      Limiting.Applicant applicant) {
    Reservation wanted = limits.open();
    String model = PathModel.of(request.normalPath());
    set(wanted.facets(), selection, identity, model, -1);
    if (namesAnother(limits, request, selection, model)) {
      wanted.facets().modelUnread();
    }
    limits.admit(wanted, applicant);
  }

  /** The same of one whose body has said what it had to. */
  static void ask(
      Limiting limits,
      ClientRequest request,
      RequestBody body,
      String model,
      Selection selection,
      Identity identity,
      Limiting.Applicant applicant) {
    Reservation wanted = limits.open();
    RequestReading said = body.said().reading();
    boolean limited = said != null && said.maxTokens() != null;
    set(wanted.facets(), selection, identity, model, limited ? said.maxTokens() : -1);
    if ((model == null && mayAskForAny(request, body))
        || (model != null && body.said().isDoubtful())
        || namesAnother(limits, request, selection, model)) {
      wanted.facets().modelUnread();
    }
    limits.admit(wanted, applicant);
  }

  /** Whether a model may be in a body where none was read; of files and the like none is run. */
  private static boolean mayAskForAny(ClientRequest request, RequestBody body) {
    return body.bytes() > 0 && (body.tooLarge() || !body.said().isSure()) && !request.stateful();
  }

  /** Whether the head may have another model run than the path or the body asks for. */
  private static boolean namesAnother(
      Limiting limits, ClientRequest request, Selection selection, String model) {
    if (!limits.needsModel(selection.route().name())) {
      return false;
    }
    for (String beside : request.modelsBeside()) {
      if (!beside.equals(model)) {
        return true;
      }
    }
    return false;
  }

  private static void set(
      Facets facets, Selection selection, Identity identity, String model, long maxTokens) {
    String upstream = selection.current().upstream().name();
    facets.set(
        identity.tenant(),
        identity.virtualKey(),
        identity.limit(),
        model,
        upstream,
        selection.route().name(),
        maxTokens);
  }

  /** Tells a client of its limits; what its provider says of its own stays. */
  static void tell(Reservation of, HttpHeaders answer) {
    if (of == null) {
      return;
    }
    if (of.warning() != null) {
      answer.set(WARNING, of.warning());
    }
    LimitFields fields = of.fields();
    boolean own = answer.contains(LimitFields.POLICY) || answer.contains(LimitFields.STATE);
    if (fields != null && !own) {
      answer.set(LimitFields.POLICY, fields.policy());
      answer.set(LimitFields.STATE, fields.state());
    }
  }
}
