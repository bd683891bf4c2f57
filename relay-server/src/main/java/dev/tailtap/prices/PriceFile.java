package dev.tailtap.prices;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PushbackReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Reads a file of prices, whichever of the three formats it has. */
final class PriceFile {
  private static final long LARGEST = 64L << 20;
  private static final JsonFactory JSON = new JsonFactory();

  private PriceFile() {}

  static PriceList read(Path file, Upstreams upstreams) throws IOException {
    if (Files.size(file) > LARGEST) {
      throw new IOException(file + " is larger than 64 MiB");
    }
    PriceList list = new PriceList(String.valueOf(file.getFileName()));
    try (BufferedReader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      PushbackReader start = new PushbackReader(in);
      int first = start.read();
      while (first == '\ufeff' || Character.isWhitespace(first)) {
        first = start.read();
      }
      if (first != -1) {
        start.unread(first);
      }
      if (first == '[' || first == '{') {
        json(start, list, upstreams);
      } else {
        new OwnPrices(list).read(new BufferedReader(start));
      }
    } catch (CharacterCodingException bad) {
      list.mistake("the file is not UTF-8");
    }
    if (list.prices().isEmpty() && list.mistakes().isEmpty()) {
      list.mistake(
          "there is no price in it for any upstream of the configuration; --upstream NAME=PROVIDER says whose prices hold for which");
    }
    return list;
  }

  private static void json(Reader in, PriceList list, Upstreams upstreams) {
    try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), in)) {
      if (json.nextToken() == JsonToken.START_ARRAY) {
        new GenaiPrices(list, upstreams).read(json);
      } else {
        new LitellmPrices(list, upstreams).read(json);
      }
    } catch (JacksonException bad) {
      list.mistake(
          "line " + bad.getLocation().getLineNr() + ": no JSON: " + bad.getOriginalMessage());
    }
  }
}
