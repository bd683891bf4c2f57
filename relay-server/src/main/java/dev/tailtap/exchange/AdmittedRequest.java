package dev.tailtap.exchange;

import dev.tailtap.limits.Permit;
import dev.tailtap.upstream.Upstream;
import java.util.Iterator;

/**
 * A request that has its place: what an {@link Exchange} begins with.
 *
 * @param generation under whose settings it was admitted
 * @param route the name of the one that leads it
 * @param upstream the one that it was admitted to, and is to be tried first
 * @param others to be tried after it
 * @param permit to be closed once it is over
 */
public record AdmittedRequest(
    Generation generation,
    ClientRequest request,
    String route,
    Upstream upstream,
    Iterator<Upstream> others,
    Permit permit) {}
