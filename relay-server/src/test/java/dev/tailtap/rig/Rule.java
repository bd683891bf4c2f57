package dev.tailtap.rig;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * The rule that a test shows to be kept; docs/CONFORMANCE.md lists them all. On a class it stands
 * for each of its tests that has none of its own.
 */
@Documented
@Tag("conformance")
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface Rule {
  /** The rule in one plain sentence of our own. */
  String value();

  /** Where it is written, such as {@code RFC 9112 section 6.1}. */
  String source();
}
