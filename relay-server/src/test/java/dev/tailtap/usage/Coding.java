package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.encoder.BrotliOutputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/** The content codings that providers use, from the side of a provider. */
public enum Coding {
  GZIP,
  DEFLATE,
  BR,
  ZSTD;

  /** Its name in the field {@code Content-Encoding}. */
  public String token() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The text encoded as a whole. */
  public byte[] encode(byte[] text) {
    ByteArrayOutputStream encoded = new ByteArrayOutputStream();
    try (OutputStream out = encoder(encoded)) {
      out.write(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return encoded.toByteArray();
  }

  /** The texts flushed one by one, as a server does that streams; the last part ends the coding. */
  public List<byte[]> flushed(List<String> texts) {
    ByteArrayOutputStream encoded = new ByteArrayOutputStream();
    List<byte[]> parts = new ArrayList<>();
    try (OutputStream out = encoder(encoded)) {
      for (String text : texts) {
        out.write(text.getBytes(UTF_8));
        out.flush();
        parts.add(encoded.toByteArray());
        encoded.reset();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    parts.add(encoded.toByteArray());
    return parts;
  }

  private OutputStream encoder(OutputStream to) throws IOException {
    return switch (this) {
      case GZIP -> new GZIPOutputStream(to, 512, true);
      case DEFLATE -> new DeflaterOutputStream(to, new Deflater(), 512, true);
      case BR -> {
        Brotli4jLoader.ensureAvailability();
        yield new BrotliOutputStream(to);
      }
      case ZSTD -> new ZstdOutputStream(to);
    };
  }
}
