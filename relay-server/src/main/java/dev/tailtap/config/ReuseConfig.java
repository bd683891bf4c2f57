package dev.tailtap.config;

import java.time.Duration;

/**
 * How connections to one upstream are used again.
 *
 * @param kept idle connections that each event loop keeps; 0: none
 * @param idle how long one is kept
 * @param age how old a connection may be and still take a request; zero: any age
 * @param retry send a request once more if its reused connection was lost before any answer
 * @param retryBody bytes of a request body that are held for that at most
 */
public record ReuseConfig(int kept, Duration idle, Duration age, boolean retry, int retryBody) {}
