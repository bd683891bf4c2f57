package dev.tailtap.house;

import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.AssignmentTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.ImportTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * One Java file as the JDK's own parser reads it, reduced to what the rules of the house ask for.
 */
final class SourceFile {
  /** A declaration or a use, and where it stands. */
  record Item(String name, int line, int lines) {}

  final String path;
  final String text;
  final List<Item> types = new ArrayList<>();
  final List<Item> publicTopLevel = new ArrayList<>();
  final List<Item> topLevel = new ArrayList<>();
  final List<Item> methods = new ArrayList<>();
  final List<Item> selections = new ArrayList<>();
  final List<Item> annotations = new ArrayList<>();
  final List<Item> mutableStatics = new ArrayList<>();

  /** The simple names that each top-level type mentions, what is nested in it included. */
  final Map<String, Set<String>> mentions = new TreeMap<>();

  /** Names that mean something of this file or an import, whatever else the package has. */
  final Set<String> ownNames = new HashSet<>();

  final Set<String> enums = new TreeSet<>();

  /** Instance fields that may change, and their types. */
  final Map<String, String> variables = new TreeMap<>();

  /** The methods that assign to a field, constructors aside. */
  final Map<String, Set<String>> movers = new TreeMap<>();

  private String packageName = "";

  private SourceFile(String path, String text) {
    this.path = path;
    this.text = text;
  }

  static List<SourceFile> under(Path root, String... folders) throws IOException {
    List<SourceFile> files = new ArrayList<>();
    for (String folder : folders) {
      if (Files.isDirectory(root.resolve(folder))) {
        try (Stream<Path> paths = Files.walk(root.resolve(folder))) {
          for (Path path : paths.filter(it -> it.toString().endsWith(".java")).sorted().toList()) {
            files.add(new SourceFile(root.relativize(path).toString(), Files.readString(path)));
          }
        }
      }
    }
    parse(files);
    return files;
  }

  static SourceFile of(String path, String text) throws IOException {
    SourceFile file = new SourceFile(path, text);
    parse(List.of(file));
    return file;
  }

  /** All at once: to begin is what takes the parser's time. */
  private static void parse(List<SourceFile> files) throws IOException {
    List<JavaFileObject> texts = files.stream().map(SourceFile::inMemory).toList();
    JavacTask task =
        (JavacTask)
            ToolProvider.getSystemJavaCompiler()
                .getTask(null, null, null, List.of("-proc:none"), null, texts);
    SourcePositions positions = Trees.instance(task).getSourcePositions();
    Iterator<SourceFile> inOrder = files.iterator();
    for (CompilationUnitTree unit : task.parse()) {
      SourceFile file = inOrder.next();
      file.packageName = unit.getPackageName() == null ? "" : unit.getPackageName().toString();
      new Scanner(file, unit, positions).scan(unit, null);
    }
  }

  /** What follows {@code dev.tailtap.}; empty for the root. */
  String floorName() {
    return packageName.replaceFirst("^dev\\.tailtap\\.?", "");
  }

  boolean isTest() {
    return path.contains("src/test/");
  }

  int lineCount() {
    return (int) text.lines().count();
  }

