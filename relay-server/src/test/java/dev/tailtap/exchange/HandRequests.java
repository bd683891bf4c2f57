package dev.tailtap.exchange;

import dev.tailtap.limits.Admitting;
import dev.tailtap.limits.ClientNetwork;
import dev.tailtap.limits.Permit;
import dev.tailtap.limits.Refusal;
import dev.tailtap.record.Identity;
import dev.tailtap.route.Match;
import dev.tailtap.route.Route;
import dev.tailtap.route.Selection;
import io.netty.handler.codec.http.HttpRequest;
import java.net.SocketAddress;

/** Admits requests without a connection that they came on. */
final class HandRequests {
  private HandRequests() {}

  /** Along the relay's route, which does not hang on its body. */
  static AdmittedRequest admit(HandRelay relay, HttpRequest head) {
    ClientRequest request = ClientRequest.of(head, relay.resources.via());
    Match match = relay.generation.router().match(null, request.normalPath());
    Route route = match.route(null);
    Admitted told = new Admitted();
    relay.admission.admit(ClientNetwork.of((SocketAddress) null), told);
    Selection selection =
        Placement.of(
            relay.resources.selections(), request, route, Access.OPEN, Identity.NONE, false);
    if (Placement.first(selection, told.permit, relay.nanos()) != null) {
      throw new AssertionError("no upstream has a place");
    }
    return new AdmittedRequest(
        relay.generation, request, match, Access.OPEN, selection, Identity.NONE, told.permit);
  }

  /** The same of one whose place hangs on its body. */
  static AdmittedRequest admitByBody(HandRelay relay, HttpRequest head) {
    ClientRequest request = ClientRequest.of(head, relay.resources.via());
    Match match = relay.generation.router().match(null, request.normalPath());
    Admitted told = new Admitted();
    relay.admission.admit(ClientNetwork.of((SocketAddress) null), told);
    return new AdmittedRequest(
        relay.generation, request, match, Access.OPEN, null, null, told.permit);
  }

  private static final class Admitted implements Admitting.Applicant {
    private Permit permit;

    @Override
    public void admitted(Permit given) {
      permit = given;
    }

    @Override
    public void refused(Refusal why) {
      throw new AssertionError(why);
    }
  }
}
