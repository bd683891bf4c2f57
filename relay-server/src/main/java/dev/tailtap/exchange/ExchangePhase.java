package dev.tailtap.exchange;

/** How far an {@link Exchange} has come; its Javadoc has the arrows. */
enum ExchangePhase {
  /** The request is collected. */
  UPLOADING,
  /** A connection is made, or the head of the answer awaited. */
  CALLING,
  /** The answer comes. */
  STREAMING,
  /** All is said, and its record awaited. */
  SETTLING,
  OVER
}
