package dev.tailtap.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;

/**
 * What tells one state of a file from another without reading it. Links are followed, so a link
 * that points elsewhere is a change.
 *
 * @param key the file's identity where the file system has one, null elsewhere
 */
record FileStamp(FileTime modified, long size, Object key) {
  private static final FileStamp NONE = new FileStamp(FileTime.fromMillis(0), -1, null);

  static List<FileStamp> of(List<Path> files) {
    List<FileStamp> stamps = new ArrayList<>();
    for (Path file : files) {
      stamps.add(of(file));
    }
    return stamps;
  }

  private static FileStamp of(Path file) {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return new FileStamp(now.lastModifiedTime(), now.size(), now.fileKey());
    } catch (IOException gone) {
      return NONE;
    }
  }
}
