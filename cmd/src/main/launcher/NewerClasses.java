import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ConstantPoolSharingOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.constant.ClassDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Writes the classes of a jar anew in the format of Java 8, whose checks are prepared in the class
 * itself. The JVM's cache of classes takes none that are older, and picocli's are Java 5's: that is
 * a third of the driver's start. A jar without old classes is left as it is, and the same jar
 * always gives the same bytes.
 *
 * <p>{@code java NewerClasses.java JAR}
 */
final class NewerClasses {
  private static final int OLDEST = ClassFile.JAVA_8_VERSION;
  private static final ClassTransform RENEWED =
      (builder, element) -> {
        if (element instanceof ClassFileVersion) {
          builder.withVersion(OLDEST, 0);
        } else {
          builder.with(element);
        }
      };

  private NewerClasses() {}

  static void main(String[] arguments) throws IOException {
    Path jar = Path.of(arguments[0]);
    Path renewed = Path.of(jar + ".new");
    boolean changed;
    try (var from = new ZipFile(jar.toFile());
        var to = new ZipOutputStream(Files.newOutputStream(renewed))) {
      changed = copy(from, to);
    }
    if (changed) {
      Files.move(renewed, jar, StandardCopyOption.REPLACE_EXISTING);
    } else {
      Files.delete(renewed);
    }
  }

  private static boolean copy(ZipFile from, ZipOutputStream to) throws IOException {
    // With a constant pool of its own the code is written again, and its stack maps with it.
    ClassFile classes =
        ClassFile.of(
            StackMapsOption.GENERATE_STACK_MAPS,
            ConstantPoolSharingOption.NEW_POOL,
            ClassFile.ClassHierarchyResolverOption.of(
                ClassHierarchyResolver.ofResourceParsing(name -> open(from, name))
                    .orElse(ClassHierarchyResolver.defaultResolver())));
    boolean changed = false;
    for (ZipEntry entry : from.stream().toList()) {
      byte[] bytes = from.getInputStream(entry).readAllBytes();
      if (entry.getName().endsWith(".class") && version(bytes) < OLDEST) {
        bytes = classes.transformClass(classes.parse(bytes), RENEWED);
        changed = true;
      }
      var same = new ZipEntry(entry.getName());
      same.setTimeLocal(entry.getTimeLocal());
      to.putNextEntry(same);
      to.write(bytes);
      to.closeEntry();
    }
    return changed;
  }

  private static InputStream open(ZipFile jar, ClassDesc name) {
    String file = name.descriptorString().replaceAll("^L|;$", "") + ".class";
    ZipEntry entry = jar.getEntry(file);
    try {
      return entry == null ? null : jar.getInputStream(entry);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Its major version: bytes 6 and 7 (JVMS 4.1). */
  private static int version(byte[] classFile) {
    return (classFile[6] & 0xff) << 8 | classFile[7] & 0xff;
  }
}
