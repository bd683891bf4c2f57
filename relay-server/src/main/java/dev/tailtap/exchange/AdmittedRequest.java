package dev.tailtap.exchange;

import dev.tailtap.limits.Permit;
import dev.tailtap.record.Identity;
import dev.tailtap.route.Match;
import dev.tailtap.route.Selection;

/**
 * A request that has its place: what an {@link Exchange} begins with.
 *
 * @param generation under whose settings it was admitted
 * @param match the routes that may lead it
 * @param access what it may do
 * @param selection of the one that does, with its first target chosen; null: that hangs on the body
 * @param identity whose it is; null as long as that hangs on the body
 * @param permit to be closed once it is over
 */
public record AdmittedRequest(
    Generation generation,
    ClientRequest request,
    Match match,
    Access access,
    Selection selection,
    Identity identity,
    Permit permit) {
  /** It is not to be begun after all. */
  public void giveBack() {
    if (selection != null) {
      selection.neutral();
    }
    permit.close();
  }
}
