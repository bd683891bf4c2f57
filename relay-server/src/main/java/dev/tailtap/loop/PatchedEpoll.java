package dev.tailtap.loop;

import io.netty.channel.DefaultSelectStrategyFactory;
import io.netty.channel.IoEvent;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.Socket;

/**
 * Netty's epoll handler, with two faults of Netty 4.2.18 mended. One per loop.
 *
 * <p>A socket that waits for nothing stays registered. Netty takes it out of epoll then, as it does
 * once a client has ended its side, and fails to put it back when there is something to write that
 * the kernel does not take at once. Edge-triggered and for nothing but errors, it wakes nobody.
 *
 * <p>A socket whose peer has ended its side is read by turns like all others. Netty reads all that
 * is left of it in one turn, megabytes if it comes to that, and no allocator of receive buffers can
 * keep it from that. The end itself is found by the read behind the last byte.
 */
final class PatchedEpoll implements IoHandler {
  /** Events of one wait: few, so that tasks, timers among them, have their turn soon. */
  private static final int EVENTS_AT_ONCE = 128;

  private final IoHandler epoll;

  private PatchedEpoll(IoHandler epoll) {
    this.epoll = epoll;
  }

  static IoHandlerFactory newFactory() {
    IoHandlerFactory factory =
        EpollIoHandler.newFactory(EVENTS_AT_ONCE, DefaultSelectStrategyFactory.INSTANCE);
    return executor -> new PatchedEpoll(factory.newHandler(executor));
  }

  @Override
  public void initialize() {
    epoll.initialize();
  }

  @Override
  public int run(IoHandlerContext context) {
    return epoll.run(context);
  }

  @Override
  public void prepareToDestroy() {
    epoll.prepareToDestroy();
  }

  @Override
  public void destroy() {
    epoll.destroy();
  }

  @Override
  public IoRegistration register(IoHandle handle) throws Exception {
    Patched patched = new Patched((EpollIoHandle) handle);
    patched.registration = epoll.register(patched);
    return patched;
  }

  @Override
  public void wakeup() {
    epoll.wakeup();
  }

  @Override
  public boolean isCompatible(Class<? extends IoHandle> handleType) {
    return epoll.isCompatible(handleType);
  }

  /** What stands between a socket and epoll, on the way of either. */
  @SuppressWarnings("try") // close() throws what the interface lets it
  private static final class Patched implements EpollIoHandle, IoRegistration {
    private final EpollIoHandle handle;
    private IoRegistration registration; // set once, before anything is asked of it

    Patched(EpollIoHandle handle) {
      this.handle = handle;
    }

    @Override
    public void handle(IoRegistration of, IoEvent event) {
      EpollIoOps ops = ((EpollIoEvent) event).ops();
      if (ops.contains(EpollIoOps.EPOLLRDHUP) && !inputEnded()) {
        EpollIoOps turn = ops.without(EpollIoOps.EPOLLRDHUP).with(EpollIoOps.EPOLLIN);
        handle.handle(of, (EpollIoEvent) () -> turn);
      } else { // with the end found Netty wants to know of this no more
        handle.handle(of, event);
      }
    }

    private boolean inputEnded() {
      return handle.fd() instanceof Socket socket && socket.isInputShutdown();
    }

    @Override
    public FileDescriptor fd() {
      return handle.fd();
    }

    @Override
    public void registered() {
      handle.registered();
    }

    @Override
    public void unregistered() {
      handle.unregistered();
    }

    @Override
    public void close() throws Exception {
      handle.close();
    }

    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // the interface declares it so
    public <T> T attachment() {
      return registration.attachment();
    }

    @Override
    public long submit(IoOps ops) {
      return registration.submit(EpollIoOps.NONE.equals(ops) ? EpollIoOps.EPOLLET : ops);
    }

    @Override
    public boolean isValid() {
      return registration.isValid();
    }

    @Override
    public boolean cancel() {
      return registration.cancel();
    }
  }
}
