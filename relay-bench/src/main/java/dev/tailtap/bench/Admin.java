package dev.tailtap.bench;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;

/** What a relay says on its admin port. */
final class Admin {
  private Admin() {}

  static boolean ready(int port) {
    try {
      HttpURLConnection connection =
          (HttpURLConnection)
              URI.create("http://127.0.0.1:" + port + "/readyz").toURL().openConnection();
      connection.setConnectTimeout(1000);
      connection.setReadTimeout(1000);
      return connection.getResponseCode() == 200;
    } catch (IOException notYet) {
      return false;
    }
  }
}
