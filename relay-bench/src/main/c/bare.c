/* The floor: a relay that reads and writes, one epoll loop, one thread, and knows nothing of HTTP.
 * bare LISTEN_PORT UPSTREAM_PORT, both on 127.0.0.1. One upstream connection per client. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024, BATCH = 512 };

/* One side of a pair. What its peer could not take at once waits in held. */
struct side {
  int fd;
  int paused; /* not read from: the peer has not taken what is held */
  struct side *peer;
  char *held;
  size_t held_from, held_to;
  struct side *next_dead;
};

static int epoll_fd;
static struct sockaddr_in upstream_address;
static char buffer[READ_SIZE];
static struct side *dead; /* freed after the batch: another event in it may still name them */

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void watch(struct side *side, int operation, unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = side};
  if (epoll_ctl(epoll_fd, operation, side->fd, &event) < 0) fail("epoll_ctl");
}

static void bury(struct side *side) {
  close(side->fd);
  side->fd = -1;
  side->next_dead = dead;
  dead = side;
}

static void end_pair(struct side *side) {
  if (side->fd < 0) return;
  struct side *peer = side->peer;
  bury(side);
  bury(peer);
}

static void free_dead(void) {
  while (dead) {
    struct side *side = dead;
    dead = side->next_dead;
    free(side->held);
    free(side);
  }
}

/* Keeps the rest of what was read until the peer can be written to. */
static void hold(struct side *from, size_t sent, size_t length) {
  from->held = malloc(length - sent);
  if (!from->held) fail("malloc");
  memcpy(from->held, buffer + sent, length - sent);
  from->held_from = 0;
  from->held_to = length - sent;
  from->paused = 1;
  watch(from, EPOLL_CTL_MOD, from->peer->paused ? EPOLLOUT : 0);
  watch(from->peer, EPOLL_CTL_MOD, EPOLLOUT | (from->peer->paused ? 0 : EPOLLIN));
}

static void readable(struct side *side) {
  ssize_t length = recv(side->fd, buffer, sizeof buffer, 0);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (length <= 0) {
    end_pair(side);
    return;
  }
  ssize_t sent = send(side->peer->fd, buffer, length, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) {
    end_pair(side);
  } else if (sent < length) {
    hold(side, sent < 0 ? 0 : sent, length);
  }
}

static void writable(struct side *side) {
  struct side *from = side->peer;
  if (!from->paused) return;
  ssize_t sent =
      send(side->fd, from->held + from->held_from, from->held_to - from->held_from, MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN) end_pair(side);
    return;
  }
  from->held_from += sent;
  if (from->held_from < from->held_to) return;
  free(from->held);
  from->held = NULL;
  from->paused = 0;
  watch(from, EPOLL_CTL_MOD, EPOLLIN | (side->paused ? EPOLLOUT : 0));
  watch(side, EPOLL_CTL_MOD, side->paused ? 0 : EPOLLIN);
}

static struct side *new_side(int fd) {
  int on = 1;
  struct side *side = calloc(1, sizeof *side);
  if (!side) fail("calloc");
  side->fd = fd;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return side;
}

static void accept_one(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  if (fd < 0) return;
  int up = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (up < 0) fail("socket");
  if (connect(up, (struct sockaddr *)&upstream_address, sizeof upstream_address) < 0 &&
      errno != EINPROGRESS) {
    close(fd);
    close(up);
    return;
  }
  struct side *client = new_side(fd), *server = new_side(up);
  client->peer = server;
  server->peer = client;
  watch(client, EPOLL_CTL_ADD, EPOLLIN);
  watch(server, EPOLL_CTL_ADD, EPOLLIN);
}

static int listen_on(int port) {
  int on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0) fail("socket");
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
  if (listen(fd, 4096) < 0) fail("listen");
  return fd;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: %s LISTEN_PORT UPSTREAM_PORT\n", argv[0]);
    return 2;
  }
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  upstream_address.sin_family = AF_INET;
  upstream_address.sin_port = htons(atoi(argv[2]));
  upstream_address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  epoll_fd = epoll_create1(0);
  struct side listener = {.fd = listen_on(atoi(argv[1]))};
  watch(&listener, EPOLL_CTL_ADD, EPOLLIN);
  for (;;) {
    struct epoll_event events[BATCH];
    int count = epoll_wait(epoll_fd, events, BATCH, -1);
    for (int i = 0; i < count; i++) {
      struct side *side = events[i].data.ptr;
      if (side == &listener) {
        accept_one(listener.fd);
        continue;
      }
      if (side->fd >= 0 && events[i].events & EPOLLOUT) writable(side);
      if (side->fd >= 0 && events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP) && !side->paused)
        readable(side);
      else if (side->fd >= 0 && events[i].events & (EPOLLERR | EPOLLHUP))
        end_pair(side);
    }
    free_dead();
  }
}
