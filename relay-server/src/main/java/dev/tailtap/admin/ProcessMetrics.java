package dev.tailtap.admin;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.tailtap.stats.BuildInfo;
import io.netty.util.internal.PlatformDependent;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.core.metrics.SummaryWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Quantiles;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.MemoryUsage;
import java.util.function.DoubleSupplier;
import java.util.function.ToDoubleFunction;

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
    collectors(registry);
    gauge(
        registry,
        "jvm_threads_current",
        "Threads of the JVM",
        ManagementFactory.getThreadMXBean()::getThreadCount);
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
    areas(registry, "jvm_memory_used_bytes", "Used bytes", memory, MemoryUsage::getUsed);
    areas(registry, "jvm_memory_committed_bytes", "Bytes held", memory, MemoryUsage::getCommitted);
    areas(registry, "jvm_memory_max_bytes", "Most bytes; -1: any", memory, MemoryUsage::getMax);
    // Netty takes it past the JVM's pool of buffers, which would not show it.
    gauge(
        registry,
        "tailtap_direct_memory_bytes",
        "Bytes outside the heap that buffers of connections are cut from",
        PlatformDependent::usedDirectMemory);
    gauge(
        registry,
        "tailtap_direct_memory_limit_bytes",
        "How many there may be",
        PlatformDependent::maxDirectMemory);
    GaugeWithCallback.builder()
        .name("jvm_buffer_pool_used_bytes")
        .help("Used bytes of the JVM's own pools of buffers")
        .labelNames("pool")
        .callback(
            out ->
                ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)
                    .forEach(pool -> out.call((double) pool.getMemoryUsed(), pool.getName())))
        .register(registry);
  }

  private static void areas(
      PrometheusRegistry registry,
      String name,
      String help,
      MemoryMXBean memory,
      ToDoubleFunction<MemoryUsage> figure) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help + " of the JVM's memory")
        .labelNames("area")
        .callback(
            out -> {
              out.call(figure.applyAsDouble(memory.getHeapMemoryUsage()), "heap");
              out.call(figure.applyAsDouble(memory.getNonHeapMemoryUsage()), "nonheap");
            })
        .register(registry);
  }

  /** By collector, under the name that dashboards for the JVM expect. */
  private static void collectors(PrometheusRegistry registry) {
    SummaryWithCallback.builder()
        .name("jvm_gc_collection_seconds")
        .help("Time of collections, by collector")
        .labelNames("gc")
        .callback(
            out ->
                ManagementFactory.getGarbageCollectorMXBeans()
                    .forEach(
                        gc ->
                            out.call(
                                gc.getCollectionCount(),
                                gc.getCollectionTime() / 1e3,
                                Quantiles.EMPTY,
                                gc.getName())))
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
