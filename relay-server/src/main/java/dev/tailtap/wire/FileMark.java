package dev.tailtap.wire;

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
record FileMark(FileTime modified, long size, Object key) {
  private static final FileMark NONE = new FileMark(FileTime.fromMillis(0), -1, null);

  static List<FileMark> of(List<Path> files) {
    List<FileMark> marks = new ArrayList<>();
    for (Path file : files) {
      marks.add(of(file));
    }
    return marks;
  }

  private static FileMark of(Path file) {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return new FileMark(now.lastModifiedTime(), now.size(), now.fileKey());
    } catch (IOException gone) {
      return NONE;
    }
  }
}
