package dev.tailtap.reconcile;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Where a report is read: at the provider, whose key goes nowhere but there and into no message, or
 * in a file. Blocks.
 */
final class ReportSource {
  private static final int MOST_BYTES = 256 * 1024 * 1024;
  private static final int MOST_PAGES = 1_000;
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofSeconds(60);

  private ReportSource() {}

  /** Asks for one page after the other. */
  static void fetch(ReconcileRequest request, UsageReport report)
      throws IOException, InterruptedException {
    Provider provider = request.provider();
    // No redirect is followed: the key is this host's alone.
    HttpClient http =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    Set<String> asked = new HashSet<>();
    String page = null;
    do {
      HttpRequest.Builder ask =
          HttpRequest.newBuilder(URI.create(request.url() + provider.target(request.span(), page)))
              .timeout(ANSWER)
              .header("Accept", "application/json");
      provider.authorize(ask, request.key());
      page = report.take(only(answer(http, ask.build(), request)));
      if (page != null && (!asked.add(page) || asked.size() > MOST_PAGES)) {
        throw new IOException(request.url() + " gives pages of its report without end");
      }
    } while (page != null);
  }

  private static byte[] answer(HttpClient http, HttpRequest ask, ReconcileRequest request)
      throws IOException, InterruptedException {
    HttpResponse<InputStream> answer;
    byte[] body;
    try {
      answer = http.send(ask, HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream in = answer.body()) {
        body = in.readNBytes(MOST_BYTES);
      }
    } catch (IOException e) { // its own message may be none
      throw new IOException(request.url() + " gives no answer: " + e.getClass().getSimpleName(), e);
    }
    int status = answer.statusCode();
    if (status == 401 || status == 403) {
      throw new IOException(
          request.url()
              + " answers "
              + status
              + ": it takes a key of an administrator, in "
              + request.provider().keyVariable());
    }
    if (status != 200) {
      throw new IOException(request.url() + " answers " + status);
    }
    return body;
  }

  private static Object only(byte[] page) throws IOException {
    try {
      List<Object> documents = JsonText.documents(new ByteArrayInputStream(page));
      if (documents.size() == 1) {
        return documents.get(0);
      }
    } catch (IllegalArgumentException e) {
      throw new IOException("the provider's answer is " + e.getMessage(), e);
    }
    throw new IOException("the provider's answer is not one document");
  }

  /** Reads the pages of a file: one document each, or in one list. */
  static void read(Path file, UsageReport report, List<String> mistakes) throws IOException {
    if (Files.size(file) > MOST_BYTES) {
      mistakes.add("--file " + file + ": is larger than 256 MiB");
      return;
    }
    try (InputStream in = Files.newInputStream(file)) {
      List<Object> documents = JsonText.documents(in);
      for (Object document : documents) {
        List<?> pages =
            document instanceof List<?> list ? list : Collections.singletonList(document);
        pages.forEach(report::take);
      }
      if (documents.isEmpty()) {
        mistakes.add("--file " + file + ": is empty");
      }
    } catch (IllegalArgumentException e) {
      mistakes.add("--file " + file + ": is " + e.getMessage());
    }
  }
}
