package dev.tailtap.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A directory in memory that behaves as badly as a disk may: what was not forced survives a loss of
 * power block by block or not at all, a failed force drops what it was to save and calls the next
 * one a success, a write stops in the middle.
 */
final class SimFiles implements JournalFiles {
  private static final int BLOCK = 128;

  private final Random random;
  private final boolean forceWorks;

  /** The names as the process sees them, and as they are on the disk. */
  private Map<String, SimFile> names = new TreeMap<>();

  private Map<String, SimFile> namesOnDisk = new HashMap<>();

  /** How many of the next calls fail, and with what. */
  int failures;

  boolean full;
  boolean cutNext;

  /** As a file system is after an error on its disk. */
  boolean readOnly;

  /** No file can be had for what is to be staged. */
  boolean stageless;

  /** The directory was removed with all that is in it; what is open can still be used. */
  private boolean gone;

  /** The lock that the journal holds is the one of a directory that was removed. */
  private boolean unclaimed;

  SimFiles(Random random, boolean forceWorks) {
    this.random = random;
    this.forceWorks = forceWorks;
  }

  /** The process is gone, the machine is not: everything written is still there. */
  void kill() {
    recover();
  }

  /** The machine is gone: of what was not forced, any part may be there. */
  void losePower() {
    Map<String, SimFile> left = new TreeMap<>(namesOnDisk);
    names.forEach(
        (name, file) -> {
          if (random.nextBoolean()) {
            left.put(name, file);
          }
        });
    left.keySet().removeIf(name -> !names.containsKey(name) && random.nextBoolean());
    names = left;
    namesOnDisk = new HashMap<>(left);
    names.values().forEach(SimFile::losePower);
    recover();
  }

  private void recover() {
    cutNext = false;
    gone = false;
    unclaimed = false;
  }

  boolean gone() {
    return gone;
  }

  /** Whether the directory was removed and the journal has not claimed it anew. */
  boolean unclaimed() {
    return unclaimed;
  }

  /** Somebody removes the directory. */
  void remove() {
    gone = true;
    unclaimed = true;
    names = new TreeMap<>();
    namesOnDisk = new HashMap<>();
  }

  /** Somebody makes it anew, with nothing in it. */
  void putBack() {
    gone = false;
  }

  @Override
  public void verify() throws IOException {
    if (unclaimed) {
      throw new LostFileException("another lock");
    }
  }

  @Override
  public void reclaim() throws IOException {
    failIfGone();
    unclaimed = false;
  }

  @Override
  public void restore(String name, JournalFile file) throws IOException {
    failIfDue();
    failIfGone();
    SimFile lost = (SimFile) file;
    lost.dirty.set(0, (lost.cache.length - 1) / BLOCK + 1); // a copy is all new
    lost.force(true);
    names.put(name, lost);
  }

  private void failIfGone() throws IOException {
    if (gone) {
      throw new NoSuchFileException("the directory");
    }
  }

  /** Removes what a process had staged. */
  void forgetStaged() {
    names.keySet().removeIf(Segment::isStaged);
  }

  /** What a file holds, to be read or damaged. */
  byte[] contentOf(String name) {
    return names.get(name).cache;
  }

  @Override
  public Path dir() {
    return Path.of("simulated");
  }

  @Override
  public List<String> list() {
    return new ArrayList<>(names.keySet());
  }

  @Override
  public JournalFile create(String name) throws IOException {
    failIfDue();
    failIfGone();
    if (names.containsKey(name)) {
      throw new FileAlreadyExistsException(name);
    }
    if (readOnly) {
      throw new FileSystemException(name, null, "Read-only file system");
    }
    if (stageless && Segment.isStaged(name)) {
      throw new IOException("No such device");
    }
    SimFile file = new SimFile(name);
    names.put(name, file);
    return file;
  }

  @Override
  public JournalFile open(String name) throws IOException {
    SimFile file = names.get(name);
    if (file == null) {
      throw new NoSuchFileException(name);
    }
    return file;
  }

  @Override
  public void delete(String name) throws IOException {
    if (names.remove(name) == null) {
      throw new NoSuchFileException(name);
    }
  }

  @Override
  public void setAside(String name, String newName) throws IOException {
    SimFile file = names.remove(name);
    if (file == null) {
      throw new NoSuchFileException(name);
    }
    names.put(newName, file);
  }

  @Override
  public void syncDir() throws IOException {
    failIfDue();
    failIfGone();
    namesOnDisk = new HashMap<>(names);
  }

  @Override
  public long freeBytes() {
    return full ? 0 : 1 << 20;
  }

  @Override
  public void close() {}

  private void failIfDue() throws IOException {
    if (failures > 0) {
      failures--;
      throw new IOException("Input/output error");
    }
  }

  private final class SimFile implements JournalFile {
    private final String name;
    private byte[] cache = {};
    private byte[] disk = {};
    private final BitSet dirty = new BitSet();

    SimFile(String name) {
      this.name = name;
    }

    @Override
    public void verify() throws IOException {
      if (names.get(name) != this) {
        throw new LostFileException(name);
      }
    }

    @Override
    public int write(ByteBuffer from, long position) throws IOException {
      int asked = from.remaining();
      int count = random.nextInt(8) == 0 ? 1 + random.nextInt(asked) : asked;
      if (full && position + count > cache.length) {
        throw new IOException("No space left on device");
      }
      if (cutNext) {
        put(from, position, random.nextInt(asked + 1));
        throw new PowerCut();
      }
      if (failures > 0) {
        put(from, position, random.nextInt(asked + 1));
        failIfDue();
      }
      put(from, position, count);
      return count;
    }

    private void put(ByteBuffer from, long position, int count) {
      if (count == 0) {
        return;
      }
      int end = (int) position + count;
      if (end > cache.length) {
        cache = Arrays.copyOf(cache, end);
      }
      from.get(cache, (int) position, count);
      dirty.set((int) position / BLOCK, (end - 1) / BLOCK + 1);
    }

    @Override
    public int read(ByteBuffer into, long position) {
      int count = (int) Math.min(into.remaining(), cache.length - position);
      if (count <= 0) {
        return -1;
      }
      into.put(cache, (int) position, count);
      return count;
    }

    @Override
    public void force(boolean metadata) throws IOException {
      if (cutNext && random.nextBoolean()) {
        throw new PowerCut();
      }
      if (failures > 0) {
        dirty.clear();
        failIfDue();
      }
      if (forceWorks) {
        save(dirty);
        dirty.clear();
      }
    }

    private void save(BitSet blocks) {
      disk = Arrays.copyOf(disk, cache.length);
      blocks.stream()
          .forEach(
              block -> {
                int from = block * BLOCK;
                int length = Math.min(BLOCK, cache.length - from);
                System.arraycopy(cache, from, disk, from, length);
              });
    }

    private void losePower() {
      BitSet lucky = new BitSet();
      dirty.stream().filter(block -> random.nextBoolean()).forEach(lucky::set);
      save(lucky);
      cache = disk.clone();
      dirty.clear();
    }

    @Override
    public long size() {
      return cache.length;
    }

    @Override
    public void close() {}
  }
}
