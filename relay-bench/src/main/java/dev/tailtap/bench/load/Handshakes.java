package dev.tailtap.bench.load;

/**
 * How many handshakes of TLS a load made.
 *
 * @param client by its clients
 * @param clientWhole of them with a certificate, which a resumed one has not
 * @param provider with its provider
 * @param providerWhole of them with a certificate
 */
public record Handshakes(long client, long clientWhole, long provider, long providerWhole) {
  public static final Handshakes NONE = new Handshakes(0, 0, 0, 0);

  /** The share of those that took up an earlier session, at the end that made any. */
  public double resumedShare(boolean atProvider) {
    long all = atProvider ? provider : client;
    long whole = atProvider ? providerWhole : clientWhole;
    return all == 0 ? Double.NaN : 1 - whole / (double) all;
  }

  Handshakes withClient(boolean whole) {
    return new Handshakes(client + 1, clientWhole + (whole ? 1 : 0), provider, providerWhole);
  }

  Handshakes withProvider(boolean whole) {
    return new Handshakes(client, clientWhole, provider + 1, providerWhole + (whole ? 1 : 0));
  }
}
