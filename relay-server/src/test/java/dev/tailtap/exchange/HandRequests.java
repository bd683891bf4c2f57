package dev.tailtap.exchange;

import dev.tailtap.limits.Admitting;
import dev.tailtap.limits.ClientNetwork;
import dev.tailtap.limits.Permit;
import dev.tailtap.limits.Refusal;
import dev.tailtap.upstream.Upstream;
import io.netty.handler.codec.http.HttpRequest;
import java.net.SocketAddress;
import java.util.Iterator;
import java.util.List;

/** Admits requests without a connection that they came on. */
final class HandRequests {
  private HandRequests() {}

  /** Along the relay's one route. */
  static AdmittedRequest admit(HandRelay relay, HttpRequest head) {
    return admit(relay, head, List.of(relay.upstream).iterator());
  }

  /** To these upstreams, one after the other. */
  static AdmittedRequest admit(HandRelay relay, HttpRequest head, Iterator<Upstream> candidates) {
    ClientRequest request = ClientRequest.of(head, relay.resources.via());
    Upstream first = candidates.next();
    Admitted told = new Admitted();
    relay.admission.admit(first.name(), ClientNetwork.of((SocketAddress) null), told);
    return new AdmittedRequest(relay.generation, request, "sim", first, candidates, told.permit);
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