  private JavaFileObject inMemory() {
    URI place = URI.create("string:///" + path);
    return new SimpleJavaFileObject(place, JavaFileObject.Kind.SOURCE) {
      @Override
      public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return text;
      }
    };
  }

  private static final class Scanner extends TreePathScanner<Void, Void> {
    private final SourceFile file;
    private final CompilationUnitTree unit;
    private final SourcePositions positions;

    Scanner(SourceFile file, CompilationUnitTree unit, SourcePositions positions) {
      this.file = file;
      this.unit = unit;
      this.positions = positions;
    }

    @Override
    public Void visitClass(ClassTree type, Void nothing) {
      if (!type.getSimpleName().isEmpty()) {
        Item item = item(type.getSimpleName().toString(), type);
        file.types.add(item);
        if (getCurrentPath().getParentPath().getLeaf() == unit) {
          file.topLevel.add(item);
          if (type.getModifiers().getFlags().contains(Modifier.PUBLIC)) {
            file.publicTopLevel.add(item);
          }
        } else {
          file.ownNames.add(item.name());
        }
        if (type.getKind() == Tree.Kind.ENUM) {
          file.enums.add(item.name());
        }
      }
      return super.visitClass(type, null);
    }

    @Override
    public Void visitMethod(MethodTree method, Void nothing) {
      file.methods.add(item(method.getName().toString(), method));
      return super.visitMethod(method, null);
    }

    @Override
    public Void visitVariable(VariableTree variable, Void nothing) {
      var flags = variable.getModifiers().getFlags();
      boolean inInterface =
          getCurrentPath().getParentPath().getLeaf().getKind() == Tree.Kind.INTERFACE;
      String value = String.valueOf(variable.getInitializer());
      boolean container =
          value.matches("(?s)new (\\w+\\.)*(Concurrent|Atomic|Copy|Linked|Hash|Array|Tree).*");
      boolean isStatic = flags.contains(Modifier.STATIC);
      if (isStatic && !inInterface && (!flags.contains(Modifier.FINAL) || container)) {
        file.mutableStatics.add(item(variable.getName().toString(), variable));
      }
      boolean field = getCurrentPath().getParentPath().getLeaf() instanceof ClassTree;
      if (field && !isStatic && !flags.contains(Modifier.FINAL)) {
        file.variables.put(variable.getName().toString(), String.valueOf(variable.getType()));
      }
      return super.visitVariable(variable, null);
    }

    @Override
    public Void visitMemberSelect(MemberSelectTree select, Void nothing) {
      file.selections.add(item(select.toString(), select));
      return super.visitMemberSelect(select, null);
    }

    @Override
    public Void visitAnnotation(AnnotationTree annotation, Void nothing) {
      file.annotations.add(item(annotation.getAnnotationType().toString(), annotation));
      return super.visitAnnotation(annotation, null);
    }

    @Override
    public Void visitImport(ImportTree imported, Void nothing) {
      String name = imported.getQualifiedIdentifier().toString();
      file.ownNames.add(name.substring(name.lastIndexOf('.') + 1));
      return super.visitImport(imported, null);
    }

    @Override
    public Void visitIdentifier(IdentifierTree identifier, Void nothing) {
      for (Tree place : getCurrentPath()) {
        if (place instanceof ClassTree type && isTopLevel(type)) {
          String outer = type.getSimpleName().toString();
          String name = identifier.getName().toString();
          file.mentions.computeIfAbsent(outer, key -> new TreeSet<>()).add(name);
        }
      }
      return super.visitIdentifier(identifier, null);
    }

    @Override
    public Void visitAssignment(AssignmentTree assignment, Void nothing) {
      ExpressionTree to = assignment.getVariable();
      String name = to.toString();
      String field = name.substring(name.lastIndexOf('.') + 1);
      for (TreePath at = getCurrentPath(); at != null; at = at.getParentPath()) {
        if (at.getLeaf() instanceof MethodTree method) {
          if (!method.getName().contentEquals("<init>")) {
            int line = line(positions.getStartPosition(unit, method));
            file.movers
                .computeIfAbsent(field, key -> new TreeSet<>())
                .add(method.getName() + ":" + line);
          }
          break;
        }
      }
      return super.visitAssignment(assignment, null);
    }

    private boolean isTopLevel(ClassTree type) {
      return unit.getTypeDecls().contains(type);
    }

    private Item item(String name, Tree tree) {
      int first = line(positions.getStartPosition(unit, tree));
      int last = line(positions.getEndPosition(unit, tree));
      return new Item(name, first, last - first + 1);
    }

    private int line(long position) {
      return (int) unit.getLineMap().getLineNumber(position);
    }
  }
}
