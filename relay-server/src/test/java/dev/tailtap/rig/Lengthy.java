package dev.tailtap.rig;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * Tests that start, kill and starve many processes, or draw thousands of cases: {@code mvn verify}
 * leaves them out, {@code mvn verify -Dtailtap.long} runs them when all others are over.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@Tag("long")
public @interface Lengthy {}
