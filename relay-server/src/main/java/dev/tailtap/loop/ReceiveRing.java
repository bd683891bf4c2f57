package dev.tailtap.loop;

import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringBufferRingConfig;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringFixedBufferRingAllocator;
import io.netty.channel.uring.IoUringIoHandlerConfig;

/**
 * The ring of receive buffers that the sockets of an io_uring loop share: a read is one operation,
 * not a poll and a receive, and the kernel takes a buffer when there are bytes for it. Where the
 * kernel has no such rings (before 5.19), or Netty's multishot receive was asked for, there is
 * none: that receive goes on without auto-read when the ring runs dry (docs/DECISIONS.md).
 */
final class ReceiveRing {
  private static final short GROUP = 1;
  private static final short BUFFERS = 256;
  private static final int BUFFER_BYTES = 4096;

  private ReceiveRing() {}

  /** Whether loops can have such a ring; all loops of a process have the same answer. */
  static boolean usable() {
    return IoUring.isRegisterBufferRingSupported() && !IoUring.isRecvMultishotEnabled();
  }

  /** Gives a loop its ring, which begins with half of its buffers. */
  static IoUringIoHandlerConfig config() {
    IoUringIoHandlerConfig config = new IoUringIoHandlerConfig();
    if (usable()) {
      config.setBufferRingConfig(
          IoUringBufferRingConfig.builder()
              .bufferGroupId(GROUP)
              .bufferRingSize(BUFFERS)
              .batchSize(BUFFERS / 2)
              .incremental(IoUring.isRegisterBufferRingIncSupported())
              .allocator(new IoUringFixedBufferRingAllocator(BUFFER_BYTES))
              .build());
    }
    return config;
  }

  /** Lets sockets read into the ring of their loop, which must have one. */
  static void share(SocketOptions options) {
    options.set(IoUringChannelOption.IO_URING_BUFFER_GROUP_ID, GROUP);
  }
}
