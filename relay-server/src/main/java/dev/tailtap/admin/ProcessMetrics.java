package dev.tailtap.admin;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.tailtap.stats.BuildInfo;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.function.DoubleSupplier;

/**
 * What every process tells Prometheus, under the names that its dashboards expect. Read from the
 * JVM's beans at each scrape, a few microseconds in all.
 */
final class ProcessMetrics {
  private ProcessMetrics() {}

  static PrometheusRegistry registry() {
    PrometheusRegistry registry = new PrometheusRegistry();
    var runtime = ManagementFactory.getRuntimeMXBean();
    gauge(
        registry,
        "process_start_time_seconds",
        "Start of the process since 1970",
        () -> runtime.getStartTime() / 1e3);
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix) {
      counter(
          registry,
          "process_cpu_seconds_total",
          "User and system time",
          () -> unix.getProcessCpuTime() / 1e9);
      gauge(registry, "process_open_fds", "Open files", unix::getOpenFileDescriptorCount);
      gauge(registry, "process_max_fds", "Files allowed", unix::getMaxFileDescriptorCount);
    }
    counter(
        registry, "jvm_gc_seconds_total", "Time in garbage collection", ProcessMetrics::gcSeconds);
    memory(registry);
    build(registry);
    return registry;
  }

  private static void build(PrometheusRegistry registry) {
    BuildInfo build = BuildInfo.read();
    Info.builder()
        .name("tailtap_build_info")
        .help("What is running")
        .labelNames("version", "java")
        .register(registry)
        .setLabelValues(build.version(), build.java());
  }

  private static void memory(PrometheusRegistry registry) {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    GaugeWithCallback.builder()
        .name("jvm_memory_used_bytes")
        .help("Used bytes of the JVM's memory")
        .labelNames("area")
        .callback(
            out -> {
              out.call((double) memory.getHeapMemoryUsage().getUsed(), "heap");
              out.call((double) memory.getNonHeapMemoryUsage().getUsed(), "nonheap");
            })
        .register(registry);
  }

  private static double gcSeconds() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
            .mapToLong(GarbageCollectorMXBean::getCollectionTime)
            .sum()
        / 1e3;
  }

  private static void gauge(
      PrometheusRegistry registry, String name, String help, DoubleSupplier source) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .callback(out -> out.call(source.getAsDouble()))
        .register(registry);
  }

  private static void counter(
      PrometheusRegistry registry, String name, String help, DoubleSupplier source) {
    CounterWithCallback.builder()
        .name(name)
        .help(help)
        .callback(out -> out.call(source.getAsDouble()))
        .register(registry);
  }
}
