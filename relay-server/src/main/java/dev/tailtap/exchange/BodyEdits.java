package dev.tailtap.exchange;

import dev.tailtap.upstream.Upstream;
import dev.tailtap.usage.RequestScanner.Splice;
import dev.tailtap.usage.RequestTap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;

/**
 * What is changed in a request body for the upstream that it is sent to: the option that asks for
 * usage is added, the model's name exchanged for the one that it has there. Every other byte stays
 * as it came. Event loop only.
 */
final class BodyEdits {
  private final ByteBufAllocator alloc;
  private RequestTap tap; // null: there is no body to be read
  private boolean takesOption; // the dialect knows it, and the method is one that asks
  private UsageOption usageOption = UsageOption.LEFT;
  private boolean refused; // the option was, by the upstream that is tried
  private String sentModel; // null: as the client said

  BodyEdits(ByteBufAllocator alloc, RequestTap tap) {
    this.alloc = alloc;
    this.tap = tap;
  }

  /** What became of the option by which a body asks for usage. */
  enum UsageOption {
    /** It is as the client wrote it. */
    LEFT,
    /** It was added. */
    ADDED,
    /** It was not added, because the upstream lately refused it. */
    REFUSED_LATELY,
    /** It was not added, because the body was too large to be held for it. */
    TOO_LARGE,
    /** It was added and taken away again, because the upstream refused it. */
    TAKEN_BACK
  }

  UsageOption usageOption() {
    return usageOption;
  }

  /** The model that the upstream is asked for; null: the one that the client named. */
  String sentModel() {
    return sentModel;
  }

  /** From now on the option may be added, if the upstream is one that is asked. */
  void mayAsk() {
    takesOption = true;
  }

  /** Whether a body for this upstream is to be held whole, so that it can be changed. */
  boolean wantsWhole(Upstream upstream) {
    return tap != null && (wantsOption(upstream) || !upstream.config().aliases().isEmpty());
  }

  /** The upstream answered that it does not take the option: it is sent without, to this one. */
  void takeBack() {
    refused = true;
  }

  /** Another upstream is to be tried, of which nothing is known. */
  void turnTo() {
    refused = false;
  }

  /** Changes a body that is held whole, and as the client made it, for an upstream. */
  void apply(BodyQueue body, Upstream upstream) {
    Splice option = wantsOption(upstream) ? tap.usageSplice() : null;
    become(option == null ? UsageOption.LEFT : optionAt(upstream));
    sentModel = upstream.config().aliases().get(model());
    Splice model = sentModel == null ? null : tap.modelSplice(sentModel);
    Splice first = usageOption == UsageOption.ADDED ? option : null;
    if (first != null && model != null && first.at() < model.at()) { // offsets are the client's
      splice(body, model);
      splice(body, first);
    } else {
      splice(body, first);
      splice(body, model);
    }
  }

  /** Changes nothing: it is not held whole. */
  void leave(Upstream upstream, boolean tooLarge) {
    boolean missed = tooLarge && tap != null && wantsOption(upstream);
    become(missed ? UsageOption.TOO_LARGE : UsageOption.LEFT);
    sentModel = null;
  }

  /**
   * Whether a body can be made what an upstream is to get: it has the model by the same name, or
   * the name can be exchanged.
   *
   * @param changeable whether it is held whole, and no field vouches for it
   */
  boolean suits(Upstream upstream, boolean changeable) {
    String other = tap == null ? null : upstream.config().aliases().get(model());
    return other == null || (changeable && tap.modelSplice(other) != null);
  }

  private void become(UsageOption next) {
    usageOption = next;
  }

  /** Nothing more is changed. */
  void close() {
    tap = null;
  }

  private void splice(BodyQueue body, Splice splice) {
    if (splice != null) {
      body.splice(splice.at(), splice.replaced(), ByteBufUtil.writeAscii(alloc, splice.text()));
    }
  }

  private UsageOption optionAt(Upstream upstream) {
    if (refused) {
      return UsageOption.TAKEN_BACK;
    }
    boolean takes = upstream.health().acceptsUsageOption(tap.model());
    return takes ? UsageOption.ADDED : UsageOption.REFUSED_LATELY;
  }

  private boolean wantsOption(Upstream upstream) {
    return takesOption && tap.exchanges() && upstream.config().askForUsage();
  }

  private String model() {
    String model = tap.model();
    return model == null ? "" : model; // no alias is empty
  }
}
